import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { makeListAccount, makeListAccounts } from '../../../src/usecases/entitlement/list-accounts.ts'
import { makeListForIdentityCenter } from '../../../src/usecases/entitlement/list-for-identity-center.ts'
import { anAccount, anIndex, aRule } from '../../support/a-mapping.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
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
  return makeListForIdentityCenter({
    listAccounts: async (...asked) => makeListAccounts(deps)(...asked),
    listAccount: async (...asked) => makeListAccount(deps)(...asked),
  })
}
type List = ReturnType<typeof aList>

/** Every page after the first, as a client asks for it. */
async function allPages(list: List, most: number): Promise<string[]> {
  const seen: string[] = []
  for (let after: string | undefined, more = true; more;) {
    const { items, next } = await list.accounts(terminal(), aRequest(), { most, ...(after !== undefined && { after }) })
    expect(items.length).toBeLessThanOrEqual(most)
    seen.push(...items.map(({ id }) => id))
    after = next
    more = next !== undefined
  }
  return seen
}

describe('the accounts, as IAM Identity Center lists them', () => {
  it('are those with a role that this session may take now (threats.md D4)', async () => {
    const idsOf = async (list: List, session: GatewaySession) =>
      (await list.accounts(session, aRequest(), {})).items.map(({ id }) => id)
    const closed = aList({ count: 3, except: new Set(['account-2']) })
    expect(await idsOf(closed, terminal())).toEqual([idOf(1), idOf(3)])
    expect(await idsOf(closed, terminal({ via: 'pkce' }))).toEqual([idOf(1), idOf(2), idOf(3)])
    expect(await idsOf(aList({ roles: ['admin'] }), terminal())).toEqual([])
  })

  it('come whole to whoever asks for no pages', async () => {
    const { items, next } = await aList().accounts(terminal(), aRequest(), {})
    expect([items.length, next]).toEqual([7, undefined])
  })

  it('come page by page, each once and in order, whatever the page holds', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 1, max: 12 }), async (count, most) => {
        const list = aList({ count })
        const { items } = await list.accounts(terminal(), aRequest(), {})
        expect(await allPages(list, most)).toEqual(items.map(({ id }) => id))
      }),
      { numRuns: 60 },
    )
  })

  it('say that there is more only when there is', async () => {
    const list = aList()
    expect((await list.accounts(terminal(), aRequest(), { most: 7 })).next).toBeUndefined()
    expect((await list.accounts(terminal(), aRequest(), { most: 6 })).next).toBe(idOf(6))
    expect(await list.accounts(terminal(), aRequest(), { most: 3, after: idOf(7) })).toEqual({ items: [] })
  })

  it('lose nothing when some come or go between two pages', async () => {
    const { next = '' } = await aList().accounts(terminal(), aRequest(), { most: 3 })
    const after = async (list: List) =>
      (await list.accounts(terminal(), aRequest(), { after: next })).items.map(({ id }) => id)
    expect(await after(aList({ count: 9 }))).toEqual([4, 5, 6, 7, 8, 9].map(idOf))
    expect(await after(aList({ except: new Set(['account-1', 'account-5']) }))).toEqual([4, 6, 7].map(idOf))
  })

  it.each(['', '4', idOf(99), 'account-3', '__proto__', 'x'.repeat(200)])(
    'begin after nothing like %j',
    async (after) => {
      const refusal = await refusalFrom(aList().accounts(terminal(), aRequest(), { after }))
      expect(refusal).toMatchObject({ code: 'invalid_request', values: { field: 'next_token' } })
    },
  )

  it('are begun anew when the page’s mark is an account that is gone', async () => {
    const list = aList({ except: new Set(['account-3']) })
    expect((await refusalFrom(list.accounts(terminal(), aRequest(), { after: idOf(3) }))).code).toBe('invalid_request')
  })
})

describe('the roles of one account', () => {
  it('are the keys that this session may take, by the account’s digits (threats.md D12)', async () => {
    expect((await aList().roles(terminal(), aRequest(), idOf(1), {})).items).toEqual(['dev'])
  })

  it.each(['pkce', 'browser'] as const)(
    'hold none that a %s session must confirm in a browser: stock clients know nothing of that (threats.md H8)',
    async (via) => {
      expect((await aList().roles(aSession({ via }), aRequest(), idOf(1), {})).items).toEqual(['dev'])
    },
  )

  it('come page by page too', async () => {
    const list = aList({ roles: ['readonly', 'dev'] })
    const session = aSession()
    expect(await list.roles(session, aRequest(), idOf(1), { most: 1 })).toEqual({
      items: ['readonly'],
      next: 'readonly',
    })
    expect(await list.roles(session, aRequest(), idOf(1), { most: 1, after: 'readonly' })).toEqual({ items: ['dev'] })
    expect((await refusalFrom(list.roles(session, aRequest(), idOf(1), { after: 'nobody' }))).code).toBe(
      'invalid_request',
    )
  })

  it('are unknown alike where there is no account, none of theirs, and none that is open', async () => {
    const closed = aList({ except: new Set(['account-2']) })
    const refusals = await Promise.all([
      refusalFrom(closed.roles(terminal(), aRequest(), idOf(99), {})),
      refusalFrom(closed.roles(terminal(), aRequest(), 'account-1', {})),
      refusalFrom(closed.roles(terminal(), aRequest(), idOf(2), {})),
      refusalFrom(aList({ roles: ['admin'] }).roles(terminal(), aRequest(), idOf(1), {})),
    ])
    for (const { code, values, message } of refusals)
      expect({ code, values, message }).toEqual({ code: 'role_unknown', values: {}, message: 'role_unknown' })
  })
})
