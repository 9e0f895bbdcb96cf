import type { ReasonRule, Requirement } from '../domain/entitlement/requirement.ts'
import { parseTimeWindow } from '../domain/entitlement/time-window.ts'
import { rangesOf } from './networks.ts'
import { patternOf } from './patterns.ts'
import type { RequireEntry } from './require-schema.ts'
import { itemsOf } from './selectors.ts'

/** `require` as decisions read it, from a file that has passed every check. `of`: `role admin`, `rule prod-on-request`. */
export function requirementOf(entry: RequireEntry, of: string): Requirement {
  const { mfa_within: mfaSeconds, ip, time, reason, approval } = entry
  return {
    ...(mfaSeconds !== undefined && { mfaSeconds }),
    ...(ip !== undefined && { networks: rangesOf(itemsOf(ip)) }),
    ...(time !== undefined && { windows: itemsOf(time).flatMap((text) => parseTimeWindow(text) ?? []) }),
    ...(reason !== undefined && { reason: reasonRuleOf(reason) }),
    ...(approval !== undefined && {
      approval: {
        of,
        idp: approval.by.idp,
        groups: groupsOf(approval.by),
        validSeconds: approval.valid_for,
      },
    }),
  }
}

const groupsOf = ({ group, any_of: anyOf }: NonNullable<RequireEntry['approval']>['by']): readonly string[] => [
  ...new Set(anyOf ?? (group === undefined ? [] : [group])),
]

function reasonRuleOf(entry: NonNullable<RequireEntry['reason']>): ReasonRule {
  if (entry === true) return { fits: () => true }
  const { pattern, hint } = entry
  const read = patternOf(pattern)
  return { pattern, hint, fits: (text) => read.captures(text) !== undefined }
}
