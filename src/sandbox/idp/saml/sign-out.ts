import type { Answer, Ask } from '../../exchange.ts'
import { html } from '../../page.ts'
import { readMessage, redirectUrl, type Message } from './bindings.ts'
import { isNamed } from './name-id.ts'
import { logoutRequest, logoutResponse } from './logout-messages.ts'
import { homePage, signedOutPage } from './pages.ts'
import { SamlRefusal } from './refusal.ts'
import { readLogoutRequest, readLogoutResponse, requireFor, requireSigned } from './requests.ts'
import type { SignOnDeps } from './sign-on.ts'
import { SUCCESS } from './xml.ts'

const MOST_ASKED = 1000

/** Single logout, from either side. Source: SAML 2.0 Profiles, §4.4. */
export function makeSignOut(deps: Omit<SignOnDeps, 'attempts' | 'others'>) {
  const { addresses, sessions, behaviour } = deps
  /** Ids of our own requests that the service provider has not answered. */
  const asked = new Set<string>()
  const facts = (destination: string) => ({
    id: deps.newId(),
    issuer: addresses.entityId,
    destination,
    now: deps.now(),
  })

  async function home({ headers: { cookie } }: Ask): Promise<Answer> {
    const { slo, acs } = await deps.serviceProvider()
    return homePage(sessions.of(cookie), new URL(slo ?? acs).origin)
  }

  /** Ends the session of this browser here, then asks the service provider to end what it had from it. */
  async function start({ headers }: Ask): Promise<Answer> {
    if ((headers['sec-fetch-site'] ?? 'same-origin') !== 'same-origin') throw new SamlRefusal('Another site sent this.')
    const session = sessions.of(headers.cookie)
    const { slo } = await deps.serviceProvider()
    sessions.end((held) => held === session)
    if (session === undefined || slo === undefined) return signedOutPage()
    const about = facts(slo)
    const [oldest] = asked
    if (asked.size >= MOST_ASKED && oldest !== undefined) asked.delete(oldest)
    asked.add(about.id)
    const xml = logoutRequest(about, session, behaviour().nameId)
    return sentTo(redirectUrl({ to: slo, kind: 'SAMLRequest', xml }, deps.signingKey()))
  }

  const receive = (ask: Ask): Promise<Answer> => {
    const message = readMessage(ask)
    return message.kind === 'SAMLRequest' ? obey(message) : conclude(message)
  }

  async function obey(message: Message): Promise<Answer> {
    const sp = await deps.serviceProvider()
    const request = await readLogoutRequest(message)
    requireFor(request, sp, addresses.sloUrl)
    await requireSigned(message, request, sp, behaviour().wantsSignedRequests)
    // An unreadable date is no date that is still to come.
    if (request.notOnOrAfter !== undefined && !(deps.now() < request.notOnOrAfter)) {
      throw new SamlRefusal('The logout request is too old.')
    }
    const { nameId, sessionIndexes } = request
    sessions.end(
      (held) => isNamed(held, nameId) && (sessionIndexes.length === 0 || sessionIndexes.includes(held.sessionIndex)),
    )
    if (sp.slo === undefined) return signedOutPage()
    const xml = logoutResponse(facts(sp.slo), request.id)
    const answer = { to: sp.slo, kind: 'SAMLResponse', xml, relayState: message.relayState } as const
    return sentTo(redirectUrl(answer, behaviour().signsLogoutResponses ? deps.signingKey() : undefined))
  }

  async function conclude(message: Message): Promise<Answer> {
    const response = await readLogoutResponse(message)
    requireFor(response, await deps.serviceProvider(), addresses.sloUrl)
    if (!asked.delete(response.inResponseTo)) throw new SamlRefusal('No logout of ours is waiting for this answer.')
    return signedOutPage(
      response.status === SUCCESS
        ? html`<p>The gateway has signed you out too.</p>`
        : html`<p class="error" role="alert">The gateway could not sign you out.</p>`,
    )
  }

  return { home, start, receive }
}

const sentTo = (location: string): Answer => ({ status: 303, headers: { location } })
