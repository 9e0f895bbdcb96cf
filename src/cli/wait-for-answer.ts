import { asRolegateError } from '../domain/errors.ts'
import type { Call } from './command.ts'
import { failure } from './failure.ts'
import type { Gateway } from './gateway.ts'
import { localTime } from './local-time.ts'
import type { RoleRequest } from './role-requests.ts'

/** The request once somebody has answered it, or it is over; or as it still waits, when the deadline comes first. */
export async function waitForAnswer(
  { world }: Call,
  gateway: Gateway,
  request: RoleRequest,
  deadline: Date,
): Promise<RoleRequest> {
  let now = request
  let pause = request.intervalSeconds
  while (now.status === 'asked' && world.now() < deadline) {
    await world.sleep(pause * 1000, world.interrupted)
    try {
      now = (await gateway.request(request.id)).read
      pause = now.intervalSeconds
    } catch (thrown) {
      const { code } = asRolegateError(thrown)
      if (code !== 'rate_limited') throw thrown
      pause = request.intervalSeconds + 15
    }
  }
  return now
}

/** Says how it ended, and fails unless it is approved: exit 5 when somebody has said no, 7 while nobody has said yes. */
export function tellAnswer({ world, say }: Call, request: RoleRequest): void {
  const { role, status, answeredBy, note, grantedUntil, why } = request
  const words = note === '' ? '' : `: “${note}”`
  if (status === 'approved') {
    const until = grantedUntil === undefined ? '' : ` until ${localTime(grantedUntil, world.now(), world.timeZone)}`
    return say(`${role}: approved by ${answeredBy}${until}${words}`)
  }
  if (status === 'denied')
    throw failure('not_entitled', { title: `${answeredBy} has denied ${role}${words}`, detail: '' })
  throw failure('approval_required', {
    title: OVER[status] ?? `The request for ${role} is ${status}`,
    ...((status === 'void' || status === 'moot') && { detail: why }),
    ...(status === 'asked' && { next: `It stays open: rolegate requests` }),
  })
}

const OVER: Readonly<Record<string, string>> = {
  asked: 'Nobody has answered yet',
  cancelled: 'The request was taken back',
  expired: 'Nobody answered the request within a day',
  ended: 'The approval is over',
  moot: 'Nobody can answer the request any more',
  void: 'It was approved, and the approval counts no more',
}
