import { RolegateError } from '../../domain/errors.ts'
import type { DeviceStart, TokenAnswer } from '../answers.ts'
import { failure } from '../failure.ts'
import { redeemDeviceCode } from '../oauth.ts'
import type { Send } from '../send.ts'
import type { CliWorld } from '../world.ts'

/** Polls until somebody has decided. Fails with `device_denied` or `device_code_expired`. */
export async function waitForApproval(
  world: Pick<CliWorld, 'now' | 'sleep' | 'interrupted'>,
  send: Send,
  start: DeviceStart,
): Promise<TokenAnswer> {
  const expiresAt = world.now().getTime() + start.expiresInSeconds * 1000
  let waitSeconds = start.intervalSeconds
  while (world.now().getTime() < expiresAt) {
    await world.sleep(waitSeconds * 1000, world.interrupted)
    try {
      return await redeemDeviceCode(send, start.deviceCode)
    } catch (thrown) {
      waitSeconds = nextWait(thrown, waitSeconds)
    }
  }
  throw failure('device_code_expired')
}

/** How long to wait after this answer; what is no reason to wait is thrown on. */
function nextWait(thrown: unknown, seconds: number): number {
  if (!(thrown instanceof RolegateError)) throw thrown
  if (thrown.code === 'authorization_pending') return seconds
  // RFC 8628 §3.5: slow_down adds five seconds to this and every later wait.
  if (thrown.code === 'slow_down' || thrown.code === 'store_unavailable') return seconds + 5
  // The same paragraph: after a connection timeout, back off exponentially.
  if (thrown.reason === 'no_connection') return Math.min(seconds * 2, 60)
  throw thrown
}
