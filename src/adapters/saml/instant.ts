import { require } from './refusal.ts'

const UTC = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z$/

/** SAML Core §1.3.3: a time is UTC and says so; anything else refuses (security.md S-26). */
export function instantOf(text: string | undefined): Date {
  require(text !== undefined && UTC.test(text), 'time_form')
  const date = new Date(text)
  // Thirty days hath September: Date carries 31 over into October.
  require(!Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text.slice(0, 10), 'time_form')
  return date
}
