import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isOpen,
  parseTimeWindow,
  printTimeWindow,
  shownIn,
  type TimeWindow,
} from '../../../src/domain/entitlement/time-window.ts'
import { isTimeZone, knownTimeZones } from '../../../src/domain/entitlement/wall-clock.ts'

function windowOf(text: string): TimeWindow {
  const window = parseTimeWindow(text)
  if (window === undefined) throw new Error(`no window: ${text}`)
  return window
}
const isOpenAt = (text: string, moment: string) => isOpen(windowOf(text), new Date(moment))

describe('parseTimeWindow', () => {
  it.each([
    ['Mon-Fri 07:00-20:00 Europe/Berlin', { days: [0, 1, 2, 3, 4], from: 420, to: 1200 }],
    ['Sat 00:00-24:00 UTC', { days: [5], from: 0, to: 1440 }],
    ['Fri-Mon 09:30-17:45 UTC', { days: [4, 5, 6, 0], from: 570, to: 1065 }],
    ['Mon,Wed,Fri-Sat 08:00-09:00 UTC', { days: [0, 2, 4, 5], from: 480, to: 540 }],
    ['22:00-06:00 America/New_York', { days: [0, 1, 2, 3, 4, 5, 6], from: 1320, to: 360 }],
  ])('reads %s', (text, { days, from, to }) => {
    const window = windowOf(text)
    expect([[...window.days], window.from, window.to]).toEqual([days, from, to])
  })

  it.each([
    ['no zone', 'Mon-Fri 07:00-20:00'],
    ['a zone of two words', 'Mon-Fri 07:00-20:00 New York'],
    ['days in small letters', 'mon-fri 07:00-20:00 UTC'],
    ['days of another tongue', 'Mo-Fr 07:00-20:00 UTC'],
    ['hours without minutes', 'Mon-Fri 7-20 UTC'],
    ['an hour of one digit', 'Mon-Fri 7:00-20:00 UTC'],
    ['minutes past the hour', 'Mon-Fri 07:60-20:00 UTC'],
    ['hours past the day', 'Mon-Fri 07:00-25:00 UTC'],
    ['a minute past midnight at the end', 'Mon-Fri 07:00-24:01 UTC'],
    ['half past twelve in the afternoon', 'Mon-Fri 07:00am-08:00pm UTC'],
    ['no time at all', 'Mon-Fri UTC'],
    ['an hour that is none', 'Mon-Fri 07:00-07:00 UTC'],
    ['one that begins at the end of the day', 'Mon-Fri 24:00-07:00 UTC'],
    ['one that ends before it begins', 'Mon-Fri 07:00-00:00 UTC'],
    ['two blanks', 'Mon-Fri  07:00-20:00 UTC'],
    ['a line feed', 'Mon-Fri 07:00-20:00 UTC\n'],
    ['nothing', ''],
  ])('takes no window with %s', (_fault, text) => {
    expect(parseTimeWindow(text)).toBeUndefined()
  })

  const windows = fc
    .record({
      days: fc.uniqueArray(fc.integer({ min: 0, max: 6 }), { minLength: 1 }),
      from: fc.integer({ min: 0, max: 1439 }),
      to: fc.integer({ min: 1, max: 1440 }),
      timeZone: fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Australia/Lord_Howe'),
    })
    .filter(({ from, to }) => from !== to)
    .map(({ days, ...rest }): TimeWindow => ({ ...rest, days: new Set(days) }))

  it('reads what it prints, and prints it the same', () => {
    fc.assert(
      fc.property(windows, (window) => {
        const text = printTimeWindow(window)
        expect(windowOf(text)).toEqual(window)
        expect(printTimeWindow(windowOf(text))).toBe(text)
      }),
      { numRuns: 3_000 },
    )
  })

  it('reads any text without throwing, and nothing that it would print otherwise', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        const window = parseTimeWindow(text)
        if (window !== undefined) expect(windowOf(printTimeWindow(window))).toEqual(window)
      }),
    )
  })

  it('is open in the minutes a plain reading of a clock on the wall says, through every change of the clocks', () => {
    const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
    /** Walks the window's minutes on a drum of seven days. */
    function plainly({ days, from, to, timeZone }: TimeWindow, at: Date): boolean {
      const said = at.toLocaleString('en-GB', { timeZone, weekday: 'long', hour: '2-digit', minute: '2-digit' })
      const [, day = '', hour = '', minute = ''] = /^(\w+)\D+(\d\d):(\d\d)/.exec(said) ?? []
      const now = DAYS.indexOf(day) * 1440 + Number(hour) * 60 + Number(minute)
      const length = from < to ? to - from : to + 1440 - from
      return [...days].some((begins) => (now - (begins * 1440 + from) + 10080) % 10080 < length)
    }
    // The nights on which the clocks of these zones change, and the days about them.
    const about = ['2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01', '2026-12-31']
    const moment = fc
      .tuple(fc.constantFrom(...about), fc.integer({ min: -2 * 1440, max: 2 * 1440 }), fc.integer({ min: 0, max: 59 }))
      .map(([day, minutes, seconds]) => new Date(Date.parse(`${day}T03:00:00Z`) + minutes * 60_000 + seconds * 1000))
    fc.assert(
      fc.property(windows, moment, (window, at) => {
        expect(isOpen(window, at)).toBe(plainly(window, at))
      }),
      { numRuns: 20_000 },
    )
  }, 60_000)
})

describe('isOpen', () => {
  const WEEK = 'Mon-Fri 07:00-20:00 Europe/Berlin'
  it.each([
    { because: 'in its first minute', at: '2026-01-05T06:00:00Z', is: true },
    { because: 'not a second before', at: '2026-01-05T05:59:59Z', is: false },
    { because: 'to the last second', at: '2026-01-05T18:59:59Z', is: true },
    { because: 'not at the end', at: '2026-01-05T19:00:00Z', is: false },
    { because: 'not on another day', at: '2026-01-04T12:00:00Z', is: false },
    { because: 'an hour earlier by UTC in summer', at: '2026-07-06T05:00:00Z', is: true },
    { because: 'and shut earlier too', at: '2026-07-06T18:00:00Z', is: false },
  ])('$because', ({ at, is }) => expect(isOpenAt(WEEK, at)).toBe(is))

  it.each([
    { because: 'late on the day it begins', at: '2026-01-09T23:00:00Z', is: true },
    { because: 'early on the next', at: '2026-01-10T05:59:59Z', is: true },
    { because: 'not when that is over', at: '2026-01-10T06:00:00Z', is: false },
    { because: 'not early on its own first day', at: '2026-01-05T05:00:00Z', is: false },
    { because: 'nor late on the next', at: '2026-01-10T23:00:00Z', is: false },
  ])('over midnight, of Monday to Friday: $because', ({ at, is }) =>
    expect(isOpenAt('Mon-Fri 22:00-06:00 UTC', at)).toBe(is),
  )

  it.each([
    // Berlin, 29 March 2026: two o'clock is three.
    { zone: 'Europe/Berlin', hours: '02:00-03:00', at: '2026-03-29T00:59:59Z', is: false },
    { zone: 'Europe/Berlin', hours: '02:00-03:00', at: '2026-03-29T01:00:00Z', is: false },
    { zone: 'Europe/Berlin', hours: '01:30-03:30', at: '2026-03-29T01:00:00Z', is: true },
    { zone: 'Europe/Berlin', hours: '01:30-03:30', at: '2026-03-29T01:30:00Z', is: false },
    // Berlin, 25 October 2026: the hour from two to three comes twice, and is open both times.
    { zone: 'Europe/Berlin', hours: '02:00-03:00', at: '2026-10-25T00:30:00Z', is: true },
    { zone: 'Europe/Berlin', hours: '02:00-03:00', at: '2026-10-25T01:30:00Z', is: true },
    { zone: 'Europe/Berlin', hours: '02:00-03:00', at: '2026-10-25T02:00:00Z', is: false },
    // New York, 8 March and 1 November 2026.
    { zone: 'America/New_York', hours: '02:00-03:00', at: '2026-03-08T07:00:00Z', is: false },
    { zone: 'America/New_York', hours: '01:00-04:00', at: '2026-03-08T07:59:59Z', is: true },
    { zone: 'America/New_York', hours: '01:00-02:00', at: '2026-11-01T05:30:00Z', is: true },
    { zone: 'America/New_York', hours: '01:00-02:00', at: '2026-11-01T06:30:00Z', is: true },
    { zone: 'America/New_York', hours: '01:00-02:00', at: '2026-11-01T07:00:00Z', is: false },
  ])('where the clocks change: $hours $zone at $at', ({ zone, hours, at, is }) =>
    expect(isOpenAt(`${hours} ${zone}`, at)).toBe(is),
  )

  it('says what the clocks there show', () => {
    expect(shownIn(windowOf(WEEK), new Date('2026-01-04T23:03:59Z'))).toBe('Mon 00:03')
    expect(shownIn(windowOf('22:00-06:00 America/New_York'), new Date('1969-12-31T23:00:00Z'))).toBe('Wed 18:00')
  })
})

describe('isTimeZone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+1', 'Asia/Calcutta', 'America/New_York'])(
    'knows %s',
    (name) => expect(isTimeZone(name)).toBe(true),
  )
  it.each([
    '',
    'Europe/Berln',
    'Berlin',
    'europe/berlin',
    '+01:00',
    '-05:00',
    'local',
    'constructor',
    '../etc',
    'UTC ',
  ])('knows no %j', (name) => expect(isTimeZone(name)).toBe(false))
  it('knows every zone it would propose', () => {
    expect(knownTimeZones().filter((name) => !isTimeZone(name))).toEqual([])
  })
})
