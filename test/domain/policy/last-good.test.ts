import { describe, expect, it } from 'vitest'
import { NO_EMERGENCY, type Emergency } from '../../../src/domain/emergency/emergency.ts'
import { whyNotLastGood } from '../../../src/domain/policy/last-good.ts'

const AT = '2026-11-20T09:00:00.000Z'
const LATER = '2026-11-20T09:00:00.001Z'
const BEFORE = '2026-11-20T08:59:59.999Z'
const vouchers = new Map([
  ['entra', 'https://one'],
  ['github', 'https://two'],
])
const since = {
  epoch: { epoch: 3, hash: 'one', since: AT, former: [], holders: {} },
  emergency: NO_EMERGENCY,
  vouchers,
  onDisk: new Map([...vouchers, ['new', 'https://three']]),
}
const deny = (at: string): Emergency['denies'][number] => ({
  aim: { kind: 'role', role: 'pay-prod/admin' },
  since: at,
  by: 'root',
  reason: 'x',
})
const why = (changes: Partial<typeof since> | { epoch: undefined } | { onDisk: undefined } | { vouchers: undefined }) =>
  whyNotLastGood({ hash: 'one', at: AT }, { ...since, ...changes })

describe('what was in force last (threats.md R10)', () => {
  it('may be used while nothing was closed since, and the file trusts whom it trusted', () => {
    expect(why({})).toBeUndefined()
    expect(why({ emergency: { denies: [deny(BEFORE)], revocations: [], changedAt: BEFORE } })).toBeUndefined()
  })

  it.each<[string, Parameters<typeof why>[0], RegExp]>([
    ['another configuration came into force', { epoch: { ...since.epoch, hash: 'two' } }, /another configuration/],
    ['nobody knows which did', { epoch: undefined }, /another configuration/],
    ['something was closed', { emergency: { denies: [deny(LATER)], revocations: [] } }, /closed/],
    ['at that very moment', { emergency: { denies: [deny(AT)], revocations: [] } }, /closed/],
    [
      'sessions were ended',
      { emergency: { denies: [], revocations: [{ aim: { kind: 'idp', idp: 'entra' }, before: LATER }] } },
      /ended/,
    ],
    ['a deny was lifted, because a file says it now', { emergency: { ...NO_EMERGENCY, changedAt: LATER } }, /opened/],
    ['an IdP is gone from the file', { onDisk: new Map([['github', 'https://two']]) }, /entra is no longer trusted/],
    ['a workload is', { onDisk: new Map([['entra', 'https://one']]) }, /github is no longer trusted/],
    ['an IdP is another', { onDisk: new Map([...vouchers, ['entra', 'https://evil']]) }, /entra .* not as it was/],
    ['nobody can read whom the file trusts', { onDisk: undefined }, /cannot be read/],
    ['nor whom the copy did', { vouchers: undefined }, /cannot be read/],
  ])('is not used when %s', (_what, changes, said) => {
    expect(why(changes)).toMatch(said)
  })
})
