import type { RequestFacts } from '../../domain/audit/facts.ts'
import { networkOf } from '../../domain/device/network.ts'
import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, Digest, LimitRate } from '../ports.ts'
import type { BrowserMove, IdentityProvider, LogoutMessage, LogoutRequest } from '../ports/identity-provider.ts'
import type { Sessions } from '../ports/tables.ts'
import type { EndSession } from './end-session.ts'
import { limitRefusals } from './limit-refusals.ts'

/** Where the browser goes to tell the IdP; undefined when there is nobody to tell. */
export type ReceiveLogout = (
  idp: string,
  message: LogoutMessage,
  request: RequestFacts,
) => Promise<BrowserMove | undefined>

/**
 * A message to our single logout address. A signed request ends the browser sessions of that person, or the one it names, and
 * with them their terminals (saml-profiles-2.0 §4.4); nobody there is no failure. Fails with `sign_in_rejected`, on record,
 * and with `not_found` for an IdP that has no single logout.
 */
export function makeReceiveLogout(deps: {
  providers: ReadonlyMap<string, IdentityProvider>
  sessions: Pick<Sessions, 'listByOwner'>
  digest: Digest
  endSession: EndSession
  limitRate: LimitRate
  audit: Audit
}): ReceiveLogout {
  async function end(
    idp: string,
    { issuer, nameId, indexes, before }: LogoutRequest,
    request: RequestFacts,
  ): Promise<void> {
    const held = await deps.sessions.listByOwner(ownerOf(idp, issuer, nameId, deps.digest))
    const named = held.filter(
      ({ idpSession, signedInAt }) =>
        // The same request once more ends nobody who has signed in since.
        signedInAt <= before &&
        // A session the IdP gave no index to cannot be told from the one it names.
        (indexes.length === 0 || idpSession?.index === undefined || indexes.includes(idpSession.index)),
    )
    // A record that fails must not keep the others alive.
    const ended = await Promise.allSettled(named.map((session) => deps.endSession(session, request)))
    for (const outcome of ended) if (outcome.status === 'rejected') throw outcome.reason
  }

  return async function receiveLogout(idp, message, request) {
    const saml = deps.providers.get(idp)?.saml
    if (saml === undefined) throw new RolegateError('not_found', { what: 'identity provider' })
    await deps.limitRate(`callback:${networkOf(request.address)}`, 3_000, 60)
    const logout = await saml.receiveLogout(message).catch(async (thrown: unknown) => {
      const { code, reason } = asRolegateError(thrown)
      await limitRefusals(deps.limitRate, 'sign-in', request)
      await deps.audit({ event: 'sign_out_refused', request, idp, code, ...(reason !== undefined && { reason }) })
      throw thrown
    })
    if (logout === undefined) return undefined
    await end(idp, logout, request)
    return logout.answer
  }
}

/** What a browser session is kept under, so that its IdP can find it. */
export function idpSessionsOf({ principal, idpSession }: GatewaySession, digest: Digest): string | undefined {
  return idpSession === undefined || idpSession.nameId === ''
    ? undefined
    : ownerOf(principal.idp, principal.issuer, idpSession.nameId, digest)
}

/** The IdP's own id as well: what one of them says of its people ends nobody of another (threats.md I2). */
const ownerOf = (idp: string, issuer: string, nameId: string, digest: Digest): string =>
  `idp-session:${digest(JSON.stringify([idp, issuer, nameId]))}`
