import * as z from 'zod'
import { PARTITIONS } from '../domain/aws/partition.ts'
import { parseTemplate } from '../domain/entitlement/pattern.ts'
import type { Requirement } from '../domain/entitlement/requirement.ts'
import type { RoleKind, Rule } from '../domain/entitlement/rule.ts'
import type { Policy } from '../domain/policy/policy.ts'
import { readPattern } from './patterns.ts'

const texts = z.array(z.string())
const staff = z.array(z.looseObject({ idp: z.string(), groups: texts }))

const AccountJson = z.looseObject({
  alias: z.string(),
  id: z.string(),
  name: z.string(),
  tags: texts,
  sts: z.string(),
  partition: z.enum(PARTITIONS),
  region: z.string(),
})

const RoleJson = z.looseObject({
  key: z.string(),
  roleName: z.string(),
  summary: z.string(),
  maxSeconds: z.number(),
  elevated: z.boolean(),
})

const Match = z.union([
  z.looseObject({ idp: z.string(), pattern: z.string() }),
  z.looseObject({ workload: z.string(), claims: z.record(z.string(), texts) }),
  z.looseObject({ groups: texts }),
  z.looseObject({ everyone: z.literal(true) }),
])

const PolicyInForce = z.looseObject({
  config: z.string(),
  accounts: z.record(z.string(), AccountJson),
  roles: z.record(z.string(), RoleJson),
  rules: z.array(
    z.looseObject({ id: z.string(), effect: z.enum(['grant', 'deny']), match: Match, accounts: texts, roles: texts }),
  ),
  vouchers: z.record(z.string(), z.record(z.string(), z.string())),
  settings: z.record(z.string(), z.record(z.string(), z.string())),
  admin: z.looseObject({ operators: staff, auditors: staff }),
  tests: z.array(z.looseObject({ as: z.string(), expects: z.enum(['can', 'cannot']), role: z.string() })),
})

/** Reads the answer of a gateway's `GET /v1/config` as a policy and its hash; undefined if it is none. */
export function policyFromJson(json: unknown): { readonly hash: string; readonly policy: Policy } | undefined {
  const read = PolicyInForce.safeParse(json)
  if (!read.success) return undefined
  const { config: hash, accounts, roles, rules, vouchers, settings, admin, tests } = read.data
  const placed = rules.map(ruleOf)
  if (placed.includes(undefined)) return undefined
  return {
    hash,
    policy: {
      // Unknown keys are kept and compared as they are: a newer gateway may know more than we do.
      mapping: {
        accounts: new Map(Object.entries(accounts)),
        roles: new Map(Object.entries(roles).map(([key, role]) => [key, roleOf(role)])),
        rules: placed.flatMap((rule) => rule ?? []),
      },
      vouchers,
      settings,
      staff: admin,
      tests,
    },
  }
}

type RuleJson = z.output<typeof PolicyInForce>['rules'][number]

function ruleOf({ match, accounts, roles, ...rule }: RuleJson): Rule | undefined {
  const read = matchOf(match)
  const { require } = rule as { require?: Requirement }
  return (
    read && {
      ...rule,
      ...(require !== undefined && { require: requirementOf(require) }),
      match: read,
      accounts: new Set(accounts),
      roles: new Set(roles),
    }
  )
}

function roleOf(role: z.output<typeof RoleJson>): RoleKind {
  const { requires } = role as { requires?: readonly Requirement[] }
  return { ...role, ...(requires !== undefined && { requires: requires.map(requirementOf) }) } as unknown as RoleKind
}

/**
 * Rebuilds what JSON cannot hold: sets, and the functions that check a condition. Nothing here asks those, so they
 * always answer no.
 */
function requirementOf({ networks, windows, reason, ...others }: Requirement): Requirement {
  return {
    ...others,
    ...(networks && { networks: { ...networks, includes: () => false } }),
    ...(windows && { windows: windows.map(({ days, ...window }) => ({ ...window, days: new Set(days) })) }),
    ...(reason && { reason: { ...reason, fits: () => false } }),
  }
}

function matchOf(match: RuleJson['match']): Rule['match'] | undefined {
  if (!('pattern' in match) || typeof match.pattern !== 'string') return match as Rule['match']
  const read = readPattern(match.pattern)
  if ('fault' in read) return undefined
  const { idp, account, role } = match as { idp: string; account?: string; role?: string }
  const [fromAccount, fromRole] = [account, role].map((text) => (text === undefined ? undefined : parseTemplate(text)))
  return {
    idp,
    pattern: read.pattern,
    ...(fromAccount !== undefined && { account: fromAccount }),
    ...(fromRole !== undefined && { role: fromRole }),
  }
}
