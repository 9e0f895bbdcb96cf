import { serialize } from 'node:v8'
import { expect, it } from 'vitest'
import { textOf } from '../../src/config/reload/difference.ts'
import { makeReader } from '../../src/program/read-config.ts'
import type { ReadingAnswer } from '../../src/program/reading-thread.ts'
import { A_FILE } from '../config/a-file.ts'
import { aFolder } from '../support/a-folder.ts'

const RULES = [1, 2, 3, 4].map(
  (n) =>
    `  - { id: r-${n}, match: { idp: entra, pattern: '^t${n}-(?P<role>.*)$' }, grant: { accounts: pay-dev, roles: "\${role}" }, within: { accounts: pay-dev, roles: readonly } }\n`,
)

it('rules that a thread has read are made piece by piece, with a pause between: twenty thousand at once hold everybody up', async () => {
  process.env['IDP_SECRET'] = 'kD9-fK2vq'
  const file = aFolder({ 'a.yaml': A_FILE.replace('store:', () => `${RULES.join('')}store:`) })('a.yaml')
  const how = { insecureDev: false, purpose: 'check' } as const
  const here = makeReader(file, how).read()
  const { checked } = here
  const { rules, accounts, ...others } = checked.file
  const seen: string[] = []
  const pieces = {
    *[Symbol.iterator]() {
      for (const [at, rule] of rules.entries()) {
        seen.push(`piece ${at}`)
        setImmediate(() => seen.push(`others after ${at}`))
        yield serialize([rule])
      }
    },
  }
  const answer = {
    loaded: {
      ...here,
      checked: {
        ...checked,
        file: {
          ...others,
          rules: [],
          get accounts() {
            seen.push('made')
            return accounts
          },
        },
      },
    },
    rules: pieces,
    marks: [],
    variables: [],
  }
  const aside = await makeReader(file, how, async () => answer as unknown as ReadingAnswer).readAside()
  expect(textOf(aside.config)).toBe(textOf(here.config))
  const inOrder = seen.slice(0, seen.indexOf('others after 4')).filter((one, at) => one !== seen[at - 1])
  expect(inOrder).toEqual([0, 1, 2, 3].flatMap((at) => [`piece ${at}`, `others after ${at}`, 'made']).concat('piece 4'))
})
