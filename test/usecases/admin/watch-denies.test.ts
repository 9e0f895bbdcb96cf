import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { DenyWatch, SeenPerson } from '../../../src/domain/admin/deny-watch.ts'
import type { Rule } from '../../../src/domain/entitlement/rule.ts'
import { makeClaimWarning, makeWatchDenies } from '../../../src/usecases/admin/watch-denies.ts'
import { anIndex, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aClock } from '../../support/a-session.ts'
import { patternOf } from '../../support/generated-rules.ts'

const DAY = 86_400

const frozen = aRule({ id: 'frozen', effect: 'deny', match: { idp: 'entra', groups: ['Frozen'] } })
const anywhere = aRule({ id: 'anywhere', effect: 'deny', match: { groups: ['Suspended'] } })
const byName = aRule({ id: 'by-name', effect: 'deny', match: { idp: 'entra', pattern: patternOf('^no-aws-.*$') } })

/** Gateways on one store, and people who come. */
function aWatch(rules: readonly Rule[]) {
  const world = { rules, gaveWay: () => {} }
  const clock = aClock()
  const store = makeMemoryStore({ now: clock.now })
  const people: SeenPerson[] = []
  const atStore = () => ({ denyWatches: makeTable<DenyWatch>(store, 'w'), now: clock.now })
  const aGateway = () =>
    makeWatchDenies({
      ...atStore(),
      rules: () => anIndex({ rules: world.rules }),
      giveWay: async () => world.gaveWay(),
    })
  const aClaim = () => makeClaimWarning(atStore())
  const comes = (groups: readonly string[], changes: Parameters<typeof aPrincipal>[0] = {}) =>
    void people.push({ principal: aPrincipal({ groups, ...changes }), seenAt: clock.now() })
  const five = (groups: readonly string[] = [], changes = {}) => {
    for (let at = 0; at < 5; at += 1) comes(groups, changes)
  }
  const after = async (days: number, gateway = aGateway()) => {
    clock.pass(days * DAY)
    return (await gateway(people)).map(({ rule, group, days }) => `${rule}: ${group}, ${days}`)
  }
  /** Only what people say at their last sign-in is kept of them. */
  const forget = () => void people.splice(0)
  return { world, clock, people, aGateway, aClaim, comes, five, after, forget }
}

describe('a deny that nobody is seen in (threats.md I4)', () => {
  it('is told of after a week of watching, and no sooner', async () => {
    const { five, after } = aWatch([frozen])
    five(['Team'])
    expect([await after(0), await after(6), await after(1)]).toEqual([[], [], ['frozen: Frozen, 7']])
  })

  it('is told of with how long it was watched, thirty days at most', async () => {
    const { five, after } = aWatch([frozen])
    five()
    const told = [await after(0), await after(8), await after(21), await after(1), await after(10)]
    expect(told).toEqual([[], ...[8, 29, 30, 30].map((days) => [`frozen: Frozen, ${days}`])])
  })

  it('has a week of its own where it came later than the watch', async () => {
    const { world, five, after } = aWatch([frozen])
    five()
    await after(0)
    await after(20)
    world.rules = [frozen, anywhere]
    expect(await after(0)).toEqual(['frozen: Frozen, 20'])
    expect(await after(6)).toEqual(['frozen: Frozen, 26'])
    expect(await after(1)).toEqual(['frozen: Frozen, 27', 'anywhere: Suspended, 7'])
    // Taken out, and put in again.
    world.rules = [frozen]
    await after(0)
    world.rules = [frozen, anywhere]
    expect(await after(0)).toEqual(['frozen: Frozen, 27'])
  })

  it('is warned of by one gateway of a store, once a day, whichever was started anew', async () => {
    const { five, after, aClaim, clock } = aWatch([frozen])
    expect(await aClaim()()).toBe(false)
    five()
    await after(7)
    const [one, other] = [aClaim(), aClaim()]
    expect([await one(), await one(), await other(), await aClaim()()]).toEqual([true, false, false, false])
    // Another look forgets nothing of it.
    await after(0)
    clock.pass(DAY - 1)
    expect(await other()).toBe(false)
    clock.pass(1)
    expect([await other(), await one()]).toEqual([true, false])
    // Said by a gateway whose clock was ahead.
    clock.pass(-10 * DAY)
    expect(await one()).toBe(true)
  })

  it('is looked for in a few hundred people at a time: others have their turn between', async () => {
    const { world, people, after } = aWatch([frozen, byName])
    let [looked, most] = [0, 0]
    world.gaveWay = () => ([looked, most] = [0, Math.max(most, looked)])
    const { groups, ...who } = aPrincipal({ groups: ['Frozen'] })
    const watched = {
      ...groups,
      get names() {
        looked += 1
        return groups.names
      },
    }
    for (let at = 0; at < 1_000; at += 1) people.push({ principal: { ...who, groups: watched }, seenAt: new Date(0) })
    await after(0)
    expect(Math.max(most, looked)).toBe(200)
  })

  it('is told of among five people of its IdP whose list is whole', async () => {
    const { comes, five, after } = aWatch([frozen])
    await after(0)
    five([], { idp: 'okta' })
    five([], { groupsState: 'truncated' })
    for (let at = 0; at < 4; at += 1) comes([])
    expect(await after(7)).toEqual([])
    comes([])
    expect(await after(0)).toEqual(['frozen: Frozen, 7'])
  })

  it('of every IdP is missed where nobody of any is in it', async () => {
    const { comes, five, after } = aWatch([anywhere])
    await after(0)
    five()
    expect(await after(7)).toEqual(['anywhere: Suspended, 7'])
    comes(['Suspended'], { idp: 'okta' })
    expect(await after(0)).toEqual([])
  })

  it('is not told of where somebody is in it, though their list was cut', async () => {
    const { comes, five, after } = aWatch([frozen])
    await after(0)
    five()
    comes(['Frozen'], { groupsState: 'truncated' })
    expect(await after(7)).toEqual([])
  })

  it('is told of thirty days after the last who was, though their own list has none of it since', async () => {
    const { comes, five, after, forget } = aWatch([frozen])
    comes(['Frozen'])
    await after(0)
    forget()
    five()
    expect([await after(30), await after(1)]).toEqual([[], ['frozen: Frozen, 30']])
  })

  it('by a pattern is missed where no name fits', async () => {
    const { comes, five, after } = aWatch([byName])
    await after(0)
    five(['Team'])
    expect(await after(7)).toEqual(['by-name: ^no-aws-.*$, 7'])
    comes(['no-aws-leavers'])
    expect(await after(0)).toEqual([])
  })

  it('is a grant’s, a job’s or everyone’s business never', async () => {
    const { five, after } = aWatch([
      aRule({ match: { idp: 'entra', groups: ['Gone'] } }),
      aRule({ effect: 'deny', match: { everyone: true } }),
      aRule({ effect: 'deny', match: { workload: 'ci', claims: {} } }),
    ])
    five()
    await after(0)
    expect(await after(40)).toEqual([])
  })

  it('is remembered over restarts and replicas', async () => {
    const { comes, five, after, aGateway, forget } = aWatch([frozen])
    const [one, other] = [aGateway(), aGateway()]
    comes(['Frozen'])
    await after(0, one)
    forget()
    five()
    expect([await after(20, other), await after(11, one)]).toEqual([[], ['frozen: Frozen, 30']])
    expect(await after(0, aGateway())).toEqual(['frozen: Frozen, 30'])
  })

  it('is told of exactly when nobody said the group for thirty days, whatever else people say', async () => {
    const day = fc.array(fc.subarray(['Frozen', 'Team', 'no-aws-x']), { maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.array(day, { minLength: 8, maxLength: 60 }), async (days) => {
        const { comes, five, after, forget } = aWatch([frozen])
        let [lastSeen, today] = [-Infinity, 0]
        for (const came of days) {
          forget()
          five()
          for (const groups of came) comes(groups)
          if (came.some((groups) => groups.includes('Frozen'))) lastSeen = today
          const isMissed = today >= 7 && today - lastSeen > 30
          expect(await after(0)).toEqual(isMissed ? [`frozen: Frozen, ${Math.min(today, 30)}`] : [])
          await after(1)
          today += 1
        }
      }),
      { numRuns: 40 },
    )
  })
})
