import { compileRules, type RuleIndex } from '../entitlement/compile.ts'
import { imaginedCircumstances } from '../entitlement/conditions.ts'
import { entitlementsOf, type Entitlement } from '../entitlement/decide.ts'
import { roleIdOf } from '../entitlement/role-id.ts'
import type { Mapping, Rule } from '../entitlement/rule.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { Named } from './changes.ts'
import { isProduction } from './production.ts'

/** Somebody the audit log has seen, as their IdP stated them the last time. */
export type SeenPerson = {
  readonly idp: string
  readonly issuer: string
  readonly subject: string
  readonly username: string
  readonly groups: readonly string[]
  /** The record does not hold all their groups, so what is worked out for them may be less than they have. */
  readonly cut: boolean
  /** As the record spells it. */
  readonly seenAt: string
}

type PersonChange = {
  readonly person: Pick<SeenPerson, 'idp' | 'username' | 'seenAt' | 'cut'>
  readonly gains: readonly Named[]
  readonly loses: readonly Named[]
}

export type PeopleDiff = { readonly seen: number; readonly cut: number; readonly changed: readonly PersonChange[] }

/** A `decision` of the audit log, as the person it is about; undefined for any other line. */
export function personIn(line: string): SeenPerson | undefined {
  const record = parsed(line)
  if (record?.['event'] !== 'decision') return undefined
  const { time: seenAt, idp, issuer, subject, username, groups, groups_count: count } = record
  const isWhole = [seenAt, idp, issuer, subject, username].every((value) => typeof value === 'string')
  if (!isWhole || !Array.isArray(groups)) return undefined
  const names = groups.filter((group) => typeof group === 'string')
  return { idp, issuer, subject, username, groups: names, cut: Number(count) > names.length, seenAt } as SeenPerson
}

/** Whether a line is of an audit log, whatever it tells. */
export function isRecord(line: string): boolean {
  const record = parsed(line)
  return record?.['stream'] === 'audit' && typeof record['event'] === 'string'
}

function parsed(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Who of these people gains or loses which role, by the decision that people meet at the door. */
export function diffPeople(before: Mapping, after: Mapping, people: readonly SeenPerson[]): PeopleDiff {
  const sides = [compileRules(before), compileRules(after)] as const
  const changed = people.flatMap((person): PersonChange[] => {
    const [earlier, later] = sides.map((index) => heldBy(person, index))
    const gains = only(later, earlier)
    const loses = only(earlier, later)
    if (gains.length + loses.length === 0) return []
    const { idp, username, seenAt, cut } = person
    return [{ person: { idp, username, seenAt, cut }, gains, loses }]
  })
  return { seen: people.length, cut: people.filter(({ cut }) => cut).length, changed }
}

/** What somebody holds does not hang on the hour. */
export const WHENEVER = imaginedCircumstances({}, new Date(0))

type Held = ReadonlyMap<string, Entitlement>

const heldBy = ({ idp, issuer, subject, username, groups }: SeenPerson, index: RuleIndex): Held => {
  const principal: Principal = {
    idp,
    issuer,
    subject,
    subjectClaim: '',
    username,
    groups: { state: 'stated', names: groups },
    claims: {},
  }
  return new Map(entitlementsOf(index, principal, WHENEVER).map((held) => [roleIdOf(held.target), held]))
}

const only = (these: Held = new Map(), others: Held = new Map()): readonly Named[] =>
  [...these].filter(([id]) => !others.has(id)).map(([, held]) => namedOf(held))

const namedOf = ({ target, via }: Entitlement): Named => ({
  role: target.name,
  arn: target.arn,
  rules: [...new Set(via.map(({ rule }) => rule))],
  sensitive: target.kind.elevated || isProduction(target.account.environment),
})

/** A group that a rule names and that nobody seen has. Only for IdPs whose people were seen with all their groups. */
export type UnseenGroup = { readonly rule: number; readonly group: string; readonly effect: Rule['effect'] }

export function groupsNeverSeen({ rules }: Mapping, people: readonly SeenPerson[]): readonly UnseenGroup[] {
  const idps = new Set(people.map(({ idp }) => idp))
  const ofIdp = (idp: string | undefined) => people.filter((one) => idp === undefined || one.idp === idp)
  const statedAt = (idp: string | undefined) => new Set(ofIdp(idp).flatMap(({ groups }) => groups))
  const stated = new Map([...idps, undefined].map((idp) => [idp, statedAt(idp)]))
  const known = new Map(
    [...idps, undefined].map((idp) => [idp, people.length > 0 && !ofIdp(idp).some(({ cut }) => cut)]),
  )
  return rules.flatMap(({ match, effect }, rule) => {
    if (!('groups' in match)) return []
    const idp = 'idp' in match ? match.idp : undefined
    if (known.get(idp) !== true) return []
    return match.groups
      .filter((group) => stated.get(idp)?.has(group) === false)
      .map((group) => ({ rule, group, effect }))
  })
}
