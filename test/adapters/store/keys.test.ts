import fc from 'fast-check'
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  digest,
  keyFor,
  makeCodeDigest,
  makeSealer,
  sealUnder,
  type Purpose,
} from '../../../src/adapters/store/keys.ts'

const PURPOSES: readonly Purpose[] = ['store-seal', 'cookie', 'attempt', 'csrf', 'user-code']
const master = Buffer.alloc(32, 7)

describe('keys of the master key', () => {
  it('are one for each purpose, and others under another master key (security.md K-9)', () => {
    const all = [master, Buffer.alloc(32, 8)].flatMap((each) =>
      PURPOSES.map((purpose) => keyFor(each, purpose).toString('hex')),
    )
    expect(new Set(all).size).toBe(2 * PURPOSES.length)
  })

  it.each(PURPOSES)('are the same at every start and 32 bytes long: %s', (purpose) => {
    expect(keyFor(master, purpose).equals(keyFor(Buffer.from(master), purpose))).toBe(true)
    expect(keyFor(master, purpose)).toHaveLength(32)
  })

  it.each(PURPOSES)(
    'are what RFC 5869 makes of the label rolegate/%s/v1, so that an upgrade opens what is there',
    (purpose) => {
      const extracted = createHmac('sha256', Buffer.alloc(32)).update(master).digest()
      const expanded = createHmac('sha256', extracted).update(`rolegate/${purpose}/v1`).update(Buffer.of(1)).digest()
      expect(keyFor(master, purpose).equals(expanded)).toBe(true)
    },
  )
})

describe('digests', () => {
  it('of tokens are SHA-256 (security.md D-11)', () => {
    expect(digest('rga_x')).toBe(createHash('sha256').update('rga_x').digest('base64url'))
  })

  it('of user codes need the key (threats.md K9)', () => {
    const [ours, theirs] = [makeCodeDigest(keyFor(master, 'user-code')), makeCodeDigest(Buffer.alloc(32, 9))]
    expect(ours('BCDFGHJK')).toBe(ours('BCDFGHJK'))
    expect(new Set([ours('BCDFGHJK'), ours('BCDFGHJL'), theirs('BCDFGHJK'), digest('BCDFGHJK')]).size).toBe(4)
  })
})

describe('a sealer', () => {
  const key = keyFor(master, 'attempt')
  const sealer = makeSealer([key])

  it('opens what it sealed, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, about) => {
        expect(sealer.open(sealer.seal(text, about), about)).toBe(text)
      }),
    )
  })

  it('writes what a cookie can hold, and never the same twice', () => {
    const [one, two] = [sealer.seal('text', 'x'), sealer.seal('text', 'x')]
    expect(one).toMatch(/^[\w-]+$/)
    expect(one).not.toBe(two)
    expect(Buffer.from(one, 'base64url').includes('text')).toBe(false)
  })

  it('opens with a former key and seals with the first (threats.md K2)', () => {
    const later = makeSealer([randomBytes(32), key])
    expect(later.open(sealer.seal('text', 'x'), 'x')).toBe('text')
    expect(sealer.open(later.seal('text', 'x'), 'x')).toBeUndefined()
  })

  it.each<[string, (sealed: string) => string | undefined]>([
    ['for something else', (sealed) => sealer.open(sealed, 'attempt y')],
    ['for nothing', (sealed) => sealer.open(sealed, '')],
    ['under another key', (sealed) => makeSealer([randomBytes(32)]).open(sealed, 'attempt x')],
    [
      'under the key of another purpose (security.md K-9)',
      (sealed) => makeSealer([keyFor(master, 'cookie')]).open(sealed, 'attempt x'),
    ],
    ['by a sealer without keys', (sealed) => makeSealer([]).open(sealed, 'attempt x')],
    ['cut at its end', (sealed) => sealer.open(sealed.slice(0, -2), 'attempt x')],
    ['cut at its start', (sealed) => sealer.open(sealed.slice(2), 'attempt x')],
    ['made longer', (sealed) => sealer.open(`${sealed}AA`, 'attempt x')],
    ['doubled', (sealed) => sealer.open(sealed + sealed, 'attempt x')],
    ['empty', () => sealer.open('', 'attempt x')],
    ['too short to be one', () => sealer.open('AAAA', 'attempt x')],
    ['no base64url', () => sealer.open('{"state":"mine"}', 'attempt x')],
    ['of zeros', (sealed) => sealer.open('A'.repeat(sealed.length), 'attempt x')],
  ])('opens nothing that is %s', (_, open) => {
    expect(open(sealer.seal('text', 'attempt x'))).toBeUndefined()
  })

  it('opens nothing of which any one byte was changed', () => {
    const whole = Buffer.from(sealer.seal('text', 'x'), 'base64url')
    for (let index = 0; index < whole.length; index += 1) {
      const touched = Buffer.from(whole)
      touched[index] = (touched[index] ?? 0) ^ 0x80
      expect(sealer.open(touched.toString('base64url'), 'x')).toBeUndefined()
    }
  })

  it('without a key seals nothing', () => {
    expect(() => makeSealer([]).seal('text', 'x')).toThrow('needs a key')
  })
})

describe('sealUnder', () => {
  const secret = `rgr_${randomBytes(32).toString('base64url')}`

  it('opens for whoever holds the secret, and for nobody else (threats.md D9)', () => {
    const sealed = sealUnder.seal(secret, 'the successor')
    expect(sealUnder.open(secret, sealed)).toBe('the successor')
    for (const other of [`${secret}x`, secret.toLowerCase(), '', digest(secret)])
      expect(sealUnder.open(other, sealed)).toBeUndefined()
  })

  it('does not open for the master key: we keep no way (threats.md D9)', () => {
    const sealed = sealUnder.seal(secret, 'the successor')
    const ours = makeSealer([master, ...PURPOSES.map((purpose) => keyFor(master, purpose))])
    expect(ours.open(sealed, 'successor')).toBeUndefined()
  })

  it('opens nothing that was touched', () => {
    const sealed = Buffer.from(sealUnder.seal(secret, 'the successor'), 'base64url')
    sealed[20] = (sealed[20] ?? 0) ^ 1
    expect(sealUnder.open(secret, sealed.toString('base64url'))).toBeUndefined()
  })
})
