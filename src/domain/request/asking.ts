import type { Mapping } from '../entitlement/rule.ts'
import { unmet, type RolegateError } from '../errors.ts'
import type { Principal } from '../sign-in/principal.ts'
import { MOST_WAITING, personIn, type Weighed } from './role-request.ts'
import { keyFault } from './same-person.ts'

/** Why somebody who has asked for all this cannot ask for one more role: nobody could answer it (threats.md I3), or too much waits (P7). */
export function askingFault(
  principal: Principal,
  mapping: Pick<Mapping, 'personKeys'>,
  requests: readonly Weighed[] = [],
): RolegateError | undefined {
  const waits = requests.filter(({ standing }) => standing === 'asked')
  return (
    keyFault(personIn(principal), 'asker', mapping) ??
    (waits.length < MOST_WAITING ? undefined : unmet('too_many_requests'))
  )
}
