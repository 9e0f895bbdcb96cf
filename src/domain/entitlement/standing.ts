import type { SessionPolicy } from '../aws/session-policy.ts'
import { RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import type { GatewaySession } from '../sign-in/session.ts'
import { unbindable } from './binding.ts'
import type { Met } from './compile.ts'
import {
  distanceOf,
  FARTHEST,
  makeUnmet,
  type pendingIn,
  seenFor,
  standingApproval,
  type Circumstances,
  type StandingApproval,
  type Verdict,
} from './conditions.ts'
import { secondsLeft } from './duration.ts'
import type { Requirement } from './requirement.ts'
import type { Mapping, RoleKind, RoleTarget, Rule } from './rule.ts'

/**
 * What the rules say of a kind of role, the same in every account that the same rules cover: by which grants, and for
 * how long at most.
 */
export type Standing = {
  readonly maxSeconds: number
  /** What set `maxSeconds`. */
  readonly limitedBy: 'role' | 'rule'
  /** The grants that open it, the one that is used first. */
  readonly via: readonly Via[]
  /** What narrows the session: the role's own policy, or that of the grant that is used. */
  readonly sessionPolicy?: SessionPolicy
  /** AWS takes the credentials from the address alone that asks for them: the role says so, or the grant that is used. */
  readonly bindIp?: true
  /** What that grant and the role ask for beside groups. */
  readonly requires: readonly Requirement[]
  /** The approval it rests on, where it takes any; of several, the one that ends first. */
  readonly approval?: StandingApproval
  /** What of it is not so. Empty: the role may be taken now. */
  readonly unmet: readonly Verdict[]
}

/** Ways in beyond these are no news: somebody may be in thousands of groups. */
const MOST_VIA = 20

export type Via = { readonly rule: string; readonly group: string | null }

/** How the requirements of rules and roles look in these circumstances. */
export type Weighing = {
  readonly unmet: Unmet
  /** How far off a grant is, by what it asks for and by where it could be bound to. */
  readonly distance: (grant: Pick<Rule, 'require' | 'bindIp'>) => number
  readonly approved: (requirement: Requirement) => readonly StandingApproval[]
  /** For how long a grant that asks for this may be used: what is left of the approval. */
  readonly secondsLeft: (requirement: Requirement | undefined) => number
}

/** What of a requirement is not so. */
export type Unmet = (requirement: Requirement | undefined) => readonly Verdict[]

/** Of every role alike: no approval counts, since each is for one role alone. */
export const weighingBy = (
  unmet: Unmet,
  { workload }: Pick<Principal, 'workload'>,
  /** Whether credentials could not be bound to where they ask from. */
  isUnbindable: () => boolean,
): Weighing => ({
  unmet,
  // What would be bound to an address that AWS never sees is not usable from there (threats.md R12).
  distance: ({ require, bindIp }) =>
    bindIp === true && isUnbindable() ? FARTHEST : distanceOf(unmet(require), workload === true),
  approved: () => NOTHING,
  secondsLeft: () => Number.POSITIVE_INFINITY,
})

/** Each requirement worked out once. */
export const unmetFor = (
  { idp }: Pick<Principal, 'idp' | 'workload'>,
  circumstances: Circumstances,
  { withoutMfa }: Pick<Mapping, 'withoutMfa'>,
): Unmet => makeUnmet(withoutMfa?.has(idp) === true ? { ...circumstances, mfaUntold: true } : circumstances)

const NOTHING: readonly never[] = []

/** Of every role alike, or of one. */
export function weighingFor(
  principal: Principal,
  circumstances: Circumstances,
  mapping: Pick<Mapping, 'withoutMfa'>,
  target?: RoleTarget,
): Weighing {
  const isUnbindable = () => unbindable(circumstances) !== undefined
  if (target === undefined) return weighingBy(unmetFor(principal, circumstances, mapping), principal, isUnbindable)
  const seen = seenFor(circumstances, principal, target)
  const approved = ({ approval: wanted }: Requirement): readonly StandingApproval[] => {
    const approval = wanted && standingApproval(wanted, seen)
    return approval === undefined ? NOTHING : [approval]
  }
  return {
    ...weighingBy(unmetFor(principal, seen, mapping), principal, isUnbindable),
    approved,
    secondsLeft: (requirement = {}) =>
      Math.min(...approved(requirement).map((approval) => secondsLeft({ approval }, seen.now))),
  }
}

/** By these grants, of which there is at least one. */
export function standingBy(opening: readonly Met[], kind: RoleKind, weighing: Weighing): Standing {
  const { unmet, distance, approved } = weighing
  // The role's own limit binds every grant: one that names more is no longer for it.
  const secondsOf = ({ rule }: Met) => Math.min(rule.maxSeconds ?? kind.maxSeconds, kind.maxSeconds)
  const leftOf = (met: Met) => Math.min(secondsOf(met), weighing.secondsLeft(met.rule.require))
  const asks = opening.some(({ rule }) => rule.require !== undefined || rule.bindIp === true)
  // The role's own requirements are the same for every grant. The sort is stable: of equal grants the first in the file
  // is used.
  const grants = opening.toSorted(
    (a, b) => (asks ? distance(a.rule) - distance(b.rule) || leftOf(b) - leftOf(a) : 0) || secondsOf(b) - secondsOf(a),
  )
  const [used] = grants
  const maxSeconds = used === undefined ? 0 : secondsOf(used)
  const own = used?.rule.require
  const requires = own === undefined ? (kind.requires ?? NOTHING) : [...(kind.requires ?? NOTHING), own]
  const [approval] = requires.flatMap(approved).toSorted((a, b) => a.until.getTime() - b.until.getTime())
  const sessionPolicy = kind.sessionPolicy ?? used?.rule.sessionPolicy
  return {
    maxSeconds,
    limitedBy: maxSeconds < kind.maxSeconds ? 'rule' : 'role',
    via: grants.slice(0, MOST_VIA).map(({ rule, group }) => ({ rule: rule.id, group })),
    ...(sessionPolicy !== undefined && { sessionPolicy }),
    ...((kind.bindIp ?? used?.rule.bindIp) === true && { bindIp: true as const }),
    requires,
    ...(approval !== undefined && { approval }),
    unmet: requires.length === 0 ? NOTHING : requires.flatMap(unmet),
  }
}

/**
 * What of it nobody can be asked for on the way: a reason is given with the request, and a browser, or a terminal
 * beside one, can be asked for a fresh sign-in.
 */
export function inTheWay(unmet: readonly Verdict[], { via }: Pick<GatewaySession, 'via'>): readonly Verdict[] {
  const canBeAsked = via === 'browser' || via === 'pkce'
  return unmet.filter(
    ({ condition, untold }) => condition !== 'reason' && !(condition === 'mfa_within' && canBeAsked && untold !== true),
  )
}

export type UnmetCode = 'condition_unmet' | 'step_up_required' | 'approval_required'

/** What a refusal for these has to be called; undefined when nothing is lacking. */
export function unmetCode(unmet: readonly Verdict[], { workload }: Pick<Principal, 'workload'>): UnmetCode | undefined {
  if (unmet.length === 0) return undefined
  const distance = distanceOf(unmet, workload === true)
  return distance === 2 ? 'step_up_required' : distance === 3 ? 'approval_required' : 'condition_unmet'
}

/** The refusal itself, which says each condition that is not met, and what was seen. */
export const unmetRefusal = (
  code: UnmetCode,
  role: string,
  unmet: readonly Verdict[],
  pending: ReturnType<typeof pendingIn> = {},
): RolegateError =>
  new RolegateError(
    code,
    {
      role,
      conditions: unmet.map(({ condition }) => condition),
      wants: unmet.map(({ wants }) => wants),
      saw: unmet.map(({ saw }) => saw),
      ...(unmet.some(({ untold }) => untold) && { why: MFA_UNTOLD }),
      ...pending,
    },
    { reason: unmet.map(({ condition }) => condition).join(' ') },
  )

/** `why` of a refusal: their IdP tells nobody of a second factor. */
export const MFA_UNTOLD = 'mfa_untold'
