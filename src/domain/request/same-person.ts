import type { Mapping } from '../entitlement/rule.ts'
import { unmet, type RolegateError } from '../errors.ts'
import { compared } from '../sign-in/compared.ts'
import { missingKeyOf } from '../sign-in/person-key.ts'
import { statedName } from '../sign-in/shown-name.ts'
import type { Person } from './role-request.ts'

type Keys = Pick<Mapping, 'personKeys'>

/**
 * Why one person's word on the other's request does not count: they may be one person, or nobody can tell, since the file says by
 * which claim an IdP tells people apart, and that claim was not stated once (threats.md I3).
 */
export function samePersonFault(requester: Person, approver: Person, keys: Keys): RolegateError | undefined {
  const by = sharedBy(requester, approver)
  if (by !== undefined) return unmet(OWN_REQUEST, { by })
  return keyFault(requester, 'requester', keys) ?? keyFault(approver, 'approver', keys)
}

/** Why nobody can tell whom this person must not approve for, or be approved by. */
export function keyFault(
  person: Person,
  whose: 'asker' | 'requester' | 'approver',
  { personKeys = new Map() }: Keys,
): RolegateError | undefined {
  const claim = missingKeyOf(person, personKeys)
  return claim === undefined ? undefined : unmet(PERSON_KEY_MISSING, { whose, claim })
}

export const OWN_REQUEST = 'own_request'
export const PERSON_KEY_MISSING = 'person_key_missing'

/**
 * By what whoever asks and whoever answers may be one person: who their issuer says they are, their key, or any name or address of
 * theirs, as their IdPs state it, for an IdP that sends no address often has it for a user name. None need be verified to speak
 * against somebody: it only ever refuses.
 */
export function sharedBy(one: Person, other: Person): 'identity' | 'key' | 'name' | undefined {
  if (one.issuer === other.issuer && one.subject === other.subject) return 'identity'
  if (one.personKey !== undefined && keyText(one) === keyText(other)) return 'key'
  const others = namesOf(other)
  return namesOf(one).some((name) => others.includes(name)) ? 'name' : undefined
}

/** Whatever claim it is of: each IdP has its own name for the one number. */
const keyText = ({ personKey }: Person): string | undefined => personKey && compared(personKey.value)

const namesOf = ({ idp, username, email }: Person): readonly string[] =>
  [username, email ?? ''].map((name) => compared(statedName(name, idp))).filter((name) => name !== '')
