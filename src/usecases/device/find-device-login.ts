import type { RequestFacts } from '../../domain/audit/facts.ts'
import type { DeviceLogin } from '../../domain/device/device-login.ts'
import { parseUserCode } from '../../domain/device/user-code.ts'
import { networkOf } from '../../domain/device/network.ts'
import { RolegateError } from '../../domain/errors.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { CodeDigest, LimitRate, Now } from '../ports.ts'
import type { DeviceLogins, UserCodes } from '../ports/tables.ts'

export type FoundDeviceLogin = { readonly userCode: string; readonly key: string; readonly login: DeviceLogin }

export type FindDeviceLogin = (input: {
  readonly session: GatewaySession
  readonly typed: string
  readonly request: RequestFacts
}) => Promise<FoundDeviceLogin>

/**
 * The waiting terminal a code stands for. Unknown, used and expired codes give one answer, `user_code_unknown`; tries
 * are counted per session and per address, and a right one does not reset the count (security.md D-15).
 */
export function makeFindDeviceLogin(deps: {
  deviceLogins: DeviceLogins
  userCodes: UserCodes
  codeDigest: CodeDigest
  limitRate: LimitRate
  now: Now
}): FindDeviceLogin {
  return async function findDeviceLogin({ session, typed, request }) {
    requireSessionMay(session, { kind: 'approve-terminal' }, deps.now())
    // A sign-in asks twice: to see who waits, and to answer.
    await deps.limitRate(`user-code:session:${session.id}`, 20, 60)
    await deps.limitRate(`user-code:address:${networkOf(request.address)}`, 100, 60)
    // One limit for everybody together: a code has 34 bits and lives five minutes, against 600 tries a minute
    // (security.md D-15).
    await deps.limitRate('user-code:all', 600, 60)

    const userCode = parseUserCode(typed)
    const known = userCode && (await deps.userCodes.get(deps.codeDigest(userCode)))
    const login = known && (await deps.deviceLogins.get(known.deviceCode))
    if (!login || login.state.status !== 'pending' || deps.now() >= login.expiresAt) {
      throw new RolegateError('user_code_unknown')
    }
    return { userCode, key: known.deviceCode, login }
  }
}
