import type { IncomingMessage, ServerResponse } from 'node:http'
import { ATTEMPT_SECONDS, MOST_ATTEMPTS, type Attempt, type PendingSignIn } from '../domain/sign-in/attempt.ts'
import { setCookie, takeCookieAway, type CookieAttributes } from './set-cookie.ts'

/** Seals and opens the cookie's text. `about` binds it to the cookie's name. */
export type AttemptSealer = {
  seal(text: string, about: string): string
  open(sealed: string, about: string): string | undefined
}

const ID = /^[0-9a-f]{8}$/
/** Of the 24 KiB that all headers may have (lifecycle.ts). */
const MOST_BYTES = 10_000
const DATES = new Set(['expiresAt', 'startedAt'])

export type AttemptCookies<Kind extends Attempt> = {
  /** Whether this browser is away on some trip of this kind. */
  holdsAny(req: IncomingMessage): boolean
  keep(req: IncomingMessage, res: ServerResponse, attempt: Kind): void
  /** Reads the attempt and deletes its cookie; undefined if there is none or it was touched (security.md W-5). */
  take(req: IncomingMessage, res: ServerResponse, id: string): Kind | undefined
}

/**
 * A sealed cookie for each trip under way, so that several tabs can be away at once (contract.md, Cookies). They last
 * ten minutes; past eight, the oldest go. The seal covers the name, so a cookie of one kind does not open as another.
 */
export function makeAttemptCookies<Kind extends Attempt>(deps: {
  name: 'rolegate-attempt' | 'rolegate-aws-attempt' | 'rolegate-test-attempt'
  sealer: AttemptSealer
  secure: boolean
}): AttemptCookies<Kind> {
  const { sealer, secure } = deps
  const prefix = `${secure ? '__Host-' : ''}${deps.name}-`
  // An answer by POST comes from another site, and then browsers do not send Lax cookies (security.md, finding 7). They
  // accept Secure on loopback too.
  const attributesFor = (kind: PendingSignIn['kind']): CookieAttributes =>
    kind === 'saml' ? { secure: true, sameSite: 'none' } : { secure, sameSite: 'lax' }
  const attributes = attributesFor('oidc')

  const heldBy = (req: IncomingMessage) =>
    [...cookiesOf(req)].filter(([name]) => name.startsWith(prefix) && ID.test(name.slice(prefix.length)))

  /**
   * Drops the oldest: too many, or too many bytes, and the browser's next request would have headers too large for us
   * (security.md V-1).
   */
  function makeRoom(req: IncomingMessage, res: ServerResponse, coming: number): void {
    const held = heldBy(req)
    let bytes = held.reduce((sum, [name, value]) => sum + name.length + value.length, coming)
    let count = held.length + 1
    for (const [name, value] of held) {
      if (count <= MOST_ATTEMPTS && bytes <= MOST_BYTES) return
      takeCookieAway(res, name, attributes)
      count -= 1
      bytes -= name.length + value.length
    }
  }

  return {
    holdsAny: (req) => heldBy(req).length > 0,

    keep(req, res, attempt) {
      const name = prefix + attempt.id
      const sealed = sealer.seal(JSON.stringify(attempt), name)
      makeRoom(req, res, sealed.length)
      setCookie(res, name, sealed, { ...attributesFor(attempt.pending.kind), seconds: ATTEMPT_SECONDS })
    },

    take(req, res, id) {
      const name = prefix + id
      const sealed = cookiesOf(req).get(name)
      if (sealed === undefined) return undefined
      takeCookieAway(res, name, attributes)
      const text = sealer.open(sealed, name)
      if (text === undefined) return undefined
      return JSON.parse(text, (key, value: unknown) =>
        DATES.has(key) && typeof value === 'string' ? new Date(value) : value,
      ) as Kind
    },
  }
}

/** RFC 6265 §4.2.1, first value of a name wins. */
export function cookiesOf(req: IncomingMessage): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>()
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=')
    const name = pair.slice(0, at).trim()
    if (at > 0 && !cookies.has(name)) cookies.set(name, pair.slice(at + 1).trim())
  }
  return cookies
}
