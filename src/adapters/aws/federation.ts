import { RolegateError } from '../../domain/errors.ts'
import type { OpenFederation } from '../../usecases/ports/aws.ts'

/** Bounds for the fetch that is handed in; it must not follow redirects either (security.md C-7). */
export const FEDERATION_BOUNDS = { seconds: 8, bytes: 64 * 1024, givesFailures: true } as const

/**
 * AWS's console federation endpoint: a POST trades the credentials for a sign-in token, so that no credential is ever in
 * a URL, and the sign-in URL is built from that (aws.md §5). Nothing of either request reaches an error: what went wrong
 * is said by status alone (security.md C-6).
 */
export function makeOpenFederation(deps: {
  endpointFor: (sts: string, region: string) => string
  /** Our own portal: where AWS's console sends people whose session has ended (security.md C-5). */
  issuer: string
  /** Within FEDERATION_BOUNDS. */
  fetch: typeof fetch
}): OpenFederation {
  return async function openFederation({ sts, region, credentials, seconds, destination }) {
    const endpoint = deps.endpointFor(sts, region)
    const signinToken = await getSigninToken(
      endpoint,
      new URLSearchParams({
        Action: 'getSigninToken',
        // One computed limit for key and console alike (threats.md H4).
        SessionDuration: String(seconds),
        Session: JSON.stringify({
          sessionId: credentials.accessKeyId,
          sessionKey: credentials.secretAccessKey,
          sessionToken: credentials.sessionToken,
        }),
      }),
    )
    const login = new URLSearchParams({
      Action: 'login',
      Issuer: deps.issuer,
      Destination: destination,
      SigninToken: signinToken,
    })
    return `${endpoint}?${login.toString()}`
  }

  async function getSigninToken(endpoint: string, body: URLSearchParams): Promise<string> {
    const answer = await ask(endpoint, body)
    if (answer.status >= 500 || answer.status === 429) throw unavailable(`federation_${answer.status}`)
    if (answer.status !== 200) {
      throw new RolegateError(
        'aws_refused',
        { because: 'console_federation' },
        { reason: `federation_${answer.status}` },
      )
    }
    const token = tokenIn(answer.text)
    if (token === undefined) throw unavailable('federation_unreadable')
    return token
  }

  async function ask(endpoint: string, body: URLSearchParams): Promise<{ status: number; text: string }> {
    try {
      const answer = await deps.fetch(endpoint, { method: 'POST', body })
      return { status: answer.status, text: await answer.text() }
    } catch {
      // The cause may hold the request's body; it stops here.
      throw unavailable('federation_no_answer')
    }
  }
}

const unavailable = (reason: string) => new RolegateError('aws_unavailable', { retryAfterSeconds: 5 }, { reason })

function tokenIn(text: string): string | undefined {
  try {
    const { SigninToken } = JSON.parse(text) as { SigninToken?: unknown }
    return typeof SigninToken === 'string' && SigninToken !== '' ? SigninToken : undefined
  } catch {
    return undefined
  }
}
