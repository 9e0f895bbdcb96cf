import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { rangesOf } from '../../../src/config/networks.ts'
import { closingBy } from '../../../src/domain/device/closing.ts'
import { NO_EMERGENCY, type Emergency } from '../../../src/domain/emergency/emergency.ts'
import { compileRules, type RuleIndex } from '../../../src/domain/entitlement/compile.ts'
import type { Requirement } from '../../../src/domain/entitlement/requirement.ts'
import { parseTimeWindow } from '../../../src/domain/entitlement/time-window.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { makeStandingEmergency } from '../../../src/usecases/emergency/standing-emergency.ts'
import { makeKeptLists } from '../../../src/usecases/entitlement/kept-lists.ts'
import {
  makeListAccount,
  makeListAccounts,
  type ListedAccount,
} from '../../../src/usecases/entitlement/list-accounts.ts'
import { listWeight } from '../../../src/usecases/entitlement/list-weight.ts'
import { anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { mappings, moments, principals } from '../../support/generated-rules.ts'
import { aClock, aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600

/** Everything a list hangs on, to be changed between two requests. */
function aWorld({ index = anIndex() }: { index?: RuleIndex } = {}) {
  const clock = aClock()
  const world = { index, emergency: NO_EMERGENCY, stopped: false, clock }
  const standing = makeStandingEmergency({ emergencies: { get: async () => world.emergency } })
  const deps = {
    rules: () => standing.over(world.index),
    closing: closingBy(
      { console: true, except: new Set(['prod']) },
      ({ elevated }) => (world.stopped && elevated ? 'config_stale' : undefined),
      { usual: 10 * HOUR, elevated: HOUR, byEnvironment: new Map([['dev', 11 * HOUR]]) },
    ),
    now: clock.now,
  }
  const listAccounts = makeListAccounts(deps)
  return Object.assign(world, {
    listAccounts,
    /** Account by account, by nothing that was kept. */
    listAnew(...asked: Parameters<typeof listAccounts>): readonly ListedAccount[] {
      const each = world.index.accounts.map((account) => ({
        account,
        roles: makeListAccount(deps)(...asked, account.id),
      }))
      return each.filter(({ roles }) => roles.length > 0)
    },
    hearOf: async (emergency: Emergency) => {
      world.emergency = emergency
      await standing.refresh()
    },
  })
}

const since = { since: NINE.toISOString(), by: 'ops', reason: 'a test' }
const denied = (role: string): Emergency => ({ denies: [{ aim: { kind: 'role', role }, ...since }], revocations: [] })

describe('a list that is kept', () => {
  it('is always the one that would be made anew', async () => {
    const steps = fc.record({
      person: fc.integer({ min: 0, max: 1 }),
      moment: moments,
      via: fc.constantFrom<GatewaySession['via'][]>('browser', 'browser', 'pkce', 'device'),
      signedInAgo: fc.constantFrom(0, 0, HOUR + 1, 10 * HOUR + 1),
      isReloaded: fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
      isStopped: fc.integer({ min: 0, max: 7 }).map((roll) => roll === 0),
      deny: fc.constantFrom(undefined, undefined, undefined, 'prod/ro', 'dev/*'),
      /** So many requests like it. */
      times: fc.integer({ min: 1, max: 3 }),
    })
    let [kept, made] = [0, 0]
    const seen = new WeakSet<object>()
    await fc.assert(
      fc.asyncProperty(
        mappings,
        mappings,
        fc.tuple(principals, principals),
        fc.array(steps, { minLength: 6, maxLength: 12 }),
        async (before, after, people, visits) => {
          const world = aWorld({ index: compileRules(before) })
          for (const { person, moment, via, signedInAgo, isReloaded, isStopped, deny, times } of visits) {
            if (isReloaded) world.index = compileRules(after)
            world.stopped = isStopped
            await world.hearOf(deny === undefined ? NO_EMERGENCY : denied(deny))
            world.clock.pass((moment.now.getTime() - world.clock.now().getTime()) / 1000)
            for (let time = 0; time < times; time += 1) {
              const session = aSession({
                id: `session-${time}`,
                via,
                principal: { ...(people[person] ?? aPrincipal()) },
                ...(moment.mfaAt !== undefined && { mfaAt: moment.mfaAt }),
                signedInAt: secondsAfter(moment.now, -signedInAgo),
                endsAt: secondsAfter(moment.now, HOUR),
              })
              const asked = [session, { address: moment.address }] as const
              const list = world.listAccounts(...asked)
              const anew = world.listAnew(...asked)
              if (!isDeepStrictEqual(list, anew)) expect(list).toEqual(anew)
              if (seen.has(list)) kept += 1
              else made += 1
              seen.add(list)
              world.clock.pass(1)
            }
          }
        },
      ),
      { numRuns: 1_500 },
    )
    // Both have been looked at often.
    expect(kept).toBeGreaterThan(5_000)
    expect(made).toBeGreaterThan(5_000)
  }, 60_000)
})

describe('the next request', () => {
  const dev = (require: Requirement) =>
    anIndex({
      roles: [aRoleKind(), aRoleKind({ key: 'plain' })],
      rules: [aRule({ id: 'asks', require, roles: ['dev'] }), aRule({ id: 'opens', roles: ['plain'] })],
    })
  const statesIn = (world: ReturnType<typeof aWorld>, session = aSession(), address = '52.94.76.7') =>
    world
      .listAccounts(session, { address })
      .flatMap(({ roles }) => roles.map(({ kind, state }) => `${kind.key} ${state}`))

  it('gets the very list of the one before, while nothing of it would be another', () => {
    const world = aWorld()
    const list = world.listAccounts(aSession(), aRequest())
    world.clock.pass(60)
    const later = aSession({ id: 'another', principal: aPrincipal(), lastSeenAt: secondsAfter(NINE, 60) })
    expect(world.listAccounts(later, aRequest({ address: '52.94.77.1' }))).toBe(list)
  })

  it('has a list of its own, of another person and of another kind of session', () => {
    const world = aWorld()
    const list = world.listAccounts(aSession(), aRequest())
    const lists = [
      aSession({ via: 'pkce' }),
      aSession({ principal: aPrincipal({ subject: 'oid-2' }) }),
      aSession({ principal: aPrincipal({ issuer: 'https://other.example.com' }) }),
      aSession({ principal: aPrincipal({ claims: { department: 'payments' } }) }),
      aSession({ principal: aPrincipal({ groups: ['payments', 'more'] }) }),
    ].map((session) => world.listAccounts(session, aRequest()))
    expect(new Set([list, ...lists]).size).toBe(6)
  })

  it('fails for a session that has ended, whatever is kept', () => {
    const world = aWorld()
    const session = aSession({ endsAt: secondsAfter(NINE, 60) })
    world.listAccounts(session, aRequest())
    world.clock.pass(60)
    expect(() => world.listAccounts(session, aRequest())).toThrow('sign_in_required')
  })

  it('is decided by the rules in force (security.md M-20)', () => {
    const world = aWorld()
    expect(statesIn(world)).toEqual(['dev available'])
    world.index = anIndex({ rules: [] })
    expect(statesIn(world)).toEqual([])
  })

  it('knows of an emergency deny, and of its end (threats.md R8)', async () => {
    const world = aWorld()
    const list = world.listAccounts(aSession(), aRequest())
    await world.hearOf(denied('payments-prod/dev'))
    expect(statesIn(world)).toEqual([])
    await world.hearOf(NO_EMERGENCY)
    expect(statesIn(world)).toEqual(['dev available'])
    expect(world.listAccounts(aSession(), aRequest())).toEqual(list)
  })

  it('sees a window open and shut', () => {
    const world = aWorld({ index: dev({ windows: [parseTimeWindow('09:30-10:00 UTC') ?? expect.fail()] }) })
    expect(statesIn(world)).toEqual(['dev not_now', 'plain available'])
    world.clock.pass(1800)
    expect(statesIn(world)).toEqual(['dev available', 'plain available'])
    world.clock.pass(1799)
    expect(statesIn(world)).toEqual(['dev available', 'plain available'])
    world.clock.pass(1)
    expect(statesIn(world)).toEqual(['dev not_now', 'plain available'])
  })

  it('sees that somebody asks from elsewhere', () => {
    const world = aWorld({ index: dev({ networks: rangesOf(['52.94.76.0/24']) }) })
    expect(statesIn(world)[0]).toBe('dev available')
    expect(statesIn(world, aSession(), '52.94.77.1')[0]).toBe('dev not_now')
    expect(statesIn(world, aSession(), '')[0]).toBe('dev not_now')
    expect(statesIn(world)[0]).toBe('dev available')
  })

  it('offers nothing that an address cannot bind, and sees that they ask from another (threats.md R12, security.md M-21)', () => {
    const roles = [aRoleKind({ bindIp: true }), aRoleKind({ key: 'plain' })]
    const byRule = {
      roles: [aRoleKind(), aRoleKind({ key: 'plain' })],
      rules: [aRule({ bindIp: true }), aRule({ id: 'p', roles: ['plain'] })],
    }
    for (const index of [anIndex({ roles, rules: [aRule({ roles: ['dev', 'plain'] })] }), anIndex(byRule)]) {
      const world = aWorld({ index })
      expect(statesIn(world)).toEqual(['dev available', 'plain available'])
      const refusals = ['', 'unknown', '10.1.2.3'].map((address) => {
        expect([address, ...statesIn(world, aSession(), address)]).toEqual([address, 'dev not_now', 'plain available'])
        const [dev] = world.listAccounts(aSession(), { address })[0]?.roles ?? []
        return dev !== undefined && 'refusal' in dev && dev.refusal.values['condition']
      })
      expect(refusals).toEqual(['address_unknown', 'address_unknown', 'address_private'])
      expect(statesIn(world, aSession({ via: 'device' }), '')[0]).toBe('dev not_now')
      expect(statesIn(world)[0]).toBe('dev available')
    }
  })

  it('names the grant that is usable from where they ask, bound or not (threats.md R12)', () => {
    const world = aWorld({
      index: anIndex({ rules: [aRule({ id: 'bound', bindIp: true }), aRule({ id: 'free', maxSeconds: 900 })] }),
    })
    const dev = (address: string) => {
      const [held] = world.listAccounts(aSession(), { address })[0]?.roles ?? []
      return [held?.state, held?.via[0]?.rule]
    }
    expect(dev('52.94.76.7')).toEqual(['available', 'bound'])
    expect(dev('10.1.2.3')).toEqual(['available', 'free'])
    expect(dev('52.94.76.7')).toEqual(['available', 'bound'])
  })

  it('keeps one list for every address where nothing is bound to one', () => {
    const world = aWorld()
    expect(world.listAccounts(aSession(), { address: '' })).toBe(world.listAccounts(aSession(), aRequest()))
  })

  it('sees a second factor grow old', () => {
    const world = aWorld({ index: dev({ mfaSeconds: 600 }) })
    const session = aSession({ via: 'device', mfaAt: NINE })
    expect(statesIn(world, session)[0]).toBe('dev available')
    world.clock.pass(601)
    expect(statesIn(world, session)[0]).toBe('dev not_now')
    expect(statesIn(world, { ...session, mfaAt: world.clock.now() })[0]).toBe('dev available')
  })

  it('sees the groups of a sign-in grow old (threats.md I7)', () => {
    const world = aWorld()
    expect(statesIn(world)).toEqual(['dev available'])
    world.clock.pass(10 * HOUR)
    expect(statesIn(world)).toEqual(['dev available'])
    world.clock.pass(1)
    expect(statesIn(world)).toEqual(['dev not_now'])
  })

  it('sees that the configuration has become too old to give elevated roles (threats.md R8)', () => {
    const world = aWorld({ index: anIndex({ rules: [aRule({ roles: ['dev', 'admin'] })] }) })
    expect(statesIn(world)).toEqual(['dev available', 'admin available'])
    world.stopped = true
    expect(statesIn(world)).toEqual(['dev available', 'admin not_now'])
    world.stopped = false
    expect(statesIn(world)).toEqual(['dev available', 'admin available'])
  })
})

describe('what a list weighs', () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = () => {
    // What waits for a first collection to end goes at the second.
    collect()
    collect()
    return process.memoryUsage().heapUsed
  }

  type Made = { accounts: number; roles: number; groups?: number; isShared?: true; require?: Requirement }

  it.each<[string, Made]>([
    ['a rule for each account', { accounts: 1_000, roles: 10 }],
    ['many ways into each', { accounts: 250, roles: 10, groups: 20 }],
    ['one rule for all', { accounts: 10_000, roles: 5, isShared: true }],
    ['nothing that may be taken', { accounts: 200, roles: 10, require: { mfaSeconds: 600 } }],
  ])('is what it takes at most, in hundreds of bytes: %s', (_, { accounts: count, roles: most, ...made }) => {
    const { groups = 1, isShared = false, require } = made
    const roles = Array.from({ length: most }, (__, n) => aRoleKind({ key: `role-${n}` }))
    const accounts = Array.from({ length: count }, (__, n) =>
      anAccount({ alias: `a-${n}`, id: String(n).padStart(12, '0') }),
    )
    const aliases = accounts.map(({ alias }) => alias)
    const names = Array.from({ length: groups }, (__, n) => `g-${n}`)
    const rules = (isShared ? [aliases] : aliases.map((alias) => [alias])).flatMap((covered, at) =>
      names.map((group) =>
        aRule({
          id: `${at} ${group}`,
          match: { idp: 'entra', groups: [group] },
          accounts: covered,
          roles: roles.map(({ key }) => key),
          ...(require !== undefined && { require }),
        }),
      ),
    )
    const world = aWorld({ index: anIndex({ accounts, roles, rules }) })
    const sessions = Array.from({ length: 6 }, (__, n) =>
      aSession({ via: 'device', principal: aPrincipal({ subject: `oid-${n}`, groups: names }) }),
    )
    const [first = aSession(), ...others] = sessions
    const weight = listWeight('', world.listAccounts(first, aRequest()))
    // What earlier tests of this thread left may go at any collection: the list in the middle speaks.
    const each = others.map((session) => {
      const before = heap()
      world.listAccounts(session, aRequest())
      return heap() - before
    })
    const bytes = each.toSorted((one, other) => one - other)[each.length >> 1] ?? NaN
    expect(bytes).toBeGreaterThan(weight * 20)
    expect(bytes).toBeLessThan(weight * 125)
    expect(world.listAccounts(first, aRequest())).toHaveLength(count)
  })
})

describe('what is kept', () => {
  const always = { unmet: () => [], fault: () => undefined, unbindable: () => undefined, isLike: () => true }
  const index = anIndex()
  const kept = (weight: number) => ({ list: {}, madeAt: always, weight })

  it('is bounded: what was used longest ago goes first', () => {
    const lists = makeKeptLists<object>(10)
    lists.keep(index, 'a', kept(4))
    lists.keep(index, 'b', kept(4))
    lists.find(index, 'a', always)
    lists.keep(index, 'c', kept(4))
    expect(['a', 'b', 'c'].map((key) => lists.find(index, key, always) !== undefined)).toEqual([true, false, true])
  })

  it('weighs what is there: a list that takes the place of another counts once', () => {
    const lists = makeKeptLists<object>(10)
    for (let time = 0; time < 9; time += 1) lists.keep(index, 'a', kept(4))
    lists.keep(index, 'b', kept(4))
    expect(['a', 'b'].map((key) => lists.find(index, key, always) !== undefined)).toEqual([true, true])
  })

  it('is nothing of what is heavier than all there is room for', () => {
    const lists = makeKeptLists<object>(10)
    lists.keep(index, 'a', kept(11))
    expect(lists.find(index, 'a', always)).toBeUndefined()
    lists.keep(index, 'b', kept(10))
    expect(lists.find(index, 'b', always)).toBeDefined()
  })

  it('ends with the rules it was made by', () => {
    const lists = makeKeptLists<object>(10)
    lists.keep(index, 'a', kept(6))
    const other = anIndex({ accounts: [anAccount()] })
    expect(lists.find(other, 'a', always)).toBeUndefined()
    lists.keep(other, 'b', kept(6))
    expect(lists.find(index, 'a', always)).toBeUndefined()
    expect(lists.find(other, 'b', always)).toBeDefined()
  })
})
