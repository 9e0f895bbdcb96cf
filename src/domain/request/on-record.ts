import type { ApprovalFacts, GrantFacts } from '../audit/facts.ts'
import { arnIn } from '../entitlement/role-id.ts'
import { approvedUntil, type RoleRequest } from './role-request.ts'

/** What every record says of a request: who wants what, why, and what asks for somebody's word. */
export const askedForRecord = (request: RoleRequest): Omit<ApprovalFacts, 'configHash'> => ({
  approval: request.id,
  role: request.role,
  roleArn: arnIn(request.roleId),
  rule: request.via.rule,
  group: request.via.group,
  wanted: request.wanted,
  seconds: request.seconds,
  reasonGiven: request.reason,
  expiresAt: request.expiresAt,
  requester: request.person.subject,
  requesterIssuer: request.person.issuer,
  requesterName: request.person.username,
})

/** What it says of the answer, where there is one: by which groups of theirs, and of a yes for how long and until when. */
export const answerForRecord = (request: RoleRequest): GrantFacts => ({
  ...('answeredBy' in request && { approvingGroups: request.groups }),
  ...('grantedSeconds' in request && { seconds: request.grantedSeconds, until: approvedUntil(request) }),
  ...('note' in request && { note: request.note }),
})
