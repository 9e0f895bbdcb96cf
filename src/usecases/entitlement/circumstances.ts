import type { RequestFacts } from '../../domain/audit/facts.ts'
import type { Circumstances } from '../../domain/entitlement/conditions.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'

/** Where somebody asks from, as the door saw it. */
export type AskedFrom = Pick<RequestFacts, 'address'>

/** What a decision sees beside the person: how they signed in, where they ask from, when, why, and what they asked others for. */
export const circumstancesOf = (
  { mfaAt }: Pick<GatewaySession, 'mfaAt'>,
  { address }: AskedFrom,
  now: Date,
  said: Pick<Circumstances, 'requests'> & { readonly reason?: string | undefined } = {},
): Circumstances => ({
  now,
  address,
  ...(mfaAt !== undefined && { mfaAt }),
  ...(said.reason !== undefined && { reason: said.reason }),
  ...(said.requests !== undefined && { requests: said.requests }),
})
