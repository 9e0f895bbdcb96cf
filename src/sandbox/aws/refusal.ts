/** HTTP status of each error code, as AWS sends it. Source: STS API, "Common Errors" and the operations' own lists. */
const STATUS = {
  AccessDenied: 403,
  ExpiredToken: 403,
  ExpiredTokenException: 400,
  IDPCommunicationError: 400,
  IDPRejectedClaim: 403,
  IncompleteSignature: 400,
  InvalidAction: 400,
  InvalidClientTokenId: 403,
  InvalidIdentityToken: 400,
  MalformedPolicyDocument: 400,
  MalformedQueryString: 404,
  MissingAction: 400,
  MissingAuthenticationToken: 403,
  PackedPolicyTooLarge: 400,
  ServiceUnavailable: 503,
  SignatureDoesNotMatch: 403,
  Throttling: 400,
  ValidationError: 400,
} as const

export type AwsErrorCode = keyof typeof STATUS

/** An answer of AWS's that is no. `because` is for the demo's own log; AWS would not say it. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: AwsErrorCode
  readonly status: number
  readonly because: string | undefined

  constructor(code: AwsErrorCode, message: string, because?: string) {
    super(message)
    this.code = code
    this.status = STATUS[code]
    this.because = because
  }
}
