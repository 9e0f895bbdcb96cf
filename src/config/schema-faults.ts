import type * as z from 'zod'
import { nearest } from '../domain/nearest.ts'
import { didYouMean } from './did-you-mean.ts'
import type { Finding, Path } from './faults.ts'
import { configJsonSchema, type JsonSchema } from './json-schema.ts'

type Issue = z.core.$ZodIssue

const MISSING = 'is missing'
const KIND = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a mapping'],
  ['record', 'a mapping'],
])

/** What zod found, in our words: one finding for each thing to mend. */
export function schemaFindings(error: z.ZodError): readonly Finding[] {
  const schema = configJsonSchema()
  const found = error.issues.flatMap((issue) => findingsOf(issue, [], schema))
  // A misspelt key leaves its right name missing: one mistake, said once.
  const meant = new Set(found.flatMap(({ path, at }) => (at === 'key' ? [meantBy(path, schema)] : [])))
  return found.filter(({ path, message }) => message !== MISSING || !meant.has(JSON.stringify(path)))
}

function findingsOf(issue: Issue, above: Path, schema: JsonSchema): readonly Finding[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))]
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path)
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key${didYouMean(
        key,
        known.filter((one) => one !== key),
      )}`,
      at: 'key' as const,
    }))
  }
  if (issue.code === 'invalid_union') {
    // The branch whose own shape fits says what is wrong inside it.
    const inner = issue.errors.find(
      (branch) => !branch.some((one) => one.path.length === 0 && one.code === 'invalid_type'),
    )
    if (inner !== undefined) return inner.flatMap((one) => findingsOf(one, path, schema))
  }
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message, at: 'key' }]
  return [{ path, message: issue.message }]
}

function meantBy(path: Path, schema: JsonSchema): string {
  const parent = path.slice(0, -1)
  return JSON.stringify([...parent, nearest(String(path.at(-1)), keysAt(schema, parent))])
}

/** Every key that may stand in the mapping at this path. */
function keysAt(schema: JsonSchema, path: Path): readonly string[] {
  const reached = path.reduce((level, step) => level.flatMap((one) => below(one, step)), branchesOf(schema))
  return [...new Set(reached.flatMap(({ properties }) => Object.keys(properties ?? {})))]
}

function below({ properties, additionalProperties, items }: JsonSchema, step: string | number): readonly JsonSchema[] {
  if (typeof step === 'number') return isSchema(items) ? branchesOf(items) : []
  const own = properties !== undefined && Object.hasOwn(properties, step) ? properties[step] : additionalProperties
  return isSchema(own) ? branchesOf(own) : []
}

const branchesOf = (schema: JsonSchema): readonly JsonSchema[] =>
  schema.anyOf?.filter(isSchema) ?? schema.oneOf?.filter(isSchema) ?? [schema]

const isSchema = (one: unknown): one is JsonSchema => typeof one === 'object' && one !== null && !Array.isArray(one)

/**
 * The messages for faults that the schema itself has no words for; given to zod at each parse. They never repeat a
 * value.
 */
export const sayIssue: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'invalid_type') {
    return absent(issue.input) ?? `must be ${KIND.get(issue.expected) ?? issue.expected}${quotesHint(issue)}`
  }
  if (issue.code === 'invalid_value') {
    return absent(issue.input) ?? `must be ${listed(issue.values)}${meant(issue.input, issue.values)}`
  }
  return issue.code === 'invalid_union' ? sayUnion(issue) : undefined
}

const absent = (input: unknown): string | undefined =>
  input === undefined ? MISSING : input === null ? 'is empty' : undefined

function quotesHint({ expected, input }: { expected: string; input?: unknown }): string {
  if (expected === 'string' && (typeof input === 'number' || typeof input === 'boolean')) return '; put it in quotes'
  const meansNoText = (expected === 'boolean' && /^(?:true|false)$/i.test(String(input))) || isNumeral(expected, input)
  return typeof input === 'string' && meansNoText ? '; write it without quotes' : ''
}

const isNumeral = (expected: string, input: unknown): boolean =>
  (expected === 'number' || expected === 'int') && typeof input === 'string' && /^[0-9]+$/.test(input)

const listed = (values: readonly unknown[]): string =>
  values.length === 1 ? String(values[0]) : `one of ${values.map(String).join(', ')}`

const meant = (input: unknown, values: readonly unknown[]): string =>
  typeof input === 'string' && values.length > 1 ? didYouMean(input, values.map(String)) : ''

/** A union told apart by one key, whose value is none of its kinds. */
function sayUnion({ input, discriminator, options }: { input?: unknown; discriminator?: unknown; options?: unknown }) {
  if (typeof discriminator !== 'string' || !Array.isArray(options)) return undefined
  const written: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, discriminator) : input
  return absent(written) ?? `must be ${listed(options)}${meant(written, options)}`
}
