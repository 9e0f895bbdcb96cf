import type { AuditEvent, HandOverFacts } from '../../domain/audit/event.ts'
import type { Assertion } from '../../domain/aws/assertion.ts'
import type { Credentials } from '../../domain/aws/credentials.ts'
import { askedForRecord } from '../../domain/entitlement/find-role.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import type { AssumeRole, Audit, MintAssertion } from '../ports.ts'
import type { FindSession } from '../sign-in/find-session.ts'
import type { HandOverPlan, HandOverRequest, PlanHandOver } from './plan-hand-over.ts'

/** A hand-over that was planned, and the credentials AWS lent for it. */
export type Taken = HandOverPlan & { readonly credentials: Credentials }

/** Makes what is handed over. Its outcome is dropped when the decision no longer holds. */
export type Prepare<Out> = (taken: Taken) => Promise<Out>

export type TakeRole = <Out>(
  handOver: HandOverFacts['handOver'],
  ask: HandOverRequest,
  /** Says how to prepare, or refuses; called once the role is decided and before AWS is asked for anything. */
  preparation: (target: RoleTarget) => Prepare<Out>,
) => Promise<{ readonly out: Out; readonly taken: Taken }>

/** Our assertion itself, for a browser to post to AWS (threats.md F6). `check` may refuse before anything is signed. */
export type ReleaseAssertion = <Checked>(
  ask: HandOverRequest,
  check: (target: RoleTarget) => Checked,
) => Promise<{ readonly plan: HandOverPlan; readonly assertion: Assertion; readonly checked: Checked }>

/** What one kind of hand-over does between its intent and its record. */
type Way<Held, Out> = {
  readonly obtain: () => Promise<Held>
  readonly record: (held: Held) => HandedOver
  readonly prepare: (held: Held) => Promise<Out>
}
type HandedOver = Pick<Extract<AuditEvent, { event: 'withheld' }>, 'facts' | 'accessKeyId' | 'expiresAt'> &
  ({ readonly event: 'issued'; readonly accessKeyId: string } | { readonly event: 'bearer_released_to_browser' })

/**
 * The heart: decide → limits → intent (durable) → mint → assume → prepare → look again → issued (durable) → look again →
 * hand over. There is no other way to a signed assertion, nor to STS. Whatever the outcome, the audit log holds it before
 * the caller does.
 */
export function makeTakeRole(deps: {
  planHandOver: PlanHandOver
  findSession: FindSession
  mint: MintAssertion
  assumeRole: AssumeRole
  audit: Audit
}): { readonly takeRole: TakeRole; readonly releaseAssertion: ReleaseAssertion } {
  const sign = ({ target, assertion }: HandOverPlan): Promise<Assertion> => deps.mint(target.account.sts, assertion)

  async function lend(plan: HandOverPlan): Promise<Credentials> {
    const { target, facts } = plan
    return deps.assumeRole({
      sts: target.account.sts,
      region: target.account.region,
      roleArn: target.arn,
      assertion: await sign(plan),
      sessionName: facts.sessionName,
      seconds: facts.seconds,
    })
  }

  /** threats.md H5: STS and the audit disk may be slow. Signed out, revoked or reloaded meanwhile: nothing leaves. */
  async function requireStillHeld(ask: HandOverRequest, plan: HandOverPlan): Promise<void> {
    const session = await deps.findSession(ask.session.id)
    if (session === undefined) throw new RolegateError('sign_in_required')
    deps.planHandOver.requireStillAllowed(plan, { ...ask, session })
  }

  async function handOver<Held, Out>(
    kind: HandOverFacts['handOver'],
    ask: HandOverRequest,
    wayFor: (plan: HandOverPlan) => Way<Held, Out>,
  ): Promise<Out> {
    const { session, request } = ask
    const subject = { request, principal: session.principal, session }
    const refused = async (thrown: unknown, jti?: string): Promise<never> => {
      const { code, reason } = asRolegateError(thrown)
      await deps.audit({
        ...subject,
        event: 'refused',
        handOver: kind,
        role: askedForRecord(ask.role),
        code,
        ...(reason !== undefined && { reason }),
        ...(jti !== undefined && { jti }),
      })
      throw thrown
    }

    const planned = attempt(() => {
      const plan = deps.planHandOver.plan(kind, ask)
      return { plan, way: wayFor(plan) }
    })
    const { plan, way } = await planned.catch((thrown: unknown) => refused(thrown))
    await deps.audit({ ...subject, event: 'intent', facts: plan.facts })
    const held = await way.obtain().catch((thrown: unknown) => refused(thrown, plan.facts.jti))

    const record = way.record(held)
    const withheld = async (thrown: unknown): Promise<never> => {
      await deps.audit({ ...subject, ...record, event: 'withheld', code: asRolegateError(thrown).code })
      throw thrown
    }
    const out = await way.prepare(held).catch(withheld)
    await requireStillHeld(ask, plan).catch(withheld)
    await deps.audit({ ...subject, ...record })
    await requireStillHeld(ask, plan).catch(withheld)
    return out
  }

  return {
    takeRole: (kind, ask, preparation) =>
      handOver(kind, ask, (plan) => {
        const prepare = preparation(plan.target)
        return {
          obtain: async () => ({ ...plan, credentials: await lend(plan) }),
          record: ({ facts, credentials: { accessKeyId, expiresAt, requestId } }: Taken) => ({
            event: 'issued',
            facts,
            accessKeyId,
            expiresAt,
            ...(requestId !== undefined && { awsRequestId: requestId }),
          }),
          prepare: async (taken: Taken) => ({ out: await prepare(taken), taken }),
        }
      }),

    releaseAssertion: (ask, check) =>
      handOver('console', ask, (plan) => {
        const checked = check(plan.target)
        const { facts, plannedAt } = plan
        return {
          obtain: () => sign(plan),
          record: () => ({
            event: 'bearer_released_to_browser',
            facts,
            expiresAt: new Date(plannedAt.getTime() + facts.seconds * 1000),
          }),
          prepare: async (assertion: Assertion) => ({ plan, assertion, checked }),
        }
      }),
  }
}

/** Runs what may throw at once, as a promise that rejects. */
const attempt = async <Value>(run: () => Value): Promise<Value> => run()
