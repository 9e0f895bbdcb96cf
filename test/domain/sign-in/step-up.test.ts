import { describe, expect, it } from 'vitest'
import { afterTrip, freshenedBy, freshnessFault, isFor, type StepUpTrip } from '../../../src/domain/sign-in/step-up.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'
import { ADMIN_ARN, aPurpose, aUsedStepUp } from '../../support/a-step-up.ts'

describe('whether an IdP’s answer is a fresh proof (threats.md I6)', () => {
  const at = (seconds: number) => secondsAfter(NINE, seconds)

  it.each([
    { because: 'they signed in after the trip began', stated: { authenticatedAt: at(12) }, needsMfa: false },
    { because: 'their IdP’s clock is a little behind', stated: { authenticatedAt: at(-10) }, needsMfa: false },
    { because: 'with a second factor', stated: { authenticatedAt: at(12), mfaAt: at(12) }, needsMfa: true },
  ])('it is: $because', ({ stated, needsMfa }) => {
    expect(freshnessFault(stated, { startedAt: NINE }, needsMfa)).toBeUndefined()
  })

  it.each([
    { because: 'nothing says when', stated: {}, needsMfa: false, fault: 'auth_time_missing' },
    {
      because: 'it was before the trip',
      stated: { authenticatedAt: at(-11) },
      needsMfa: false,
      fault: 'auth_time_stale',
    },
    {
      because: 'it was this morning',
      stated: { authenticatedAt: at(-7200), mfaAt: at(-7200) },
      needsMfa: true,
      fault: 'auth_time_stale',
    },
    {
      because: 'no second factor was used',
      stated: { authenticatedAt: at(12) },
      needsMfa: true,
      fault: 'no_second_factor',
    },
  ])('it is not: $because', ({ stated, needsMfa, fault }) => {
    expect(freshnessFault(stated, { startedAt: NINE }, needsMfa)).toBe(fault)
  })
})

describe('what a step-up is for (threats.md H8)', () => {
  const asked = { roleArn: ADMIN_ARN, handOver: 'credentials' } as const

  it.each([
    { because: 'the very hand-over', session: aSession(), ask: asked, fits: true },
    { because: 'another session', session: aSession({ id: 'session-2' }), ask: asked, fits: false },
    { because: 'another role', session: aSession(), ask: { ...asked, roleArn: `${ADMIN_ARN}2` }, fits: false },
    { because: 'another kind', session: aSession(), ask: { ...asked, handOver: 'console' as const }, fits: false },
  ])('$because: $fits', ({ session, ask, fits }) => {
    expect(isFor(aUsedStepUp(), session, ask)).toBe(fits)
  })

  it('makes the session as fresh as it has shown its person to be, groups and all (threats.md I7)', () => {
    const principal = aPrincipal({ groups: [] })
    const used = aUsedStepUp({ authenticatedAt: NINE, mfaAt: NINE, principal })
    expect(freshenedBy(aSession(), used)).toEqual({ ...aSession(), authenticatedAt: NINE, mfaAt: NINE, principal })
  })
})

describe('where a trip ends', () => {
  const trip = (gives: StepUpTrip['gives'], destination?: string): StepUpTrip => ({
    id: 'an-id',
    purpose: aPurpose(destination === undefined ? {} : { destination }),
    sessionId: 'session-1',
    startedAt: NINE,
    gives,
  })

  it.each([
    { gives: 'hand-over', path: '/step-up/an-id' },
    { gives: 'release', path: '/step-up/an-id' },
    { gives: 'freshness', path: '/roles/payments-prod/admin' },
  ] as const)('$gives: $path', ({ gives, path }) => {
    expect(afterTrip(trip(gives))).toBe(path)
  })

  it('with the page that was asked for, where the role’s own page has its field', () => {
    expect(afterTrip(trip('freshness', 's3&x=y'))).toBe('/roles/payments-prod/admin?destination=s3%26x%3Dy')
  })
})
