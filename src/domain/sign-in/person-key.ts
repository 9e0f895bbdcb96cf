import { compared } from './compared.ts'

/**
 * What names a human at whichever IdP they sign in, as an employee number does: only ever held against another's, to tell that two
 * sign-ins are one person (threats.md I3). It is in no record, on no page, and goes to nobody; it is kept
 * with sessions, with what was asked and answered, and with a step-up that a terminal waits for.
 */
export type PersonKey = {
  /** The claim it was read from. It tells which claim was asked for at the sign-in; a value speaks against another's whatever claim either is of. */
  readonly claim: string
  readonly value: string
}

/** Which claim of each IdP holds it, where the file names one. */
export type PersonKeys = ReadonlyMap<string, string>

const LONGEST = 255

/** Their key, where the IdP states exactly one; a whole number counts as its digits. */
export function personKeyIn(claims: Readonly<Record<string, unknown>>, claim: string): PersonKey | undefined {
  const stated = Object.hasOwn(claims, claim) ? claims[claim] : undefined
  const one: unknown = Array.isArray(stated) && stated.length === 1 ? stated[0] : stated
  const value = Number.isSafeInteger(one) ? String(one) : one
  if (typeof value !== 'string' || compared(value) === '' || value.length > LONGEST) return undefined
  return { claim, value: value.trim() }
}

/** The claim by which nobody can tell who this is, though the file as it is now says it tells. */
export const missingKeyOf = (
  { idp, personKey }: { readonly idp: string; readonly personKey?: PersonKey },
  keys: PersonKeys,
): string | undefined => {
  const claim = keys.get(idp)
  return claim === personKey?.claim ? undefined : claim
}
