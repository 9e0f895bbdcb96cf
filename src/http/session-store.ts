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

/** A session's last-seen time is written at most this often: reading a page is no reason to write a row. */
const TOUCH_MS = 60_000
/** While the store cannot be written, every visit is one that is not noted. */
const SAY_AGAIN_MS = 300_000

/**
 * express-session's store over ours. The cookie's id opens a row named by its digest, so the row's name, which is the
 * gateway session's id, opens nothing (security.md W-1, K-9). A row is made once, at sign-in, and never written back
 * whole: a request that was under way during a sign-out cannot bring the session back to life.
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

  /** Seen with that: express-session's own `touch` would have it print the session once more, to find out whether it may. */
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
    // express-session saves once more whatever it saw saved before the answer: the row is there.
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

  /** Until it has idled; under the IdP's name for the person, by which the IdP may end it. */
  #keep(signedIn: GatewaySession): Keep {
    const owner = idpSessionsOf(signedIn, this.#deps.digest)
    return { expiresAt: this.#idleEnd(signedIn), ...(owner !== undefined && { owner }) }
  }

  /** Asked of the sealed row itself: the store's own column of expiry can be edited by whoever writes the database. */
  #hasIdled(signedIn: GatewaySession): boolean {
    return this.#deps.now() >= this.#idleEnd(signedIn)
  }

  /** security.md W-6: the row is gone when the session has idled, whatever the cookie says. */
  #idleEnd({ lastSeenAt, endsAt }: GatewaySession): Date {
    return new Date(Math.min(lastSeenAt.getTime() + this.#deps.idleSeconds * 1000, endsAt.getTime()))
  }

  #dataOf(signedIn: GatewaySession): session.SessionData {
    // The cookie went out at sign-in and is not set again; with an end in it express-session would look whether it should be.
    return { cookie: { originalMaxAge: null, expires: null }, signedIn: this.#printedByItsId(signedIn) }
  }

  /** express-session prints what it holds twice a request to see whether it changed, and a gateway session never does. */
  #printedByItsId(signedIn: GatewaySession): GatewaySession {
    const known = this.#shown.get(signedIn)
    if (known !== undefined) return known
    const shown = Object.defineProperty({ ...signedIn }, 'toJSON', { value: () => signedIn.id })
    this.#shown.set(signedIn, shown)
    return shown
  }
}
