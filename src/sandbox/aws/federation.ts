import type { Answer, Ask } from '../exchange.ts'
import type { Behaviour } from './behaviour.ts'
import type { ConsoleSession, ConsoleTickets } from './console-tickets.ts'
import { Refusal } from './refusal.ts'
import type { Random, RoleSession, RoleSessions } from './role-session.ts'
import { isSame } from './signature.ts'

/** A sign-in token counts for fifteen minutes, and may be used again in them (aws.md §5). */
const TOKEN_MILLISECONDS = 15 * 60_000

type FederationDeps = {
  readonly sessions: RoleSessions
  readonly tickets: ConsoleTickets
  readonly behaviour: Behaviour
  readonly consoleHost: string
  readonly now: () => Date
  readonly random: Random
}
type Issued = { readonly session: RoleSession; readonly endsAt: Date; readonly expiresAt: Date }

/**
 * AWS's federation endpoint: credentials to a sign-in token, and the token to a console session. Source: IAM User Guide,
 * "Enable custom identity broker access to the AWS console".
 */
export function makeFederation(deps: FederationDeps): (ask: Ask) => Promise<Answer> {
  const tokens = new Map<string, Issued>()
  return async function federation(ask) {
    try {
      await deps.behaviour.begin()
      const parameters = ask.method === 'POST' ? new URLSearchParams(ask.body) : ask.url.searchParams
      if (new Set(parameters.keys()).size !== [...parameters].length)
        return refused('A parameter was given more than once.')
      // AWS takes both by GET as well. Here a GET is treated as a mistake: URLs end up in logs and histories.
      if (ask.url.searchParams.has('Session')) return refused('Credentials do not belong in URLs.')
      switch (`${ask.method} ${parameters.get('Action') ?? ''}`) {
        case 'POST getSigninToken':
          return signinToken(parameters, tokens, deps)
        case 'GET login':
          return signIn(parameters, tokens, deps)
        default:
          return refused('No such action.')
      }
    } catch (thrown) {
      if (thrown instanceof Refusal) return refused(thrown.message, thrown.status)
      throw thrown
    }
  }
}

function signinToken(
  parameters: URLSearchParams,
  tokens: Map<string, Issued>,
  { sessions, now, random }: FederationDeps,
): Answer {
  const session = requireSession(parameters.get('Session') ?? '', sessions, now())
  const asked = parameters.get('SessionDuration')
  const seconds = Number(asked ?? 0)
  if (asked !== null && (!/^\d{1,6}$/.test(asked) || seconds < 900 || seconds > 43_200))
    return refused('SessionDuration must be 900 to 43200.')

  const at = now().getTime()
  const token = Buffer.from(random(192)).toString('base64url')
  const endsAt = asked === null ? session.expiresAt : new Date(at + seconds * 1000)
  for (const [old, { expiresAt }] of tokens) if (expiresAt.getTime() <= at) tokens.delete(old)
  tokens.set(token, { session, endsAt, expiresAt: new Date(at + TOKEN_MILLISECONDS) })
  return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ SigninToken: token }) }
}

/** The live session with these credentials; anything else gets the same 400. */
function requireSession(text: string, sessions: RoleSessions, now: Date): RoleSession {
  const { sessionId, sessionKey, sessionToken } = readJson(text)
  const session = typeof sessionId === 'string' ? sessions.find(sessionId) : undefined
  const isTheirs =
    session !== undefined &&
    typeof sessionKey === 'string' &&
    isSame(sessionKey, session.secretAccessKey) &&
    typeof sessionToken === 'string' &&
    isSame(sessionToken, session.sessionToken)
  if (!isTheirs || now >= session.expiresAt) throw new Refusal('ValidationError', 'The session is not valid.')
  return session
}

function signIn(parameters: URLSearchParams, tokens: Map<string, Issued>, deps: FederationDeps): Answer {
  const issued = tokens.get(parameters.get('SigninToken') ?? '')
  if (issued === undefined || deps.now() >= issued.expiresAt)
    return refused('The sign-in token is not valid, or older than 15 minutes.')

  const destination = urlOf(parameters.get('Destination'))
  if (destination?.protocol !== 'http:' || destination.host !== deps.consoleHost)
    return refused('Destination is not a page of this console.')
  const issuer = urlOf(parameters.get('Issuer'))
  if (issuer === undefined) return refused('Issuer is not a URL.')

  const console: ConsoleSession = {
    role: issued.session,
    endsAt: issued.endsAt,
    destination: destination.href,
    issuer: issuer.href,
  }
  return {
    status: 302,
    headers: {
      location: `http://${deps.consoleHost}/session/${deps.tickets.open(console)}`,
      'referrer-policy': 'no-referrer',
    },
  }
}

const refused = (message: string, status = 400): Answer => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body: `${message}\n`,
})

/** An http(s) URL: what a page may link to. */
function urlOf(text: string | null): URL | undefined {
  const url = text !== null && URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url : undefined
}

function readJson(text: string): { sessionId?: unknown; sessionKey?: unknown; sessionToken?: unknown } {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : {}
  } catch {
    return {}
  }
}
