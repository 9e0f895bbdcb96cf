import type { Answer, Ask } from '../../exchange.ts'
import { personWith, SAML_DIRECTORY } from '../people.ts'
import { signInForm } from '../sign-in-form.ts'
import { SIGN_IN_PATH, type Attempt, type Attempts } from './attempts.ts'
import type { SamlBehaviour } from './behaviour.ts'
import { readMessage } from './bindings.ts'
import type { BrowserSession, BrowserSessions } from './browser-sessions.ts'
import { POST, type Addresses } from './metadata.ts'
import { answerPage } from './pages.ts'
import { SamlRefusal } from './refusal.ts'
import { readAuthnRequest, requireFor, requireSigned, type AuthnRequest } from './requests.ts'
import { makeResponse } from './response.ts'
import type { ServiceProvider } from './service-provider.ts'
import type { SigningKey } from './signing-key.ts'

export type SignOnDeps = {
  readonly addresses: Addresses
  readonly serviceProvider: () => Promise<ServiceProvider>
  /** Applications beside the gateway's sign-in. */
  readonly others: () => readonly ServiceProvider[]
  readonly sessions: BrowserSessions
  readonly attempts: Attempts
  readonly behaviour: () => SamlBehaviour
  readonly signingKey: () => SigningKey
  readonly now: () => Date
  readonly newId: () => string
}

/** Single sign-on by the service provider's request. Source: SAML 2.0 Profiles, §4.1. */
export function makeSignOn(deps: SignOnDeps) {
  const { addresses, attempts, sessions, behaviour } = deps

  /** Takes an AuthnRequest of either binding, and moves the browser on to the sign-in. */
  async function begin(ask: Ask): Promise<Answer> {
    const message = readMessage(ask)
    const request = await readAuthnRequest(message)
    const sp = deps.others().find(({ entityId }) => entityId === request.issuer) ?? (await deps.serviceProvider())
    requireFor(request, sp, addresses.ssoUrl)
    await requireSigned(message, request, sp, behaviour().wantsSignedRequests)
    requireOurAcs(request, sp)
    const { path, cookie } = attempts.keep({
      sp,
      requestId: request.id,
      relayState: message.relayState,
      forceAuthn: request.forceAuthn,
    })
    // Always by a GET: a cross-site POST brings no SameSite=Lax cookie, so the session would not be seen here.
    return { status: 303, headers: { location: path, 'set-cookie': cookie } }
  }

  /** The form, or the answer at once for a browser that is signed in; and what comes back from the form. */
  async function signIn(ask: Ask): Promise<Answer> {
    const handle = ask.url.pathname.slice(SIGN_IN_PATH.length)
    const attempt = attempts.find(handle, ask.headers.cookie)
    if (attempt === undefined) throw new SamlRefusal('This sign-in has ended. Start again at the gateway.')
    const { sp } = attempt
    const known = attempt.forceAuthn ? undefined : sessions.of(ask.headers.cookie)
    const form = { action: ask.url.pathname, directory: SAML_DIRECTORY, gatewayOrigin: new URL(sp.acs).origin }
    if (ask.method !== 'POST') {
      return known === undefined ? signInForm(form) : finish(handle, attempt, known)
    }
    const fields = new URLSearchParams(ask.body)
    const username = fields.get('username') ?? ''
    const person = personWith(username, fields.get('password') ?? '', SAML_DIRECTORY)
    if (person === undefined) return signInForm(form, { username })
    const { session, cookie } = sessions.begin(person, ask.headers.cookie)
    const answer = await finish(handle, attempt, session)
    return { ...answer, headers: { ...answer.headers, 'set-cookie': cookie } }
  }

  async function finish(handle: string, attempt: Attempt, session: BrowserSession) {
    const { sp } = attempt
    attempts.forget(handle)
    const response = await makeResponse({
      issuer: addresses.entityId,
      sp,
      requestId: attempt.requestId,
      session,
      behaviour: behaviour(),
      key: deps.signingKey(),
      now: deps.now(),
      newId: deps.newId,
    })
    return answerPage(sp, response, attempt.relayState)
  }

  return { begin, signIn }
}

/** The answer goes to the registered address, whatever a request says; a request that names another is refused. */
function requireOurAcs({ acs, binding }: AuthnRequest, sp: ServiceProvider): void {
  if (acs !== undefined && acs !== sp.acs) throw new SamlRefusal('The address for the answer is not registered.')
  if (binding !== undefined && binding !== POST) throw new SamlRefusal('Answers go out by HTTP-POST only.')
}
