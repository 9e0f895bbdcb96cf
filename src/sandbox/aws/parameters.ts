import type { Ask } from '../exchange.ts'
import { Refusal } from './refusal.ts'

export type Parameters = ReadonlyMap<string, string>

/**
 * The parameters of a Query request, from query and form together. A name may stand once only, in whatever case: two
 * parties could each read another of two values.
 */
export function readParameters({ method, url, headers, body }: Ask): Parameters {
  if (method !== 'POST' && method !== 'GET') throw new Refusal('InvalidAction', `${method} is not supported`)
  const isForm = /^application\/x-www-form-urlencoded(\s*;|$)/i.test(headers['content-type'] ?? '')
  if (body !== '' && !isForm) throw new Refusal('MalformedQueryString', 'The body is not a form.')

  const pairs = [...url.searchParams, ...new URLSearchParams(body)]
  const seen = new Set(pairs.map(([name]) => name.toLowerCase()))
  if (seen.size !== pairs.length) throw new Refusal('MalformedQueryString', 'A parameter was given more than once.')
  return new Map(pairs)
}

/** A limit AWS's service model sets on one parameter (botocore sts/2011-06-15). */
export type Constraint = {
  readonly name: string
  readonly required?: boolean
  /** Its value is a secret: left out of the message. */
  readonly secret?: boolean
  readonly least?: number
  readonly most?: number
  readonly pattern?: { readonly text: string; readonly test: RegExp }
  /** The limits are on the number, not on the length. */
  readonly isNumber?: boolean
}

/** Fails with AWS's own `ValidationError`, all faults in one message. */
export function requireValid(parameters: Parameters, constraints: readonly Constraint[]): void {
  const faults = constraints.flatMap((constraint) => faultsOf(constraint, parameters.get(constraint.name)))
  if (faults.length === 0) return
  const count = faults.length === 1 ? '1 validation error' : `${faults.length} validation errors`
  throw new Refusal('ValidationError', `${count} detected: ${faults.join('; ')}`)
}

function faultsOf(
  { name, required, secret, least, most, pattern, isNumber }: Constraint,
  value: string | undefined,
): string[] {
  const where = `at '${name.charAt(0).toLowerCase()}${name.slice(1)}' failed to satisfy constraint: Member must`
  if (value === undefined || (value === '' && required === true))
    return required === true ? [`Value null ${where} not be null`] : []
  if (isNumber === true && !/^-?\d{1,9}$/.test(value)) return [`Value '${value}' ${where} be an integer`]

  const size = isNumber === true ? Number(value) : value.length
  const of = isNumber === true ? 'have value' : 'have length'
  const told = secret === true ? 'Value' : `Value '${value}'`
  return [
    ...(least !== undefined && size < least ? [`${told} ${where} ${of} greater than or equal to ${least}`] : []),
    ...(most !== undefined && size > most ? [`${told} ${where} ${of} less than or equal to ${most}`] : []),
    ...(pattern !== undefined && !pattern.test.test(value)
      ? [`${told} ${where} satisfy regular expression pattern: ${pattern.text}`]
      : []),
  ]
}
