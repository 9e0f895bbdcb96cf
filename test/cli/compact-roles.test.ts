import { describe, expect, it } from 'vitest'
import { inFull } from '../../src/cli/compact-roles.ts'
import { refusalOf } from '../support/a-refusal.ts'
import { aRole } from './fake-gateway.ts'
import { signedIn } from './fake-terminal.ts'

const COMPACT = {
  form: 'compact',
  kinds: [
    { key: 'readonly', roleName: 'readonly', elevated: false },
    { key: 'admin', roleName: 'admin', elevated: true },
    { key: 'asked', roleName: 'asked', elevated: false },
    { key: 'given', roleName: 'given', elevated: false },
  ],
  rules: ['r', 's'],
  groups: ['g'],
  grants: [
    { maxSeconds: 5400, state: 'available', via: [[0, 0]] },
    { maxSeconds: 900, state: 'not_now', via: [[1, null]] },
    { maxSeconds: 900, state: 'needs_approval', pending: 'req-1', via: [[0, 0]] },
    { maxSeconds: 900, state: 'available', grantedUntil: '2026-03-02T12:00:00.000Z', via: [[0, 0]] },
  ],
  lists: [[[0, 0]], [[0, 0], [1, 1], [2, 2], [3, 3]]], // prettier-ignore
  names: ['Payments'],
  environments: ['dev'],
  partitions: ['aws'],
  accounts: {
    id: '111111111111222222222222',
    alias: ['payments-dev', 'payments-prod'],
    name: [0, 0],
    environment: [0, null],
    partition: [0, 0],
    list: [0, 1],
  },
}
const production = { id: '222222222222', alias: 'payments-prod', name: 'Payments' }
const FULL = {
  roles: [
    aRole('payments-dev/readonly'),
    aRole('payments-prod/readonly', { account: production }),
    aRole('payments-prod/admin', {
      account: production,
      maxSeconds: 900,
      elevated: true,
      state: 'not_now',
      via: [{ rule: 's', group: null }],
    }),
    aRole('payments-prod/asked', { account: production, maxSeconds: 900, state: 'needs_approval', pending: 'req-1' }),
    aRole('payments-prod/given', { account: production, maxSeconds: 900, grantedUntil: '2026-03-02T12:00:00.000Z' }),
  ],
}

describe('the list of roles', () => {
  it('is the same whichever form it came in', () => {
    expect(inFull(COMPACT)).toEqual(FULL)
    expect(inFull(FULL)).toBe(FULL)
  })

  it('is asked for in the compact form, and printed by --json as it always was', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('GET /v1/roles', { json: COMPACT })
    expect(JSON.parse((await run('list', '--json')).out)).toEqual(FULL)
    expect((await run('list')).out).toContain(
      'payments-prod/admin     222222222222  Payments  -    15m    not now (elevated)',
    )
    expect((await run('list', '-v')).err).toContain('GET /v1/roles?form=compact 200')
  })

  it.each([
    { because: 'a list that is not there', change: { accounts: { ...COMPACT.accounts, list: [0, 7] } } },
    { because: 'no lists', change: { lists: undefined } },
    { because: 'a kind that is not there', change: { lists: [[[9, 0]], []] } },
    { because: 'a number that is none', change: { lists: [[['0', 0]], []] } },
    { because: 'half a number', change: { accounts: { ...COMPACT.accounts, list: [0.5, 1] } } },
    { because: 'a name every list has', change: { accounts: { ...COMPACT.accounts, list: ['length', 1] } } },
    { because: 'a rule that is not there', change: { rules: [] } },
    { because: 'no partition', change: { partitions: [] } },
    { because: 'half an account number', change: { accounts: { ...COMPACT.accounts, id: '11111111111122' } } },
    { because: 'a name that is not there', change: { names: [] } },
    { because: 'accounts that are none', change: { accounts: [] } },
  ])('is refused as unreadable with $because', async ({ change }) => {
    const { gateway, run } = await signedIn()
    gateway.on('GET /v1/roles', { json: { ...COMPACT, ...change } })
    const { exit, err } = await run('list')
    expect([exit, err.includes('cannot read')]).toEqual([9, true])
  })

  it('holds each row to what a role may look like, as in full', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('GET /v1/roles', { json: { ...COMPACT, kinds: [{ key: '../x', roleName: 'x' }, COMPACT.kinds[1]] } })
    expect(await run('list')).toMatchObject({ exit: 9, out: '' })
  })

  it('does not fill this machine with one list named a million times', () => {
    const column = (value: unknown) => Array.from({ length: 60_000 }, () => value)
    const accounts = { id: '1'.repeat(60_000 * 12), alias: column('a'), name: column(0), environment: column(null) }
    const lists = [Array.from({ length: 1000 }, () => [0, 0])]
    const huge = { ...COMPACT, lists, accounts: { ...accounts, partition: column(0), list: column(0) } }
    expect(refusalOf(() => inFull(huge)).code).toBe('gateway_unreachable')
  })
})
