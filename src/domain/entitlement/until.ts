import { shownAt } from './wall-clock.ts'

const UNTIL = /^until ([01]?\d|2[0-3]):([0-5]\d)$/
const DAY_MS = 86_400_000

/** Minutes since midnight of `until 18:00`; undefined for anything else. */
export function parseUntil(text: string): number | undefined {
  const [, hour, minute] = UNTIL.exec(text) ?? []
  return hour === undefined ? undefined : Number(hour) * 60 + Number(minute)
}

/** `1140` → `until 19:00`. */
export const printUntil = (minutes: number): string => `until ${printClock(minutes)}`

/** `1140` → `19:00`. */
export const printClock = (minutes: number): string =>
  [Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')

/**
 * Whole seconds until the clocks of a zone show so many minutes since midnight: tomorrow, when that is past or now. A time
 * that comes twice is the first of the two; one that is skipped is as long after the last one shown as it would have been.
 */
export function secondsUntil(minutes: number, now: Date, timeZone: string): number {
  const from = Math.floor(now.getTime() / 1000) * 1000
  const shownNow = shownAt(from, timeZone)
  const today = Math.floor(shownNow / DAY_MS) * DAY_MS + minutes * 60_000
  const due = today > shownNow ? today : today + DAY_MS
  const [before, after] = [due - DAY_MS, due + DAY_MS].map((at) => due - (shownAt(at, timeZone) - at)) as [
    number,
    number,
  ]
  const met = [before, after].filter((at) => at > from && shownAt(at, timeZone) === due)
  return ((met.length > 0 ? Math.min(...met) : before) - from) / 1000
}
