import { isReason, LONGEST_REASON } from '../domain/entitlement/conditions.ts'
import { LEAST_SECONDS, MOST_SECONDS, parseDuration, printDuration } from '../domain/entitlement/duration.ts'
import { LEAST_APPROVAL_SECONDS, MOST_APPROVAL_SECONDS } from '../domain/request/role-request.ts'
import { parseUntil, secondsUntil } from '../domain/entitlement/until.ts'
import type { Lent } from './answers.ts'
import type { Call, Connection, Option } from './command.ts'
import { withConfirmation, withoutConfirmation } from './confirm.ts'
import { failure } from './failure.ts'
import { findOrPickRole, requireRoleOrTerminal } from './pick-role.ts'
import { sayingWhatWaits } from './what-waits.ts'
import type { CliWorld } from './world.ts'

export const DURATION_OPTION = {
  type: 'string',
  short: 'd',
  value: 'DURATION',
  about: 'how long it lasts: 15m, 3h, 1h30m, until 18:00; default ROLEGATE_DURATION, then the role’s own',
} as const satisfies Option

export const REASON_OPTION = {
  type: 'string',
  value: 'TEXT',
  about: 'why you need it, for roles that ask; it goes on record',
} as const satisfies Option

/** Credentials for the role a person named, or chooses at their terminal, for as long as they asked. */
export async function borrow(call: Call, wanted: string | undefined): Promise<Lent> {
  requireRoleOrTerminal(call, wanted)
  const connection = await call.connect()
  return lend(call, wanted, connection, (role, ask) => withConfirmation(call, connection.origin, role, ask))
}

/** The same over an existing connection, for programs: asks nobody anything and waits for nothing. */
export const borrowUnattended = (call: Call, wanted: string, connection: Connection): Promise<Lent> =>
  lend(call, wanted, connection, withoutConfirmation)

async function lend(
  call: Call,
  wanted: string | undefined,
  connection: Connection,
  confirmed: (role: string, ask: (stepUp?: string) => Promise<Lent>) => Promise<Lent>,
): Promise<Lent> {
  const { gateway } = connection
  const seconds = secondsAsked(call)
  const reason = reasonGiven(call)
  const { role } = await findOrPickRole(call, (await gateway.roles()).read, wanted)
  const lent = await confirmed(role, (stepUp) =>
    gateway.credentials({
      role,
      ...lengthIn(seconds, call),
      ...(reason !== undefined && { reason }),
      ...(stepUp !== undefined && { stepUp }),
    }),
  ).catch(sayingWhatWaits(call, connection))
  if (seconds !== undefined && lent.seconds < seconds) {
    call.say(`Shortened to ${printDuration(lent.seconds)}, by: ${lent.limitedBy}.`)
  }
  return lent
}

/**
 * Without a length, the role's default may be a time of day: by this machine's clock, as for a browser. If the machine
 * is set to UTC, as servers and containers are, that says nothing about the person, and the gateway's own zone counts
 * (DECISIONS.md 193).
 */
export function lengthIn(
  seconds: number | undefined,
  { world: { timeZone } }: Pick<Call, 'world'>,
): { readonly seconds?: number; readonly timeZone?: string } {
  if (seconds !== undefined) return { seconds }
  return /^(?:UTC|GMT|Etc\/.*)$/.test(timeZone) ? {} : { timeZone }
}

/** The reason given by --reason, as the gateway takes it. */
export function reasonGiven({ text, misused }: Call): string | undefined {
  const reason = text('reason')?.trim()
  if (reason === undefined || isReason(reason)) return reason
  throw misused(`A reason is one line of at most ${LONGEST_REASON} characters.`)
}

/** The length asked for by -d, else by ROLEGATE_DURATION; undefined leaves it to the gateway. */
export function secondsAsked({ text, world, misused }: Call): number | undefined {
  const flag = text('duration')
  const typed = flag ?? (world.env['ROLEGATE_DURATION'] || undefined)
  if (typed === undefined) return undefined
  const seconds = secondsOf(typed, world)
  const fault = faultOf(typed, seconds)
  if (fault === undefined) return seconds
  throw flag === undefined
    ? failure('config_invalid', { title: 'ROLEGATE_DURATION is unusable', detail: fault })
    : misused(fault)
}

/** How long an approval is asked for. */
export function approvalSeconds(typed: string, { world, misused }: Call): number | undefined {
  const seconds = secondsOf(typed, world)
  const fault = faultOf(typed, seconds, APPROVED)
  if (fault !== undefined) throw misused(fault)
  return seconds
}

function secondsOf(typed: string, { now, timeZone }: CliWorld): number | undefined {
  const until = parseUntil(typed)
  return until === undefined ? parseDuration(typed) : secondsUntil(until, now(), timeZone)
}

const LENT = {
  least: LEAST_SECONDS,
  most: MOST_SECONDS,
  tooShort: `AWS lends for at least ${printDuration(LEAST_SECONDS)}.`,
  tooLong: `AWS lends for at most ${printDuration(MOST_SECONDS)}.`,
}
const APPROVED = {
  least: LEAST_APPROVAL_SECONDS,
  most: MOST_APPROVAL_SECONDS,
  tooShort: `An approval is for ${printDuration(LEAST_APPROVAL_SECONDS)} at least.`,
  tooLong: `An approval is for ${printDuration(MOST_APPROVAL_SECONDS)} at most.`,
}

function faultOf(typed: string, seconds: number | undefined, bounds = LENT): string | undefined {
  if (/^\d+$/.test(typed)) return `“${typed}” names no unit: write ${typed}s, ${typed}m or ${typed}h.`
  if (typed.startsWith('until') && seconds === undefined) return `“${typed}” names no time: write until 18:00.`
  if (seconds === undefined) return `“${typed}” is no duration: write 15m, 3h, 1h30m or until 18:00.`
  if (seconds >= bounds.least && seconds <= bounds.most) return undefined
  const fromNow = typed.startsWith('until') ? `“${typed}” is ${printDuration(seconds)} from now. ` : ''
  return `${fromNow}${seconds < bounds.least ? bounds.tooShort : bounds.tooLong}`
}
