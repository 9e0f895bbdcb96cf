import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { filesMeant } from '../../src/config/globs.ts'
import { openPolicyFiles } from '../../src/config/policy-files.ts'
import { aWorld } from './a-file.ts'

/** What a star means, said by an engine that may go back. */
const asRegExp = (glob: string): RegExp =>
  new RegExp(
    `^${glob.startsWith('.') ? '' : '(?!\\.)'}${glob
      .split('*')
      .map((piece) => piece.replaceAll(/[.\\+?^${}()|[\]]/g, '\\$&'))
      .join('.*')}$`,
    's',
  )

const letters = fc.string({ unit: fc.constantFrom('a', 'b', '.', 'é'), maxLength: 8 })
const aGlob = fc.array(letters, { minLength: 2, maxLength: 4 }).map((pieces) => pieces.join('*'))
const names = fc.uniqueArray(
  // A folder lists neither itself nor the one above it.
  letters.filter((name) => !['', '.', '..'].includes(name)),
  { maxLength: 12 },
)

it('a star stands for any letters of a name, and for no dot in front', () => {
  fc.assert(
    fc.property(aGlob, names, (glob, all) => {
      fc.pre(!glob.includes('**'))
      const files = openPolicyFiles({ ...aWorld(), listFolder: () => all })
      const meant = filesMeant(`rules/${glob}`, '/etc/rolegate', files)
      const expected = all.filter((name) => asRegExp(glob).test(name)).map((name) => `/etc/rolegate/rules/${name}`)
      const found = 'paths' in meant ? meant.paths : []
      expect(found.toSorted()).toEqual(expected.toSorted())
      expect(found).toEqual(found.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
    }),
    { numRuns: 2000 },
  )
})
