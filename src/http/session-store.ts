import session from 'express-session'
import type { GatewaySession } from '../domain/sign-in/session.ts'
import type { Digest, Now } from '../usecases/ports.ts'
import type { Keep } from '../usecases/ports/store.ts'
import type { Sessions } from '../usecases/ports/tables.ts'
import { idpSessionsOf } from '../usecases/sign-in/receive-logout.ts'
import type { FindSession } from '../usecases/sign-in/find-session.ts'

declare module 'express-session' {
  interface SessionData {
    signedIn?: GatewaySession
  }
}

type Deps = {
  sessions: Sessions
  findSession: FindSession
  digest: Digest
  idleSeconds: number
  now: Now
  /** That somebody was here could not be written; told once in five minutes. */
  onUnnoted: (cause: unknown) => void
}

/** How often a session's last-seen time is written at most: not every page view is worth a write. */
const TOUCH_MS = 60_000
/** While the store cannot be written, every visit is one that is not noted. */
const SAY_AGAIN_MS = 300_000

/**
 * express-session's store over ours. A row is named by the digest of the cookie's id; that name is also the gateway
 * session's id, and opens nothing (security.md W-1, K-9). A row is created once, at sign-in, and never written back as
 * a whole: a request that was running during a sign-out cannot revive the session.
 */
export class SessionStore extends session.Store {
  readonly #deps: Deps
  #saidAt = Number.NEGATIVE_INFINITY
  readonly #made = new WeakSet<GatewaySession>()
  readonly #shown = new WeakMap<GatewaySession, GatewaySession>()

  constructor(deps: Deps) {
    super()
    this.#deps = deps
  }

  override get(sid: string, done: (failure: unknown, data?: session.SessionData | null) => void): void {
    this.#find(this.#deps.digest(sid)).then(
      (signedIn) => done(null, signedIn === undefined ? null : this.#dataOf(signedIn)),
      (failure: unknown) => done(failure),
    )
  }

  /**
   * Also updates last-seen here: express-session's own `touch` would serialize the session once more to see whether it
   * may.
   */
  async #find(id: string): Promise<GatewaySession | undefined> {
    const signedIn = await this.#deps.findSession(id)
    if (signedIn === undefined || this.#hasIdled(signedIn)) return undefined
    const now = this.#deps.now()
    if (now.getTime() - signedIn.lastSeenAt.getTime() >= TOUCH_MS) await this.#noteSeen(id, now)
    return signedIn
  }

  /** Where that cannot be written, what was read still stands: it idles the sooner. */
  async #noteSeen(id: string, now: Date): Promise<void> {
    const noted = this.#deps.sessions.update(id, (kept) => {
      const next = { ...kept, lastSeenAt: now }
      return { next, answer: true, keep: this.#keep(next) }
    })
    await noted.catch((cause: unknown) => {
      if (now.getTime() - this.#saidAt < SAY_AGAIN_MS) return
      this.#saidAt = now.getTime()
      this.#deps.onUnnoted(cause)
    })
  }

  override set(sid: string, { signedIn }: session.SessionData, done: (failure?: unknown) => void = () => {}): void {
    // express-session saves a second time what was saved during the request; the row exists by then.
    if (signedIn === undefined || this.#made.has(signedIn)) return done()
    this.make(sid, signedIn).then(() => done(), done)
  }

  /** The row, once: of a session that is named by this cookie's id, and of no other. */
  async make(sid: string, signedIn: GatewaySession): Promise<void> {
    const id = this.#deps.digest(sid)
    if (signedIn.id !== id) return
    await this.#deps.sessions.createIfAbsent(id, signedIn, this.#keep(signedIn))
    this.#made.add(signedIn)
  }

  override destroy(sid: string, done: (failure?: unknown) => void = () => {}): void {
    this.#deps.sessions.delete(this.#deps.digest(sid)).then(() => done(), done)
  }

  /** Kept until it has idled. Owned under the IdP's name for the person, so that the IdP can end it. */
  #keep(signedIn: GatewaySession): Keep {
    const owner = idpSessionsOf(signedIn, this.#deps.digest)
    return { expiresAt: this.#idleEnd(signedIn), ...(owner !== undefined && { owner }) }
  }

  /** Checked on the sealed row: the store's expiry column can be edited by anybody who can write to the database. */
  #hasIdled(signedIn: GatewaySession): boolean {
    return this.#deps.now() >= this.#idleEnd(signedIn)
  }

  /** security.md W-6: the row is gone when the session has idled, whatever the cookie says. */
  #idleEnd({ lastSeenAt, endsAt }: GatewaySession): Date {
    return new Date(Math.min(lastSeenAt.getTime() + this.#deps.idleSeconds * 1000, endsAt.getTime()))
  }

  #dataOf(signedIn: GatewaySession): session.SessionData {
    // The cookie was set at sign-in and is not set again. With an expiry here express-session would check whether to
    // renew it.
    return { cookie: { originalMaxAge: null, expires: null }, signedIn: this.#printedByItsId(signedIn) }
  }

  /**
   * express-session serializes the session twice a request to see whether it changed. A gateway session never changes,
   * so its id stands for it.
   */
  #printedByItsId(signedIn: GatewaySession): GatewaySession {
    const known = this.#shown.get(signedIn)
    if (known !== undefined) return known
    const shown = Object.defineProperty({ ...signedIn }, 'toJSON', { value: () => signedIn.id })
    this.#shown.set(signedIn, shown)
    return shown
  }
}
