import type { HandOverFacts, RequestFacts } from '../../domain/audit/event.ts'
import { samlAddressOf, type AssertionPlan, type Strategy } from '../../domain/aws/assertion.ts'
import { requireTagValue, type SessionTags } from '../../domain/aws/session-tags.ts'
import { sessionNameFor, type Sha256 } from '../../domain/aws/session-name.ts'
import { webIdentityClaims } from '../../domain/aws/web-identity-token.ts'
import { requireEntitlement, type Entitlement } from '../../domain/entitlement/decide.ts'
import { durationOf } from '../../domain/entitlement/duration.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import type { RoleKind, RoleTarget } from '../../domain/entitlement/rule.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/sign-in/principal.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules, Now, RandomText } from '../ports.ts'

/** What somebody asks for at any door. */
export type HandOverRequest = {
  readonly session: GatewaySession
  /** `alias/role`, `123456789012/role` or a role ARN. */
  readonly role: string
  readonly seconds?: number
  readonly request: RequestFacts
}

/** A decision made: everything the hand-over will do, before anything is done. */
export type HandOverPlan = {
  readonly target: RoleTarget
  readonly entitlement: Entitlement
  readonly facts: HandOverFacts
  /** What our assertion will say. */
  readonly assertion: AssertionPlan
  readonly plannedAt: Date
}

export type PlanHandOver = {
  /** Decides and computes the limits. Fails with what forbids it. */
  plan(handOver: HandOverFacts['handOver'], ask: HandOverRequest): HandOverPlan
  /** The same decision once more, for a session as it is now: fails unless it still allows what was planned. */
  requireStillAllowed(plan: HandOverPlan, ask: HandOverRequest): void
}

/** The deciding half of a hand-over: no door to AWS, nothing written. */
export function makePlanHandOver(deps: {
  rules: CurrentRules
  issuer: { readonly url: string; readonly tokenSeconds: number }
  /** Of each `sts` entry. */
  strategies: ReadonlyMap<string, Strategy>
  /** Names the rules in force, for the record. */
  configHash: string
  sha256: Sha256
  randomText: RandomText
  now: Now
}): PlanHandOver {
  function decide({ session, role }: HandOverRequest): { target: RoleTarget; entitlement: Entitlement } {
    const target = requireRole(deps.rules(), role)
    requireSessionMay(session, { kind: 'take-role', elevated: target.kind.elevated }, deps.now())
    return { target, entitlement: requireEntitlement(deps.rules(), session.principal, target) }
  }

  function assertionFor(
    { account, kind, arn: roleArn }: RoleTarget,
    principal: Principal,
    facts: Pick<HandOverFacts, 'jti' | 'seconds' | 'sessionName' | 'sourceIdentity'>,
  ): AssertionPlan {
    const { jti, seconds, sessionName, sourceIdentity } = facts
    const strategy = deps.strategies.get(account.sts)
    if (strategy === undefined) throw new RolegateError('config_invalid', { sts: account.sts })
    const said = {
      issuer: deps.issuer.url,
      accountId: account.id,
      roleName: kind.roleName,
      principal,
      ...(sourceIdentity !== null && { sourceIdentity }),
      sessionTags: tagsFor(kind, principal),
      transitiveTags: kind.transitiveTags,
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
    }
  }

  return {
    plan(handOver, ask) {
      const { target, entitlement } = decide(ask)
      const { principal } = ask.session
      const plannedAt = deps.now()
      const { seconds, limitedBy } = durationOf(entitlement, ask.seconds, ask.session, plannedAt)
      const sessionName = sessionNameFor(principal, deps.sha256)
      const sourceIdentity = target.kind.sourceIdentity ? sessionName : null
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
        jti: deps.randomText(128),
        sessionName,
        sourceIdentity,
        configHash: deps.configHash,
      }
      return { target, entitlement, facts, assertion: assertionFor(target, principal, facts), plannedAt }
    },

    requireStillAllowed({ target, facts, plannedAt }, ask) {
      const now = decide(ask)
      // What was planned fitted the session as it was; a session cut short since must not be outlived (threats.md I7).
      if (plannedAt.getTime() + facts.seconds * 1000 > ask.session.endsAt.getTime())
        throw new RolegateError('sign_in_required')
      // A reload may have given the name to another role, or allow less than AWS has lent.
      if (now.target.arn !== target.arn || now.entitlement.maxSeconds < facts.seconds) {
        throw new RolegateError('not_entitled', { role: target.name })
      }
    },
  }
}

function tagsFor(kind: RoleKind, { claims }: Principal): SessionTags {
  return Object.fromEntries(
    Object.entries(kind.sessionTags).map(([key, source]) => [
      key,
      requireTagValue(key, 'constant' in source ? source.constant : claims[source.claim]),
    ]),
  )
}
