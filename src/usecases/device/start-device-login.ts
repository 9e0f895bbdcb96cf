import type { RequestFacts } from '../../domain/audit/facts.ts'
import { newMatchNumbers } from '../../domain/device/match-numbers.ts'
import type { Client } from '../../domain/device/client.ts'
import { DEVICE_LOGIN_SECONDS, POLL_SECONDS, type DeviceClaims } from '../../domain/device/device-login.ts'
import { newUserCode, type Random } from '../../domain/device/user-code.ts'
import { networkOf, type NameNetwork } from '../../domain/device/network.ts'
import { asRolegateError, RolegateError } from '../../domain/errors.ts'
import type { Audit, CodeDigest, Digest, LimitRate, Now, RandomText } from '../ports.ts'
import type { DeviceLogins, UserCodes } from '../ports/tables.ts'

type StartedDeviceLogin = {
  readonly deviceCode: string
  /** Eight letters; shown as `WDJB-MJHT`. */
  readonly userCode: string
  /** Two digits for the terminal to show; absent where it cannot. */
  readonly matchNumber?: string
  readonly expiresInSeconds: number
  readonly intervalSeconds: number
}

export type StartDeviceLogin = (input: {
  readonly client: Client
  readonly claims: DeviceClaims
  readonly request: RequestFacts
}) => Promise<StartedDeviceLogin>

/** Starts a terminal's sign-in (RFC 8628 §3.1). Bounded per address (threats.md D7): `rate_limited`. */
export function makeStartDeviceLogin(deps: {
  deviceLogins: DeviceLogins
  userCodes: UserCodes
  audit: Audit
  limitRate: LimitRate
  limitShared: LimitRate
  nameNetwork: NameNetwork
  random: Random
  randomText: RandomText
  digest: Digest
  codeDigest: CodeDigest
  now: Now
}): StartDeviceLogin {
  async function reserveUserCode(deviceCode: string, expiresAt: Date): Promise<string> {
    for (let tries = 0; tries < 5; tries += 1) {
      const userCode = newUserCode(deps.random)
      if (await deps.userCodes.createIfAbsent(deps.codeDigest(userCode), { deviceCode }, { expiresAt })) return userCode
    }
    throw new RolegateError('store_unavailable')
  }

  /**
   * Strangers can start them all day, from everywhere: what they leave on the disk must not fill it and stop everybody (threats.md A4,
   * D7). Whatever is approved is on record, with where it was asked from.
   */
  async function isForRecord(isKnown: boolean): Promise<boolean> {
    if (isKnown) return true
    try {
      await deps.limitShared('device-start:on-record', 600, 60)
      return true
    } catch (thrown) {
      if (asRolegateError(thrown).code === 'rate_limited') return false
      throw thrown
    }
  }

  return async function startDeviceLogin({ client, claims, request }) {
    // threats.md D7: what is refused for its address counts for nobody else.
    await deps.limitRate(`device-start:${networkOf(request.address)}`, 30, 60)
    // Ours is everybody's; a registration is one machine's.
    if (client.kind === 'registered') await deps.limitRate(`device-start:client:${client.id}`, 30, 60)
    // Whoever floods us from everywhere leaves the operator's own networks their share.
    const isKnown = deps.nameNetwork(request.address) !== undefined
    await deps.limitRate(isKnown ? 'device-start:known' : 'device-start:all', 3_000, 60)
    const now = deps.now()
    const expiresAt = new Date(now.getTime() + DEVICE_LOGIN_SECONDS * 1000)
    const deviceCode = `rgd_${deps.randomText(256)}`
    const key = deps.digest(deviceCode)
    const userCode = await reserveUserCode(key, expiresAt)
    const numbers = client.kind === 'own' ? newMatchNumbers(deps.random) : null
    await deps.deviceLogins.put(
      key,
      {
        clientId: client.id,
        clientName: client.name,
        claims,
        numbers,
        shownTo: null,
        shownAt: null,
        polls: 0,
        address: request.address,
        startedAt: now,
        expiresAt,
        intervalSeconds: POLL_SECONDS,
        lastPolledAt: null,
        state: { status: 'pending' },
      },
      // A little longer than it lives, so that a late poll hears "expired" and not "unknown".
      { expiresAt: new Date(expiresAt.getTime() + 60_000) },
    )
    if (await isForRecord(isKnown))
      await deps.audit({
        event: 'device_started',
        request,
        clientId: client.id,
        claims: { ...claims, client: client.name },
      })
    return {
      deviceCode,
      userCode,
      ...(numbers !== null && { matchNumber: numbers.right }),
      expiresInSeconds: DEVICE_LOGIN_SECONDS,
      intervalSeconds: POLL_SECONDS,
    }
  }
}
