import type { Request, Response } from 'express'
import type { SignInAttempt } from '../domain/sign-in/attempt.ts'
import { identityOf } from '../domain/sign-in/principal.ts'
import { HOME, type LocalPath } from '../domain/sign-in/return-to.ts'
import type { GatewaySession } from '../domain/sign-in/session.ts'
import type { Digest } from '../usecases/ports.ts'
import type { CompleteSignIn } from '../usecases/sign-in/complete-sign-in.ts'
import { saveSession, startSession } from './browser-session.ts'
import { factsOf } from './request-facts.ts'

/** Signs in whoever came back from an IdP, keeps their session, and answers where their browser goes next. */
export async function finishTrip(
  deps: { completeSignIn: CompleteSignIn; digest: Digest },
  req: Request,
  res: Response,
  trip: {
    readonly idp: string
    readonly attempt: SignInAttempt | undefined
    /** Undefined where one came twice. */
    readonly parameters: ReadonlyMap<string, string> | undefined
    readonly former: GatewaySession | undefined
  },
): Promise<LocalPath> {
  const { idp, attempt, parameters, former } = trip
  const { session, returnTo } = await deps.completeSignIn({
    idp,
    // security.md O-15, S-38: a doubled parameter is an answer to no question of ours.
    attempt: parameters === undefined ? undefined : attempt,
    answer: { parameters: parameters ?? new Map() },
    request: factsOf(res),
    ...(former !== undefined && { former }),
    startSession: () => startSession(req, deps.digest),
  })
  await saveSession(req, session)
  // threats.md H9: another person than before does not go on where the first one was.
  const isOther = former !== undefined && identityOf(former.principal) !== identityOf(session.principal)
  return isOther ? HOME : returnTo
}
