import { metBy, type RuleIndex } from '../entitlement/compile.ts'
import type { Rule } from '../entitlement/rule.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { GatewaySession } from '../sign-in/session.ts'

/** Whom or what an emergency deny closes. */
export type Aim =
  /** One (issuer, subject), whatever IdP of ours they sign in by; the name is for people to read (threats.md V2). */
  | { readonly kind: 'person'; readonly issuer: string; readonly subject: string; readonly username: string }
  /** Everybody of an IdP, or every job of an entry of `workloads`. */
  | { readonly kind: 'idp'; readonly idp: string }
  /**
   * `alias/role` or `alias/*`, with what it was in AWS: a file that gives it another name must not reopen it
   * (threats.md R1).
   */
  | { readonly kind: 'role'; readonly role: string; readonly accountId?: string; readonly roleName?: string }

/** What an operator closed from the host, whatever the file says, until somebody lifts it (threats.md R8). */
export type EmergencyDeny = {
  readonly aim: Aim
  /** ISO 8601, UTC. */
  readonly since: string
  /** The account on the host that closed it. */
  readonly by: string
  readonly reason: string
}

/** Sessions begun at this moment or before are over. */
type Revocation = { readonly aim: Exclude<Aim, { kind: 'role' }>; readonly before: string }

/** All of them: one row of the store, read before every decision. */
export type Emergency = {
  readonly denies: readonly EmergencyDeny[]
  readonly revocations: readonly Revocation[]
  /** When any of it was last changed, lifted too; ISO 8601. */
  readonly changedAt?: string
}

export const NO_EMERGENCY: Emergency = { denies: [], revocations: [] }

/** What records and explanations call such a deny; no rule of a file may be called so. */
export const EMERGENCY_RULE = 'emergency'

/** `person:alice`, `idp:entra`, `role:payments-prod/admin`: as it is typed and listed. */
export function printAim(aim: Aim): string {
  switch (aim.kind) {
    case 'person':
      return `person:${aim.username}`
    case 'idp':
      return `idp:${aim.idp}`
    case 'role':
      return `role:${aim.role}`
  }
}

export const isSameAim = (one: Aim, other: Aim): boolean => {
  if (one.kind === 'person')
    return other.kind === 'person' && one.issuer === other.issuer && one.subject === other.subject
  return printAim(one) === printAim(other)
}

const isAbout = (aim: Aim, { idp, issuer, subject, workload }: Principal): boolean =>
  aim.kind === 'idp'
    ? aim.idp === idp
    : aim.kind === 'person' && workload !== true && aim.issuer === issuer && aim.subject === subject

/** Why somebody whom their IdP vouches for is not let in. */
export const KEPT_OUT = 'kept_out'

/** Whether nobody of this IdP is let in. */
export const isIdpClosed = ({ denies }: Emergency, idp: string): boolean =>
  denies.some(({ aim }) => aim.kind === 'idp' && aim.idp === idp)

/** Whether this person, or their IdP, is kept out altogether. */
export const isKeptOut = ({ denies }: Emergency, principal: Principal): boolean =>
  denies.some(({ aim }) => isAbout(aim, principal))

/** Whether this session was ended from the host, or is of somebody who is kept out. */
export const isEnded = (
  emergency: Emergency,
  { principal, signedInAt }: Pick<GatewaySession, 'principal' | 'signedInAt'>,
): boolean =>
  isKeptOut(emergency, principal) ||
  emergency.revocations.some(({ aim, before }) => isAbout(aim, principal) && signedInAt <= new Date(before))

/**
 * The rules with the emergency denies first: lists, decisions and explanations treat them as any deny. A denied role is
 * denied by ARN, so that it is not reachable by another name (threats.md R1, R2).
 */
export function closedBy({ denies }: Emergency, index: RuleIndex): RuleIndex {
  if (denies.length === 0) return index
  const { mapping } = index
  const everything = { accounts: new Set(mapping.accounts.keys()), roles: new Set(mapping.roles.keys()) }
  const rules = denies.flatMap((deny) =>
    (deny.aim.kind === 'role' ? closedRoles(index, deny.aim) : [everything]).map((what) => ({
      aim: deny.aim,
      rule: ruleFor(deny, what),
    })),
  )
  return {
    ...index,
    mapping: { ...mapping, rules: [...rules.map(({ rule }) => rule), ...mapping.rules] },
    met: (principal) => [
      ...rules.flatMap(({ aim, rule }) => (aim.kind === 'role' || isAbout(aim, principal) ? [metBy(rule, null)] : [])),
      ...index.met(principal),
    ],
  }
}

type Closed = Pick<Rule, 'accounts' | 'roles'>

/** Every name the file has for the denied role; empty where it has none any more. */
function closedRoles(index: RuleIndex, aim: Extract<Aim, { kind: 'role' }>): readonly Closed[] {
  const { mapping } = index
  const [alias = '', key = ''] = aim.role.split('/')
  const named = mapping.accounts.get(alias)
  const accounts = [...mapping.accounts.values()].filter(({ id }) => id === (aim.accountId ?? named?.id))
  const kinds = [...mapping.roles.values()]
  return accounts.map((account) => {
    const arns = new Set(
      kinds
        .filter((kind) => key === '*' || kind.roleName === (aim.roleName ?? mapping.roles.get(key)?.roleName))
        .map((kind) => index.targetOf(account, kind).arn),
    )
    const names = kinds.filter((kind) => arns.has(index.targetOf(account, kind).arn))
    return { accounts: new Set([account.alias]), roles: new Set(names.map((name) => name.key)) }
  })
}

const ruleFor = ({ since, by }: EmergencyDeny, closed: Closed): Rule => ({
  id: EMERGENCY_RULE,
  match: { everyone: true },
  effect: 'deny',
  owner: `emergency deny since ${since.slice(0, 16).replace('T', ' ')} UTC, by ${by}`,
  ...closed,
})
