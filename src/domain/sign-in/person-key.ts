import { compared } from './compared.ts'

/**
 * What identifies a human across IdPs, such as an employee number. It is only ever compared, to tell that two sign-ins
 * are one person (threats.md I3). It is on no page, in no record, and sent to nobody; it is kept with sessions, with
 * requests and answers, and with a step-up that a terminal waits for.
 */
export type PersonKey = {
  /**
   * The claim it was read from, which tells what the file asked for at the sign-in. Keys are compared by value,
   * whatever their claims.
   */
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

/** The claim that the file now says tells people apart, if this person has no key from it. */
export const missingKeyOf = (
  { idp, personKey }: { readonly idp: string; readonly personKey?: PersonKey },
  keys: PersonKeys,
): string | undefined => {
  const claim = keys.get(idp)
  return claim === personKey?.claim ? undefined : claim
}
