import { RolegateError } from '../errors.ts'
import type { MfaMapping, StatedAuthentication } from './authentication.ts'
import { personKeyIn } from './person-key.ts'
import type { GroupStatement, Principal } from './principal.ts'
import { shownName } from './shown-name.ts'

/** What a verified ID token or assertion says, before we read it. */
export type VerifiedClaims = {
  readonly issuer: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly authentication: StatedAuthentication
  /** All groups of this person, where their directory itself was asked; they stand in place of the claim's (threats.md R5). */
  readonly directoryGroups?: readonly string[]
  /** What that directory knows them by, so that it can be asked again. */
  readonly directoryId?: string
  /** Counts once until then, on every replica (security.md S-29). */
  readonly once?: { readonly id: string; readonly until: Date }
  /** The IdP's own end of the sign-in (security.md W-7). */
  readonly endsAt?: Date
  /** How the IdP names the session it has begun, for single logout. */
  readonly idpSession?: IdpSession
}

/** What there is to read a person from. */
export type StatedPerson = Pick<VerifiedClaims, 'issuer' | 'claims' | 'directoryGroups' | 'idpSession'>

/** saml-core-2.0 §2.2.2, §2.7.2: whom the IdP means, and which of their sessions. */
export type IdpSession = { readonly nameId: string; readonly format: string; readonly index?: string }

/** What a SAML NameID is called among the claims: `subject: nameid` in rolegate.yaml. */
export const NAMEID_CLAIM = 'nameid'
/** saml-core-2.0 §8.3.2. */
const EMAIL_ADDRESS = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress'

/** How one IdP's claims become a principal: `idps[]` of rolegate.yaml. */
export type ClaimMapping = {
  readonly idp: string
  /** Name of the claim that is stable and unique per person. */
  readonly subject: string
  readonly username: string
  /** Domains in lower case: names outside of them are shown with the IdP's id in front. */
  readonly usernameDomains?: readonly string[]
  /**
   * The domains of all other IdPs: a name in one of them is not accepted from this IdP, even if it has declared none.
   */
  readonly othersDomains?: readonly string[]
  /** The claim that names a person across IdPs. */
  readonly personKey?: string
  readonly groups: {
    readonly claim: string
    /** Splits a value that holds several groups; without it none is split. */
    readonly delimiter?: string
    /** At this many groups or more the list counts as cut by the IdP. */
    readonly limit?: { readonly count: number; readonly else: 'fail' | 'warn' }
    /** How many the IdP sends at most, where that is known and nobody else is asked. */
    readonly most?: number
    /** The directory is asked if the list is cut; `else` says what happens if it does not tell all groups. */
    readonly overage?: { readonly else: 'fail' | 'warn' }
  }
  /** What shows that a second factor was used; absent: nothing does. */
  readonly mfa?: MfaMapping
  /** Further claims to keep, because a role's session tags name them. */
  readonly keep: readonly string[]
}

/** More groups than this from one person are refused, never cut (security.md M-15). */
export const MOST_GROUPS = 5_000
/** Directory group names end well before this; longer ones are an attack or a mistake (security.md M-5). */
const LONGEST_GROUP = 256
const LONGEST_SUBJECT = 255

/**
 * Reads a principal out of verified claims, by the names the operator configured.
 * Fails with `sign_in_rejected` when the subject or username is missing or no plain text,
 * and with `groups_truncated` when the list is cut and the IdP is set to `else: fail`.
 */
export function principalFrom(stated: StatedPerson, mapping: ClaimMapping): Principal {
  const { issuer, claims, idpSession } = stated
  // threats.md I2: an address passes from one person to another, and their roles with it.
  if (mapping.subject === NAMEID_CLAIM && idpSession?.format === EMAIL_ADDRESS)
    throw new RolegateError('sign_in_rejected', {}, { reason: 'subject_is_an_email_address' })
  const subject = requireText(claims, mapping.subject, 'subject', LONGEST_SUBJECT)
  const username = requireText(claims, mapping.username, 'username', 300)
  const groups = groupStatementOf(stated, mapping.groups)

  if (groups.state === 'truncated' && !takesCutLists(mapping.groups)) {
    throw new RolegateError('groups_truncated', {
      idp: mapping.idp,
      count: groups.names.length,
      ...(mapping.groups.limit && { limit: mapping.groups.limit.count }),
    })
  }
  const personKey = mapping.personKey === undefined ? undefined : personKeyIn(claims, mapping.personKey)
  return {
    idp: mapping.idp,
    issuer,
    subject,
    subjectClaim: mapping.subject,
    username: shownName(username, mapping),
    ...emailIn(claims, mapping),
    ...(personKey !== undefined && { personKey }),
    groups: mapping.groups.most === undefined ? groups : { ...groups, most: mapping.groups.most },
    claims: Object.fromEntries(
      mapping.keep.flatMap((name) => {
        const value = ownValue(claims, name)
        return typeof value === 'string' ? [[name, value]] : []
      }),
    ),
  }
}

/** What an address is called: OIDC Core §5.1, what Entra and AD FS send by SAML, and RFC 4524 §2.16. */
const EMAIL_CLAIMS = [
  'email',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'urn:oid:0.9.2342.19200300.100.1.3',
]

/** Their address, where exactly one is said. `email_verified` is about the claim called `email`. */
function emailIn(claims: StatedPerson['claims'], mapping: ClaimMapping): Pick<Principal, 'email' | 'emailVerified'> {
  for (const name of EMAIL_CLAIMS) {
    const value = ownValue(claims, name)
    const email: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
    if (typeof email === 'string' && email !== '' && email.length <= 320)
      return { email: shownName(email, mapping), ...(name === 'email' && isVerified(claims)) }
  }
  return {}
}

/** Some IdPs write the word as a text. */
const isVerified = (claims: StatedPerson['claims']): Pick<Principal, 'emailVerified'> =>
  [true, 'true'].some((word) => ownValue(claims, 'email_verified') === word) ? { emailVerified: true } : {}

/** Whether a cut list is taken: only if every setting about cut lists says so. */
function takesCutLists({ limit, overage }: ClaimMapping['groups']): boolean {
  const words = [limit, overage].flatMap((one) => one?.else ?? [])
  return words.length > 0 && words.every((word) => word === 'warn')
}

const groupStatementOf = ({ claims, directoryGroups }: StatedPerson, groups: ClaimMapping['groups']): GroupStatement =>
  directoryGroups === undefined
    ? groupStatementFrom(claims, groups)
    : { state: 'stated', names: groupNames(directoryGroups) }

/** True when verified claims are about this very person: IdP, issuer and subject, read as at their sign-in (threats.md I2). */
export const isAbout = (
  { issuer, claims }: StatedPerson,
  mapping: ClaimMapping,
  principal: Pick<Principal, 'idp' | 'issuer' | 'subject' | 'subjectClaim'>,
): boolean =>
  mapping.idp === principal.idp &&
  mapping.subject === principal.subjectClaim &&
  issuer === principal.issuer &&
  requireText(claims, mapping.subject, 'subject', LONGEST_SUBJECT) === principal.subject

/**
 * The groups a claim states. One lone string is one group and is never split (security.md M-2); anything that is
 * not text refuses the sign-in, since a list we half understand may lack the group that denies.
 */
export function groupStatementFrom(
  claims: Readonly<Record<string, unknown>>,
  { claim, limit, delimiter }: ClaimMapping['groups'],
): GroupStatement {
  const value = ownValue(claims, claim)
  if (isOverage(claims, claim)) return { state: 'truncated', names: [] }
  if (value === undefined || value === null) return { state: 'absent', names: [] }

  const values: unknown[] = Array.isArray(value) ? value : [value]
  const listed = delimiter === undefined ? values : values.flatMap((each) => splitBy(delimiter, each))
  const names = groupNames(listed)
  // Counted before removing doubles: an IdP that cuts at a hundred counts a group it names twice as two.
  return { state: limit !== undefined && listed.length >= limit.count ? 'truncated' : 'stated', names }
}

/** Each once; fails where there are too many, or one is no text. */
function groupNames(listed: readonly unknown[]): readonly string[] {
  if (listed.length > MOST_GROUPS)
    throw new RolegateError('groups_truncated', { count: listed.length, limit: MOST_GROUPS })
  return [...new Set(listed.map(requireGroupName))]
}

/** What stands between the delimiters; between two of them stands nothing. */
const splitBy = (delimiter: string, value: unknown): unknown[] =>
  typeof value === 'string' ? value.split(delimiter).filter((part) => part !== '') : [value]

/** What Entra's SAML assertions carry in place of more than 150 groups. */
const ENTRA_GROUPS_LINK = 'http://schemas.microsoft.com/claims/groups.link'

/** Entra leaves the groups out of a large token and says where they are instead; we never call that address (M-13). */
function isOverage(claims: Readonly<Record<string, unknown>>, claim: string): boolean {
  const elsewhere = ownValue(claims, '_claim_names')
  const named = typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, claim)
  return named || ownValue(claims, 'hasgroups') === true || ownValue(claims, ENTRA_GROUPS_LINK) !== undefined
}

function requireGroupName(value: unknown): string {
  if (typeof value !== 'string' || value.length === 0 || value.length > LONGEST_GROUP) {
    throw new RolegateError('sign_in_rejected', {}, { reason: 'group_not_text' })
  }
  return value
}

function requireText(claims: Readonly<Record<string, unknown>>, name: string, what: string, longest: number): string {
  const value = ownValue(claims, name)
  // Half a surrogate pair has no UTF-8 of its own: all halves would hash alike, and two people share a name (threats.md I1).
  if (typeof value !== 'string' || value.length === 0 || value.length > longest || /\p{Surrogate}/u.test(value)) {
    throw new RolegateError('sign_in_rejected', {}, { reason: `${what}_claim_unusable:${name}` })
  }
  return value
}

const ownValue = (claims: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(claims, name) ? claims[name] : undefined
