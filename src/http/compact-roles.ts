import type { RoleKind } from '../domain/entitlement/rule.ts'
import type { ListedAccount, StatedRole } from '../usecases/entitlement/list-accounts.ts'

/** `GET /v1/roles?form=compact`: every word once, and after that its number (docs/reference/roles.md). */
export function compactRoles(accounts: readonly ListedAccount[]) {
  const kinds = makeNumbering<RoleKind>()
  const rules = makeNumbering<string>()
  const groups = makeNumbering<string>()
  const grants = makeNumbering<string>()
  const lists = makeNumbering<readonly StatedRole[]>()
  const environments = makeNumbering<string>()
  const partitions = makeNumbering<string>()

  const grantOf = ({ maxSeconds, state, via }: StatedRole): number =>
    grants.numberOf(
      JSON.stringify({
        maxSeconds,
        state,
        via: via.map(({ rule, group }) => [rules.numberOf(rule), group === null ? null : groups.numberOf(group)]),
      }),
    )

  const columns = {
    id: accounts.map(({ account }) => account.id),
    alias: accounts.map(({ account }) => account.alias),
    name: accounts.map(({ account }) => account.name),
    environment: accounts.map(({ account: { environment } }) =>
      environment === undefined ? null : environments.numberOf(environment),
    ),
    partition: accounts.map(({ account }) => partitions.numberOf(account.partition)),
    list: accounts.map(({ roles }) => lists.numberOf(roles)),
  }
  const pairs = lists.all().map((roles) => roles.map((role) => [kinds.numberOf(role.kind), grantOf(role)]))
  return {
    form: 'compact',
    kinds: kinds.all().map(({ key, roleName, elevated }) => ({ key, roleName, elevated })),
    rules: rules.all(),
    groups: groups.all(),
    grants: grants.all().map((grant): unknown => JSON.parse(grant)),
    lists: pairs,
    environments: environments.all(),
    partitions: partitions.all(),
    accounts: columns,
  }
}

/** Numbers things from 0, as they come. */
function makeNumbering<Thing>() {
  const numbers = new Map<Thing, number>()
  return {
    numberOf(thing: Thing): number {
      const known = numbers.get(thing) ?? numbers.size
      numbers.set(thing, known)
      return known
    },
    all: (): readonly Thing[] => [...numbers.keys()],
  }
}
