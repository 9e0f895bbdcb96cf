/** An IAM trust policy, as far as roles for federated people need it. Source: IAM User Guide, "Policy grammar". */
export type TrustPolicy = {
  readonly Version: '2012-10-17'
  readonly Statement: readonly TrustStatement[]
}

type TrustStatement = {
  readonly Sid?: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Principal: { readonly Federated: string | readonly string[] }
  readonly Action: string | readonly string[]
  /** operator → condition key → one value or several */
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>
}
