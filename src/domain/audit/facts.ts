import type { Strategy } from '../aws/assertion.ts'
import type { Duration } from '../entitlement/duration.ts'

/** Who and what asked, as the door saw it. */
export type RequestFacts = {
  readonly requestId: string
  readonly address: string
  readonly userAgent: string
}

/** The hand-over both records of it speak about. */
export type HandOverFacts = {
  readonly handOver: 'credentials' | 'console'
  readonly account: string
  readonly role: string
  readonly roleArn: string
  readonly seconds: number
  readonly limitedBy: Duration['limitedBy']
  readonly rule: string
  readonly group: string | null
  /** In the words of whoever asked. */
  readonly reasonGiven?: string
  /** The token's id: joins our two records, and nothing else. */
  readonly jti: string
  /** How AWS is asked: with an assertion of ours, or with the IdP's own (threats.md F7). */
  readonly strategy: Strategy['kind']
  /** What CloudTrail shows; null while only the IdP knows. */
  readonly sessionName: string | null
  readonly sourceIdentity: string | null
  /** Of the file whose rules decided. */
  readonly configHash: string
  /** What narrows the session: SHA-256 of the inline policy as the file has it, and ARNs. Absent: nothing does. */
  readonly policyHash?: string
  readonly policyArns?: readonly string[]
  /**
   * The credentials are bound to the record's `client_ip`. The address is not repeated here, since `client_ip` may be
   * redacted.
   */
  readonly bindIp?: true
  /** The fresh sign-in it used up (threats.md H8). */
  readonly stepUp?: string
  /** The request whose approval it rests on. */
  readonly approval?: string
}

/** What is remembered of a hand-over whose intent is on record, while its person is away at their IdP (threats.md F7). */
export type BegunHandOver = Pick<
  HandOverFacts,
  'handOver' | 'role' | 'roleArn' | 'seconds' | 'limitedBy' | 'jti' | 'reasonGiven'
>

/** A fresh sign-in that somebody was asked for, in each record about it. */
export type StepUpFacts = {
  readonly stepUp: string
  readonly role: string
  /** What it was for: a hand-over, or a yes to this request. */
  readonly handOver?: HandOverFacts['handOver']
  readonly approval?: string
  /** The session of the terminal it is for, and where that asked from. */
  readonly terminal?: string
  readonly requesterAddress?: string
}

/** A request for a role that takes an approval, in each record about it. */
export type ApprovalFacts = {
  readonly approval: string
  readonly role: string
  /** As the name meant when it was asked for. */
  readonly roleArn: string
  /** The grant it is for, and by which of their groups. */
  readonly rule: string
  readonly group: string | null
  /** What asks for somebody's word: `role admin`, `rule prod-on-request`. */
  readonly wanted: readonly string[]
  /** As asked for; of what was approved, as granted. */
  readonly seconds: number
  /** In the words of whoever asked. */
  readonly reasonGiven: string
  readonly requester: string
  readonly requesterIssuer: string
  readonly requesterName: string
  /** Nobody answers it after that. */
  readonly expiresAt: Date
  /** Of the file whose rules decided. */
  readonly configHash: string
}

/** Of what was answered. */
export type GrantFacts = {
  /** Of the groups of whoever answered those for which they could. */
  readonly approvingGroups?: readonly string[]
  /** As granted, and when that is over by itself. */
  readonly seconds?: number
  readonly until?: Date
  readonly note?: string
}
