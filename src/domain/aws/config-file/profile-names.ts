import { RolegateError } from '../../errors.ts'
import type { ConfigRole } from './facts.ts'

const USUAL_TEMPLATE = '{alias}.{role}'

/** The characters that every reader of the file takes in a section's name as they are. */
const PROFILE_NAME = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$/

/** One `[profile]` to be. */
export type NamedRole = ConfigRole & { readonly name: string }

/** `default` is nobody's to give away: it is what every command takes that names no profile. */
export const isProfileName = (text: string): boolean => PROFILE_NAME.test(text) && text !== 'default'

/**
 * Each role's profile name, by a template of `{alias}`, `{role}`, `{account}` and `{region}`. Fails with `config_invalid` when
 * the template makes no name, or one name of two roles.
 */
export function nameRoles(roles: readonly ConfigRole[], template = USUAL_TEMPLATE): readonly NamedRole[] {
  const seen = new Map<string, ConfigRole>()
  return roles.map((role) => {
    const name = template.replace(/\{(\w*)\}/g, (_, field: string) => fieldOf(role, field))
    if (!isProfileName(name)) throw new RolegateError('config_invalid', { template, name })
    const other = seen.get(name)
    if (other !== undefined) {
      const both = [`${other.alias}/${other.role}`, `${role.alias}/${role.role}`]
      throw new RolegateError('config_invalid', { template, name, both })
    }
    seen.set(name, role)
    return { ...role, name }
  })
}

function fieldOf({ alias, role, accountId, region }: ConfigRole, field: string): string {
  const fields = new Map([
    ['alias', alias],
    ['role', role],
    ['account', accountId],
    ['region', region],
  ])
  const value = fields.get(field)
  if (value === undefined) throw new RolegateError('config_invalid', { placeholder: `{${field}}` })
  return value
}
