import type { NameIdFormat } from './behaviour.ts'
import type { BrowserSession } from './browser-sessions.ts'
import { nameIdElement } from './name-id.ts'
import { ASSERTION, element, PROTOCOL, SUCCESS } from './xml.ts'

const LIFE_SECONDS = 5 * 60

type Facts = { readonly id: string; readonly issuer: string; readonly destination: string; readonly now: Date }

const root = ({ id, destination, now }: Facts) => ({
  'xmlns:samlp': PROTOCOL,
  'xmlns:saml': ASSERTION,
  ID: id,
  Version: '2.0',
  IssueInstant: now.toISOString(),
  Destination: destination,
})

/** Asks the service provider to end the session that it had from ours. Source: SAML 2.0 Core, §3.7.1. */
export const logoutRequest = (facts: Facts, session: BrowserSession, format: NameIdFormat): string =>
  element(
    'samlp:LogoutRequest',
    { ...root(facts), NotOnOrAfter: new Date(facts.now.getTime() + LIFE_SECONDS * 1000).toISOString() },
    element('saml:Issuer', {}, facts.issuer),
    nameIdElement(session, format),
    element('samlp:SessionIndex', {}, session.sessionIndex),
  ).xml

/** Success: whatever session there was is over. Source: SAML 2.0 Core, §3.7.2. */
export const logoutResponse = (facts: Facts, inResponseTo: string): string =>
  element(
    'samlp:LogoutResponse',
    { ...root(facts), InResponseTo: inResponseTo },
    element('saml:Issuer', {}, facts.issuer),
    element('samlp:Status', {}, element('samlp:StatusCode', { Value: SUCCESS })),
  ).xml
