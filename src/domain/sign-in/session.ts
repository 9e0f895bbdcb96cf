import { RolegateError } from '../errors.ts'
import type { IdpSession } from './claims.ts'
import type { Principal } from './principal.ts'

/** How a gateway session came to be. It is inherited by what derives from it and only ever gets weaker (threats.md I8). */
type SessionClass = 'browser' | 'device'

/** Somebody's stay with the gateway, at one door. Not to be confused with the role sessions AWS keeps. */
export type GatewaySession = {
  /** A handle that opens nothing: safe in logs, audit records and CSRF tokens. */
  readonly id: string
  readonly via: SessionClass
  readonly principal: Principal
  readonly signedInAt: Date
  /** The absolute end; for a derived session never later than its sign-in's (threats.md I7). */
  readonly endsAt: Date
  readonly lastSeenAt: Date
  /** What the IdP calls the session of its own that this one rests on. */
  readonly idpSession?: IdpSession
}

/** Everything a session may be asked to do. One function answers, at every door (security.md D-2, threats.md D17). */
export type Act =
  | { readonly kind: 'look' }
  | { readonly kind: 'approve-device' }
  | { readonly kind: 'take-role'; readonly elevated: boolean }

/** Returns when the session may do this now; throws `sign_in_required` or `condition_unmet`. */
export function requireSessionMay(session: GatewaySession, act: Act, now: Date): void {
  if (now >= session.endsAt) throw new RolegateError('sign_in_required')
  if (session.via === 'browser') return
  switch (act.kind) {
    case 'look':
      return
    case 'approve-device':
      // A terminal must not sign in further terminals: threats.md I8.
      throw new RolegateError('condition_unmet', { condition: 'browser_session' })
    case 'take-role':
      // threats.md D4: what a phished device code yields must be worth less than a browser.
      if (act.elevated) throw new RolegateError('condition_unmet', { condition: 'browser_session_for_elevated' })
      return
  }
}

/** The end of a session that starts now and may last `maxSeconds`, inside whatever it descends from. */
export function endWithin(now: Date, maxSeconds: number, parentEndsAt?: Date): Date {
  const own = now.getTime() + maxSeconds * 1000
  return new Date(parentEndsAt === undefined ? own : Math.min(own, parentEndsAt.getTime()))
}
