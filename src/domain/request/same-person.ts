import { statedName } from '../sign-in/shown-name.ts'
import { isSame, type Person } from './role-request.ts'

/**
 * Whether whoever asks and whoever answers may be one person (threats.md I3): by any name or address of theirs, as their IdPs
 * state it, for an IdP that sends no address often has it for a user name. None need be verified to speak against somebody: it
 * only ever refuses.
 */
export function mayBeSamePerson(one: Person, other: Person): boolean {
  if (isSame(one, other) || (one.issuer === other.issuer && one.subject === other.subject)) return true
  const others = namesOf(other)
  return namesOf(one).some((name) => others.includes(name))
}

const namesOf = ({ idp, username, email }: Person): readonly string[] =>
  [username, email ?? ''].map((name) => statedName(name, idp).trim().toLowerCase()).filter((name) => name !== '')
