/** `20:00`; on another day than now, `2030-01-02 08:00`. In the person's own zone. */
export function localTime(moment: Date, now: Date, timeZone: string): string {
  const day = (date: Date) => new Intl.DateTimeFormat('en-CA', { dateStyle: 'short', timeZone }).format(date)
  const time = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone }).format(moment)
  return day(moment) === day(now) ? time : `${day(moment)} ${time}`
}
