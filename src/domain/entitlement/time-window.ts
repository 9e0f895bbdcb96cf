import { shownAt } from './wall-clock.ts'

/** Hours of days as the clocks of a zone show them. Where the end is not after the beginning, it is that of the next morning. */
export type TimeWindow = {
  /** Days on which it begins: 0 is Monday. */
  readonly days: ReadonlySet<number>
  /** Minutes since midnight; it is open in the first of them, and shut in the last. */
  readonly from: number
  readonly to: number
  /** As IANA spells it. */
  readonly timeZone: string
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const MINUTES_A_DAY = 24 * 60
const DAY_MS = MINUTES_A_DAY * 60_000

const DAY = `(?:${DAYS.join('|')})`
const ITEM = `${DAY}(?:-${DAY})?`
const TIME = '(?:[01]\\d|2[0-3]):[0-5]\\d|24:00'
const WINDOW = new RegExp(`^(?:(${ITEM}(?:,${ITEM})*) )?(${TIME})-(${TIME}) (\\S{1,64})$`)

/**
 * Reads `Mon-Fri 07:00-20:00 Europe/Berlin`: days may be left out, listed (`Mon,Wed`) and run over the week's end (`Fri-Mon`),
 * hours over midnight (`22:00-06:00`). Undefined for anything else; whether the zone exists is another question.
 */
export function parseTimeWindow(text: string): TimeWindow | undefined {
  const [, days, begins = '', ends = '', timeZone = ''] = WINDOW.exec(text) ?? []
  if (timeZone === '') return undefined
  const [from, to] = [minutesOf(begins), minutesOf(ends)]
  // An empty hour, or a whole day? Whoever means a day writes 00:00-24:00.
  if (from === to || from === MINUTES_A_DAY || to === 0) return undefined
  return { days: new Set(days === undefined ? DAYS.keys() : days.split(',').flatMap(daysOf)), from, to, timeZone }
}

/** The same text again, in its shortest form. */
export function printTimeWindow({ days, from, to, timeZone }: TimeWindow): string {
  const hours = `${printMinutes(from)}-${printMinutes(to)} ${timeZone}`
  return days.size === DAYS.length ? hours : `${runsOf(days).join(',')} ${hours}`
}

/** Whether it is open at this moment, by what the clocks there show. */
export function isOpen({ days, from, to, timeZone }: TimeWindow, at: Date): boolean {
  const shown = shownAt(at.getTime(), timeZone)
  const minute = Math.floor((((shown % DAY_MS) + DAY_MS) % DAY_MS) / 60_000)
  const today = weekdayOf(shown)
  if (from < to) return days.has(today) && from <= minute && minute < to
  return (days.has(today) && from <= minute) || (days.has((today + 6) % 7) && minute < to)
}

/** What the clocks of its zone show: `Sun 12:03`. */
export function shownIn({ timeZone }: TimeWindow, at: Date): string {
  const shown = shownAt(at.getTime(), timeZone)
  return `${DAYS[weekdayOf(shown)]} ${new Date(shown).toISOString().slice(11, 16)}`
}

/** The first of January 1970 was a Thursday. */
const weekdayOf = (shown: number): number => (((Math.floor(shown / DAY_MS) + 3) % 7) + 7) % 7

function daysOf(item: string): readonly number[] {
  const [first = 0, last = first] = item.split('-').map((day) => DAYS.indexOf(day))
  return Array.from({ length: ((last - first + 7) % 7) + 1 }, (_, step) => (first + step) % 7)
}

/** `Mon-Fri`, `Sat`: days in a row, which may run over the week's end. */
function runsOf(days: ReadonlySet<number>): readonly string[] {
  const begins = [...DAYS.keys()].filter((day) => days.has(day) && !days.has((day + 6) % 7))
  return begins.map((first) => {
    let last = first
    while (days.has((last + 1) % 7)) last = (last + 1) % 7
    return first === last ? `${DAYS[first]}` : `${DAYS[first]}-${DAYS[last]}`
  })
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 60 + minutes
}

const printMinutes = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')
