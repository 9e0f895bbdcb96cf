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
export type SentPolicy = {
  readonly inline?: InlinePolicy
  readonly arns: readonly string[]
  /** The only address or network AWS takes calls from, as in `aws:SourceIp` (threats.md R12). */
  readonly boundTo?: string
}

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

const EVERYTHING = { Effect: 'Allow', Action: '*', Resource: '*' }

/**
 * The inline policy that STS is sent. The binding to an address is a deny, because AWS pools all session policies and
 * another allow would widen them. Calls that AWS services make on the person's behalf come from elsewhere, and are
 * exempt.
 */
export function policyTextOf({ inline, arns, boundTo }: SentPolicy): string | undefined {
  if (boundTo === undefined) return inline?.json
  const written =
    inline === undefined ? undefined : (JSON.parse(inline.json) as { readonly Statement: readonly unknown[] })
  const own = written?.Statement ?? (arns.length > 0 ? [] : [EVERYTHING])
  const elsewhere = {
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { NotIpAddress: { 'aws:SourceIp': boundTo }, Bool: { 'aws:ViaAWSService': 'false' } },
  }
  return JSON.stringify({ Version: '2012-10-17', ...written, Statement: [...own, elsewhere] })
}

/** The longest that a session can be bound to. */
export const LONGEST_BINDING = 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'

/** True when both would have AWS allow the same. */
export const isSamePolicy = (one: SentPolicy | undefined, other: SentPolicy | undefined): boolean =>
  one?.inline?.hash === other?.inline?.hash &&
  (one?.arns ?? []).join(' ') === (other?.arns ?? []).join(' ') &&
  one?.boundTo === other?.boundTo

function partsOf(text: string): { readonly partition: string; readonly owner: string } | undefined {
  const [, partition = '', owner = ''] = POLICY_ARN.exec(text) ?? []
  return (PARTITIONS as readonly string[]).includes(partition) ? { partition, owner } : undefined
}
