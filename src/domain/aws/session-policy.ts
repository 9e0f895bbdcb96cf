import { PARTITIONS, type Partition } from './partition.ts'

/** What narrows a role session: it may do what the IAM role may and these policies allow too (STS API, Policy and PolicyArns). */
export type SessionPolicy = {
  readonly inline?: InlinePolicy
  /** IAM policies: an ARN, or path and name of what each account has as its own. */
  readonly managed: readonly string[]
}

export type InlinePolicy = {
  /** Without white space that means nothing: what STS is sent, and what it counts. */
  readonly json: string
  /** SHA-256 of `json`, in hex. */
  readonly hash: string
}

/** The same for one account, as STS is asked and as the record has it. */
export type SentPolicy = { readonly inline?: InlinePolicy; readonly arns: readonly string[] }

type InAccount = { readonly id: string; readonly partition: Partition }

/** STS API, Policy: the text of the inline policy and of the ARNs beside it, together. */
export const MOST_POLICY_CHARACTERS = 2048
/** STS API, PolicyArns. */
export const MOST_POLICY_ARNS = 10

const NAME = String.raw`(?:[A-Za-z0-9_+=,.@-]{1,128}\/){0,8}[A-Za-z0-9_+=,.@-]{1,128}`
const POLICY_NAME = new RegExp(`^${NAME}$`)
const POLICY_ARN = new RegExp(`^arn:([a-z-]{3,12}):iam::(aws|\\d{12}):policy\\/${NAME}$`)

/** True for `arn:aws:iam::aws:policy/ReadOnlyAccess` and for `rolegate/Boundary`. */
export const isManagedPolicy = (text: string): boolean => POLICY_NAME.test(text) || partsOf(text) !== undefined

/** Why STS would not take this policy for a role of that account; undefined: it would. */
export function managedPolicyFault(
  managed: string,
  { alias, id, partition }: InAccount & { readonly alias: string },
): string | undefined {
  const parts = partsOf(managed)
  if (parts === undefined) return undefined
  if (parts.partition !== partition) return `is a policy of ${parts.partition}, and "${alias}" is in ${partition}`
  if (parts.owner === 'aws' || parts.owner === id) return undefined
  return `is a policy of ${parts.owner}, and "${alias}" is ${id}; write its path and name alone, and each account’s own is meant`
}

/** As it is sent for a role of this account. */
export const sentPolicyFor = ({ inline, managed }: SessionPolicy, { id, partition }: InAccount): SentPolicy => ({
  ...(inline !== undefined && { inline }),
  arns: managed.map((text) => (partsOf(text) === undefined ? `arn:${partition}:iam::${id}:policy/${text}` : text)),
})

/** True when both would have AWS allow the same. */
export const isSamePolicy = (one: SentPolicy | undefined, other: SentPolicy | undefined): boolean =>
  one?.inline?.hash === other?.inline?.hash && (one?.arns ?? []).join(' ') === (other?.arns ?? []).join(' ')

function partsOf(text: string): { readonly partition: string; readonly owner: string } | undefined {
  const [, partition = '', owner = ''] = POLICY_ARN.exec(text) ?? []
  return (PARTITIONS as readonly string[]).includes(partition) ? { partition, owner } : undefined
}
