import { RolegateError } from '../../domain/errors.ts'
import type { LookUpGroups } from '../../usecases/ports.ts'
import { DirectoryFailure } from './ask.ts'

type Read = () => ReturnType<LookUpGroups>

/**
 * What becomes of a lookup that failed: the sign-in fails, in our words, or goes on with the list as it was cut. Either way the
 * operator hears of it.
 */
export function makeOrElse(deps: {
  id: string
  else: 'fail' | 'warn'
  onFailure: (reason: string, cause: unknown) => void
}): (read: Read) => ReturnType<LookUpGroups> {
  return async function orElse(read) {
    try {
      return await read()
    } catch (thrown) {
      const refusal = asRefusal(thrown, deps.id)
      deps.onFailure(refusal.reason ?? refusal.code, thrown)
      if (deps.else === 'warn') return undefined
      throw refusal
    }
  }
}

/** The same where nothing goes on without an answer, and whoever asks tells the operator. */
export async function inOurWords<Told>(idp: string, read: () => Promise<Told>): Promise<Told> {
  return read().catch((thrown: unknown) => {
    throw asRefusal(thrown, idp)
  })
}

function asRefusal(cause: unknown, idp: string): RolegateError {
  // Our own client is turned away: no fault of the person's, and nothing they can mend by trying again.
  if (cause instanceof RolegateError && cause.code !== 'sign_in_rejected') return cause
  const reason = cause instanceof RolegateError || cause instanceof DirectoryFailure ? cause.reason : 'failed'
  const details = { reason: `directory:${reason ?? 'failed'}`, cause }
  return cause instanceof DirectoryFailure && cause.again !== undefined
    ? new RolegateError('idp_unavailable', { idp, retryAfterSeconds: cause.again }, details)
    : new RolegateError('groups_truncated', { idp, asked: 'directory' }, details)
}
