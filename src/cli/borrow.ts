import { LEAST_SECONDS, parseDuration, printDuration } from '../domain/entitlement/duration.ts'
import type { Lent } from './answers.ts'
import type { Call, Connection, Option } from './command.ts'
import { failure } from './failure.ts'
import { findOrPickRole, requireRoleOrTerminal } from './pick-role.ts'

export const DURATION_OPTION = {
  type: 'string',
  short: 'd',
  value: 'DURATION',
  about: 'how long it lasts: 15m, 3h, 1h30m; default ROLEGATE_DURATION, then the role’s own',
} as const satisfies Option

export const REGION_OPTION = {
  type: 'string',
  short: 'r',
  value: 'REGION',
  about: 'the region to hand on; default AWS_REGION',
} as const satisfies Option

/** Credentials for the role a person named, or chooses at their terminal, for as long as they asked. */
export async function borrow(call: Call, wanted: string | undefined, connection?: Connection): Promise<Lent> {
  requireRoleOrTerminal(call, wanted)
  const seconds = secondsAsked(call)
  const { gateway } = connection ?? (await call.connect())
  const { role } = await findOrPickRole(call, (await gateway.roles()).read, wanted)
  const lent = await gateway.credentials({ role, ...(seconds !== undefined && { seconds }) })
  if (seconds !== undefined && lent.seconds < seconds) {
    call.say(`Shortened to ${printDuration(lent.seconds)}, by: ${lent.limitedBy}.`)
  }
  return lent
}

/** The length asked for by -d, else by ROLEGATE_DURATION; undefined leaves it to the gateway. */
export function secondsAsked({ text, world, misused }: Call): number | undefined {
  const flag = text('duration')
  const typed = flag ?? (world.env['ROLEGATE_DURATION'] || undefined)
  if (typed === undefined) return undefined
  const fault = faultOf(typed)
  if (fault === undefined) return parseDuration(typed)
  throw flag === undefined
    ? failure('config_invalid', { title: 'ROLEGATE_DURATION is unusable', detail: fault })
    : misused(fault)
}

function faultOf(typed: string): string | undefined {
  if (/^\d+$/.test(typed)) return `“${typed}” names no unit: write ${typed}s, ${typed}m or ${typed}h.`
  const seconds = parseDuration(typed)
  if (seconds === undefined) return `“${typed}” is no duration: write 15m, 3h or 1h30m.`
  return seconds < LEAST_SECONDS ? `AWS lends for at least ${printDuration(LEAST_SECONDS)}.` : undefined
}

/** The region handed on: -r, else the caller's AWS_REGION, else none. Checked, for some printed forms have no quotes. */
export function regionFor({ text, world, misused }: Call): string | undefined {
  const flag = text('region')
  const region = flag ?? (world.env['AWS_REGION'] || undefined)
  if (region === undefined || /^[a-z0-9-]{1,40}$/.test(region)) return region
  if (flag !== undefined) throw misused(`“${flag}” is no region: write eu-central-1.`)
  throw failure('config_invalid', { title: 'AWS_REGION names no region', next: 'Name one with -r.' })
}
