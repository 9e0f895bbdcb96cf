import type { AwsErrorCode } from './refusal.ts'

/** One AssumeRoleWithWebIdentity as STS saw it: never the token, never a secret. */
export type SeenCall = {
  readonly at: Date
  readonly roleArn: string
  readonly sessionName: string
  /** Of the token, once it could be read at all. */
  readonly jti?: string | undefined
  /** Of the token, once it was verified. */
  readonly sourceIdentity?: string | undefined
  readonly outcome: 'issued' | AwsErrorCode
  /** Why not, in the demo's own words: AWS would not say it. */
  readonly because?: string
  readonly accessKeyId?: string
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
