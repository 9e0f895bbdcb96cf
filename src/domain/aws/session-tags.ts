import type { TagSource } from '../entitlement/rule.ts'
import { unmet } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'

/** Session tags of one hand-over, each key once whatever its case (threats.md I5). */
export type SessionTags = Readonly<Record<string, string>>

/** AWS's alphabet for tag keys and values (aws.md §2). */
const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Says what is wrong with a tag, or undefined. Reserved prefix and lengths: AWS STS, "Passing session tags". */
export function tagFault(key: string, value: string): string | undefined {
  if (key.length < 1 || key.length > 128 || !TAG_TEXT.test(key)) return `the key "${key}" is not one AWS accepts`
  if (/^aws:/i.test(key)) return `the key "${key}" starts with "aws:", which AWS keeps for itself`
  if (value.length > 256 || !TAG_TEXT.test(value)) return `the value of "${key}" is not one AWS accepts`
  return undefined
}

type Sources = Readonly<Record<string, TagSource>>
type Stated = Pick<Principal, 'idp' | 'claims'>

/**
 * The session tags for this person. Refuses with `condition_unmet` if a claim is absent, comes from an IdP that may not
 * state it, or has no allowed value: leaving a tag out could satisfy a policy that tests for its absence (threats.md
 * I5). An optional tag is left out instead, unless its value is one AWS would not take.
 */
export function sessionTagsFor(sources: Sources, principal: Stated): SessionTags {
  const missing = missingTag(sources, principal)
  if (missing !== undefined) throw unmet('tag_unavailable', { tag: missing })
  return Object.fromEntries(
    Object.entries(sources).flatMap(([key, source]) => {
      const value = valueFor(source, principal)
      return value === undefined ? [] : [[key, value]]
    }),
  )
}

/** The first tag that keeps this person from the role. */
export const missingTag = (sources: Sources, principal: Stated): string | undefined =>
  Object.entries(sources).find(([key, source]) => {
    const value = valueFor(source, principal)
    if (value === undefined) return !('claim' in source && source.optional === true)
    return value === '' || tagFault(key, value) !== undefined
  })?.[0]

function valueFor(source: TagSource, { idp, claims }: Stated): string | undefined {
  if ('constant' in source) return source.constant
  const { claim, idps, values } = source
  const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  if (typeof value !== 'string' || idps?.includes(idp) === false) return undefined
  if (values === undefined) return value
  const isAllowed = 'anyOf' in values ? values.anyOf.includes(value) : values.pattern.captures(value) !== undefined
  return isAllowed ? value : undefined
}
