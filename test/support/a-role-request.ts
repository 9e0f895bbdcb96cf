import type { RuleIndex } from '../../src/domain/entitlement/compile.ts'
import type { Approved, RoleRequest } from '../../src/domain/request/role-request.ts'
import { personIn } from '../../src/domain/request/role-request.ts'
import { weighed } from '../../src/domain/request/worth.ts'
import type { RequestsOf } from '../../src/usecases/request/requests-of.ts'
import { aPrincipal } from './a-principal.ts'
import { NINE, secondsAfter } from './a-session.ts'

/** Of somebody who has asked nobody for anything. */
export const noRequests: RequestsOf = { about: async () => [], all: async () => [] }

/** What requests are worth by these rules, while nothing else has become of anybody. */
export const weighedBy = (index: RuleIndex, now: Date, requests: readonly RoleRequest[]) =>
  requests.map((request) => weighed(request, { index, now, isTheirs: () => true, isEnded: () => false }))

export const aLead = (changes: Parameters<typeof aPrincipal>[0] = {}) =>
  aPrincipal({
    subject: 'oid-2',
    username: 'lena@example.com',
    email: 'lena@example.com',
    groups: ['leads'],
    ...changes,
  })

type Asked = Extract<RoleRequest, { status: 'asked' }>

/** Alice asks at nine to be admin in production for four hours. */
export const aRoleRequest = (changes: Partial<Asked> = {}): Asked => ({
  id: 'req-1',
  person: personIn(aPrincipal()),
  role: 'payments-prod/admin',
  roleId: 'arn:aws:iam::012345678901:role/rolegate/Admin',
  wanted: ['role admin'],
  via: { rule: 'payments-team', group: 'payments' },
  reason: 'INC-123',
  seconds: 4 * 3600,
  askedAt: NINE,
  expiresAt: secondsAfter(NINE, 86_400),
  status: 'asked',
  ...changes,
})

/** What her lead approved at once. */
export const anApproved = (changes: Partial<Approved> = {}): Approved => ({
  ...aRoleRequest(),
  answeredBy: personIn(aLead()),
  groups: ['leads'],
  allGroups: ['leads'],
  answeredAt: NINE,
  grantedSeconds: 4 * 3600,
  status: 'approved',
  ...changes,
})
