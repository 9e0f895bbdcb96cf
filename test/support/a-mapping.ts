import { compileRules, type RuleIndex } from '../../src/domain/entitlement/compile.ts'
import type { Account, Mapping, RoleKind, RoleTarget, Rule } from '../../src/domain/entitlement/rule.ts'

export function anAccount(changes: Partial<Account> = {}): Account {
  return {
    alias: 'payments-prod',
    id: '012345678901',
    name: 'Payments',
    environment: 'prod',
    tags: [],
    sts: 'default',
    partition: 'aws',
    region: 'eu-central-1',
    ...changes,
  }
}

export function aRoleKind(changes: Partial<RoleKind> = {}): RoleKind {
  return {
    key: 'dev',
    roleName: 'rolegate/Developer',
    summary: 'Deploy and debug',
    maxSeconds: 4 * 3600,
    elevated: false,
    discoverable: true,
    sourceIdentity: true,
    sessionTags: {},
    transitiveTags: [],
    ...changes,
  }
}

type RuleChanges = Partial<Omit<Rule, 'accounts' | 'roles'>> & {
  readonly accounts?: readonly string[]
  readonly roles?: readonly string[]
}

/** Payments may be developers in production, unless the test says otherwise. */
export function aRule({ accounts = ['payments-prod'], roles = ['dev'], ...changes }: RuleChanges = {}): Rule {
  return {
    id: 'payments-team',
    match: { idp: 'entra', groups: ['payments'] },
    effect: 'grant',
    accounts: new Set(accounts),
    roles: new Set(roles),
    ...changes,
  }
}

/** Two accounts, three roles, and the one rule. */
export function aMapping({
  accounts = [anAccount(), anAccount({ alias: 'payments-dev', id: '123456789012', environment: 'dev' })],
  roles = [
    aRoleKind({ key: 'readonly', roleName: 'rolegate/ReadOnly', maxSeconds: 12 * 3600 }),
    aRoleKind(),
    aRoleKind({ key: 'admin', roleName: 'rolegate/Admin', maxSeconds: 3600, elevated: true }),
  ],
  rules = [aRule()],
  withoutMfa = new Set<string>(),
  personKeys = new Map<string, string>(),
}: {
  personKeys?: ReadonlyMap<string, string>
  withoutMfa?: ReadonlySet<string>
  accounts?: readonly Account[]
  roles?: readonly RoleKind[]
  rules?: readonly Rule[]
} = {}): Mapping {
  return {
    accounts: new Map(accounts.map((account) => [account.alias, account])),
    roles: new Map(roles.map((role) => [role.key, role])),
    rules,
    withoutMfa,
    personKeys,
  }
}

export const anIndex = (changes: Parameters<typeof aMapping>[0] = {}): RuleIndex => compileRules(aMapping(changes))

export function aTarget(index: RuleIndex = anIndex(), name = 'payments-prod/dev'): RoleTarget {
  const [alias = '', key = ''] = name.split('/')
  const target = index.target(alias, key)
  if (target === undefined) throw new Error(`the test's mapping has no ${name}`)
  return target
}
