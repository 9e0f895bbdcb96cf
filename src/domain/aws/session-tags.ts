import { RolegateError } from '../errors.ts'

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

/** A tag's value for this person, from a constant or a claim. Absent or unusable refuses: `condition_unmet`. */
export function requireTagValue(key: string, value: unknown): string {
  if (typeof value !== 'string' || value === '' || tagFault(key, value) !== undefined) {
    throw new RolegateError('condition_unmet', { condition: 'session_tag', tag: key })
  }
  return value
}
