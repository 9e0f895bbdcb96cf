import { nearest } from '../config/did-you-mean.ts'
import type { Names } from '../config/installation.ts'
import type { Aim } from '../domain/emergency/emergency.ts'
import { RolegateError } from '../domain/errors.ts'
import { NAME } from '../domain/name.ts'
import type { EmergencyDesk } from '../usecases/emergency/emergency-desk.ts'

/**
 * What `role:…`, `idp:…` or `person:…` names, each exactly: names of the file are checked where it can be read. Fails with
 * `invalid_request` for what is none of these, and with `role_unknown` or `role_ambiguous` and `candidates`.
 */
export async function readAim(
  written: string,
  desk: Pick<EmergencyDesk, 'findPerson' | 'list'>,
  names: Names | undefined,
): Promise<Aim> {
  const [, kind, name = ''] = /^(role|idp|person):(.{1,1024})$/s.exec(written) ?? []
  switch (kind) {
    case 'role':
      return roleAim(name, names)
    case 'idp':
      return idpAim(name, names)
    case 'person':
      return desk.findPerson(name)
    case undefined:
    default:
      throw new RolegateError('invalid_request', { field: 'aim' })
  }
}

function roleAim(name: string, names: Names | undefined): Aim {
  const [alias = '', key = '', ...rest] = name.split('/')
  if (!NAME.test(alias) || !(NAME.test(key) || key === '*') || rest.length > 0)
    throw new RolegateError('invalid_request', { field: 'aim' })
  if (names === undefined) return { kind: 'role', role: name }
  const { accounts, roles } = names
  const accountId = accounts.get(alias)
  if (accountId === undefined)
    throw unknown(`the file has no account "${alias}"`, alias, accounts.keys(), (near) => `role:${near}/${key}`)
  const roleName = roles.get(key)
  if (roleName === undefined && key !== '*')
    throw unknown(`the file has no role "${key}"`, key, roles.keys(), (near) => `role:${alias}/${near}`)
  return { kind: 'role', role: name, accountId, ...(roleName !== undefined && { roleName }) }
}

function idpAim(idp: string, names: Names | undefined): Aim {
  if (!NAME.test(idp)) throw new RolegateError('invalid_request', { field: 'aim' })
  if (names !== undefined && !names.vouchers.has(idp))
    throw unknown(`the file has no IdP or workload "${idp}"`, idp, names.vouchers, (near) => `idp:${near}`)
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
