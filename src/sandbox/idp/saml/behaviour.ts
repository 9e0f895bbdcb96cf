/** What differs from IdP to IdP, and from one setting of it to the next (idps.md, "SAML"). */
export type SamlBehaviour = {
  readonly signs: 'assertion' | 'response' | 'both'
  readonly encrypts: 'nothing' | ContentCipher
  /** Which of the two keys signs. */
  readonly signingKey: 'first' | 'second'
  /** Which certificates metadata shows: `both` is a rollover under way. */
  readonly publishes: 'first' | 'second' | 'both'
  readonly nameId: NameIdFormat
  /** Many AttributeValue elements, or one with `;` between. */
  readonly groupValues: 'many' | 'one-delimited'
  /** `no-values` is an Attribute with nothing in it, whoever signs in; `absent` is none at all. */
  readonly groups: 'listed' | 'no-values' | 'absent'
  /** Metadata says WantAuthnRequestsSigned, and a request without a signature is refused. */
  readonly wantsSignedRequests: boolean
  readonly signsLogoutResponses: boolean
}

export type NameIdFormat = 'persistent' | 'email' | 'transient'
export type ContentCipher = 'aes128-gcm' | 'aes256-gcm' | 'aes128-cbc'

const USUAL: SamlBehaviour = {
  signs: 'both',
  encrypts: 'nothing',
  signingKey: 'first',
  publishes: 'first',
  nameId: 'persistent',
  groupValues: 'many',
  groups: 'listed',
  wantsSignedRequests: false,
  signsLogoutResponses: false,
}

/** `behave` says how it is from now on; what it does not name goes back to `usual`. */
export function makeBehaviour(usual: Partial<SamlBehaviour> = {}) {
  let current: SamlBehaviour = { ...USUAL, ...usual }
  return {
    behave: (change: Partial<SamlBehaviour> = {}): void => void (current = { ...USUAL, ...usual, ...change }),
    behaviour: (): SamlBehaviour => current,
  }
}
