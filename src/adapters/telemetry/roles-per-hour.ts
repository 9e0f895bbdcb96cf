import { identityOf, type Principal } from '../../domain/sign-in/principal.ts'

const HOUR_MS = 3_600_000

/**
 * When somebody is handed a role: how many different roles they have had within the hour that began with their first
 * (threats.md P7). Undefined if they already had this one in that hour. Each process counts only what it handed over.
 */
export function makeRolesPerHour(): (principal: Principal, roleArn: string, at: Date) => number | undefined {
  const hours = new Map<string, { readonly endsAt: number; readonly roles: Set<string> }>()
  let swept = 0

  /** Hours that are over: looked at once in one. */
  function sweep(at: number): void {
    if (at - swept < HOUR_MS) return
    swept = at
    for (const [whose, { endsAt }] of hours) if (endsAt <= at) hours.delete(whose)
  }

  return (principal, roleArn, date) => {
    const at = date.getTime()
    sweep(at)
    const whose = identityOf(principal)
    const known = hours.get(whose)
    const hour = known !== undefined && known.endsAt > at ? known : { endsAt: at + HOUR_MS, roles: new Set<string>() }
    hours.set(whose, hour)
    if (hour.roles.has(roleArn)) return undefined
    return hour.roles.add(roleArn).size
  }
}
