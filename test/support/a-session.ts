import type { RequestFacts } from '../../src/domain/audit/facts.ts'
import type { Circumstances } from '../../src/domain/entitlement/conditions.ts'
import type { GatewaySession } from '../../src/domain/sign-in/session.ts'
import { aPrincipal } from './a-principal.ts'

/** The Monday morning on which everything happens. */
export const NINE = new Date('2030-01-07T09:00:00.000Z')

export const secondsAfter = (from: Date, seconds: number): Date => new Date(from.getTime() + seconds * 1000)

/** A browser session that began at nine and lasts twelve hours. */
export function aSession(changes: Partial<GatewaySession> = {}): GatewaySession {
  return {
    id: 'session-1',
    via: 'browser',
    principal: aPrincipal(),
    signedInAt: NINE,
    endsAt: secondsAfter(NINE, 12 * 3600),
    lastSeenAt: NINE,
    ...changes,
  }
}

export function aRequest(changes: Partial<RequestFacts> = {}): RequestFacts {
  return { requestId: 'request-1', address: '52.94.76.7', userAgent: 'test/1', ...changes }
}

/** Nine o’clock, from the office, with nothing said. */
export const aMoment = (changes: Partial<Circumstances> = {}): Circumstances => ({
  now: NINE,
  address: aRequest().address,
  ...changes,
})

/** A clock that moves when it is told to. */
export function aClock(start: Date = NINE) {
  let at = start
  return {
    now: () => at,
    pass: (seconds: number) => void (at = secondsAfter(at, seconds)),
  }
}
