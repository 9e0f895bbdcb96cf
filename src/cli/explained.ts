import { recordOf } from './record.ts'
import { oneLine } from './server-text.ts'

/** The gateway's explanation as this client prints it: every text on one line, nothing assumed. */
export type Explained = {
  readonly role: string
  readonly available: boolean
  readonly because: string
  readonly idp: string
  readonly groups: { readonly count: number; readonly state: string }
  readonly rules: readonly {
    readonly rule: string
    readonly effect: string
    readonly isMet: boolean
    readonly isUsed: boolean
    readonly group?: string
    readonly wants: readonly string[]
    /** Of somebody imagined: whom the rule speaks of, and why that is not them. */
    readonly of?: string
    readonly verdict?: string
    readonly fenced?: string
  }[]
  readonly conditions: readonly {
    readonly condition: string
    readonly met: boolean
    /** Of somebody imagined: nothing was said of it. */
    readonly assumed: boolean
    readonly wants: string
    readonly saw: string
    /** Empty: the role itself asks. */
    readonly rule: string
    readonly approvers: readonly string[]
  }[]
  readonly unmet: readonly string[]
  /** Its credentials are good from the address alone that asks for them. */
  readonly bindIp: boolean
  /** Each hand-over takes a fresh sign-in of its own. */
  readonly isElevated: boolean
  readonly limits: readonly { readonly by: string; readonly seconds: number; readonly binds: boolean }[]
  /** When nobody names a time; and the time of day that is meant by it. */
  readonly usual?: {
    readonly seconds: number
    readonly isCut: boolean
    readonly until: string
    readonly timeZone: string
  }
  readonly nearest: readonly string[]
  readonly ask: readonly string[]
  /** They have asked for it, and nobody has answered. */
  readonly isPending: boolean
  /** Of somebody else: the configuration that was asked. */
  readonly config?: string
  /** Somebody signed in, who was found by a name. */
  readonly person?: {
    readonly username: string
    readonly subject: string
    readonly idp: string
    /** How old the groups are. */
    readonly ageSeconds: number
  }
}

export function readExplained(body: unknown): Explained {
  const answer = recordOf(body)
  const groups = recordOf(answer['groups'])
  const names = new Map(Object.entries(recordOf(answer['groupNames'] ?? {})))
  const called = (group: unknown): string =>
    textOf(typeof group === 'string' && names.has(group) ? names.get(group) : group)
  return {
    role: textOf(answer['role']),
    available: answer['available'] === true,
    because: textOf(answer['because']),
    idp: textOf(answer['idp']),
    groups: { count: numberOf(groups['count']), state: textOf(groups['state']) },
    rules: listOf(answer['rules']).map((row) => {
      const { rule, effect, met, used, wants, of, verdict, fenced } = recordOf(row)
      const { group } = recordOf(met ?? {})
      return {
        rule: textOf(rule),
        effect: textOf(effect),
        isMet: met !== undefined,
        isUsed: used === true,
        ...(typeof group === 'string' && { group: called(group) }),
        wants: listOf(wants).map(called),
        ...(of !== undefined && { of: whomIn(recordOf(of), called) }),
        ...(typeof verdict === 'string' && { verdict }),
        ...(typeof fenced === 'string' && { fenced: called(fenced) }),
      }
    }),
    conditions: listOf(answer['conditions']).map((row) => {
      const { condition, met, wants, saw, of, approvers, assumed } = recordOf(row)
      return {
        condition: textOf(condition),
        met: met === true,
        assumed: assumed === true,
        wants: textOf(wants),
        saw: textOf(saw),
        rule: textOf(recordOf(of ?? {})['rule']),
        approvers: listOf(approvers).map(textOf),
      }
    }),
    unmet: listOf(answer['unmet']).map((row) => textOf(recordOf(row)['why'])),
    bindIp: answer['bindIp'] === true,
    isElevated: answer['elevated'] === true,
    limits: listOf(answer['limits']).map((row) => ({
      by: textOf(recordOf(row)['by']),
      seconds: numberOf(recordOf(row)['seconds']),
      binds: recordOf(row)['binds'] === true,
    })),
    ...(answer['usual'] !== undefined && { usual: usualIn(recordOf(answer['usual'])) }),
    nearest: listOf(answer['nearest']).map(textOf),
    ask: listOf(answer['ask']).map(textOf),
    isPending: answer['pending'] !== undefined,
    ...(typeof answer['config'] === 'string' && { config: textOf(answer['config']) }),
    ...(answer['person'] !== undefined && { person: personIn(recordOf(answer['person'])) }),
  }
}

const usualIn = ({ seconds, limitedBy, until, timeZone }: Readonly<Record<string, unknown>>) => ({
  seconds: numberOf(seconds),
  isCut: limitedBy !== 'default',
  until: textOf(until),
  timeZone: textOf(timeZone),
})

const personIn = ({ username, subject, idp, groupsAgeSeconds }: Readonly<Record<string, unknown>>) => ({
  username: textOf(username),
  subject: textOf(subject),
  idp: textOf(idp),
  ageSeconds: numberOf(groupsAgeSeconds),
})

function whomIn(
  { idp, groups, pattern, everyone, workload }: Readonly<Record<string, unknown>>,
  called: (group: unknown) => string,
): string {
  if (workload !== undefined) return `jobs of ${textOf(workload)}`
  const whom = everyone === true ? ['everyone'] : listOf(groups).map(called)
  const names = typeof pattern === 'string' ? `groups that fit ${textOf(pattern)}` : whom.join(' or ')
  return `${names} at ${idp === undefined ? 'every IdP' : textOf(idp)}`
}

const textOf = (value: unknown): string => (typeof value === 'string' ? oneLine(value) : '')
const numberOf = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : 0
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
