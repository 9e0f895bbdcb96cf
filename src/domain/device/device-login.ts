import type { MatchNumbers } from './match-numbers.ts'

/** Five minutes: long enough to walk to a browser (threats.md D7). */
export const DEVICE_LOGIN_SECONDS = 300
/** AWS's own is one second; RFC 8628's five, where nothing is said, feel broken to whoever has just approved. */
export const POLL_SECONDS = 2

/** One terminal waiting for a person with a browser (RFC 8628). */
export type DeviceLogin = {
  readonly clientId: string
  /** What the client calls itself. */
  readonly clientName: string
  readonly expiresAt: Date
  readonly startedAt: Date
  /** Seen by us. */
  readonly address: string
  /** Said by the terminal about itself; shown as such. */
  readonly claims: DeviceClaims
  /** Null where the terminal cannot show one. */
  readonly numbers: MatchNumbers | null
  /** The browser session that was last shown who asks, and since when. */
  readonly shownTo: string | null
  readonly shownAt: Date | null
  readonly intervalSeconds: number
  readonly polls: number
  readonly lastPolledAt: Date | null
  readonly state: DeviceState
}

export type DeviceClaims = { readonly host?: string; readonly user?: string; readonly tool?: string }

export type DeviceState =
  | { readonly status: 'pending' }
  /** The gateway session the approval made; the terminal's next poll takes it. */
  | { readonly status: 'approved'; readonly sessionId: string }
  | { readonly status: 'denied' }

/** `next` is what the store keeps in place of the login; null forgets it, so that a code is redeemed once. */
export type Poll =
  | { readonly answer: 'authorization_pending' | 'slow_down'; readonly next: DeviceLogin }
  | { readonly answer: 'device_code_expired' | 'device_denied'; readonly next: null }
  | { readonly answer: 'granted'; readonly sessionId: string; readonly next: null }

/** RFC 8628 §3.5, whole. Pure: the store runs it atomically. */
export function poll(login: DeviceLogin, now: Date): Poll {
  if (now >= login.expiresAt) return { answer: 'device_code_expired', next: null }
  switch (login.state.status) {
    case 'denied':
      return { answer: 'device_denied', next: null }
    case 'approved':
      return { answer: 'granted', sessionId: login.state.sessionId, next: null }
    case 'pending': {
      const tooSoon =
        // The AWS CLI asks twice at once before its first wait (measured); that is no hurry.
        login.polls > 1 &&
        login.lastPolledAt !== null &&
        now.getTime() - login.lastPolledAt.getTime() < login.intervalSeconds * 1000
      // It has to wait for longer than it lives: nobody honest is so hasty, and of the others nothing more is written down.
      if (tooSoon && login.intervalSeconds >= DEVICE_LOGIN_SECONDS) return { answer: 'slow_down', next: login }
      // RFC 8628 §3.5: slow_down adds five seconds to this and every later wait.
      const intervalSeconds = login.intervalSeconds + (tooSoon ? 5 : 0)
      return {
        answer: tooSoon ? 'slow_down' : 'authorization_pending',
        next: { ...login, intervalSeconds, polls: login.polls + 1, lastPolledAt: now },
      }
    }
  }
}

/** The login after a person's word, or undefined when there is nothing left to decide: decided before, or too late. */
export function settle(
  login: DeviceLogin,
  state: Exclude<DeviceState, { status: 'pending' }>,
  now: Date,
): DeviceLogin | undefined {
  return login.state.status === 'pending' && now < login.expiresAt ? { ...login, state } : undefined
}
