import { RolegateError } from '../../domain/errors.ts'

/** A refused sign-in: the reason goes to log and audit, the person reads one sentence for all of them (security.md A-8). */
export const refused = (reason: string, cause?: unknown): RolegateError =>
  new RolegateError('sign_in_rejected', {}, { reason: `saml_${reason}`, ...(cause !== undefined && { cause }) })

/** One way to refuse for each check: `require(holds, reason)`. */
export function require(holds: boolean, reason: string): asserts holds {
  if (!holds) throw refused(reason)
}
