import { malformed } from './answers.ts'
import { recordOf } from './record.ts'

/** More roles than anybody has: a hostile server must not fill this machine's memory by repeating a few numbers. */
const MOST_ROLES = 200_000

/**
 * The answer of `GET /v1/roles` in full, whichever form it came in. Older gateways answer in full, and scripts that
 * read `--json` must not notice the difference.
 */
export function inFull(body: unknown): unknown {
  const compact = recordOf(body)
  if (compact['form'] !== 'compact') return body
  const accounts = recordOf(compact['accounts'])
  const words = { kinds: listIn(compact, 'kinds'), grants: grantsIn(compact) }
  const lists = listIn(compact, 'lists').map((list) => listOf(list, 'lists').map((pair) => held(words, pair)))

  const ids = idsIn(accounts)
  const numbers = listIn(accounts, 'list').map((number) => at(lists, number, 'accounts.list'))
  if (numbers.reduce((sum, { length }) => sum + length, 0) > MOST_ROLES) throw malformed('accounts.list')
  const roles = ids.flatMap((id, row) => {
    const cell = (column: string): unknown => listIn(accounts, column)[row]
    const environment = cell('environment')
    const alias = cell('alias')
    const account = {
      id,
      alias,
      name: at(listIn(compact, 'names'), cell('name'), 'name'),
      ...(environment !== null && { environment: at(listIn(compact, 'environments'), environment, 'environment') }),
    }
    const partition = at(listIn(compact, 'partitions'), cell('partition'), 'partition')
    return (numbers[row] ?? []).map(({ key, roleName, elevated, ...grant }) => ({
      account,
      role: `${String(alias)}/${String(key)}`,
      arn: `arn:${String(partition)}:iam::${id}:role/${String(roleName)}`,
      maxSeconds: grant['maxSeconds'],
      elevated,
      state: grant['state'],
      ...(grant['why'] !== undefined && { why: grant['why'] }),
      ...(grant['pending'] !== undefined && { pending: grant['pending'] }),
      ...(grant['grantedUntil'] !== undefined && { grantedUntil: grant['grantedUntil'] }),
      via: grant['via'],
    }))
  })
  return { roles }
}

type Fields = Readonly<Record<string, unknown>>

/** `[kind, grant]`, with what the numbers stand for. */
function held({ kinds, grants }: { kinds: readonly unknown[]; grants: readonly Fields[] }, pair: unknown): Fields {
  const [kind, grant] = listOf(pair, 'lists')
  const { key, roleName, elevated } = recordOf(at(kinds, kind, 'lists'))
  return { key, roleName, elevated, ...at(grants, grant, 'lists') }
}

function grantsIn(compact: Fields): readonly Fields[] {
  const [rules, groups] = [listIn(compact, 'rules'), listIn(compact, 'groups')]
  return listIn(compact, 'grants').map((grant) => {
    const { maxSeconds, state, why, pending, grantedUntil, via } = recordOf(grant)
    const named = listOf(via, 'via').map((pair) => {
      const [rule, group] = listOf(pair, 'via')
      return { rule: at(rules, rule, 'via'), group: group === null ? null : at(groups, group, 'via') }
    })
    return {
      maxSeconds,
      state,
      ...(why !== undefined && { why }),
      ...(pending !== undefined && { pending }),
      ...(grantedUntil !== undefined && { grantedUntil }),
      via: named,
    }
  })
}

/** Twelve digits each, one after the other. */
function idsIn(accounts: Fields): readonly string[] {
  const { id } = accounts
  if (typeof id !== 'string' || id.length % 12 !== 0) throw malformed('accounts.id')
  return Array.from({ length: id.length / 12 }, (_, row) => id.slice(row * 12, row * 12 + 12))
}

const listIn = (fields: Fields, field: string): readonly unknown[] => listOf(fields[field], field)

function listOf(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw malformed(field)
  return value
}

function at<Thing>(things: readonly Thing[], number: unknown, field: string): Thing {
  const thing = typeof number === 'number' ? things[number] : undefined
  if (thing === undefined) throw malformed(field)
  return thing
}
