import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entitlement } from '../../../src/domain/entitlement/decide.ts'
import type { Usual } from '../../../src/domain/entitlement/rule.ts'
import {
  durationChoices,
  durationOf,
  LEAST_SECONDS,
  parseDuration,
  printDuration,
} from '../../../src/domain/entitlement/duration.ts'
import { anIndex, aRoleKind, aTarget } from '../../support/a-mapping.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600

function anEntitlement({
  role = 4 * HOUR,
  rule,
  usual,
}: {
  role?: number
  rule?: number
  usual?: number | Usual
}): Entitlement {
  const kind = aRoleKind({
    maxSeconds: role,
    ...(usual !== undefined && { usual: typeof usual === 'number' ? { seconds: usual } : usual }),
  })
  return {
    target: aTarget(anIndex({ roles: [kind] })),
    maxSeconds: Math.min(role, rule ?? role),
    limitedBy: rule !== undefined && rule < role ? 'rule' : 'role',
    via: [{ rule: 'payments-team', group: 'payments' }],
    requires: [],
    unmet: [],
  }
}
const ending = (seconds: number) => ({ endsAt: secondsAfter(NINE, seconds) })

describe('durationOf', () => {
  it.each([
    { because: 'what was asked, where it fits', asked: 1800, left: 10 * HOUR, is: [1800, 'requested'] },
    { because: 'an hour, where nothing was asked', left: 10 * HOUR, is: [HOUR, 'default'] },
    {
      because: 'the role’s usual length, where nothing was asked',
      usual: 2 * HOUR,
      left: 10 * HOUR,
      is: [2 * HOUR, 'default'],
    },
    { because: 'no more than the role (threats.md R11)', asked: 12 * HOUR, left: 10 * HOUR, is: [4 * HOUR, 'role'] },
    { because: 'no more than the rule', asked: 12 * HOUR, rule: 2 * HOUR, left: 10 * HOUR, is: [2 * HOUR, 'rule'] },
    {
      because: 'no more than is left of the sign-in (threats.md I7)',
      asked: 3 * HOUR,
      left: 2 * HOUR,
      is: [2 * HOUR, 'sign-in'],
    },
    { because: 'the smallest of all', asked: 3 * HOUR, rule: 2 * HOUR, left: HOUR, is: [HOUR, 'sign-in'] },
    { because: 'the usual length inside the rule', usual: 2 * HOUR, rule: HOUR, left: 10 * HOUR, is: [HOUR, 'rule'] },
    { because: 'the usual length inside the role', usual: 8 * HOUR, left: 10 * HOUR, is: [4 * HOUR, 'role'] },
    { because: 'whole seconds, rounded down (threats.md H4)', asked: 3 * HOUR, left: 1800.999, is: [1800, 'sign-in'] },
    { because: 'exactly the limit counts as asked', asked: 4 * HOUR, left: 10 * HOUR, is: [4 * HOUR, 'requested'] },
    { because: 'the least AWS lends, when just that is left', asked: HOUR, left: 900, is: [900, 'sign-in'] },
  ])('$because', ({ asked, rule, usual, left, is: [seconds, limitedBy] }) => {
    const entitlement = anEntitlement({ ...(rule !== undefined && { rule }), ...(usual !== undefined && { usual }) })
    expect(durationOf(entitlement, asked === undefined ? {} : { seconds: asked }, ending(left), NINE)).toEqual({
      seconds,
      limitedBy,
    })
  })

  describe('until a time of day', () => {
    const until = (time: number, timeZone = 'UTC') => ({ usual: { until: time * 60, timeZone }, role: 12 * HOUR })
    const lasts = (usual: ReturnType<typeof until>, at: string, asked: { timeZone?: string } = {}) => {
      const now = new Date(at)
      return durationOf(anEntitlement(usual), asked, { endsAt: secondsAfter(now, 24 * HOUR) }, now)
    }

    it.each([
      { because: 'later today', at: '2030-01-07T09:00:00Z', seconds: 10 * HOUR, limitedBy: 'default' },
      { because: 'to the second', at: '2030-01-07T18:30:01.700Z', seconds: 1799, limitedBy: 'default' },
      {
        because: 'a quarter of an hour is just enough',
        at: '2030-01-07T18:45:00Z',
        seconds: 900,
        limitedBy: 'default',
      },
      {
        because: 'with less left it is tomorrow’s, cut by the role',
        at: '2030-01-07T18:45:01Z',
        seconds: 12 * HOUR,
        limitedBy: 'role',
      },
      { because: 'past it, tomorrow’s', at: '2030-01-07T20:00:00Z', seconds: 12 * HOUR, limitedBy: 'role' },
      {
        because: 'tomorrow’s, when that is near',
        at: '2030-01-08T08:00:00Z',
        seconds: 11 * HOUR,
        limitedBy: 'default',
      },
    ])('$because', ({ at, seconds, limitedBy }) => {
      expect(lasts(until(19), at)).toEqual({ seconds, limitedBy })
    })

    it('is read off the clocks of the zone, and of the browser’s where it says one', () => {
      const berlin = until(19, 'Europe/Berlin')
      expect(lasts(berlin, '2030-01-07T09:00:00Z').seconds).toBe(9 * HOUR)
      expect(lasts(berlin, '2030-07-08T09:00:00Z').seconds).toBe(8 * HOUR)
      expect(lasts(berlin, '2030-01-07T09:00:00Z', { timeZone: 'Europe/London' }).seconds).toBe(10 * HOUR)
    })

    it('is never less than AWS lends, nor more than any limit, whatever the clock', () => {
      const moment = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })
      const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Pacific/Kiritimati')
      fc.assert(
        fc.property(moment, fc.integer({ min: 0, max: 1439 }), zone, (now, minutes, timeZone) => {
          const entitlement = anEntitlement({ usual: { until: minutes, timeZone }, role: 43_200 })
          const { seconds } = durationOf(entitlement, {}, { endsAt: secondsAfter(now, 90_000) }, now)
          expect(seconds).toBeGreaterThanOrEqual(900)
          expect(seconds).toBeLessThanOrEqual(43_200)
        }),
        { numRuns: 2_000 },
      )
    })
  })

  it('raises the usual time for clients that find less useless, and nothing else', () => {
    const raised = (entitlement: ReturnType<typeof anEntitlement>, seconds?: number) =>
      durationOf(
        entitlement,
        { leastUsualSeconds: 1800, ...(seconds !== undefined && { seconds }) },
        ending(10 * HOUR),
        NINE,
      ).seconds
    expect(raised(anEntitlement({ usual: 900 }))).toBe(1800)
    expect(raised(anEntitlement({ usual: 7200 }))).toBe(7200)
    expect(raised(anEntitlement({ usual: 900 }), 900)).toBe(900)
    expect(raised(anEntitlement({ usual: 900, role: 1200 }))).toBe(1200)
  })

  it.each([899.999, 899, 1, 0, -1])('refuses with %d seconds left, and never rounds up (threats.md H4)', (left) => {
    expect(refusalOf(() => durationOf(anEntitlement({}), { seconds: 900 }, ending(left), NINE))).toMatchObject({
      code: 'sign_in_required',
      values: { why: 'grant_ending' },
    })
  })

  it('never lasts longer than anything that limits it', () => {
    const lengths = fc.integer({ min: 900, max: 43_200 })
    fc.assert(
      fc.property(
        lengths,
        lengths,
        lengths,
        fc.double({ min: 900, max: 90_000, noNaN: true }),
        (asked, role, rule, left) => {
          const { seconds, limitedBy } = durationOf(
            anEntitlement({ role, rule }),
            { seconds: asked },
            ending(left),
            NINE,
          )
          expect(seconds).toBe(Math.min(asked, role, rule, Math.floor(Math.floor(left * 1000) / 1000)))
          expect(
            { requested: asked, role, rule, 'sign-in': Math.floor(left), default: NaN, approval: NaN }[limitedBy],
          ).toBe(seconds)
        },
      ),
      { numRuns: 3_000 },
    )
  })
})

describe('parseDuration', () => {
  it.each([
    ['15m', 900],
    ['3h', 3 * HOUR],
    ['1h30m', 5400],
    ['90s', 90],
    ['1h1m1s', 3661],
    ['90m', 5400],
    ['0m', 0],
  ])('reads %s', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds)
  })

  it.each([
    '',
    '15',
    '3600',
    'h',
    '1.5h',
    '-1h',
    '+1h',
    '1H',
    '1 h',
    ' 1h',
    '1h ',
    '1h\n',
    '30m1h',
    '1h1h',
    '1d',
    '٣h',
    '99999h',
    '1e3s',
    'until 18:00',
  ])('does not read %j', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})

describe('printDuration', () => {
  it.each([
    [0, '0s'],
    [59, '59s'],
    [60, '1m'],
    [900, '15m'],
    [HOUR, '1h'],
    [5400, '1h30m'],
    [43_200, '12h'],
    [3661, '1h1m1s'],
    [3601, '1h1s'],
  ])('prints %d seconds as %s', (seconds, text) => {
    expect(printDuration(seconds)).toBe(text)
  })

  it('prints what parseDuration reads back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9999 * HOUR }), (seconds) => {
        expect(parseDuration(printDuration(seconds))).toBe(seconds)
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('durationChoices', () => {
  it.each([
    {
      because: 'the usual lengths and the most there is',
      entitlement: anEntitlement({ role: 12 * HOUR }),
      left: 24 * HOUR,
      is: ['15m', '1h', '4h', '8h', '12h'],
    },
    {
      because: 'nothing above the most',
      entitlement: anEntitlement({ role: 2 * HOUR }),
      left: 24 * HOUR,
      is: ['15m', '1h', '2h'],
    },
    {
      because: 'whole minutes of what is left',
      entitlement: anEntitlement({}),
      left: 2 * HOUR + 59,
      is: ['15m', '1h', '2h'],
    },
    {
      because: 'the role’s usual length among them',
      entitlement: anEntitlement({ usual: 2 * HOUR }),
      left: 24 * HOUR,
      is: ['15m', '1h', '2h', '4h'],
    },
    { because: 'just the least when no more is left', entitlement: anEntitlement({}), left: 900, is: ['15m'] },
    {
      because: 'no seconds where the usual length ends in the middle of a minute',
      entitlement: anEntitlement({}),
      left: 1798,
      is: ['15m', '29m'],
    },
  ])('offers $because', ({ entitlement, left, is }) => {
    expect(durationChoices(entitlement, ending(left), NINE).map(printDuration)).toEqual(is)
  })

  it('offers nothing that would be cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 900, max: 43_200 }), fc.integer({ min: 900, max: 90_000 }), (role, left) => {
        for (const seconds of durationChoices(anEntitlement({ role }), ending(left), NINE)) {
          expect(seconds).toBeGreaterThanOrEqual(LEAST_SECONDS)
          expect(durationOf(anEntitlement({ role }), { seconds }, ending(left), NINE).seconds).toBe(seconds)
        }
      }),
      { numRuns: 2_000 },
    )
  })
})
