import { nearest } from '../domain/nearest.ts'
import type { Names } from '../config/installation.ts'
import type { Aim } from '../domain/emergency/emergency.ts'
import { RolegateError } from '../domain/errors.ts'
import { NAME } from '../domain/name.ts'
import type { EmergencyDesk } from '../usecases/emergency/emergency-desk.ts'

/**
 * What `role:…`, `idp:…` or `person:…` names, matched exactly; role and IdP names are checked if the names are known.
 * Fails with `invalid_request` for another form, and with `role_unknown` or `role_ambiguous` and the `candidates`.
 */
export async function readAim(
  written: string,
  desk: Pick<EmergencyDesk, 'findPerson' | 'list'>,
  names: Names | undefined,
): Promise<Aim> {
  const [, kind, name = ''] = /^(role|idp|person):(.{1,1024})$/s.exec(written) ?? []
  switch (kind) {
    case 'role':
      return roleAim(name, written, names)
    case 'idp':
      return idpAim(name, written, names)
    case 'person':
      return desk.findPerson(name)
    case undefined:
    default:
      throw new RolegateError('invalid_request', { field: 'aim', written })
  }
}

function roleAim(name: string, written: string, names: Names | undefined): Aim {
  const [alias = '', key = '', ...rest] = name.split('/')
  if (!NAME.test(alias) || !(NAME.test(key) || key === '*') || rest.length > 0)
    throw new RolegateError('invalid_request', { field: 'aim', written })
  if (names === undefined) return { kind: 'role', role: name }
  const { accounts, roles } = names
  const accountId = accounts.get(alias)
  if (accountId === undefined)
    throw unknown(
      `there is no account "${alias}"`,
      alias,
      accounts.keys(),
      (near) => `role:${near}/${known(key, roles)}`,
    )
  const roleName = roles.get(key)
  if (roleName === undefined && key !== '*')
    throw unknown(`there is no role "${key}"`, key, roles.keys(), (near) => `role:${alias}/${near}`)
  return { kind: 'role', role: name, accountId, ...(roleName !== undefined && { roleName }) }
}

/** This role, or the one that was meant; none is made up. */
const known = (key: string, roles: Names['roles']): string =>
  key === '*' || roles.has(key) ? key : (nearest(key, roles.keys()) ?? 'ROLE')

/**
 * Whether what this closes has that name in the configuration. True for people: they were looked up when they were
 * named.
 */
export function isNamed(aim: Aim, names: Names | undefined): boolean {
  if (names === undefined) return true
  switch (aim.kind) {
    case 'person':
      return true
    case 'idp':
      return names.vouchers.has(aim.idp)
    case 'role': {
      const [alias = '', key = ''] = aim.role.split('/')
      const { accountId = names.accounts.get(alias), roleName = names.roles.get(key) } = aim
      return (
        [...names.accounts.values()].includes(accountId ?? '') &&
        (key === '*' || [...names.roles.values()].includes(roleName ?? ''))
      )
    }
  }
}

function idpAim(idp: string, written: string, names: Names | undefined): Aim {
  if (!NAME.test(idp)) throw new RolegateError('invalid_request', { field: 'aim', written })
  if (names !== undefined && !names.vouchers.has(idp))
    throw unknown(`there is no IdP or workload "${idp}"`, idp, names.vouchers, (near) => `idp:${near}`)
  return { kind: 'idp', idp }
}

function unknown(
  what: string,
  written: string,
  known: Iterable<string>,
  print: (name: string) => string,
): RolegateError {
  const names = [...known]
  const near = nearest(written, names)
  return new RolegateError('role_unknown', {
    what: near === undefined ? what : `${what}; did you mean "${near}"?`,
    candidates: (near === undefined ? names.slice(0, 20) : [near]).map(print),
  })
}
