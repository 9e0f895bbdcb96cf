import type { RequestFacts } from '../../domain/audit/facts.ts'
import { approvalFault, checksFor, type Answer, type ApprovalFault } from '../../domain/device/approval.ts'
import { settle, type DeviceState } from '../../domain/device/device-login.ts'
import { isSameNetwork, type NameNetwork } from '../../domain/device/network.ts'
import { parseUserCode } from '../../domain/device/user-code.ts'
import { RolegateError, unmet } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, CodeDigest, Now } from '../ports.ts'
import type { DeviceLogins, Sessions, UserCodes } from '../ports/tables.ts'
import type { FindDeviceLogin, FoundDeviceLogin } from './find-device-login.ts'
import { requireWay, type LoginWays } from './login-ways.ts'
import type { StartTerminalSession } from './start-terminal-session.ts'

type Decision =
  | { readonly kind: 'deny' }
  /** With the number they picked, and the code once more where that was asked. */
  | { readonly kind: 'approve'; readonly number?: string; readonly retyped?: string }

/** After `again` the page is shown once more: nothing has been decided. */
type Decided =
  { readonly outcome: 'approved' | 'denied' } | { readonly outcome: 'again'; readonly because: ApprovalFault }

export type DecideDeviceLogin = (input: {
  readonly session: GatewaySession
  readonly typed: string
  readonly decision: Decision
  readonly request: RequestFacts
}) => Promise<Decided>

/**
 * A person's word on a waiting terminal. Approval makes a gateway session of class `device` that ends no later than the
 * browser's (threats.md I7, D4) and is on record before the terminal can take it. A wrong number, and a terminal from a
 * network the operator lets nobody in from, end the login: `condition_unmet`.
 */
export function makeDecideDeviceLogin(deps: {
  findDeviceLogin: FindDeviceLogin
  startTerminalSession: StartTerminalSession
  deviceLogins: DeviceLogins
  userCodes: UserCodes
  sessions: Pick<Sessions, 'delete'>
  nameNetwork: NameNetwork
  loginWays: LoginWays
  crossNetwork: 'retype' | 'refuse'
  audit: Audit
  codeDigest: CodeDigest
  now: Now
}): DecideDeviceLogin {
  function faultOf(
    { login, userCode }: FoundDeviceLogin,
    { number, retyped }: Extract<Decision, { kind: 'approve' }>,
    { session, request }: { session: GatewaySession; request: RequestFacts },
  ): ApprovalFault | undefined {
    const sameNetwork = isSameNetwork(login.address, request.address, deps.nameNetwork)
    const checks = checksFor(login, sameNetwork, deps.crossNetwork)
    const again = retyped === undefined ? undefined : parseUserCode(retyped)
    const answer: Answer = {
      sessionId: session.id,
      ...(number !== undefined && { number }),
      ...(again !== undefined && { retyped: again }),
    }
    return approvalFault(login, userCode, checks, answer, deps.now())
  }

  async function stateFor(
    kind: Decision['kind'],
    { login }: FoundDeviceLogin,
    parent: GatewaySession,
  ): Promise<Exclude<DeviceState, { status: 'pending' }>> {
    if (kind === 'deny') return { status: 'denied' }
    const { clientName: client, claims, address } = login
    const terminal = { client, address, ...(claims.host !== undefined && { host: claims.host }) }
    const session = await deps.startTerminalSession({ parent, via: 'device', terminal })
    return { status: 'approved', sessionId: session.id }
  }

  async function settleBy(
    kind: Decision['kind'],
    found: FoundDeviceLogin,
    { session, request, reason }: { session: GatewaySession; request: RequestFacts; reason?: string },
  ): Promise<void> {
    const { key, login, userCode } = found
    await deps.audit({
      event: kind === 'approve' ? 'device_approved' : 'device_denied',
      request,
      principal: session.principal,
      session,
      clientId: login.clientId,
      requesterAddress: login.address,
      ...(reason !== undefined && { reason }),
    })
    const state = await stateFor(kind, found, session)
    const settled = await deps.deviceLogins.update(key, (waiting) => {
      const next = settle(waiting, state, deps.now())
      return {
        next: next ?? waiting,
        answer: next !== undefined,
        keep: { expiresAt: new Date(login.expiresAt.getTime() + 60_000) },
      }
    })
    await deps.userCodes.delete(deps.codeDigest(userCode))
    if (settled === true) return
    // Two tabs decided at once: the first decision stands, and this one must leave no session behind.
    if (state.status === 'approved') await deps.sessions.delete(state.sessionId)
    throw new RolegateError('user_code_unknown')
  }

  return async function decideDeviceLogin({ session, typed, decision, request }) {
    const found = await deps.findDeviceLogin({ session, typed, request })
    if (decision.kind === 'deny') {
      await settleBy('deny', found, { session, request })
      return { outcome: 'denied' }
    }
    requireWay(deps.loginWays, session.principal.idp, 'device')
    const fault = faultOf(found, decision, { session, request })
    if (fault === 'wrong_number' || fault === 'another_network') {
      await settleBy('deny', found, { session, request, reason: fault })
      throw unmet(fault)
    }
    if (fault !== undefined) return { outcome: 'again', because: fault }
    await settleBy('approve', found, { session, request })
    return { outcome: 'approved' }
  }
}
