/** What STS lends: always temporary here. `secretAccessKey` and `sessionToken` never reach a log or an error. */
export type Credentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string
  readonly expiresAt: Date
}
