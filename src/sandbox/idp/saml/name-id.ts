import type { NameIdFormat } from './behaviour.ts'
import type { BrowserSession } from './browser-sessions.ts'
import { element, type Xml } from './xml.ts'

/** Source: SAML 2.0 Core, §8.3. */
export const NAME_ID_FORMATS: Readonly<Record<NameIdFormat, string>> = {
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  email: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
}

const namesOf = ({ person, transientId }: BrowserSession): Readonly<Record<NameIdFormat, string>> => ({
  persistent: person.subject,
  email: person.email,
  transient: transientId,
})

/** What the person of a session is called in this format. */
export const nameIdElement = (session: BrowserSession, format: NameIdFormat): Xml =>
  element('saml:NameID', { Format: NAME_ID_FORMATS[format] }, namesOf(session)[format])

/** True when a logout request's NameID is one that we gave out for this session, in whichever format. */
export const isNamed = (session: BrowserSession, nameId: string): boolean =>
  Object.values(namesOf(session)).includes(nameId)
