import { describe, expect, it } from 'vitest'
import { lastCredentialAfter, recheckedWithin, type Lent } from '../../../src/domain/admin/last-credential.ts'

const HOUR = 3600
const lent = (oldestHours: number, maxHours: number, elevated = false): Lent => ({
  oldestGroupsSeconds: oldestHours * HOUR,
  maxSeconds: maxHours * HOUR,
  elevated,
})

describe('lastCredentialAfter (threats.md I7)', () => {
  it('is how long groups decide, and what a role lasts from then', () => {
    expect(lastCredentialAfter(12 * HOUR, [lent(1, 2), lent(4, 1)])).toEqual({
      credentialSeconds: 5 * HOUR,
      consoleSeconds: 5 * HOUR + 900,
    })
  })

  it('is never past the sign-in itself', () => {
    expect(lastCredentialAfter(8 * HOUR, [lent(12, 12)]).credentialSeconds).toBe(8 * HOUR)
    expect(lastCredentialAfter(8 * HOUR, [lent(Infinity, 1)]).credentialSeconds).toBe(8 * HOUR)
  })

  it('says it of elevated roles apart', () => {
    const told = lastCredentialAfter(12 * HOUR, [lent(12, 12), lent(1, 1, true), lent(1, 2, true)])
    expect([told.credentialSeconds, told.elevatedSeconds]).toEqual([12 * HOUR, 3 * HOUR])
  })

  it('goes by how often the directory is asked again, where that is sooner', () => {
    const told = lastCredentialAfter(12 * HOUR, [lent(12, 2), lent(1, 1, true)], 900)
    expect(told).toEqual({
      credentialSeconds: 2 * HOUR + 900,
      elevatedSeconds: HOUR + 900,
      consoleSeconds: 2 * HOUR + 1800,
    })
    expect(lastCredentialAfter(12 * HOUR, [lent(1, 2)], 4 * HOUR).credentialSeconds).toBe(3 * HOUR)
  })

  it.each([
    [
      [
        { everySeconds: 900, else: 'fail' },
        { everySeconds: 3600, else: 'fail' },
      ] as const,
      3600,
    ],
    [[{ everySeconds: 900, else: 'fail' }, undefined] as const, Infinity],
    [
      [
        { everySeconds: 900, else: 'fail' },
        { everySeconds: 60, else: 'warn' },
      ] as const,
      Infinity,
    ],
    [[], Infinity],
  ])('promises what the slowest of the IdPs does: %j', (idps, seconds) => {
    expect(recheckedWithin(idps)).toBe(seconds)
  })

  it('is nothing where there is nothing to take', () => {
    expect(lastCredentialAfter(12 * HOUR, [])).toEqual({ credentialSeconds: 0, consoleSeconds: 900 })
  })
})
