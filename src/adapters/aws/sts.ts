import type {
  AssumeRoleWithSAMLCommandOutput,
  AssumeRoleWithWebIdentityCommandOutput,
  STSClient,
} from '@aws-sdk/client-sts'
import type { Assertion } from '../../domain/aws/assertion.ts'
import type { Credentials } from '../../domain/aws/credentials.ts'
import { policyTextOf, type SentPolicy } from '../../domain/aws/session-policy.ts'
import { RolegateError, type ErrorCode } from '../../domain/errors.ts'
import type { AssumeRole } from '../../usecases/ports/aws.ts'
import { loadSdk } from './sdk.ts'

/** The SDK client for one `sts` entry and region; made once and kept. */
export type StsClientFor = (sts: string, region: string) => Pick<STSClient, 'send'> | Promise<Pick<STSClient, 'send'>>

/** The one place that calls STS. Vendor errors stop here. */
export function makeAssumeRole({ clientFor }: { clientFor: StsClientFor }): AssumeRole {
  return async function assumeRole(request) {
    const sdk = await loadSdk()
    try {
      const client = await clientFor(request.sts, request.region)
      const answer = await exchange(sdk, client, request)
      const { PackedPolicySize: packedPolicySize } = answer
      return {
        ...credentialsFrom(answer.Credentials),
        ...requestIdOf(answer),
        ...(packedPolicySize !== undefined && { packedPolicySize }),
      }
    } catch (thrown) {
      throw thrown instanceof RolegateError ? thrown : inOurWords(thrown, request.assertion)
    }
  }
}

function exchange(
  sdk: Awaited<ReturnType<typeof loadSdk>>,
  client: Pick<STSClient, 'send'>,
  {
    roleArn: RoleArn,
    assertion,
    sessionName: RoleSessionName,
    seconds: DurationSeconds,
    policy,
  }: Parameters<AssumeRole>[0],
): Promise<AssumeRoleWithWebIdentityCommandOutput | AssumeRoleWithSAMLCommandOutput> {
  const asked = { RoleArn, DurationSeconds, ...narrowedBy(policy) }
  switch (assertion.kind) {
    case 'web_identity': {
      const WebIdentityToken = assertion.token
      return client.send(new sdk.AssumeRoleWithWebIdentityCommand({ ...asked, RoleSessionName, WebIdentityToken }))
    }
    // The session's name stands inside the response, which is signed.
    case 'saml': {
      const { response: SAMLAssertion, providerArn: PrincipalArn } = assertion
      return client.send(new sdk.AssumeRoleWithSAMLCommand({ ...asked, PrincipalArn, SAMLAssertion }))
    }
  }
}

/** security.md T-11: all of it or no role session at all. */
function narrowedBy(policy: SentPolicy | undefined) {
  if (policy === undefined) return {}
  const text = policyTextOf(policy)
  return {
    ...(text !== undefined && { Policy: text }),
    ...(policy.arns.length > 0 && { PolicyArns: policy.arns.map((arn) => ({ arn })) }),
  }
}

function credentialsFrom(
  lent:
    | {
        AccessKeyId?: string | undefined
        SecretAccessKey?: string | undefined
        SessionToken?: string | undefined
        Expiration?: Date | undefined
      }
    | undefined,
): Credentials {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = lent ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) {
    throw new RolegateError('aws_unavailable', {}, { reason: 'incomplete_answer' })
  }
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
    expiresAt: Expiration,
  }
}

const requestIdOf = ({
  $metadata: { requestId },
}: Pick<AssumeRoleWithSAMLCommandOutput, '$metadata'>): { requestId?: string } =>
  requestId === undefined ? {} : { requestId }

/** What each refusal of STS means: aws.md §2. `because` picks the sentence a person can act on. */
const MEANING = new Map<string, { code: ErrorCode; because: string }>([
  ['AccessDenied', { code: 'aws_refused', because: 'trust_policy' }],
  ['InvalidIdentityToken', { code: 'aws_refused', because: 'token_not_accepted' }],
  ['IDPRejectedClaim', { code: 'aws_refused', because: 'token_not_accepted' }],
  ['ExpiredToken', { code: 'aws_refused', because: 'clock' }],
  ['IDPCommunicationError', { code: 'aws_refused', because: 'issuer_unreachable' }],
  ['PackedPolicyTooLarge', { code: 'aws_refused', because: 'too_large' }],
  ['MalformedPolicyDocument', { code: 'aws_refused', because: 'policy' }],
  ['RegionDisabled', { code: 'aws_refused', because: 'region_disabled' }],
])

/** The SDK's error as ours. AWS's message may hold an ARN or a token's text: it stays in `cause`, for the log's name only. */
function inOurWords(thrown: unknown, assertion: Assertion): RolegateError {
  const { name = '', message = '' } = thrown instanceof Error ? thrown : {}
  const awsCode = name.replace(/Exception$/, '')
  const known =
    awsCode === 'ValidationError' && /DurationSeconds|MaxSessionDuration/.test(message)
      ? ({ code: 'aws_refused', because: 'duration' } as const)
      : MEANING.get(awsCode)
  const status = (thrown as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
  if (known !== undefined) {
    return new RolegateError(known.code, { because: becauseOf(known, assertion), awsCode }, { reason: awsCode })
  }
  if (status !== undefined && status >= 400 && status < 500 && !THROTTLED.test(awsCode)) {
    return new RolegateError('aws_refused', { because: 'other', awsCode }, { reason: awsCode })
  }
  return new RolegateError('aws_unavailable', { retryAfterSeconds: 5 }, { reason: awsCode || 'no_answer' })
}

/** Whether AWS did not answer, or only to say that it is down: throttling is an answer, and one account's. */
export const isSilence = (thrown: unknown): boolean =>
  thrown instanceof RolegateError && thrown.code === 'aws_unavailable' && !THROTTLED.test(thrown.reason ?? '')

const THROTTLED = /^(Throttl|TooManyRequests|RequestLimit)|^federation_429$/

/** Whose assertion it was decides who can mend it. */
function becauseOf({ because }: { because: string }, { kind, byIdp }: Assertion): string {
  if (byIdp && because === 'trust_policy') return 'idp_trust_policy'
  if (because !== 'token_not_accepted') return because
  if (byIdp) return 'idp_not_accepted'
  return kind === 'saml' ? 'assertion_not_accepted' : because
}
