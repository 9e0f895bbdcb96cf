import type { ImaginedCircumstances } from '../entitlement/conditions.ts'
import { endWithin, type GatewaySession } from '../sign-in/session.ts'

/** Somebody who need not exist: what an IdP would state of them, and when, where and how they ask. */
export type Imagined = ImaginedCircumstances & { readonly idp: string; readonly groups: readonly string[] }

/** Their session, if they had signed in through a browser just now. It opens nothing: it is only ever explained. */
export function imaginedSession(
  { idp, groups }: Pick<Imagined, 'idp' | 'groups'>,
  absoluteSeconds: number,
  now: Date,
): GatewaySession {
  return {
    id: 'imagined',
    via: 'browser',
    principal: {
      idp,
      issuer: idp,
      subject: 'imagined',
      subjectClaim: 'sub',
      username: 'imagined',
      groups: { state: 'stated', names: [...new Set(groups)] },
      claims: {},
    },
    signedInAt: now,
    lastSeenAt: now,
    endsAt: endWithin(now, absoluteSeconds),
  }
}
