import { RolegateError } from '../../domain/errors.ts'
import { ofEverybody } from '../../domain/sign-in/groups-again.ts'
import type { LookUpGroups } from '../../usecases/ports/identity-provider.ts'
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
  if (cause instanceof RolegateError) return cause
  if (!(cause instanceof DirectoryFailure))
    return new RolegateError('groups_truncated', { idp, asked: 'directory' }, { reason: 'directory:failed', cause })
  const of = ofEverybody(cause.ofEverybody)
  const details = { reason: `directory:${cause.reason}`, cause }
  return cause.again === undefined
    ? new RolegateError('groups_truncated', { idp, asked: 'directory', ...of }, details)
    : new RolegateError('idp_unavailable', { idp, retryAfterSeconds: cause.again, ...of }, details)
}
