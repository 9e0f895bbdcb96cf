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

/** The first half: decided, checked, and on record as an intent. `check` may refuse before that. */
type BeginHandOver = <Checked>(
  handOver: HandOverFacts['handOver'],
  ask: HandOverRequest,
  check: (plan: HandOverPlan) => Checked | Promise<Checked>,
) => Promise<{ readonly plan: HandOverPlan; readonly checked: Checked }>

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
 * the caller does. It has two halves, up to the intent and from there on: most ways take them back to back.
 */
export function makeTakeRole(deps: {
  planHandOver: PlanHandOver
  findSession: FindSession
  mint: MintAssertion
  assumeRole: AssumeRole
  audit: Audit
}): { readonly takeRole: TakeRole; readonly releaseAssertion: ReleaseAssertion } {
  const sign = ({ target, assertion }: HandOverPlan): Promise<Assertion> => deps.mint(target.account.sts, assertion)

  async function lend({ target, facts }: HandOverPlan, assertion: Assertion): Promise<Credentials> {
    return deps.assumeRole({
      sts: target.account.sts,
      region: target.account.region,
      roleArn: target.arn,
      assertion,
      sessionName: facts.sessionName,
      seconds: facts.seconds,
    })
  }

  const subjectOf = ({ session, request }: HandOverRequest) => ({ request, principal: session.principal, session })

  /** Puts a refusal on record and throws it again. */
  const refusing =
    (handOver: HandOverFacts['handOver'], ask: HandOverRequest, jti?: string) =>
    async (thrown: unknown): Promise<never> => {
      const { code, reason } = asRolegateError(thrown)
      await deps.audit({
        ...subjectOf(ask),
        event: 'refused',
        handOver,
        role: askedForRecord(ask.role),
        code,
        ...(reason !== undefined && { reason }),
        ...(jti !== undefined && { jti }),
      })
      throw thrown
    }

  /** threats.md H5: STS and the audit disk may be slow. Signed out, revoked or reloaded meanwhile: nothing leaves. */
  async function requireStillHeld(ask: HandOverRequest, plan: HandOverPlan): Promise<void> {
    const session = await deps.findSession(ask.session.id)
    if (session === undefined) throw new RolegateError('sign_in_required')
    deps.planHandOver.requireStillAllowed(plan, { ...ask, session })
  }

  const begin: BeginHandOver = async (handOver, ask, check) => {
    const begun = await attempt(async () => {
      const plan = deps.planHandOver.plan(handOver, ask)
      return { plan, checked: await check(plan) }
    }).catch(refusing(handOver, ask))
    await deps.audit({ ...subjectOf(ask), event: 'intent', facts: begun.plan.facts })
    return begun
  }

  async function finish<Held, Out>(ask: HandOverRequest, plan: HandOverPlan, way: Way<Held, Out>): Promise<Out> {
    const { handOver, jti } = plan.facts
    const held = await way.obtain().catch(refusing(handOver, ask, jti))
    const subject = subjectOf(ask)
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

  async function handOver<Held, Out>(
    kind: HandOverFacts['handOver'],
    ask: HandOverRequest,
    wayFor: (plan: HandOverPlan) => Way<Held, Out>,
  ): Promise<Out> {
    const { plan, checked: way } = await begin(kind, ask, wayFor)
    return finish(ask, plan, way)
  }

  /** Credentials for an assertion. */
  const lending = <Out>(
    plan: HandOverPlan,
    prove: () => Promise<Assertion>,
    prepare: Prepare<Out>,
  ): Way<Taken, { out: Out; taken: Taken }> => ({
    obtain: async () => ({ ...plan, credentials: await lend(plan, await prove()) }),
    record: ({ facts, credentials: { accessKeyId, expiresAt, requestId } }) => ({
      event: 'issued',
      facts,
      accessKeyId,
      expiresAt,
      ...(requestId !== undefined && { awsRequestId: requestId }),
    }),
    prepare: async (taken) => ({ out: await prepare(taken), taken }),
  })

  return {
    takeRole: (kind, ask, preparation) =>
      handOver(kind, ask, (plan) => lending(plan, () => sign(plan), preparation(plan.target))),

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
const attempt = async <Value>(run: () => Promise<Value>): Promise<Value> => run()
