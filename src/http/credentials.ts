import { z } from 'zod'
import type { RequestFacts } from '../domain/audit/event.ts'
import { RolegateError } from '../domain/errors.ts'
import type { GatewaySession } from '../domain/sign-in/session.ts'
import type { IssueCredentials } from '../usecases/hand-over/issue-credentials.ts'
import { parse, Seconds } from './parse.ts'

export const CredentialsBody = z.strictObject({ role: z.string().min(3).max(2048), seconds: Seconds.optional() })

export type AnswerCredentials = (session: GatewaySession, body: unknown, request: RequestFacts) => Promise<object>

/** `POST /v1/credentials` from its body to its answer, whichever server carries them. */
export function makeAnswerCredentials(deps: { issueCredentials: IssueCredentials }): AnswerCredentials {
  return async function answerCredentials(session, body, request) {
    const { role, seconds } = parse(CredentialsBody, body)
    const ask = { session, role, request, ...(seconds !== undefined && { seconds }) }
    const { credentials, facts } = await deps.issueCredentials(ask)
    return {
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      sessionToken: credentials.sessionToken,
      expiration: credentials.expiresAt,
      role: facts.role,
      seconds: facts.seconds,
      limitedBy: facts.limitedBy,
    }
  }
}

/** RFC 6750 §2.1; anything else in the header is nobody. */
export function bearerIn(authorization: string): string {
  const token = /^Bearer ([\w.~+/-]{1,200}=*)$/i.exec(authorization)?.[1]
  if (token === undefined) throw new RolegateError('sign_in_required')
  return token
}
