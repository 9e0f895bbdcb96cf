import type { AwsErrorCode } from './refusal.ts'
import type { Narrowing } from './role-session.ts'

/** One hand-over as AWS saw it, at STS or at the sign-in endpoint: never the token, never a secret. */
export type SeenCall = {
  readonly at: Date
  /** `signin`: a SAML response that the browser brought itself. */
  readonly operation: 'AssumeRoleWithWebIdentity' | 'AssumeRoleWithSAML' | 'signin'
  readonly roleArn: string
  /** For SAML it stands in the assertion: empty until that was verified. */
  readonly sessionName: string
  /** Of the token, or the assertion's ID, once it could be read at all. */
  readonly jti?: string | undefined
  /** Of the token or the assertion, once it was verified. */
  readonly sourceIdentity?: string | undefined
  readonly outcome: 'issued' | AwsErrorCode
  /** Why not, in the demo's own words: AWS would not say it. */
  readonly because?: string
  /** Of credentials that were handed out; a console session hands out none. */
  readonly accessKeyId?: string
  /** The session policies that were passed along. */
  readonly narrowedTo?: Narrowing
}

export type RecordCall = (call: Omit<SeenCall, 'at'>) => void

const MOST_REMEMBERED = 20_000

export function makeSeenCalls({ now }: { now: () => Date }): { record: RecordCall; calls: () => readonly SeenCall[] } {
  const calls: SeenCall[] = []
  return {
    record(call) {
      calls.push({ at: now(), ...call })
      if (calls.length > MOST_REMEMBERED) calls.shift()
    },
    calls: () => [...calls],
  }
}
