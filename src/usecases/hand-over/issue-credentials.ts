import type { HandOverRequest } from './plan-hand-over.ts'
import type { Taken, TakeRole } from './take-role.ts'

export type IssueCredentials = (ask: HandOverRequest) => Promise<Taken>

/** Short-lived credentials for one role, to whoever asked, by the channel that asked (security.md T-20). */
export function makeIssueCredentials(deps: { takeRole: TakeRole }): IssueCredentials {
  return async function issueCredentials(ask) {
    const { taken } = await deps.takeRole('credentials', ask, () => () => Promise.resolve())
    return taken
  }
}
