import { isInRange, parseIpRange } from './ip-range.ts'
import { isLike } from './wildcard.ts'

/** What a caller asks of a role, and what the request says about itself: condition key → its values. */
export type TrustRequest = {
  /** ARN of the federated provider. */
  readonly principal: string
  readonly action: string
  readonly context: ReadonlyMap<string, readonly string[]>
}

export type TrustVerdict = { readonly effect: 'allow' } | { readonly effect: 'deny'; readonly because: string }

/**
 * Whether a trust policy lets this request take the role. An explicit Deny beats every Allow, and silence is a deny. A
 * document we do not understand to its last word is `malformed` and lets nobody in, since a word we skip may be the one
 * that refuses. Source: IAM User Guide, "Policy evaluation logic" and "IAM JSON policy elements: Condition operators".
 */
export function evaluateTrustPolicy(document: unknown, request: TrustRequest): TrustVerdict {
  try {
    const context = foldKeys(request.context)
    const met = parseStatements(document).filter((statement) => applies(statement, request, context))
    const refused = met.find(({ effect }) => effect === 'Deny')
    if (refused)
      return { effect: 'deny', because: `explicit deny${refused.sid === undefined ? '' : ` in ${refused.sid}`}` }
    return met.length > 0 ? { effect: 'allow' } : { effect: 'deny', because: 'no statement allows it' }
  } catch (thrown) {
    if (thrown instanceof Malformed) return { effect: 'deny', because: 'malformed' }
    throw thrown
  }
}

class Malformed extends Error {}

type Statement = {
  readonly sid: string | undefined
  readonly effect: 'Allow' | 'Deny'
  /** `null` is anybody at all: `"*"`. */
  readonly federated: readonly string[] | null
  readonly actions: readonly string[]
  readonly conditions: readonly Condition[]
}
type Condition = {
  readonly operator: Operator
  /** In lower case: names of condition keys have no case. */
  readonly key: string
  readonly wanted: readonly string[]
}
type Operator = {
  readonly name: string
  readonly match: Match
  /** `ForAllValues`, `ForAnyValue` or neither. */
  readonly set: string | undefined
  readonly ifExists: boolean
}
type Context = ReadonlyMap<string, readonly string[]>

// ── Reading ──────────────────────────────────────────────────────────────────────────────────────────────────────────

function parseStatements(document: unknown): Statement[] {
  const { Version, Statement } = requireElements(document, ['Version', 'Id', 'Statement'])
  if (Version !== undefined && Version !== '2012-10-17' && Version !== '2008-10-17') throw new Malformed()
  const listed: unknown[] = Array.isArray(Statement) ? Statement : [Statement]
  if (listed.length === 0) throw new Malformed()
  return listed.map(parseStatement)
}

function parseStatement(value: unknown): Statement {
  const { Sid, Effect, Principal, Action, Condition } = requireElements(value, [
    'Sid',
    'Effect',
    'Principal',
    'Action',
    'Condition',
  ])
  if (Sid !== undefined && typeof Sid !== 'string') throw new Malformed()
  if (Effect !== 'Allow' && Effect !== 'Deny') throw new Malformed()
  return {
    sid: Sid,
    effect: Effect,
    federated: parsePrincipal(Principal),
    actions: requireTexts(Action),
    conditions: Condition === undefined ? [] : parseConditions(Condition),
  }
}

/** Source: IAM User Guide, "AWS JSON policy elements: Principal". A provider is named whole; `*` stands alone or nowhere. */
function parsePrincipal(value: unknown): readonly string[] | null {
  if (value === '*') return null
  const { AWS, Service, CanonicalUser, Federated } = requireElements(value, [
    'AWS',
    'Service',
    'CanonicalUser',
    'Federated',
  ])
  const others = [AWS, Service, CanonicalUser].flatMap((named) => (named === undefined ? [] : requireTexts(named)))
  const federated = Federated === undefined ? [] : requireTexts(Federated)
  if (others.length + federated.length === 0 || federated.some((name) => name.includes('*'))) throw new Malformed()
  return AWS !== undefined && requireTexts(AWS).includes('*') ? null : federated
}

function parseConditions(value: unknown): Condition[] {
  return Object.entries(requireObject(value)).flatMap(([operatorName, block]) => {
    const operator = parseOperator(operatorName)
    const entries = Object.entries(requireObject(block))
    if (new Set(entries.map(([key]) => key.toLowerCase())).size !== entries.length) throw new Malformed()
    return entries.map(([key, values]) => ({ operator, key: key.toLowerCase(), wanted: parseWanted(operator, values) }))
  })
}

function parseOperator(text: string): Operator {
  const [, set, base = '', suffix] = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/.exec(text) ?? []
  // "You can add IfExists to the end of any condition operator name except the Null condition."
  if (base === 'Null' && (set !== undefined || suffix !== undefined)) throw new Malformed()
  const match = base === 'Null' ? isAnyOf : MATCHES.get(base)
  if (match === undefined) throw new Malformed()
  return { name: base, match, set, ifExists: suffix !== undefined }
}

function parseWanted({ name }: Operator, value: unknown): readonly string[] {
  if (name !== 'Bool' && name !== 'Null') {
    const texts = requireTexts(value)
    // Policy variables would need values we do not have.
    if (texts.some((text) => text.includes('${'))) throw new Malformed()
    if (name.endsWith('IpAddress') && texts.some((text) => parseIpRange(text) === undefined)) throw new Malformed()
    return texts
  }
  const listed: unknown[] = Array.isArray(value) ? value : [value]
  const texts = requireTexts(listed.map((item) => (typeof item === 'boolean' ? String(item) : item)))
  if (!texts.every((text) => /^(true|false)$/i.test(text))) throw new Malformed()
  return texts
}

function requireElements(value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  const object = requireObject(value)
  if (!Object.keys(object).every((name) => known.includes(name))) throw new Malformed()
  return object
}

function requireObject(value: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw new Malformed()
  return value
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function requireTexts(value: unknown): readonly string[] {
  const listed: unknown[] = Array.isArray(value) ? value : [value]
  if (listed.length === 0 || !listed.every((item) => typeof item === 'string')) throw new Malformed()
  return listed
}

// ── Deciding ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const applies = (statement: Statement, { principal, action }: TrustRequest, context: Context): boolean =>
  (statement.federated === null || statement.federated.includes(principal)) &&
  // Names of actions have no case: IAM User Guide, "IAM JSON policy elements: Action".
  statement.actions.some((pattern) => isLike(action.toLowerCase(), pattern.toLowerCase())) &&
  statement.conditions.every((condition) => isMet(condition, context.get(condition.key)))

/** Source: IAM User Guide, "Set operators for multi-valued context keys" and "…IfExists condition operators". */
function isMet(
  { operator: { name, match, set, ifExists }, wanted }: Condition,
  values: readonly string[] | undefined,
): boolean {
  if (name === 'Null') return wanted.some((text) => (text.toLowerCase() === 'true') === (values === undefined))
  if (values === undefined && ifExists) return true
  const matches = (value: string) => match(value, wanted)
  // A set operator sees no value where the request has none, or only an empty one.
  if (set === 'ForAllValues') return (values ?? []).filter((value) => value !== '').every(matches)
  if (set === 'ForAnyValue') return (values ?? []).filter((value) => value !== '').some(matches)
  const [value, second] = values ?? []
  if (value === undefined) return name.startsWith('StringNot') || name === 'NotIpAddress'
  // AWS asks for a set operator here; what it does without one is not written down.
  if (second !== undefined) throw new Malformed()
  return matches(value)
}

type Match = (value: string, wanted: readonly string[]) => boolean

const isAnyOf: Match = (value, wanted) => wanted.includes(value)
const isAnyOfIgnoringCase: Match = (value, wanted) => wanted.some((text) => text.toLowerCase() === value.toLowerCase())
const isLikeAnyOf: Match = (value, wanted) => wanted.some((pattern) => isLike(value, pattern))
const isInAnyOf: Match = (value, wanted) =>
  wanted.some((text) => {
    const range = parseIpRange(text)
    return range !== undefined && isInRange(value, range)
  })
const not =
  (match: Match): Match =>
  (value, wanted) =>
    !match(value, wanted)

/** How one value of the request meets the policy's: any of them, or none of them for the negated operators. */
const MATCHES: ReadonlyMap<string, Match> = new Map([
  ['StringEquals', isAnyOf],
  ['StringNotEquals', not(isAnyOf)],
  ['StringEqualsIgnoreCase', isAnyOfIgnoringCase],
  ['StringNotEqualsIgnoreCase', not(isAnyOfIgnoringCase)],
  ['StringLike', isLikeAnyOf],
  ['StringNotLike', not(isLikeAnyOf)],
  ['Bool', isAnyOfIgnoringCase],
  ['IpAddress', isInAnyOf],
  ['NotIpAddress', not(isInAnyOf)],
])

function foldKeys(context: Context): Context {
  const folded = new Map<string, readonly string[]>()
  for (const [key, values] of context) {
    if (values.length > 0) folded.set(key.toLowerCase(), [...(folded.get(key.toLowerCase()) ?? []), ...values])
  }
  return folded
}
