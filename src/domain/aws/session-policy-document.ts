/** Where something stands in the document, and what is wrong with it. */
export type DocumentFault = { readonly path: readonly (string | number)[]; readonly message: string }

type Path = DocumentFault['path']
type Fields = Readonly<Record<string, unknown>>

const STATEMENT_KEYS = ['Sid', 'Effect', 'Action', 'NotAction', 'Resource', 'NotResource', 'Condition']

/**
 * What is wrong with a JSON value as an inline session policy: an IAM policy of the current version, about actions and
 * resources, which allows something and names nobody. Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
export function policyFaults(document: unknown): readonly DocumentFault[] {
  if (!isFields(document)) return [{ path: [], message: 'must be a JSON object' }]
  const faults = unknownKeys(document, ['Version', 'Id', 'Statement'], [], 'a policy has Version, Id and Statement')
  // Without it AWS reads the version of 2008, in which ${…} are letters like all others.
  if (document['Version'] !== '2012-10-17') faults.push({ path: ['Version'], message: 'must be "2012-10-17"' })
  const statements = document['Statement']
  if (!Array.isArray(statements))
    return [...faults, { path: ['Statement'], message: 'must be a list of statements, in []' }]
  if (statements.length === 0) return [...faults, { path: ['Statement'], message: 'must not be empty' }]
  statements.forEach((statement, index) => faults.push(...statementFaults(statement, ['Statement', index])))
  return faults
}

/** True when nothing in it allows anything: alone, it would leave a session that may do nothing. */
export const allowsNothing = (document: unknown): boolean =>
  isFields(document) &&
  Array.isArray(document['Statement']) &&
  document['Statement'].every((statement) => isFields(statement) && statement['Effect'] === 'Deny')

function statementFaults(statement: unknown, path: Path): DocumentFault[] {
  if (!isFields(statement)) return [{ path, message: 'must be a statement, in {}' }]
  const named = ['Principal', 'NotPrincipal'].filter((key) => Object.hasOwn(statement, key))
  const faults = unknownKeys(
    statement,
    [...STATEMENT_KEYS, ...named],
    path,
    `a statement has ${STATEMENT_KEYS.join(', ')}`,
  )
  for (const key of named)
    faults.push({ path: [...path, key], message: 'does not go with a session policy: it is about one session' })
  if (!/^(?:Allow|Deny)$/.test(textOf(statement['Effect'])))
    faults.push({ path: [...path, 'Effect'], message: 'must be "Allow" or "Deny"' })
  if (statement['Sid'] !== undefined && !/^[A-Za-z0-9]*$/.test(textOf(statement['Sid'])))
    faults.push({ path: [...path, 'Sid'], message: 'must be letters and digits' })
  return [
    ...faults,
    ...oneOfFaults(statement, ['Action', 'NotAction'], ACTION, 'an action such as "s3:GetObject", or "*"', path),
    ...oneOfFaults(statement, ['Resource', 'NotResource'], RESOURCE, 'an ARN, or "*"', path),
    ...conditionFaults(statement['Condition'], [...path, 'Condition']),
  ]
}

const ACTION = /^(?:\*|\*:\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+)$/
const RESOURCE = /^(?:\*|arn:.+)$/

function oneOfFaults(statement: Fields, keys: readonly string[], form: RegExp, what: string, path: Path) {
  const [key, second] = keys.filter((one) => Object.hasOwn(statement, one))
  if (key === undefined || second !== undefined) return [{ path, message: `needs exactly one of ${keys.join(', ')}` }]
  const value = statement[key]
  const here = [...path, key]
  if (!Array.isArray(value)) return form.test(textOf(value)) ? [] : [{ path: here, message: `must be ${what}` }]
  if (value.length === 0) return [{ path: here, message: 'must not be empty' }]
  return value.flatMap((one, index) =>
    form.test(textOf(one)) ? [] : [{ path: [...here, index], message: `must be ${what}` }],
  )
}

const OPERATOR = /^(?:(?:ForAllValues|ForAnyValue):)?[A-Z][A-Za-z]{3,30}$/

function conditionFaults(condition: unknown, path: Path): DocumentFault[] {
  if (condition === undefined) return []
  if (!isFields(condition)) return [{ path, message: 'must be conditions, in {}' }]
  return Object.entries(condition).flatMap(([operator, keys]) => {
    const here = [...path, operator]
    if (!OPERATOR.test(operator)) return [{ path: here, message: 'is no operator such as "StringEquals"' }]
    if (!isFields(keys) || Object.keys(keys).length === 0)
      return [{ path: here, message: 'must be condition keys and values, in {}' }]
    return Object.entries(keys).flatMap(([key, value]) => {
      const values: readonly unknown[] = Array.isArray(value) ? value : [value]
      const isPlain = values.length > 0 && values.every((one) => ['string', 'number', 'boolean'].includes(typeof one))
      return isPlain ? [] : [{ path: [...here, key], message: 'must be a value or a list of values' }]
    })
  })
}

const unknownKeys = (fields: Fields, known: readonly string[], path: Path, instead: string): DocumentFault[] =>
  Object.keys(fields)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = known.find((one) => one.toLowerCase() === key.toLowerCase())
      return {
        path: [...path, key],
        message: `unknown key; ${meant === undefined ? instead : `did you mean "${meant}"?`}`,
      }
    })

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '\n')

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
