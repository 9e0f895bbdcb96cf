import type { SessionPolicy } from '../aws/session-policy.ts'
import { printDuration } from '../entitlement/duration.ts'
import type { Requirement } from '../entitlement/requirement.ts'
import { printTimeWindow } from '../entitlement/time-window.ts'
import { factsOf } from './facts.ts'

/** `mfa within 10m, ip 203.0.113.0/24, a reason`: what is asked for beside groups, as the file names it. */
export function printRequirement(requirement: Requirement): string {
  const { mfaSeconds, networks, windows, reason, approval, ...others } = requirement
  return [
    ...(mfaSeconds === undefined ? [] : [`mfa within ${printDuration(mfaSeconds)}`]),
    ...(networks === undefined ? [] : [`ip ${networks.ranges.join(' or ')}`]),
    ...(windows === undefined ? [] : [`time ${windows.map(printTimeWindow).join(' or ')}`]),
    ...(reason === undefined ? [] : [`a reason${reason.pattern === undefined ? '' : ` like ${reason.pattern}`}`]),
    ...(approval === undefined
      ? []
      : [
          `approval by ${approval.idp}: ${approval.groups.join(', ')}, for ${printDuration(approval.validSeconds)} at most`,
        ]),
    // What nobody foresaw is said too.
    ...Object.entries(factsOf(others)).map(([key, text]) => `${key} ${text}`),
  ].join(', ')
}

/** Named, not quoted: a policy is as long as a page. */
export const printSessionPolicy = ({ inline, managed }: SessionPolicy): string =>
  [...(inline === undefined ? [] : [`inline ${inline.hash.slice(0, 12)}`]), ...managed].join(' + ')
