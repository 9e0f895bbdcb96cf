/** What clocks in a zone show at an instant, as the milliseconds at which clocks in UTC would show the same. */
export function shownAt(at: number, timeZone: string): number {
  const fields = Object.fromEntries(
    clockOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** There are fewer zones than that; a browser may name every one of them. */
const MOST_CLOCKS = 600
const clocks = new Map<string, Intl.DateTimeFormat>()

/** Making one takes longer than everything that is done with it. */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  if (clocks.size >= MOST_CLOCKS) clocks.clear()
  clocks.set(timeZone, made)
  return made
}

/** Whether this is a zone's name as IANA spells it. An offset such as `+01:00` is none: it knows no summer. */
export function isTimeZone(name: string): boolean {
  // What nearly every file says; to ask for it would load the world's.
  if (name === 'UTC') return true
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/.test(name)) return false
  try {
    const { timeZone } = new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions()
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase()
  } catch {
    return false
  }
}

/** Names to propose for one that is none. */
export const knownTimeZones = (): readonly string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')]
