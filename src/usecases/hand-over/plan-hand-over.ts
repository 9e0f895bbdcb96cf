import type { BegunHandOver, HandOverFacts, RequestFacts } from '../../domain/audit/facts.ts'
import { samlAddressOf, type AssertionPlan, type AwaitedAssertion, type Strategy } from '../../domain/aws/assertion.ts'
import { isSamePolicy, sentPolicyFor, type SentPolicy } from '../../domain/aws/session-policy.ts'
import { sourceAddressOf } from '../../domain/aws/source-address.ts'
import { sessionTagsFor } from '../../domain/aws/session-tags.ts'
import { sessionNameFor, type Sha256 } from '../../domain/aws/session-name.ts'
import { webIdentityClaims } from '../../domain/aws/web-identity-token.ts'
import { requireAskable, type Entitlement } from '../../domain/entitlement/decide.ts'
import { roleIdOf } from '../../domain/entitlement/role-id.ts'
import { approvalEnding, durationOf } from '../../domain/entitlement/duration.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import { passThroughFault } from '../../domain/entitlement/pass-through.ts'
import { requireVisible } from '../../domain/entitlement/visible-role.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import type { DeviceClosing } from '../../domain/device/closing.ts'
import { RolegateError, unmet } from '../../domain/errors.ts'
import type { Principal } from '../../domain/sign-in/principal.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import { ELEVATED, freshenedBy, isFor, stepUpRequired, type UsedStepUp } from '../../domain/sign-in/step-up.ts'
import type { RequestsOf } from '../request/requests-of.ts'
import { circumstancesOf } from '../entitlement/circumstances.ts'
import type { CurrentRules, Now, RandomText } from '../ports.ts'

/** What somebody asks for at any door. */
export type HandOverRequest = {
  readonly session: GatewaySession
  /** `alias/role`, `123456789012/role` or a role ARN. */
  readonly role: string
  readonly seconds?: number
  /** At least this long if no time is asked for: some clients find shorter credentials useless. */
  readonly leastUsualSeconds?: number
  /** Time zone of the browser or machine that asks, by its IANA name: for session lengths that end at a time of day. */
  readonly timeZone?: string
  /** The fresh sign-in it uses up (threats.md H8). */
  readonly stepUp?: UsedStepUp
  /** Why, in the words of whoever asks: for roles that ask for it, and for the record. */
  readonly reason?: string
  readonly request: RequestFacts
  /** Whoever asks gives up after a second, as SDKs do in containers. */
  readonly isHurried?: true
  /** How to check that the session is still alive, if it is not stored under its id (threats.md H5). */
  readonly lookAgain?: () => Promise<GatewaySession | undefined>
}

/** A decision made: everything the hand-over will do, before anything is done. */
export type HandOverPlan = {
  readonly target: RoleTarget
  readonly entitlement: Entitlement
  readonly facts: HandOverFacts
  /** What our assertion will say, or the IdP's own must. */
  readonly assertion: AssertionPlan | AwaitedAssertion
  /** The role session name we send to AWS. A SAML assertion carries its own, and that one counts. */
  readonly sessionName: string
  /** What AWS is asked to narrow the session to. */
  readonly policy?: SentPolicy
  readonly plannedAt: Date
}

/**
 * `lacks`: the refusal for something they can still be asked for; thrown last. `session`: as fresh as the step-up has
 * made it.
 */
type Decided = {
  readonly target: RoleTarget
  readonly entitlement: Entitlement
  readonly session: GatewaySession
  readonly lacks?: RolegateError
}

export type PlanHandOver = {
  /**
   * Decides, and computes the limits. Throws what forbids it. `check` may refuse the rest of the request; it runs
   * before a missing reason or fresh sign-in is refused.
   */
  plan(
    handOver: HandOverFacts['handOver'],
    ask: HandOverRequest,
    check?: (target: RoleTarget) => unknown,
  ): Promise<HandOverPlan>
  /** Decides anew what was begun before its person went to their IdP: under the same id, and never for longer. */
  resume(begun: BegunHandOver, ask: HandOverRequest): Promise<HandOverPlan>
  /** The same decision once more, for a session as it is now: fails unless it still allows what was planned. */
  requireStillAllowed(plan: HandOverPlan, ask: HandOverRequest): Promise<void>
}

/**
 * The deciding half of a hand-over. It asks AWS nothing and writes nothing; it reads approvals from the store, only for
 * roles that take one.
 */
export function makePlanHandOver(deps: {
  rules: CurrentRules
  requestsOf: Pick<RequestsOf, 'about'>
  closing: DeviceClosing
  issuer: { readonly url: string; readonly tokenSeconds: number }
  /** Of each `sts` entry. */
  strategies: ReadonlyMap<string, Strategy>
  /** Names the rules in force, for the record. */
  configHash: string
  sha256: Sha256
  randomText: RandomText
  now: Now
}): PlanHandOver {
  async function decide(
    handOver: HandOverFacts['handOver'],
    { session: held, role, request, reason, stepUp }: HandOverRequest,
  ): Promise<Decided> {
    function visible() {
      const target = requireRole(deps.rules(), role)
      // threats.md H8: what was confirmed for one hand-over makes no other any fresher.
      const isProved = stepUp !== undefined && isFor(stepUp, held, { roleArn: roleIdOf(target), handOver })
      const session = isProved ? freshenedBy(held, stepUp) : held
      requireVisible(deps.rules(), session.principal, target)
      return { target, session, isProved }
    }
    // Nothing is looked up for a role they may not know of: the time it takes, or a failure, would reveal it
    // (threats.md P3).
    const requests = await deps.requestsOf.about(held.principal, visible().target)
    // From here on nothing waits: one moment, and the rules of that moment.
    const { target, session, isProved } = visible()
    const now = deps.now()
    requireSessionMay(session, deps.closing.takeRole(target, handOver), now)
    const circumstances = circumstancesOf(session, request, now, { reason, requests })
    const { entitlement, lacks } = requireAskable(deps.rules(), session.principal, target, circumstances)
    const condition = passThroughFault(target, session, entitlement)
    if (condition !== undefined) throw unmet(condition)
    // Each elevated hand-over uses one up, however lately they signed in.
    const needsOwn = (target.kind.elevated || stepUp !== undefined) && !isProved
    const refusal = lacks ?? (needsOwn ? stepUpRequired({ role: target.name, handOver }, ELEVATED) : undefined)
    return { target, entitlement, session, ...(refusal !== undefined && { lacks: refusal }) }
  }

  function policyFor(
    { target: { account }, sessionPolicy, bindIp }: Entitlement,
    { address }: RequestFacts,
  ): SentPolicy | undefined {
    if (sessionPolicy === undefined && bindIp === undefined) return undefined
    const sent = sentPolicyFor(sessionPolicy ?? { managed: [] }, account)
    return bindIp === undefined ? sent : { ...sent, boundTo: requireSource(address) }
  }

  function strategyFor({ account: { sts } }: RoleTarget): Strategy {
    const strategy = deps.strategies.get(sts)
    if (strategy === undefined) throw new RolegateError('config_invalid', { sts })
    return strategy
  }

  function assertionFor(
    { account, kind, arn: roleArn }: RoleTarget,
    strategy: Strategy,
    principal: Principal,
    {
      jti,
      seconds,
      sourceIdentity,
      sessionName,
    }: Pick<HandOverFacts, 'jti' | 'seconds' | 'sourceIdentity'> & {
      readonly sessionName: string
    },
  ): AssertionPlan | AwaitedAssertion {
    const sessionTags = sessionTagsFor(kind.sessionTags, principal)
    const said = {
      issuer: deps.issuer.url,
      accountId: account.id,
      roleName: kind.roleName,
      principal,
      ...(sourceIdentity !== null && { sourceIdentity }),
      sessionTags,
      transitiveTags: kind.transitiveTags.filter((key) => Object.hasOwn(sessionTags, key)),
      issuedAt: deps.now(),
      lifetimeSeconds: deps.issuer.tokenSeconds,
    }
    switch (strategy.kind) {
      case 'web_identity':
        return {
          kind: 'web_identity',
          claims: webIdentityClaims({ ...said, audience: strategy.audience, jti }, deps.sha256),
        }
      case 'saml':
        return {
          kind: 'saml',
          request: { ...said, ...samlAddressOf(account, strategy), roleArn, sessionName, seconds, id: jti },
        }
      case 'pass_through_saml':
        return { kind: strategy.kind, roleArn, ...samlAddressOf(account, strategy) }
      case 'pass_through_oidc':
        return { kind: strategy.kind }
    }
  }

  async function plan(
    handOver: HandOverFacts['handOver'],
    ask: HandOverRequest,
    { jti = deps.randomText(128), check }: { jti?: string; check?: (target: RoleTarget) => unknown } = {},
  ): Promise<HandOverPlan> {
    const { target, entitlement, session, lacks } = await decide(handOver, ask)
    const policy = policyFor(entitlement, ask.request)
    const strategy = strategyFor(target)
    const { principal } = session
    const plannedAt = deps.now()
    const { seconds, limitedBy } = durationOf(entitlement, ask, session, plannedAt)
    const sessionName = sessionNameFor(principal, deps.sha256)
    const isPassedThrough = target.account.passThroughIdp !== undefined
    const sourceIdentity = target.kind.sourceIdentity && !isPassedThrough ? sessionName : null
    const [used] = entitlement.via
    const facts: HandOverFacts = {
      handOver,
      account: target.account.id,
      role: target.name,
      roleArn: target.arn,
      seconds,
      limitedBy,
      rule: used?.rule ?? '',
      group: used?.group ?? null,
      ...(ask.reason !== undefined && { reasonGiven: ask.reason }),
      jti,
      strategy: strategy.kind,
      sessionName: strategy.kind === 'pass_through_saml' ? null : sessionName,
      sourceIdentity,
      configHash: deps.configHash,
      ...(policy?.inline !== undefined && { policyHash: policy.inline.hash }),
      ...(policy !== undefined && policy.arns.length > 0 && { policyArns: policy.arns }),
      ...(policy?.boundTo !== undefined && { bindIp: true as const }),
      ...(ask.stepUp !== undefined && { stepUp: ask.stepUp.id }),
      ...(entitlement.approval !== undefined && { approval: entitlement.approval.id }),
    }
    const assertion = assertionFor(target, strategy, principal, { ...facts, sessionName })
    // Thrown last: nobody is asked for a reason or sent to their IdP for something they would not get anyway.
    if (lacks !== undefined) {
      check?.(target)
      throw lacks
    }
    return { target, entitlement, facts, assertion, sessionName, ...(policy !== undefined && { policy }), plannedAt }
  }

  return {
    plan: (handOver, ask, check) => plan(handOver, ask, check && { check }),

    async resume({ handOver, role, roleArn, seconds, limitedBy, jti }, ask) {
      const resumed = await plan(handOver, { ...ask, role, seconds }, { jti })
      // A reload may have given the name to another role.
      if (resumed.target.arn !== roleArn) throw new RolegateError('not_entitled', { role })
      const { facts } = resumed
      return facts.seconds === seconds ? { ...resumed, facts: { ...facts, limitedBy } } : resumed
    },

    async requireStillAllowed({ target, facts, policy, plannedAt }, ask) {
      const now = await decide(facts.handOver, ask)
      if (now.lacks !== undefined) throw now.lacks
      // The plan fitted the session as it was then; if that was cut short since, the plan must not outlive it
      // (threats.md I7).
      if (plannedAt.getTime() + facts.seconds * 1000 > ask.session.endsAt.getTime())
        throw new RolegateError('sign_in_required')
      // Nor must an approval that was taken back, or cut short, meanwhile.
      const { approval } = now.entitlement
      if (approval !== undefined && plannedAt.getTime() + facts.seconds * 1000 > approval.until.getTime())
        throw approvalEnding()
      // A reload may have given the name to another role, or allow less than AWS has lent.
      if (roleIdOf(now.target) !== roleIdOf(target) || now.entitlement.maxSeconds < facts.seconds) {
        throw new RolegateError('not_entitled', { role: target.name })
      }
      // Nor is a session handed over that a reload has narrowed since (security.md T-11).
      if (!isSamePolicy(policyFor(now.entitlement, ask.request), policy))
        throw new RolegateError('not_entitled', { role: target.name })
    },
  }
}

/** threats.md R12: an address that nobody knows binds nothing, and so nothing is given. */
function requireSource(address: string): string {
  const seen = sourceAddressOf(address)
  if ('fault' in seen) throw unmet(seen.fault)
  return seen.source
}
