import { EMERGENCY_RULE } from '../emergency/emergency.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { GatewaySession } from '../sign-in/session.ts'
import type { RuleIndex } from './compile.ts'
import { imaginedCircumstances, verdictsOn, type Verdict } from './conditions.ts'
import { conditionsOf, explain, type Explanation } from './explain.ts'
import type { Requirement } from './requirement.ts'
import type { RoleTarget, Rule } from './rule.ts'
import { covers, fencedFrom } from './rulings.ts'

/** Whom a rule speaks of, as the file says it. */
type Whom = {
  /** Absent: of every IdP, which only a deny may say. */
  readonly idp?: string
  readonly groups?: readonly string[]
  readonly pattern?: string
  readonly everyone?: true
  readonly workload?: string
}

/**
 * One rule about a role, as operators and auditors see it, whether it meets the person asked about or not (security.md
 * M-22).
 */
export type RuleAbout = Omit<Explanation['rules'][number], 'wants'> & {
  readonly of: Whom
  /** What it asks for beside groups. */
  readonly requires?: readonly Asked[]
  /**
   * What the rule means for the person asked about. `fenced`: a group of theirs fits the pattern, but names something
   * outside the rule's fence.
   */
  readonly verdict?: 'met' | 'fenced' | 'other_group' | 'other_idp' | 'jobs_only'
  /** The group that was kept out. */
  readonly fenced?: string
}

/** A condition as it stands in the file. */
type Asked = Pick<Verdict, 'condition' | 'wants'>

export type FullExplanation = Omit<Explanation, 'rules' | 'conditions'> & {
  readonly rules: readonly RuleAbout[]
  readonly conditions: readonly (Explanation['conditions'][number] & {
    /** Nothing was said of it, and it is taken as met. */
    readonly assumed?: true
  })[]
}

/** The same story as `explain`, with every rule about the role in it. Never for the person themselves (threats.md P3). */
export function explainInFull(...asked: Parameters<typeof explain>): FullExplanation {
  const [index, session, target, , circumstances] = asked
  const { assumed } = circumstances
  const explanation = explain(...asked)
  // Where none is told there is no grant to speak of.
  const conditions =
    explanation.conditions.length === 0 ? [] : conditionsOf(index, session, target, circumstances, true)
  const told = new Map(explanation.rules.map((ruling) => [ruling.rule, ruling]))
  const fenced = fencedFrom(index, session.principal, target)
  const isTheirs = standsFor(index, session.principal)
  return {
    ...explanation,
    conditions: conditions.map((one) =>
      one.met && assumed?.has(one.condition) === true ? { ...one, assumed: true as const } : one,
    ),
    rules: index.mapping.rules.flatMap((rule) => {
      const group = fenced.get(rule.id)
      if (!isTheirs(rule) || (!covers(rule, target) && group === undefined)) return []
      const { wants: _, ...ruling } = told.get(rule.id) ?? {}
      const verdict = 'met' in ruling ? 'met' : group === undefined ? unmetVerdict(rule, session) : 'fenced'
      return [{ ...ruling, ...aboutOf(rule), verdict, ...(verdict === 'fenced' && { fenced: group ?? '' }) }]
    }),
  }
}

/** Who may take a role, by rule; and the denies that close it again. */
export function rulesAbout(index: RuleIndex, target: RoleTarget): readonly RuleAbout[] {
  const isAnybodys = standsFor(index, NOBODY)
  return index.mapping.rules.filter((rule) => isAnybodys(rule) && covers(rule, target)).map(aboutOf)
}

/**
 * Whether a rule concerns this principal at all. An emergency deny says `everyone`, but concerns only those it was
 * aimed at.
 */
function standsFor(index: RuleIndex, principal: Principal): (rule: Rule) => boolean {
  const met = new Set(index.met(principal).map(({ rule }) => rule))
  return (rule) => rule.id !== EMERGENCY_RULE || met.has(rule)
}

const NOBODY: Principal = {
  idp: '',
  issuer: '',
  subject: '',
  subjectClaim: '',
  username: '',
  groups: { state: 'stated', names: [] },
  claims: {},
}

const aboutOf = (rule: Rule): RuleAbout => ({
  rule: rule.id,
  effect: rule.effect,
  of: whomOf(rule),
  ...(rule.owner !== undefined && { owner: rule.owner }),
  ...(rule.maxSeconds !== undefined && { maxSeconds: rule.maxSeconds }),
  ...(rule.require !== undefined && { requires: askedBy(rule.require) }),
})

/** What a role or a grant asks for, whoever asks and whenever. */
export const askedBy = (requirement: Requirement): readonly Asked[] =>
  verdictsOn(requirement, imaginedCircumstances({}, new Date(0))).map(({ condition, wants }) => ({ condition, wants }))

function whomOf({ match }: Rule): Whom {
  if ('workload' in match) return { workload: match.workload }
  return {
    ...('idp' in match && { idp: match.idp }),
    ...('groups' in match && { groups: match.groups }),
    ...('pattern' in match && { pattern: match.pattern.source }),
    ...('everyone' in match && { everyone: true as const }),
  }
}

function unmetVerdict({ match }: Rule, { principal }: GatewaySession): NonNullable<RuleAbout['verdict']> {
  if ('workload' in match) return 'jobs_only'
  return 'idp' in match && match.idp !== principal.idp ? 'other_idp' : 'other_group'
}
