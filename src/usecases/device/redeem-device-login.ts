import type { RequestFacts } from '../../domain/audit/facts.ts'
import { poll, type Poll } from '../../domain/device/device-login.ts'
import { isSameNetwork, networkOf, type NameNetwork } from '../../domain/device/network.ts'
import { RolegateError, unmet } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, Digest, LimitRate, Now } from '../ports.ts'
import type { DeviceLogins, Sessions } from '../ports/tables.ts'
import type { FindSession } from '../sign-in/find-session.ts'
import type { IssueTokens, Tokens } from './issue-tokens.ts'
import type { LoginWays } from './login-ways.ts'

export type RedeemDeviceLogin = (input: {
  readonly deviceCode: string
  readonly clientId: string
  readonly request: RequestFacts
}) => Promise<Tokens>

/**
 * A terminal's poll (RFC 8628 §3.4-3.5). Fails with `authorization_pending`, `slow_down`, `device_code_expired`,
 * `device_denied`, `condition_unmet` from another network than it began in, or `invalid_grant` for a code that is unknown, redeemed,
 * or another client's.
 */
export function makeRedeemDeviceLogin(deps: {
  deviceLogins: DeviceLogins
  sessions: Pick<Sessions, 'delete'>
  loginWays: LoginWays
  findSession: FindSession
  issueTokens: IssueTokens
  audit: Audit
  limitRate: LimitRate
  nameNetwork: NameNetwork
  digest: Digest
  now: Now
}): RedeemDeviceLogin {
  async function pollOnce(deviceCode: string, clientId: string): Promise<Poll | undefined> {
    return deps.deviceLogins.update<Poll | undefined>(deps.digest(deviceCode), (login) => {
      // security.md D-4: bound to the client that asked; another client's poll changes nothing.
      if (login.clientId !== clientId) return { next: login, answer: undefined }
      const answer = poll(login, deps.now())
      if (answer.next === login) return { next: login, answer }
      return { next: answer.next, answer, keep: { expiresAt: new Date(login.expiresAt.getTime() + 60_000) } }
    })
  }

  /**
   * threats.md D3: the page said where the terminal asked from, so whoever redeems it elsewhere is not the one who was
   * approved. If a company's requests leave by several addresses, `networks` declares them one place.
   */
  async function refuseElsewhere(session: GatewaySession, request: RequestFacts): Promise<never> {
    const reason = 'another_network'
    await deps.sessions.delete(session.id)
    await deps.audit({ event: 'session_ended', request, principal: session.principal, session, reason })
    throw unmet('moved_terminal')
  }

  return async function redeemDeviceLogin({ deviceCode, clientId, request }) {
    const polled = deviceCode.startsWith('rgd_') ? await pollOnce(deviceCode, clientId) : undefined
    if (polled === undefined) {
      await deps.limitRate(`device-code:${networkOf(request.address)}`, 60, 60)
      throw new RolegateError('invalid_grant', {}, { reason: 'unknown_code' })
    }
    if (polled.answer !== 'granted') throw new RolegateError(polled.answer)

    // security.md D-20: signed out between approval and poll.
    const session = await deps.findSession(polled.sessionId)
    if (session === undefined) throw new RolegateError('device_denied')
    // security.md D-1: switched off means off at every step.
    if (deps.loginWays.get(session.principal.idp)?.has('device') !== true) {
      await deps.sessions.delete(session.id)
      throw new RolegateError('device_denied', {}, { reason: 'no_device_login' })
    }
    // Of two that nobody knows nothing can be told; their page has warned of it.
    const startedFrom = session.terminal?.address ?? ''
    if (startedFrom !== request.address && !isSameNetwork(startedFrom, request.address, deps.nameNetwork))
      return refuseElsewhere(session, request)
    await deps.audit({ event: 'device_redeemed', request, principal: session.principal, session, clientId })
    return deps.issueTokens(session, clientId)
  }
}
