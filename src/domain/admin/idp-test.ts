import { RolegateError } from '../errors.ts'
import type { RuleIndex } from '../entitlement/compile.ts'
import { imaginedCircumstances } from '../entitlement/conditions.ts'
import { entitlementsOf } from '../entitlement/decide.ts'
import type { Fenced } from '../entitlement/pattern-index.ts'
import { authenticationIn, type Authentication } from '../sign-in/authentication.ts'
import {
  groupStatementFrom,
  MOST_GROUPS,
  principalFrom,
  type ClaimMapping,
  type VerifiedClaims,
} from '../sign-in/claims.ts'
import { nearsLimit } from '../sign-in/group-limit.ts'
import { personKeyIn } from '../sign-in/person-key.ts'
import type { GroupStatement, Principal } from '../sign-in/principal.ts'
import { shownValue } from './shown-value.ts'

/** What a claim is read for. */
type Use = 'subject' | 'username' | 'person key' | 'groups' | 'second factor' | 'session tag'

/** One claim or attribute as the IdP sent it. */
type ShownClaim = { readonly name: string; readonly text: string; readonly uses: readonly Use[] }

/** How many groups came, and how near that is to where an IdP cuts its list. */
type GroupsRead = {
  readonly claim: string
  readonly state: GroupStatement['state'] | 'unreadable'
  readonly names: readonly string[]
  readonly count: number
  /** Asked of the directory, in place of the claim. */
  readonly fromDirectory: boolean
  readonly limit?: number
  /** Four fifths of the limit, or more. */
  readonly isNearLimit: boolean
}

/** What a sign-in would have made of an IdP's answer. */
export type IdpTest = {
  readonly issuer: string
  readonly claims: readonly ShownClaim[]
  readonly claimCount: number
  readonly groups: GroupsRead
  readonly authentication: Authentication
  readonly mfa: 'shown' | 'not_shown' | 'not_asked_for'
  /** Whether it says once who they are across IdPs, where the file names a claim for that. */
  readonly personKey: 'stated' | 'missing' | 'not_asked_for'
} & (
  | {
      readonly signsIn: true
      readonly subject: string
      readonly username: string
      readonly rules: readonly RuleMet[]
      readonly fenced: readonly Fenced[]
      readonly roleCount: number
      readonly roles: readonly string[]
    }
  | { readonly signsIn: false; readonly refusal: RolegateError }
)

type RuleMet = { readonly rule: string; readonly effect: 'grant' | 'deny'; readonly group: string | null }

const MOST_SHOWN = 200

/** Reads an answer as a sign-in does, and says of each step what it found. Pure: nothing comes of it. */
export function readIdpTest(stated: VerifiedClaims, mapping: ClaimMapping, index: RuleIndex, now: Date): IdpTest {
  const authentication = authenticationIn(stated.authentication, mapping.mfa, now)
  const names = Object.keys(stated.claims)
  const seen = {
    issuer: stated.issuer,
    claims: names.slice(0, MOST_SHOWN).map((name) => ({
      name,
      text: shownValue(name, stated.claims[name]),
      uses: usesOf(name, mapping),
    })),
    claimCount: names.length,
    groups: groupsRead(stated, mapping.groups),
    authentication,
    mfa:
      mapping.mfa === undefined
        ? ('not_asked_for' as const)
        : authentication.mfaAt === undefined
          ? ('not_shown' as const)
          : ('shown' as const),
    personKey: personKeyRead(stated.claims, mapping.personKey),
  }
  try {
    const principal = principalFrom(stated, mapping)
    // threats.md I4, as at a sign-in.
    if (principal.groups.state !== 'stated' && index.denyReadsGroups(mapping.idp))
      throw new RolegateError('groups_missing', { idp: mapping.idp, claim: mapping.groups.claim })
    return { ...seen, signsIn: true, ...whatRulesSay(principal, index, now) }
  } catch (thrown) {
    if (!(thrown instanceof RolegateError)) throw thrown
    return { ...seen, signsIn: false, refusal: thrown }
  }
}

function whatRulesSay(principal: Principal, index: RuleIndex, now: Date) {
  const met = index.met(principal)
  const held = entitlementsOf(index, principal, imaginedCircumstances({}, now))
  return {
    subject: principal.subject,
    username: principal.username,
    rules: met.slice(0, MOST_SHOWN).map(({ rule, group }) => ({ rule: rule.id, effect: rule.effect, group })),
    fenced: index.fenced(principal).slice(0, MOST_SHOWN),
    roleCount: held.length,
    roles: held.slice(0, MOST_SHOWN).map(({ target }) => target.name),
  }
}

function personKeyRead(claims: VerifiedClaims['claims'], claim: string | undefined): IdpTest['personKey'] {
  if (claim === undefined) return 'not_asked_for'
  return personKeyIn(claims, claim) === undefined ? 'missing' : 'stated'
}

function usesOf(name: string, { subject, username, personKey, groups, mfa, keep }: ClaimMapping): readonly Use[] {
  return [
    ...(name === subject ? (['subject'] as const) : []),
    ...(name === username ? (['username'] as const) : []),
    ...(name === personKey ? (['person key'] as const) : []),
    ...(name === groups.claim ? (['groups'] as const) : []),
    ...(mfa !== undefined && 'claim' in mfa && mfa.claim === name ? (['second factor'] as const) : []),
    ...(keep.includes(name) ? (['session tag'] as const) : []),
  ]
}

function groupsRead(stated: VerifiedClaims, groups: ClaimMapping['groups']): GroupsRead {
  const { directoryGroups } = stated
  const limit = directoryGroups === undefined ? (groups.most ?? groups.limit?.count) : undefined
  const read = statementOf(stated, groups)
  const count = read?.names.length ?? 0
  return {
    claim: groups.claim,
    state: read?.state ?? 'unreadable',
    names: read?.names.slice(0, MOST_SHOWN) ?? [],
    count,
    fromDirectory: directoryGroups !== undefined,
    ...(limit !== undefined && { limit }),
    isNearLimit: read !== undefined && nearsLimit({ ...read, most: limit ?? MOST_GROUPS }),
  }
}

/** Undefined where a sign-in would have refused the list: too long, or no texts in it. */
function statementOf({ claims, directoryGroups }: VerifiedClaims, groups: ClaimMapping['groups']) {
  try {
    if (directoryGroups !== undefined) return { state: 'stated' as const, names: [...new Set(directoryGroups)] }
    return groupStatementFrom(claims, groups)
  } catch (thrown) {
    if (thrown instanceof RolegateError) return undefined
    throw thrown
  }
}
