import type { RoleKind } from '../domain/entitlement/rule.ts'
import type { ListedAccount, StatedRole } from '../usecases/entitlement/list-accounts.ts'
import { approvalOf, whyNot } from './why-not.ts'

/** `GET /v1/roles?form=compact`: each text stands once and is referred to by its number (docs/reference/roles.md). */
export function compactRoles(accounts: readonly ListedAccount[]) {
  const kinds = makeNumbering<RoleKind>()
  const rules = makeNumbering<string>()
  const groups = makeNumbering<string>()
  const lists = makeNumbering<readonly StatedRole[]>()
  const names = makeNumbering<string>()
  const environments = makeNumbering<string>()
  const partitions = makeNumbering<string>()

  const grants = new Map<string, { readonly number: number; readonly row: object }>()
  const grantBefore = new Map<StatedRole, number>()
  function grantOf(role: StatedRole): number {
    const known = grantBefore.get(role) ?? numberOfGrant(role)
    grantBefore.set(role, known)
    return known
  }
  function numberOfGrant(stated: StatedRole): number {
    const { maxSeconds, state, via } = stated
    const { why = '' } = whyNot(stated)
    const pairs = via.map(({ rule, group }) => [rules.numberOf(rule), group === null ? null : groups.numberOf(group)])
    const asked = approvalOf(stated)
    const key = `${maxSeconds} ${state} ${pairs.join(' ')} ${JSON.stringify(asked)} ${why}`
    const known = grants.get(key)
    if (known !== undefined) return known.number
    const number = grants.size
    grants.set(key, { number, row: { maxSeconds, state, ...asked, ...(why !== '' && { why }), via: pairs } })
    return number
  }

  const columns = {
    id: accounts.map(({ account }) => account.id).join(''),
    alias: accounts.map(({ account }) => account.alias),
    name: accounts.map(({ account }) => names.numberOf(account.name)),
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
    grants: [...grants.values()].map(({ row }) => row),
    lists: pairs,
    names: names.all(),
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
      const known = numbers.get(thing)
      if (known !== undefined) return known
      numbers.set(thing, numbers.size)
      return numbers.size - 1
    },
    all: (): readonly Thing[] => [...numbers.keys()],
  }
}
