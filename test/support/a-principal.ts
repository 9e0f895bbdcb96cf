import { createHash } from 'node:crypto'
import type { Sha256 } from '../../src/domain/aws/session-name.ts'
import type { GroupStatement, Principal } from '../../src/domain/sign-in/principal.ts'

export const sha256: Sha256 = (text) => createHash('sha256').update(text).digest()

type Changes = Partial<Omit<Principal, 'groups'>> & {
  readonly groups?: readonly string[]
  readonly groupsState?: GroupStatement['state']
}

/** Alice of the payments team, as Entra vouches; a test changes what it is about. */
export function aPrincipal({ groups = ['payments'], groupsState = 'stated', ...changes }: Changes = {}): Principal {
  return {
    idp: 'entra',
    issuer: 'https://idp.example.com/tenant',
    subject: 'oid-1',
    subjectClaim: 'sub',
    username: 'alice@example.com',
    email: 'alice@example.com',
    groups: { state: groupsState, names: groups },
    claims: {},
    ...changes,
  }
}
