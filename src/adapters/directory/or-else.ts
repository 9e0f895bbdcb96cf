import { RolegateError } from '../../domain/errors.ts'
import { ofEverybody } from '../../domain/sign-in/groups-again.ts'
import type { LookUpGroups } from '../../usecases/ports/identity-provider.ts'
import { DirectoryFailure } from './ask.ts'

type Read = () => ReturnType<LookUpGroups>

/**
 * Decides what a failed lookup means: the sign-in fails, in our words, or goes on with the cut list. Either way the
 * operator is told.
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

/** For callers that always need an answer, and that tell the operator themselves. */
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
