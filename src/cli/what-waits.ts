import { printDuration } from '../domain/entitlement/duration.ts'
import { asRolegateError } from '../domain/errors.ts'
import type { Call, Connection } from './command.ts'
import { failure } from './failure.ts'
import { localTime } from './local-time.ts'
import { isRequestId, type RoleRequest } from './role-requests.ts'

/** A refusal for want of an approval that was asked for already says since when, and whom to remind; any other is what it was. */
export const sayingWhatWaits =
  ({ world }: Pick<Call, 'world'>, { gateway, origin }: Connection) =>
  async (thrown: unknown): Promise<never> => {
    const { code, values } = asRolegateError(thrown)
    const { pending, requestId } = values
    if (code !== 'approval_required' || typeof pending !== 'string' || !isRequestId(pending)) throw thrown
    const asked = await gateway.request(pending).then(
      ({ read }) => read,
      () => undefined,
    )
    if (asked?.status !== 'asked') throw thrown
    const { role, reason, seconds, askedAt } = asked
    throw failure('approval_required', {
      title: `${role} waits for somebody to approve it`,
      detail: `You asked for it ${whenOf(askedAt, world)}, for ${printDuration(seconds)}: “${reason}”`,
      next: sendThis(asked, origin),
      ...(typeof requestId === 'string' && { requestId }),
    })
  }

/** Whom to send which address. It holds no secret. */
export const sendThis = ({ id, approvers }: RoleRequest, origin: string): string =>
  `Send this to ${approvers.length > 0 ? `one of ${approvers.join(' or ')}` : 'whoever looks after the account'}:\n  ${new URL(`/approvals/${id}`, origin).href}`

/** `at 09:00`; of another day `on 2030-01-02 at 08:00`. */
export function whenOf(moment: Date, { now, timeZone }: Pick<Call['world'], 'now' | 'timeZone'>): string {
  const time = localTime(moment, now(), timeZone)
  return time.includes(' ') ? `on ${time.replace(' ', ' at ')}` : `at ${time}`
}
