import * as z from 'zod'
import type { RequestFacts } from '../domain/audit/facts.ts'
import { RolegateError } from '../domain/errors.ts'
import type { GatewaySession } from '../domain/sign-in/session.ts'
import type { HandOverPurpose } from '../domain/sign-in/step-up.ts'
import type { HandOverRequest } from '../usecases/hand-over/plan-hand-over.ts'
import type { TerminalStepUp } from '../usecases/step-up/terminal-step-up.ts'
import type { IssueCredentials } from '../usecases/hand-over/issue-credentials.ts'
import { parse, Reason, Seconds, TimeZoneText } from './parse.ts'

export const CredentialsBody = z.strictObject({
  role: z.string().min(3).max(2048),
  seconds: Seconds.optional(),
  reason: Reason.optional(),
  /** Time zone of the machine it is for: `until 19:00`, if no length is asked for, means its clock. */
  timeZone: TimeZoneText.optional(),
  /** The id of what a person confirmed in their browser, after a `step_up_required` named it. */
  stepUp: z
    .string()
    .regex(/^[\w-]{22}$/)
    .optional(),
})

export type AnswerCredentials = (session: GatewaySession, body: unknown, request: RequestFacts) => Promise<object>

/** `POST /v1/credentials` from its body to its answer, whichever server carries them. */
export function makeAnswerCredentials(deps: {
  issueCredentials: IssueCredentials
  terminalStepUp: TerminalStepUp
}): AnswerCredentials {
  return async function answerCredentials(session, body, request) {
    const { role, seconds, reason, timeZone, stepUp: id } = parse(CredentialsBody, body)
    const said = {
      ...(seconds !== undefined && { seconds }),
      ...(reason !== undefined && { reason }),
      ...(timeZone !== undefined && { timeZone }),
    }
    const { credentials, facts, target } = await withStepUp(
      deps.terminalStepUp,
      { session, request, purpose: { role, handOver: 'credentials', ...said }, ...(id !== undefined && { id }) },
      (asked) => deps.issueCredentials({ session, request, role, ...asked }),
    )
    return {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      sessionToken: credentials.sessionToken,
      expiration: credentials.expiresAt,
      role: facts.role,
      seconds: facts.seconds,
      limitedBy: facts.limitedBy,
      region: target.account.region,
    }
  }
}

/**
 * Takes the role for a terminal. If only a fresh sign-in is missing, the refusal says where to confirm. What was
 * confirmed is then used as it stood on the page: for that length and that reason.
 */
export async function withStepUp<Out>(
  terminalStepUp: TerminalStepUp,
  { id, ...asked }: Parameters<TerminalStepUp['offer']>[1] & { readonly id?: string },
  take: (asked: Wish & Pick<HandOverRequest, 'stepUp'>) => Promise<Out>,
): Promise<Out> {
  if (id !== undefined) {
    const stepUp = await terminalStepUp.redeem({ ...asked, id })
    return take({ ...wishIn(stepUp.purpose), stepUp })
  }
  return take(wishIn(asked.purpose)).catch(async (thrown: unknown) => {
    throw await terminalStepUp.offer(thrown, asked)
  })
}

type Wish = Pick<HandOverPurpose, 'seconds' | 'reason' | 'timeZone' | 'destination' | 'region'>

const wishIn = ({ seconds, reason, timeZone, destination, region }: Wish): Wish => ({
  ...(seconds !== undefined && { seconds }),
  ...(reason !== undefined && { reason }),
  ...(timeZone !== undefined && { timeZone }),
  ...(destination !== undefined && { destination }),
  ...(region !== undefined && { region }),
})

/** RFC 6750 §2.1; anything else in the header is nobody. */
export function bearerIn(authorization: string): string {
  const token = /^Bearer ([\w.~+/-]{1,200}=*)$/i.exec(authorization)?.[1]
  if (token === undefined) throw new RolegateError('sign_in_required')
  return token
}
