import type { RoleArn } from '../../domain/aws/arn.ts'
import type { AssertionPlan, Assertion } from '../../domain/aws/assertion.ts'
import type { Credentials } from '../../domain/aws/credentials.ts'
import type { Destination } from '../../domain/aws/destination.ts'
import type { SentPolicy } from '../../domain/aws/session-policy.ts'

/** Signs our assertion toward AWS, as the key of the `sts` entry asks (threats.md F2). */
export type MintAssertion = (sts: string, plan: AssertionPlan) => Promise<Assertion>

/**
 * Trades an assertion for credentials. With a policy, never without applying it. Fails with `aws_refused`,
 * `aws_unavailable` or `sign_in_required`.
 */
export type AssumeRole = (request: {
  /** Key of the `sts` entry. */
  readonly sts: string
  readonly region: string
  readonly roleArn: RoleArn
  readonly assertion: Assertion
  readonly sessionName: string
  readonly seconds: number
  readonly policy?: SentPolicy
}) => Promise<Credentials>

/** Trades credentials for a console sign-in URL: a reusable secret for fifteen minutes. Fails as AssumeRole does. */
export type OpenFederation = (request: {
  readonly sts: string
  readonly region: string
  /** Who opens which role. Used to share AWS's sign-in service fairly; not sent. */
  readonly roleArn: RoleArn
  readonly sessionName: string
  readonly credentials: Credentials
  readonly seconds: number
  readonly destination: Destination
}) => Promise<string>
