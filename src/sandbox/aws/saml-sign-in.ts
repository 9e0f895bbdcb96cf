import type { Answer, Ask } from '../exchange.ts'
import { html, page } from '../page.ts'
import type { Accounts } from './accounts.ts'
import type { Behaviour } from './behaviour.ts'
import type { ConsoleTickets } from './console-tickets.ts'
import type { RedeemAssertion } from './redeem-assertion.ts'
import { Refusal } from './refusal.ts'
import { rolesNamed, type RolePair } from './saml-assertion.ts'
import { openResponse } from './saml-response.ts'

type SamlSignInDeps = {
  readonly accounts: Accounts
  readonly tickets: ConsoleTickets
  readonly behaviour: Behaviour
  readonly redeemAssertion: RedeemAssertion
  readonly consoleHost: string
}

const MOST_CHARACTERS = 100_000
/** AWS's, where the assertion has no SessionDuration. */
const USUAL_SECONDS = 3600

/**
 * The sign-in endpoint's other door: a browser brings the SAML response itself and leaves with a console session. Source:
 * IAM User Guide, "Enabling SAML 2.0 federated principals to access the AWS Management Console".
 */
export function makeSamlSignIn(deps: SamlSignInDeps): (ask: Ask) => Promise<Answer> {
  return async function samlSignIn({ method, headers, body, address }) {
    if (method !== 'POST') return { status: 405, headers: { allow: 'POST' } }
    try {
      await deps.behaviour.begin('AssumeRoleWithSAML')
      const { response, relayState } = readForm(headers['content-type'], body)
      const pair = await requireOnePair(response, deps.accounts)
      const { session, assertion } = await deps.redeemAssertion({
        operation: 'signin',
        address,
        ...pair,
        response,
        secondsFor: ({ sessionSeconds = USUAL_SECONDS }, role) => Math.min(sessionSeconds, role.maxSessionSeconds),
      })
      const ticket = deps.tickets.open({
        role: session,
        endsAt: session.expiresAt,
        destination: destinationOf(relayState, deps.consoleHost),
        issuer: homeOf(assertion.issuer) ?? `http://${deps.consoleHost}/`,
      })
      const location = `http://${deps.consoleHost}/session/${ticket}`
      return { status: 302, headers: { location, 'referrer-policy': 'no-referrer' } }
    } catch (thrown) {
      if (thrown instanceof Refusal) return problemPage(thrown)
      throw thrown
    }
  }
}

/** SAML 2.0 Bindings §3.5: a form, each of its fields once (security.md S-38). */
function readForm(contentType: string | undefined, body: string): { response: string; relayState: string } {
  const form = new URLSearchParams(body)
  const [response = '', second] = form.getAll('SAMLResponse')
  const relayStates = form.getAll('RelayState')
  const isForm = /^application\/x-www-form-urlencoded(\s*;|$)/i.test(contentType ?? '')
  const isReadable = isForm && response !== '' && second === undefined && relayStates.length < 2
  if (!isReadable || response.length > MOST_CHARACTERS) throw invalid('the form')
  return { response, relayState: relayStates[0] ?? '' }
}

/**
 * Which role it is for, read before anything is verified: it says which provider to verify with, and the verified
 * assertion must name the same role.
 */
async function requireOnePair(response: string, { decryptionKeys }: Accounts): Promise<RolePair> {
  const { assertion } = await openResponse(response, decryptionKeys)
  const [pair, second] = rolesNamed(assertion)
  if (pair === undefined) throw invalid('no Role attribute')
  // AWS would let the person choose. The gateway names one role for one hand-over (threats.md F6).
  if (second !== undefined) throw invalid('more than one role')
  return pair
}

/** RelayState, when it is a page of this console; else the console's home. */
function destinationOf(relayState: string, consoleHost: string): string {
  const url = URL.canParse(relayState) ? new URL(relayState) : undefined
  const isPage = url?.protocol === 'http:' && url.host === consoleHost && url.username === '' && url.password === ''
  return isPage ? url.href : `http://${consoleHost}/`
}

/** The way back, from an entity id that is a URL. */
function homeOf(entityId: string): string | undefined {
  const url = URL.canParse(entityId) ? new URL('/', entityId) : undefined
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.href : undefined
}

/** Worded as AWS does. What AWS would not say follows: the demo is for finding out. */
const problemPage = ({ code, status, message, because }: Refusal): Answer =>
  page({
    status,
    title: 'Sign-in failed',
    stylesheet: '/console.css',
    body: html`<h1>Sign-in failed</h1>
      <p class="error" id="problem">
        Error: ${message} (service: AWSSecurityTokenService; status code: ${status}; error code: ${code})
      </p>
      ${because === undefined ? html`` : html`<p class="quiet" id="because">The demo adds: ${because}</p>`}`,
  })

const invalid = (because: string): Refusal =>
  new Refusal('InvalidIdentityToken', 'Your request included an invalid SAML response.', because)
