import { describe, expect, it } from 'vitest'
import { parseUntil, secondsUntil } from '../../../src/domain/entitlement/until.ts'

describe('until HH:MM', () => {
  it.each([
    ['until 18:00', 1080],
    ['until 9:05', 545],
    ['until 00:00', 0],
    ['until 23:59', 1439],
    ['until 24:00', undefined],
    ['until 18', undefined],
    ['until 18:60', undefined],
    ['until 6pm', undefined],
    ['until  18:00', undefined],
    ['18:00', undefined],
    ['Until 18:00', undefined],
    ['until 18:00 ', undefined],
  ])('%s is %s minutes since midnight', (text, minutes) => {
    expect(parseUntil(text)).toBe(minutes)
  })

  const berlin = 'Europe/Berlin'
  it.each([
    { what: 'today', now: '2030-01-15T10:00:00Z', zone: 'UTC', until: '18:00', hours: 8 },
    {
      what: 'tomorrow when it is past',
      now: '2030-01-15T18:00:01Z',
      zone: 'UTC',
      until: '18:00',
      hours: 24 - 1 / 3600,
    },
    { what: 'tomorrow when it is now', now: '2030-01-15T18:00:00.900Z', zone: 'UTC', until: '18:00', hours: 24 },
    { what: 'in the person’s own zone', now: '2030-01-15T10:00:00Z', zone: berlin, until: '18:00', hours: 7 },
    {
      what: 'where the day is another',
      now: '2030-01-15T10:30:00Z',
      zone: 'Pacific/Kiritimati',
      until: '01:00',
      hours: 0.5,
    },
    {
      what: 'where the offset is no whole hour',
      now: '2030-01-15T10:00:00Z',
      zone: 'Asia/Kathmandu',
      until: '16:00',
      hours: 0.25,
    },
    { what: 'past midnight', now: '2030-12-31T22:30:00Z', zone: berlin, until: '00:30', hours: 1 },
    { what: 'across the spring change', now: '2030-03-30T22:00:00Z', zone: berlin, until: '06:00', hours: 6 },
    { what: 'across the autumn change', now: '2030-10-26T21:00:00Z', zone: berlin, until: '06:00', hours: 8 },
    { what: 'the first of two', now: '2030-10-26T23:30:00Z', zone: berlin, until: '02:30', hours: 1 },
    {
      what: 'the second of two, when the first is past',
      now: '2030-10-27T01:15:00Z',
      zone: berlin,
      until: '02:30',
      hours: 0.25,
    },
    { what: 'a time that is skipped', now: '2030-03-31T00:00:00Z', zone: berlin, until: '02:30', hours: 1.5 },
  ])('is $what', ({ now, zone, until, hours }) => {
    expect(secondsUntil(parseUntil(`until ${until}`) ?? Number.NaN, new Date(now), zone)).toBe(Math.round(hours * 3600))
  })
})
