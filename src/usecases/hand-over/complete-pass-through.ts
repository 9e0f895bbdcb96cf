import { isAwaited } from '../../domain/aws/assertion.ts'
import type { RequestFacts } from '../../domain/audit/facts.ts'
import { networkOf } from '../../domain/device/network.ts'
import { RolegateError, unmet } from '../../domain/errors.ts'
import type { PassThroughAttempt } from '../../domain/sign-in/attempt.ts'
import { isAbout, type ClaimMapping } from '../../domain/sign-in/claims.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { CurrentRules, LimitRate, Now } from '../ports.ts'
import type { AssertionSource, CallbackAnswer } from '../ports/identity-provider.ts'
import type { CountOnce } from '../sign-in/count-once.ts'
import type { FindSession } from '../sign-in/find-session.ts'
import type { RecordRefused } from '../sign-in/record-refused.ts'
import type { HandOverPlan } from './plan-hand-over.ts'
import type { PrepareConsole } from './prepare-console.ts'
import type { Proof, ResumeHandOver, Taken } from './take-role.ts'

export type CompletePassThrough = (input: {
  /** The IdP whose door was called. */
  readonly idp: string
  /** What this browser's cookie remembered; undefined: it remembered nothing, or the cookie was touched. */
  readonly attempt: PassThroughAttempt | undefined
  readonly answer: CallbackAnswer
  readonly request: RequestFacts
}) => Promise<{
  readonly session: GatewaySession
  readonly taken: Taken
  /** For the console; absent for credentials. A reusable secret, as OpenConsole's. */
  readonly url?: string
}>

/** threats.md F7: AWS takes no older assertion either (aws.md §4). */
const MOST_AGE_SECONDS = 300

/**
 * The second half of a browser's trip to its IdP for an assertion toward AWS: that assertion goes to AWS at once, is kept nowhere,
 * and the hand-over ends as every other does. Fails with `sign_in_rejected` and a reason for log and audit alone,
 * `sign_in_expired`, `sign_in_required`, `condition_unmet` for another person's, or as every hand-over does.
 */
export function makeCompletePassThrough(deps: {
  rules: CurrentRules
  mappings: ReadonlyMap<string, ClaimMapping>
  assertionSources: ReadonlyMap<string, AssertionSource>
  resumeHandOver: ResumeHandOver
  prepareConsole: PrepareConsole
  countOnce: CountOnce
  findSession: FindSession
  recordRefused: RecordRefused
  limitRate: LimitRate
  now: Now
}): CompletePassThrough {
  type Input = Parameters<CompletePassThrough>[0]

  async function open({ idp, attempt }: Input): Promise<{ attempt: PassThroughAttempt; session: GatewaySession }> {
    const opened = await deps.countOnce.attempt(attempt, idp)
    const session = await deps.findSession(opened.sessionId)
    if (session === undefined) throw new RolegateError('sign_in_required')
    return { attempt: opened, session }
  }

  async function prove(
    { target, assertion: awaited }: HandOverPlan,
    { answer, idp }: Input,
    { attempt, session }: Awaited<ReturnType<typeof open>>,
  ): Promise<Proof> {
    const source = deps.assertionSources.get(target.account.sts)
    const mapping = deps.mappings.get(idp)
    if (source === undefined || mapping === undefined || !isAwaited(awaited))
      throw new RolegateError('config_invalid', { sts: target.account.sts })
    const { assertion, claims, issuedAt, names } = await source.complete(answer, attempt.pending, awaited)
    await deps.countOnce.assertion(idp, claims)
    if (deps.now().getTime() - issuedAt.getTime() > MOST_AGE_SECONDS * 1000)
      throw new RolegateError('sign_in_rejected', {}, { reason: 'assertion_too_old' })
    // A browser may be signed in at the IdP as somebody else by now.
    if (!isAbout(claims, mapping, session.principal)) throw unmet('other_person')
    return { assertion, ...names }
  }

  return async function completePassThrough(input) {
    const { idp, attempt, request } = input
    const accounts = [...deps.rules().mapping.accounts.values()]
    if (!accounts.some(({ passThroughIdp }) => passThroughIdp === idp))
      throw new RolegateError('not_found', { what: 'identity provider' })
    await deps.limitRate(`callback:${networkOf(request.address)}`, 3_000, 60)
    const opened = await open(input).catch(async (thrown: unknown) => {
      await deps.recordRefused(idp, request, thrown, attempt?.begun.jti)
      throw thrown
    })
    const { session } = opened
    const { begun, destination } = opened.attempt
    const { out: url, taken } = await deps.resumeHandOver(
      begun,
      {
        session,
        role: begun.role,
        seconds: begun.seconds,
        request,
        ...(begun.reasonGiven !== undefined && { reason: begun.reasonGiven }),
      },
      (plan) => prove(plan, input, opened),
      (target) => {
        if (begun.handOver === 'credentials') return async () => undefined
        const { prepareConsole } = deps
        return prepareConsole.signInUrl(target, prepareConsole.destinationIn(target, destination))
      },
    )
    return { session, taken, ...(url !== undefined && { url }) }
  }
}
