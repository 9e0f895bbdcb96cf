import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { makeListAccount, makeListAccounts } from '../../../src/usecases/entitlement/list-accounts.ts'
import { makeListForIdentityCenter } from '../../../src/usecases/entitlement/list-for-identity-center.ts'
import { anAccount, anIndex, aRule } from '../../support/a-mapping.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE } from '../../support/a-session.ts'

const idOf = (n: number) => String(n).padStart(12, '0')
const terminal = (changes: Partial<GatewaySession> = {}) => aSession({ via: 'device', ...changes })

/** So many accounts with two roles each, one of them elevated; `except` is closed to terminals with a code. */
function aList({ count = 7, roles = ['dev', 'admin'], except = new Set<string>() } = {}) {
  const aliases = Array.from({ length: count }, (_, n) => `account-${n + 1}`)
  const accounts = aliases.map((alias, n) => anAccount({ alias, id: idOf(n + 1) }))
  const rules = [aRule({ accounts: aliases, roles })]
  const closing = closingBy({ console: true, except })
  const deps = { rules: () => anIndex({ accounts, rules }), closing, now: () => NINE }
  return makeListForIdentityCenter({ listAccounts: makeListAccounts(deps), listAccount: makeListAccount(deps) })
}
type List = ReturnType<typeof aList>

/** Every page after the first, as a client asks for it. */
function allPages(list: List, most: number): string[] {
  const seen: string[] = []
  for (let after: string | undefined, more = true; more;) {
    const { items, next } = list.accounts(terminal(), aRequest(), { most, ...(after !== undefined && { after }) })
    expect(items.length).toBeLessThanOrEqual(most)
    seen.push(...items.map(({ id }) => id))
    after = next
    more = next !== undefined
  }
  return seen
}

describe('the accounts, as IAM Identity Center lists them', () => {
  it('are those with a role that this session may take now (threats.md D4)', () => {
    const idsOf = (list: List, session: GatewaySession) =>
      list.accounts(session, aRequest(), {}).items.map(({ id }) => id)
    const closed = aList({ count: 3, except: new Set(['account-2']) })
    expect(idsOf(closed, terminal())).toEqual([idOf(1), idOf(3)])
    expect(idsOf(closed, terminal({ via: 'pkce' }))).toEqual([idOf(1), idOf(2), idOf(3)])
    expect(idsOf(aList({ roles: ['admin'] }), terminal())).toEqual([])
  })

  it('come whole to whoever asks for no pages', () => {
    const { items, next } = aList().accounts(terminal(), aRequest(), {})
    expect([items.length, next]).toEqual([7, undefined])
  })

  it('come page by page, each once and in order, whatever the page holds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 12 }), (count, most) => {
        const list = aList({ count })
        expect(allPages(list, most)).toEqual(list.accounts(terminal(), aRequest(), {}).items.map(({ id }) => id))
      }),
      { numRuns: 60 },
    )
  })

  it('say that there is more only when there is', () => {
    const list = aList()
    expect(list.accounts(terminal(), aRequest(), { most: 7 }).next).toBeUndefined()
    expect(list.accounts(terminal(), aRequest(), { most: 6 }).next).toBe(idOf(6))
    expect(list.accounts(terminal(), aRequest(), { most: 3, after: idOf(7) })).toEqual({ items: [] })
  })

  it('lose nothing when some come or go between two pages', () => {
    const { next = '' } = aList().accounts(terminal(), aRequest(), { most: 3 })
    const after = (list: List) => list.accounts(terminal(), aRequest(), { after: next }).items.map(({ id }) => id)
    expect(after(aList({ count: 9 }))).toEqual([4, 5, 6, 7, 8, 9].map(idOf))
    expect(after(aList({ except: new Set(['account-1', 'account-5']) }))).toEqual([4, 6, 7].map(idOf))
  })

  it.each(['', '4', idOf(99), 'account-3', '__proto__', 'x'.repeat(200)])('begin after nothing like %j', (after) => {
    const refusal = refusalOf(() => aList().accounts(terminal(), aRequest(), { after }))
    expect(refusal).toMatchObject({ code: 'invalid_request', values: { field: 'next_token' } })
  })

  it('are begun anew when the page’s mark is an account that is gone', () => {
    const list = aList({ except: new Set(['account-3']) })
    expect(refusalOf(() => list.accounts(terminal(), aRequest(), { after: idOf(3) })).code).toBe('invalid_request')
  })
})

describe('the roles of one account', () => {
  it('are the keys that this session may take, by the account’s digits (threats.md D12)', () => {
    expect(aList().roles(terminal(), aRequest(), idOf(1), {}).items).toEqual(['dev'])
  })

  it.each(['pkce', 'browser'] as const)(
    'hold none that a %s session must confirm in a browser: stock clients know nothing of that (threats.md H8)',
    (via) => {
      expect(aList().roles(aSession({ via }), aRequest(), idOf(1), {}).items).toEqual(['dev'])
    },
  )

  it('come page by page too', () => {
    const list = aList({ roles: ['readonly', 'dev'] })
    const session = aSession()
    expect(list.roles(session, aRequest(), idOf(1), { most: 1 })).toEqual({ items: ['readonly'], next: 'readonly' })
    expect(list.roles(session, aRequest(), idOf(1), { most: 1, after: 'readonly' })).toEqual({ items: ['dev'] })
    expect(refusalOf(() => list.roles(session, aRequest(), idOf(1), { after: 'nobody' })).code).toBe('invalid_request')
  })

  it('are unknown alike where there is no account, none of theirs, and none that is open', () => {
    const closed = aList({ except: new Set(['account-2']) })
    const refusals = [
      refusalOf(() => closed.roles(terminal(), aRequest(), idOf(99), {})),
      refusalOf(() => closed.roles(terminal(), aRequest(), 'account-1', {})),
      refusalOf(() => closed.roles(terminal(), aRequest(), idOf(2), {})),
      refusalOf(() => aList({ roles: ['admin'] }).roles(terminal(), aRequest(), idOf(1), {})),
    ]
    for (const { code, values, message } of refusals)
      expect({ code, values, message }).toEqual({ code: 'role_unknown', values: {}, message: 'role_unknown' })
  })
})
