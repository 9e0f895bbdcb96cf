/** Claims that a person, or whoever runs a help desk, may set. */
const MUTABLE = new Set([
  'email',
  'family_name',
  'given_name',
  'mail',
  'name',
  'nickname',
  'preferred_username',
  'unique_name',
  'upn',
])

/** Whether it may change, or pass to another person. */
export const isMutable = (claim: string): boolean => MUTABLE.has(claim.toLowerCase()) || isEmail(claim)

const EMAIL = /^(?:e?-?mail|emailaddress|.*\/emailaddress|urn:oid:0\.9\.2342\.19200300\.100\.1\.3)$/i

/** What e-mail addresses are called by SAML. */
export const isEmail = (attribute: string): boolean => EMAIL.test(attribute)
