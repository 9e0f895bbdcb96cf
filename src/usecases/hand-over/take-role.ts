import type { AuditEvent } from '../../domain/audit/event.ts'
import type { BegunHandOver, HandOverFacts } from '../../domain/audit/facts.ts'
import { isAwaited, type Assertion } from '../../domain/aws/assertion.ts'
import { wasNotAsked } from '../../domain/aws/not-asked.ts'
import type { Credentials } from '../../domain/aws/credentials.ts'
import { askedForRecord } from '../../domain/entitlement/find-role.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { asRolegateError, RolegateError, unmet } from '../../domain/errors.ts'
import { GROUPS_UNREAD } from '../../domain/sign-in/groups-again.ts'
import { GATEWAY_UNFIT } from '../../domain/sign-in/session.ts'
import type { Audit } from '../ports.ts'
import type { AssumeRole, MintAssertion } from '../ports/aws.ts'
import type { ConfigEpoch } from '../config/config-epoch.ts'
import type { StandingEmergency } from '../emergency/standing-emergency.ts'
import type { FindSession } from '../sign-in/find-session.ts'
import type { RecheckGroups } from '../sign-in/recheck-groups.ts'
import type { GiveBackStepUp } from '../step-up/give-back-step-up.ts'
import type { LimitHandOvers, LimitRole } from './limit-hand-overs.ts'
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

/** What AWS will take, and what it says of names that were not ours to choose. */
export type Proof = { readonly assertion: Assertion } & Partial<Pick<HandOverFacts, 'sessionName' | 'sourceIdentity'>>

/**
 * The first half: decided, checked, and on record as an intent. `check` may refuse before the record. `checkFirst` may
 * refuse even before a missing fresh sign-in or reason is asked for, so that nobody provides those for nothing.
 */
export type BeginHandOver = <Checked>(
  handOver: HandOverFacts['handOver'],
  ask: HandOverRequest,
  check: (plan: HandOverPlan) => Checked | Promise<Checked>,
  checkFirst?: (target: RoleTarget) => unknown,
) => Promise<{ readonly plan: HandOverPlan; readonly checked: Checked }>

/** The second half of what was begun, decided anew: a role for a proof that is not ours (threats.md F7). */
export type ResumeHandOver = <Out>(
  begun: BegunHandOver,
  ask: HandOverRequest,
  /** Fetches and checks the proof. */
  prove: (plan: HandOverPlan) => Promise<Proof>,
  preparation: (target: RoleTarget) => Prepare<Out>,
) => Promise<{ readonly out: Out; readonly taken: Taken }>

/** What one kind of hand-over does between its intent and its record. */
type Way<Held, Out> = {
  readonly obtain: () => Promise<Held>
  readonly record: (held: Held) => HandedOver
  readonly prepare: (held: Held) => Promise<Out>
}
type HandedOver = Pick<Extract<AuditEvent, { event: 'withheld' }>, 'facts' | 'accessKeyId' | 'expiresAt'> &
  ({ readonly event: 'issued'; readonly accessKeyId: string } | { readonly event: 'bearer_released_to_browser' })

/**
 * The heart: count → recheck → decide → limits → intent (durable) → mint → assume → prepare → look again → issued (durable) → look again →
 * hand over. There is no other way to a signed assertion, nor to STS. Whatever the outcome, the audit log holds it before
 * the caller does. It has two halves, up to the intent and from there on: most ways take them back to back.
 */
export function makeTakeRole(deps: {
  limitHandOvers: LimitHandOvers
  limitRole: LimitRole
  recheckGroups: RecheckGroups
  planHandOver: PlanHandOver
  findSession: FindSession
  emergency: Pick<StandingEmergency, 'refresh'>
  configEpoch: Pick<ConfigEpoch, 'refresh'>
  mint: MintAssertion
  assumeRole: AssumeRole
  giveBackStepUp: GiveBackStepUp
  audit: Audit
}): {
  readonly takeRole: TakeRole
  readonly releaseAssertion: ReleaseAssertion
  readonly beginHandOver: BeginHandOver
  readonly resumeHandOver: ResumeHandOver
} {
  /** Reads from the store what others may have closed or replaced meanwhile (threats.md H5, R8, R9). */
  const askAnew = async () => void (await Promise.all([deps.emergency.refresh(), deps.configEpoch.refresh()]))

  /**
   * How to sign our own assertion. Throws where AWS takes the IdP's instead: only the person's browser can fetch that.
   */
  function signing({ target, assertion }: HandOverPlan): () => Promise<Assertion> {
    if (isAwaited(assertion)) throw browserNeeded()
    return () => deps.mint(target.account.sts, assertion)
  }

  async function lend(
    { target, facts, sessionName, policy }: HandOverPlan,
    assertion: Assertion,
  ): Promise<Credentials> {
    return deps.assumeRole({
      sts: target.account.sts,
      region: target.account.region,
      roleArn: target.arn,
      assertion,
      sessionName,
      seconds: facts.seconds,
      ...(policy !== undefined && { policy }),
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

  /** If the refusal is temporary, puts the step-up back for the next try, as nothing came of it (threats.md H8). */
  const givingBack =
    ({ stepUp }: HandOverRequest) =>
    async (thrown: unknown): Promise<never> => {
      const error = asRolegateError(thrown)
      if (stepUp !== undefined && isForNow(error)) await deps.giveBackStepUp(stepUp).catch(() => undefined)
      throw thrown
    }

  /**
   * threats.md H5: STS and the audit disk may be slow. If the person was signed out or revoked meanwhile, or the
   * configuration was reloaded, nothing is handed over. Everything is asked at one moment: with one question after the
   * other, something could end in between unnoticed.
   */
  async function requireStillHeld(ask: HandOverRequest, plan: HandOverPlan): Promise<void> {
    const again = ask.lookAgain ?? (() => deps.findSession(ask.session.id))
    const [session] = await Promise.all([again(), askAnew()])
    if (session === undefined) throw new RolegateError('sign_in_required')
    await deps.planHandOver.requireStillAllowed(plan, { ...ask, session })
  }

  /** The decision of either half, by groups and rules that are as new as they have to be. */
  async function decided<Plan>(
    handOver: HandOverFacts['handOver'],
    ask: HandOverRequest,
    plan: () => Promise<Plan>,
    jti?: string,
  ): Promise<Plan> {
    const decide = async () => {
      await deps.recheckGroups(ask.session, ask.request, ask)
      await askAnew()
      return plan()
    }
    return decide()
      .catch(refusing(handOver, ask, jti))
      .catch(givingBack(ask))
  }

  const beginHandOver: BeginHandOver = async (handOver, ask, check, checkFirst) => {
    await deps.limitHandOvers(handOver, ask).catch(givingBack(ask))
    const begun = await decided(handOver, ask, async () => {
      const plan = await deps.planHandOver.plan(handOver, ask, checkFirst)
      return { plan, checked: await check(plan) }
    })
    await deps.limitRole(handOver, ask, begun.plan.target.arn).catch(givingBack(ask))
    await deps.audit({ ...subjectOf(ask), event: 'intent', facts: begun.plan.facts })
    return begun
  }

  async function finish<Held, Out>(ask: HandOverRequest, plan: HandOverPlan, way: Way<Held, Out>): Promise<Out> {
    const { handOver, jti } = plan.facts
    const held = await way
      .obtain()
      .catch(refusing(handOver, ask, jti))
      .catch(givingBack(ask))
    const subject = subjectOf(ask)
    const record = way.record(held)
    const withheld = async (thrown: unknown): Promise<never> => {
      await deps.audit({ ...subject, ...record, event: 'withheld', code: asRolegateError(thrown).code })
      throw thrown
    }
    const out = await way.prepare(held).catch(withheld)
    // Checked before and after the record is written: what holds both times also held when the record became durable,
    // since nothing that ended begins again.
    await requireStillHeld(ask, plan).catch(withheld)
    await deps.audit({ ...subject, ...record })
    await requireStillHeld(ask, plan).catch(withheld)
    return out
  }

  async function handOver<Held, Out>(
    kind: HandOverFacts['handOver'],
    ask: HandOverRequest,
    checkFirst: (target: RoleTarget) => unknown,
    wayFor: (plan: HandOverPlan) => Way<Held, Out>,
  ): Promise<Out> {
    const { plan, checked: way } = await beginHandOver(kind, ask, wayFor, checkFirst)
    return finish(ask, plan, way)
  }

  /** Credentials for a proof. */
  const lending = <Out>(
    plan: HandOverPlan,
    prove: () => Promise<Proof>,
    prepare: Prepare<Out>,
  ): Way<Taken, { out: Out; taken: Taken }> => ({
    async obtain() {
      const { assertion, ...names } = await prove()
      return { ...plan, facts: { ...plan.facts, ...names }, credentials: await lend(plan, assertion) }
    },
    record: ({ facts, credentials: { accessKeyId, expiresAt, requestId, packedPolicySize } }) => ({
      event: 'issued',
      facts,
      accessKeyId,
      expiresAt,
      ...(requestId !== undefined && { awsRequestId: requestId }),
      ...(packedPolicySize !== undefined && { packedPolicySize }),
    }),
    prepare: async (taken) => ({ out: await prepare(taken), taken }),
  })

  return {
    takeRole: (kind, ask, preparation) =>
      handOver(kind, ask, preparation, (plan) => {
        const sign = signing(plan)
        return lending(plan, async () => ({ assertion: await sign() }), preparation(plan.target))
      }),

    releaseAssertion: (ask, check) =>
      handOver('console', ask, check, (plan) => {
        // threats.md F6: with the assertion one can ask AWS directly and leave the policy out.
        if (plan.policy !== undefined) throw new RolegateError('internal', {}, { reason: 'policy_left_out' })
        const checked = check(plan.target)
        const { facts, plannedAt } = plan
        return {
          obtain: signing(plan),
          record: () => ({
            event: 'bearer_released_to_browser',
            facts,
            expiresAt: new Date(plannedAt.getTime() + facts.seconds * 1000),
          }),
          prepare: async (assertion: Assertion) => ({ plan, assertion, checked }),
        }
      }),

    beginHandOver,

    async resumeHandOver(begun, ask, prove, preparation) {
      const resume = async () => {
        const resumed = await deps.planHandOver.resume(begun, ask)
        return { plan: resumed, prepare: preparation(resumed.target) }
      }
      const { plan, prepare } = await decided(begun.handOver, ask, resume, begun.jti)
      return finish(
        ask,
        plan,
        lending(plan, () => prove(plan), prepare),
      )
    },
  }
}

const browserNeeded = () => unmet('browser_needed')

/**
 * True if AWS was not asked and the obstacle passes by itself: a rate limit, a neighbour that is busy or silent, or a
 * problem of this gateway's own.
 */
const isForNow = (error: RolegateError): boolean =>
  error.code === 'rate_limited' ||
  wasNotAsked(error) ||
  error.values['why'] === GROUPS_UNREAD ||
  GATEWAY_UNFIT.has(String(error.values['why']))
