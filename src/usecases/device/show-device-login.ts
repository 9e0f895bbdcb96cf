import type { RequestFacts } from '../../domain/audit/facts.ts'
import { checksFor, type Checks } from '../../domain/device/approval.ts'
import { isSameNetwork, type NameNetwork } from '../../domain/device/network.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Now } from '../ports.ts'
import type { DeviceLogins } from '../ports/tables.ts'
import type { FindDeviceLogin, FoundDeviceLogin } from './find-device-login.ts'
import { requireWay, type LoginWays } from './login-ways.ts'

type ShownDeviceLogin = FoundDeviceLogin & { readonly checks: Checks }

export type ShowDeviceLogin = (input: {
  readonly session: GatewaySession
  readonly typed: string
  readonly request: RequestFacts
}) => Promise<ShownDeviceLogin>

/** Who waits behind a code, and what their approval takes. From now on this session, and no other, may approve it. */
export function makeShowDeviceLogin(deps: {
  findDeviceLogin: FindDeviceLogin
  deviceLogins: DeviceLogins
  nameNetwork: NameNetwork
  loginWays: LoginWays
  crossNetwork: 'retype' | 'refuse'
  now: Now
}): ShowDeviceLogin {
  return async function showDeviceLogin({ session, typed, request }) {
    requireWay(deps.loginWays, session.principal.idp, 'device')
    const found = await deps.findDeviceLogin({ session, typed, request })
    const login = await deps.deviceLogins.update(found.key, (waiting) => {
      // Shown once more, the ten seconds go on: nobody is made to wait twice.
      const next = waiting.shownTo === session.id ? waiting : { ...waiting, shownTo: session.id, shownAt: deps.now() }
      return { next, answer: next, keep: { expiresAt: new Date(waiting.expiresAt.getTime() + 60_000) } }
    })
    if (login === undefined) throw new RolegateError('user_code_unknown')
    const sameNetwork = isSameNetwork(login.address, request.address, deps.nameNetwork)
    return { ...found, login, checks: checksFor(login, sameNetwork, deps.crossNetwork) }
  }
}
