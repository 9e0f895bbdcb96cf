import type { RequestFacts } from '../../domain/audit/facts.ts'
import { RolegateError } from '../../domain/errors.ts'
import { networkOf } from '../../domain/device/network.ts'
import type { Fenced } from '../../domain/entitlement/pattern-index.ts'
import { holdingsOf } from '../../domain/entitlement/decide.ts'
import { authenticationIn, type Authentication } from '../../domain/sign-in/authentication.ts'
import type { SignInAttempt } from '../../domain/sign-in/attempt.ts'
import { principalFrom, type ClaimMapping, type VerifiedClaims } from '../../domain/sign-in/claims.ts'
import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'
import type { LocalPath } from '../../domain/sign-in/return-to.ts'
import { endWithin, formerlyOf, type GatewaySession } from '../../domain/sign-in/session.ts'
import { afterTrip, type StepUpTrip } from '../../domain/sign-in/step-up.ts'
import { circumstancesOf } from '../entitlement/circumstances.ts'
import type { Audit, CurrentRules, LimitRate, Now } from '../ports.ts'
import type { CallbackAnswer, IdentityProvider } from '../ports/identity-provider.ts'
import type { SessionNames, Sessions } from '../ports/tables.ts'
import type { StandingEmergency } from '../emergency/standing-emergency.ts'
import type { FinishStepUp } from '../step-up/finish-step-up.ts'
import type { CountOnce } from './count-once.ts'
import type { EndSession } from './end-session.ts'
import type { RememberPerson } from './people.ts'
import type { RecordRefused } from './record-refused.ts'
import { forgetNames, type NoteNames } from './signed-in-by-name.ts'

const MOST_RULES_ON_RECORD = 50
/** As many as an IdP usually states before it cuts the list. */
const MOST_GROUPS_ON_RECORD = 200

export type CompleteSignIn = (input: {
  /** The IdP whose callback was called. */
  readonly idp: string
  /** What this browser's cookie remembered; undefined: it remembered nothing, or the cookie was touched. */
  readonly attempt: SignInAttempt | undefined
  readonly answer: CallbackAnswer
  readonly request: RequestFacts
  /** Who this browser was until now. */
  readonly former?: GatewaySession
  /** Gives the browser a new session and answers its id (security.md W-1). Called once all checks have passed. */
  readonly startSession: () => Promise<string>
}) => Promise<{ readonly session: GatewaySession; readonly returnTo: LocalPath }>

type Verified = {
  readonly principal: Principal
  readonly returnTo: LocalPath
  readonly claims: VerifiedClaims
  readonly authentication: Authentication
  readonly needsMfa: boolean
  readonly trip?: StepUpTrip
}

/**
 * The second half of a browser's trip to its IdP. Fails with `sign_in_rejected` and a reason for log and audit alone,
 * `sign_in_expired`, `groups_missing`, `groups_truncated` or `idp_unavailable`, and after a step-up with `step_up_required`; every
 * outcome is on record.
 */
export function makeCompleteSignIn(deps: {
  providers: ReadonlyMap<string, IdentityProvider>
  mappings: ReadonlyMap<string, ClaimMapping>
  sessions: Pick<Sessions, 'delete'>
  emergency: Pick<StandingEmergency, 'requireWelcome'>
  rememberPerson: RememberPerson
  noteNames: NoteNames
  sessionNames: Pick<SessionNames, 'delete'>
  countOnce: CountOnce
  rules: CurrentRules
  audit: Audit
  limitRate: LimitRate
  recordRefused: RecordRefused
  endSession: EndSession
  finishStepUp: FinishStepUp
  absoluteSeconds: number
  now: Now
}): CompleteSignIn {
  async function verify({ idp, attempt, answer }: Parameters<CompleteSignIn>[0]): Promise<Verified> {
    const provider = deps.providers.get(idp)
    const mapping = deps.mappings.get(idp)
    if (provider === undefined || mapping === undefined)
      throw new RolegateError('not_found', { what: 'identity provider' })
    const { pending, returnTo, stepUp: trip } = await deps.countOnce.attempt(attempt, idp)
    const claims = await provider.complete(answer, pending)
    await deps.countOnce.assertion(idp, claims)
    const principal = principalFrom(claims, mapping)
    await deps.emergency.requireWelcome(principal)
    // threats.md I4: somebody whose list is withheld may be hiding the group that denies them.
    if (principal.groups.state !== 'stated' && deps.rules().denyReadsGroups(idp)) {
      throw new RolegateError('groups_missing', { idp, claim: mapping.groups.claim })
    }
    return {
      principal,
      returnTo,
      claims,
      authentication: authenticationIn(claims.authentication, mapping.mfa, deps.now()),
      needsMfa: mapping.mfa !== undefined,
      ...(trip !== undefined && { trip }),
    }
  }

  /** The browser's session until now is over. Another person's ends as a sign-out does: on record, and with its terminals. */
  async function endFormer({ former, request }: Parameters<CompleteSignIn>[0], principal: Principal): Promise<void> {
    if (former === undefined) return
    if (isSamePerson(former.principal, principal)) {
      await deps.sessions.delete(former.id)
      await forgetNames(deps.sessionNames, former.id)
    } else await deps.endSession(former, request)
  }

  function decisionFor(
    session: GatewaySession,
    request: RequestFacts,
  ): {
    groups: readonly string[]
    roles: number
    rules: readonly string[]
    fenced?: readonly Fenced[]
  } {
    const { principal } = session
    const held = holdingsOf(deps.rules(), principal, circumstancesOf(session, request, deps.now()))
    const fenced = deps.rules().fenced(principal).slice(0, MOST_RULES_ON_RECORD)
    const rules = [
      ...new Set(
        deps
          .rules()
          .met(principal)
          .map(({ rule }) => rule.id),
      ),
    ]
    return {
      groups: principal.groups.names.slice(0, MOST_GROUPS_ON_RECORD),
      roles: held.reduce((sum, { roles }) => sum + roles.length, 0),
      rules: rules.slice(0, MOST_RULES_ON_RECORD),
      ...(fenced.length > 0 && { fenced }),
    }
  }

  return async function completeSignIn(input) {
    // Before anything is stored or an IdP is asked. The limit allows for a whole office behind one address (threats.md
    // D7).
    await deps.limitRate(`callback:${networkOf(input.request.address)}`, 3_000, 60)
    const verified = await verify(input).catch(async (thrown: unknown) => {
      await deps.recordRefused(input.idp, input.request, thrown)
      throw thrown
    })
    const { principal, returnTo, claims, authentication, needsMfa, trip } = verified
    // A session and two records each: a script with somebody's IdP session must fill neither store nor disk (security.md V-5).
    await deps.limitRate(`sign-in:${identityOf(principal)}`, 300, 60)
    const { request, former } = input
    const answered = trip && { trip, principal, authentication, needsMfa, request, ...(former && { former }) }
    const proof = answered !== undefined && (await deps.finishStepUp.isProof(answered)) ? answered : undefined
    await endFormer(input, principal)
    const id = await input.startSession()
    const now = deps.now()
    const session: GatewaySession = {
      id,
      via: 'browser',
      principal,
      signedInAt: now,
      ...authentication,
      lastSeenAt: now,
      endsAt: endWithin(now, deps.absoluteSeconds, claims.endsAt),
      ...(former !== undefined && isSamePerson(former.principal, principal) && { formerly: formerlyOf(former) }),
      ...(claims.idpSession !== undefined && { idpSession: claims.idpSession }),
      ...(claims.directoryId !== undefined && { directoryId: claims.directoryId }),
    }
    const subject = { request: input.request, principal, session }
    // Written together so that they share one write to disk; all are durable before the browser gets its session.
    await Promise.all([
      deps.audit({ ...subject, event: 'sign_in' }),
      deps.rememberPerson(principal, now),
      deps.noteNames(session),
      deps.audit({ ...subject, event: 'decision', ...decisionFor(session, input.request) }),
    ])
    if (proof === undefined) return { session, returnTo }
    await deps.finishStepUp.grant(proof, session)
    return { session, returnTo: afterTrip(proof.trip) }
  }
}

const isSamePerson = (one: Principal, other: Principal): boolean => identityOf(one) === identityOf(other)
