import type { HandOverFacts } from '../../domain/audit/event.ts'
import type { Credentials } from '../../domain/aws/credentials.ts'
import { askedForRecord } from '../../domain/entitlement/find-role.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import type { AssumeRole, Audit, MintWebIdentityToken } from '../ports.ts'
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

/**
 * The heart: decide → limits → intent (durable) → mint → assume → prepare → look again → issued (durable) → look again →
 * hand over. There is no other way to STS. Whatever the outcome, the audit log holds it before the caller does.
 */
export function makeTakeRole(deps: {
  planHandOver: PlanHandOver
  findSession: FindSession
  mint: MintWebIdentityToken
  assumeRole: AssumeRole
  audit: Audit
}): TakeRole {
  async function lend({ target, facts, claims }: HandOverPlan): Promise<Credentials> {
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

  /** threats.md H5: STS and the audit disk may be slow. Signed out, revoked or reloaded meanwhile: nothing leaves. */
  async function requireStillHeld(ask: HandOverRequest, plan: HandOverPlan): Promise<void> {
    const session = await deps.findSession(ask.session.id)
    if (session === undefined) throw new RolegateError('sign_in_required')
    deps.planHandOver.requireStillAllowed(plan, { ...ask, session })
  }

  return async function takeRole(handOver, ask, preparation) {
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

    const planned = attempt(() => {
      const plan = deps.planHandOver.plan(handOver, ask)
      return { plan, prepare: preparation(plan.target) }
    })
    const { plan, prepare } = await planned.catch((thrown: unknown) => refused(thrown))
    const { facts } = plan
    await deps.audit({ ...subject, event: 'intent', facts })
    const credentials = await lend(plan).catch((thrown: unknown) => refused(thrown, facts.jti))

    const taken: Taken = { ...plan, credentials }
    const { accessKeyId, expiresAt, requestId } = credentials
    const lent = { facts, accessKeyId, expiresAt, ...(requestId !== undefined && { awsRequestId: requestId }) }
    const withheld = async (thrown: unknown): Promise<never> => {
      await deps.audit({ ...subject, event: 'withheld', ...lent, code: asRolegateError(thrown).code })
      throw thrown
    }

    const out = await prepare(taken).catch(withheld)
    await requireStillHeld(ask, plan).catch(withheld)
    await deps.audit({ ...subject, event: 'issued', ...lent })
    await requireStillHeld(ask, plan).catch(withheld)
    return { out, taken }
  }
}

/** Runs what may throw at once, as a promise that rejects. */
const attempt = async <Value>(run: () => Value): Promise<Value> => run()
