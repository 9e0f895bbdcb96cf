import type { RequestFacts } from '../../domain/audit/event.ts'
import { settle, type DeviceState } from '../../domain/device/device-login.ts'
import { RolegateError } from '../../domain/errors.ts'
import { endWithin, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, CodeDigest, DeviceLogins, Digest, Now, RandomText, Sessions, UserCodes } from '../ports.ts'
import { terminalsOf, type FindSession } from '../sign-in/find-session.ts'
import type { FindDeviceLogin } from './find-device-login.ts'

export type DecideDeviceLogin = (input: {
  readonly session: GatewaySession
  readonly typed: string
  readonly decision: 'approve' | 'deny'
  readonly request: RequestFacts
}) => Promise<void>

/**
 * A person's word on a waiting terminal. Approval makes a gateway session of class `device` that ends no later than the
 * browser's (threats.md I7, D4) and is on record before the terminal can take it.
 */
export function makeDecideDeviceLogin(deps: {
  findDeviceLogin: FindDeviceLogin
  findSession: FindSession
  deviceLogins: DeviceLogins
  userCodes: UserCodes
  sessions: Sessions
  audit: Audit
  digest: Digest
  codeDigest: CodeDigest
  randomText: RandomText
  terminalSeconds: number
  now: Now
}): DecideDeviceLogin {
  async function stateFor(
    decision: 'approve' | 'deny',
    parent: GatewaySession,
  ): Promise<Exclude<DeviceState, { status: 'pending' }>> {
    if (decision === 'deny') return { status: 'denied' }
    const now = deps.now()
    const endsAt = endWithin(now, deps.terminalSeconds, parent.endsAt)
    const session: GatewaySession = { ...parent, id: deps.randomText(128), via: 'device', lastSeenAt: now, endsAt }
    await deps.sessions.put(session.id, session, {
      expiresAt: endsAt,
      owner: terminalsOf(parent.principal, deps.digest),
    })
    // Written, then checked: a sign-out since this request began either ended the new row or is seen here.
    if ((await deps.findSession(parent.id)) === undefined) {
      await deps.sessions.delete(session.id)
      throw new RolegateError('sign_in_required')
    }
    return { status: 'approved', sessionId: session.id }
  }

  return async function decideDeviceLogin({ session, typed, decision, request }) {
    const { key, login, userCode } = await deps.findDeviceLogin({ session, typed, request })
    await deps.audit({
      event: decision === 'approve' ? 'device_approved' : 'device_denied',
      request,
      principal: session.principal,
      session,
      clientId: login.clientId,
      requesterAddress: login.address,
    })
    const state = await stateFor(decision, session)
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
    // Two tabs decided at once: the first word stands, and this one leaves no session behind.
    if (state.status === 'approved') await deps.sessions.delete(state.sessionId)
    throw new RolegateError('user_code_unknown')
  }
}
