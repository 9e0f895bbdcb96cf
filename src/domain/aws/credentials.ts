/** What STS lends: always temporary here. `secretAccessKey` and `sessionToken` never reach a log or an error. */
export type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: Date
  /** AWS's own name for the call that lent them, to find it in CloudTrail. */
  readonly requestId?: string
  /** How much of what AWS packs into a session its policies and tags take, in percent; absent: there are none. */
  readonly packedPolicySize?: number
}
