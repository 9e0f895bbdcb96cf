import { tagFault } from '../../domain/aws/session-tags.ts'
import { Refusal } from './refusal.ts'

/** What a token or an assertion hands on to the role session beside its name (aws.md §3 and §4). */
export type PassedOn = {
  readonly sourceIdentity: string | undefined
  readonly tags: ReadonlyMap<string, string>
  readonly transitiveKeys: readonly string[]
}

const SOURCE_IDENTITY = /^(?!aws:)[\w+=,.@-]{2,64}$/i
const MOST_TAGS = 50

/** Fails with `InvalidIdentityToken` unless all of it is within AWS's limits, and each tag there once whatever its case. */
export function requirePassedOn({
  sourceIdentity,
  tags: listed,
  transitiveKeys,
}: Omit<PassedOn, 'tags'> & { readonly tags: readonly (readonly [key: string, value: string])[] }): PassedOn {
  if (sourceIdentity !== undefined && !SOURCE_IDENTITY.test(sourceIdentity))
    throw invalid('The source identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"')
  const faulty = listed.find(([key, value]) => tagFault(key, value) !== undefined)
  if (faulty !== undefined) throw invalid(`The session tag ${faulty[0]} is invalid.`)

  const folded = new Set(listed.map(([key]) => key.toLowerCase()))
  const isTagged = transitiveKeys.every((key) => folded.has(key.toLowerCase()))
  if (listed.length > MOST_TAGS || folded.size !== listed.length || !isTagged)
    throw invalid('The session tags are invalid.')
  return { sourceIdentity, tags: new Map(listed), transitiveKeys }
}

const invalid = (message: string): Refusal => new Refusal('InvalidIdentityToken', message)
