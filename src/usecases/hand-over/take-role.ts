import type { HandOverFacts, RequestFacts } from '../../domain/audit/event.ts'
import type { Credentials } from '../../domain/aws/credentials.ts'
import { requireTagValue, type SessionTags } from '../../domain/aws/session-tags.ts'
import { sessionNameFor, type Sha256 } from '../../domain/aws/session-name.ts'
import { webIdentityClaims, type WebIdentityClaims } from '../../domain/aws/web-identity-token.ts'
import { requireEntitlement } from '../../domain/entitlement/decide.ts'
import { durationOf } from '../../domain/entitlement/duration.ts'
import { askedForRecord, requireRole } from '../../domain/entitlement/find-role.ts'
import type { RoleKind, RoleTarget } from '../../domain/entitlement/rule.ts'
import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import type { Principal } from '../../domain/sign-in/principal.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { AssumeRole, Audit, CurrentRules, MintWebIdentityToken, Now, RandomText, Sessions } from '../ports.ts'

/** What somebody asks for at any door. */
export type HandOverRequest = {
  readonly session: GatewaySession
  /** `alias/role`, `123456789012/role` or a role ARN. */
  readonly role: string
  readonly seconds?: number
  readonly request: RequestFacts
}

/** A decision made: everything the hand-over will do, before anything is done. */
type Plan = { readonly target: RoleTarget; readonly facts: HandOverFacts; readonly claims: WebIdentityClaims }

export type Taken = { readonly target: RoleTarget; readonly facts: HandOverFacts; readonly credentials: Credentials }

export type TakeRole = <Out>(
  handOver: HandOverFacts['handOver'],
  ask: HandOverRequest,
  /** Makes what is handed over. Its outcome is dropped when the decision no longer holds. */
  prepare: (taken: Taken) => Promise<Out>,
) => Promise<{ readonly out: Out; readonly taken: Taken }>

/**
 * The heart: decide → limits → intent (durable) → mint → assume → prepare → check again → issued (durable) → hand over.
 * There is no other way to STS. Whatever the outcome, the audit log holds it before the caller does.
 */
export function makeTakeRole(deps: {
  rules: CurrentRules
  sessions: Pick<Sessions, 'get'>
  issuer: { readonly url: string; readonly tokenSeconds: number }
  /** Audience of each `sts` entry. */
  audiences: ReadonlyMap<string, string>
  mint: MintWebIdentityToken
  assumeRole: AssumeRole
  audit: Audit
  sha256: Sha256
  randomText: RandomText
  now: Now
}): TakeRole {
  /** Decides, and computes the limits. Asked twice: before STS, and again before anything leaves. */
  function decideNow({ session, role, seconds }: HandOverRequest) {
    const now = deps.now()
    const target = requireRole(deps.rules(), role)
    requireSessionMay(session, { kind: 'take-role', elevated: target.kind.elevated }, now)
    const entitlement = requireEntitlement(deps.rules(), session.principal, target)
    return { target, entitlement, duration: durationOf(entitlement, seconds, session, now) }
  }

  function planFor(handOver: HandOverFacts['handOver'], ask: HandOverRequest): Plan {
    const { target, entitlement, duration } = decideNow(ask)
    const { principal } = ask.session
    const sessionName = sessionNameFor(principal, deps.sha256)
    const sourceIdentity = target.kind.sourceIdentity ? sessionName : null
    const [used] = entitlement.via
    const claims = webIdentityClaims(
      {
        issuer: deps.issuer.url,
        audience: requireAudience(deps.audiences, target.account.sts),
        accountId: target.account.id,
        roleName: target.kind.roleName,
        principal,
        ...(sourceIdentity !== null && { sourceIdentity }),
        sessionTags: tagsFor(target.kind, principal),
        transitiveTags: target.kind.transitiveTags,
        jti: deps.randomText(128),
        issuedAt: deps.now(),
        lifetimeSeconds: deps.issuer.tokenSeconds,
      },
      deps.sha256,
    )
    const facts: HandOverFacts = {
      handOver,
      account: target.account.id,
      role: target.name,
      roleArn: target.arn,
      seconds: duration.seconds,
      limitedBy: duration.limitedBy,
      rule: used?.rule ?? '',
      group: used?.group ?? null,
      jti: claims.jti,
      sessionName,
      sourceIdentity,
    }
    return { target, facts, claims }
  }

  async function lend({ target, facts, claims }: Plan): Promise<Credentials> {
    const token = await deps.mint(claims)
    return deps.assumeRole({
      sts: target.account.sts,
      region: target.account.region,
      roleArn: target.arn,
      token,
      sessionName: facts.sessionName,
      seconds: facts.seconds,
    })
  }

  /** threats.md H5: STS may have been slow. Signed out, revoked or reloaded meanwhile: nothing leaves. */
  async function requireStillHeld(ask: HandOverRequest, { roleArn, seconds }: HandOverFacts): Promise<void> {
    const session = await deps.sessions.get(ask.session.id)
    if (session === undefined) throw new RolegateError('sign_in_required')
    const { target, entitlement } = decideNow({ ...ask, session })
    // A reload may have given the name to another role, or allow less than AWS has lent.
    if (target.arn !== roleArn || entitlement.maxSeconds < seconds)
      throw new RolegateError('not_entitled', { role: ask.role })
  }

  return async function takeRole(handOver, ask, prepare) {
    const { session, request } = ask
    const subject = { request, principal: session.principal, session }
    const refused = async (thrown: unknown, jti?: string): Promise<never> => {
      const { code, reason } = asRolegateError(thrown)
      await deps.audit({
        ...subject,
        event: 'refused',
        handOver,
        role: askedForRecord(ask.role),
        code,
        ...(reason !== undefined && { reason }),
        ...(jti !== undefined && { jti }),
      })
      throw thrown
    }

    const plan = await attempt(() => planFor(handOver, ask)).catch((thrown: unknown) => refused(thrown))
    const { facts } = plan
    await deps.audit({ ...subject, event: 'intent', facts })
    const credentials = await lend(plan).catch((thrown: unknown) => refused(thrown, facts.jti))

    const taken: Taken = { target: plan.target, facts, credentials }
    const lent = { accessKeyId: credentials.accessKeyId, expiresAt: credentials.expiresAt }
    const out = await prepareAndCheck().catch(async (thrown: unknown) => {
      await deps.audit({ ...subject, event: 'withheld', facts, ...lent, code: asRolegateError(thrown).code })
      throw thrown
    })
    await deps.audit({ ...subject, event: 'issued', facts, ...lent })
    return { out, taken }

    async function prepareAndCheck() {
      const prepared = await prepare(taken)
      await requireStillHeld(ask, facts)
      return prepared
    }
  }
}

/** Runs what may throw at once, as a promise that rejects. */
const attempt = async <Value>(run: () => Value): Promise<Value> => run()

function tagsFor(kind: RoleKind, { claims }: Principal): SessionTags {
  return Object.fromEntries(
    Object.entries(kind.sessionTags).map(([key, source]) => [
      key,
      requireTagValue(key, 'constant' in source ? source.constant : claims[source.claim]),
    ]),
  )
}

function requireAudience(audiences: ReadonlyMap<string, string>, sts: string): string {
  const audience = audiences.get(sts)
  if (audience === undefined) throw new RolegateError('config_invalid', { sts })
  return audience
}
