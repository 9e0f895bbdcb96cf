import { RolegateError } from '../../domain/errors.ts'
import { endWithin, signInOf, type GatewaySession, type Terminal } from '../../domain/sign-in/session.ts'
import type { Digest, Now, RandomText } from '../ports.ts'
import type { Sessions } from '../ports/tables.ts'
import { terminalsOf, type FindSession } from '../sign-in/find-session.ts'

/** A way of signing terminals in: through a browser beside it, or with a code typed into any browser. */
export type LoginWay = 'pkce' | 'device'

/** A handle that people type after `rolegate sessions end`: it must not look like an option. */
export const newSessionId = (randomText: RandomText): string => `t${randomText(128)}`

export type StartTerminalSession = (input: {
  /** The browser's session that approved it. */
  readonly parent: GatewaySession
  readonly via: LoginWay
  readonly terminal: Terminal
  readonly id?: string
}) => Promise<GatewaySession>

/**
 * A terminal's session: of its person, with their groups, weaker than the browser's and over no later (threats.md I7, I8).
 * Fails with `sign_in_required` when the browser has signed out meanwhile.
 */
export function makeStartTerminalSession(deps: {
  sessions: Sessions
  findSession: FindSession
  digest: Digest
  randomText: RandomText
  /** How long a session of each way may last, in seconds. */
  mostSeconds: Readonly<Record<LoginWay, number>>
  now: Now
}): StartTerminalSession {
  return async function startTerminalSession({ parent, via, terminal, id = newSessionId(deps.randomText) }) {
    const now = deps.now()
    const endsAt = endWithin(now, deps.mostSeconds[via], parent.endsAt)
    const signIn = signInOf(parent)
    const session: GatewaySession = { ...parent, id, signIn, via, terminal, lastSeenAt: now, endsAt }
    await deps.sessions.put(session.id, session, {
      expiresAt: endsAt,
      owner: terminalsOf(parent.principal, deps.digest),
    })
    // Written, then checked: a sign-out since this request began either ended the new row or is seen here.
    if ((await deps.findSession(parent.id)) !== undefined) return session
    await deps.sessions.delete(session.id)
    throw new RolegateError('sign_in_required')
  }
}
