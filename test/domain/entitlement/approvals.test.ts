import { describe, expect, it } from 'vitest'
import { decide } from '../../../src/domain/entitlement/decide.ts'
import { durationOf } from '../../../src/domain/entitlement/duration.ts'
import type { Approval } from '../../../src/domain/entitlement/requirement.ts'
import type { RoleKind } from '../../../src/domain/entitlement/rule.ts'
import { personIn, type RoleRequest } from '../../../src/domain/request/role-request.ts'
import { aMapping, anIndex, aRoleKind, aRule, aTarget } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aLead, anApproved, aRoleRequest, weighedBy } from '../../support/a-role-request.ts'
import { aMoment, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600
const BY_LEADS: Approval = { of: 'role admin', idp: 'entra', groups: ['leads'], validSeconds: 4 * HOUR }
const admin = (approval: Approval = BY_LEADS, changes: Partial<RoleKind> = {}) =>
  aRoleKind({ key: 'admin', roleName: 'rolegate/Admin', maxSeconds: 12 * HOUR, requires: [{ approval }], ...changes })
const rules = [aRule({ accounts: ['payments-prod', 'payments-dev'], roles: ['admin', 'readonly'] })]
const indexOf = (kind: RoleKind = admin()) =>
  anIndex({ rules, roles: [kind, aRoleKind({ key: 'readonly', roleName: 'rolegate/ReadOnly' })] })

function decided(
  requests: readonly RoleRequest[],
  { index = indexOf(), name = 'payments-prod/admin', principal = aPrincipal(), now = NINE } = {},
) {
  return decide(index, principal, aTarget(index, name), aMoment({ now, requests: weighedBy(index, now, requests) }))
}

describe('an approval', () => {
  it('opens the role it was asked for, until it ends', () => {
    expect(decided([])).toMatchObject({ allowed: false, code: 'approval_required' })
    expect(decided([anApproved()])).toMatchObject({
      allowed: true,
      entitlement: { approval: { id: 'req-1', until: secondsAfter(NINE, 4 * HOUR), by: 'lena@example.com' } },
    })
    expect(decided([anApproved()], { now: secondsAfter(NINE, 4 * HOUR) })).toMatchObject({ code: 'approval_required' })
  })

  it.each([
    ['nobody has answered', aRoleRequest()],
    ['somebody’s word is not on record', { ...anApproved(), status: 'approving' as const }],
    ['it was denied', { ...aRoleRequest(), ...anApproved(), status: 'denied' as const }],
    ['it was taken back', { ...aRoleRequest(), status: 'cancelled' as const, endedAt: NINE }],
    ['it was ended', { ...anApproved(), status: 'ended' as const, endedAt: NINE, endedBy: personIn(aLead()) }],
    ['it is for another role', anApproved({ roleId: 'arn:aws:iam::012345678901:role/rolegate/ReadOnly' })],
    [
      'it is for the same role of another account',
      anApproved({ roleId: 'arn:aws:iam::123456789012:role/rolegate/Admin' }),
    ],
    ['it is for a narrower form of the role', anApproved({ roleId: `${anApproved().roleId}#narrow` })],
    ['it is of somebody else', anApproved({ person: personIn(aLead()) })],
    ['it is of another issuer’s', anApproved({ person: { ...anApproved().person, issuer: 'https://else' } })],
    ['their name was read from another claim', anApproved({ person: { ...anApproved().person, subjectClaim: 'oid' } })],
    ['it is for what another rule asks', anApproved({ wanted: ['rule another'] })],
    [
      'the file names approvers of another identity provider',
      anApproved({ answeredBy: personIn(aLead({ idp: 'okta' })) }),
    ],
    ['the file names other approvers by now', anApproved({ groups: ['former-leads'] })],
  ] satisfies [string, RoleRequest][])('opens nothing where %s', (_where, request) => {
    expect(decided([request])).toMatchObject({ allowed: false, code: 'approval_required' })
  })

  it('is of one account: the same role elsewhere stays closed (threats.md R1)', () => {
    expect(decided([anApproved()], { name: 'payments-dev/admin' })).toMatchObject({ code: 'approval_required' })
  })

  it('is no job’s, whatever its name (threats.md R3)', () => {
    const index = anIndex({
      rules: [aRule({ match: { workload: 'entra', claims: {} }, roles: ['admin'] })],
      roles: [admin()],
    })
    expect(decided([anApproved()], { index, principal: aPrincipal({ workload: true }) })).toMatchObject({
      code: 'approval_required',
    })
  })

  it('lasts no longer than the file says now, whatever was granted', () => {
    const index = indexOf(admin({ ...BY_LEADS, validSeconds: HOUR }))
    expect(decided([anApproved()], { index })).toMatchObject({
      entitlement: { approval: { until: secondsAfter(NINE, HOUR) } },
    })
    expect(decided([anApproved()], { index, now: secondsAfter(NINE, HOUR) })).toMatchObject({ allowed: false })
  })

  it('opens nothing that a deny closes', () => {
    const denying = anIndex({
      ...aMapping(),
      accounts: [...aMapping().accounts.values()],
      roles: [admin()],
      rules: [
        ...rules.map((rule) => ({ ...rule, roles: new Set(['admin']) })),
        aRule({ id: 'no', effect: 'deny', roles: ['admin'] }),
      ],
    })
    expect(decided([anApproved()], { index: denying })).toMatchObject({ code: 'denied_by_rule' })
  })

  it('opens nothing to somebody whose groups no longer do', () => {
    expect(decided([anApproved()], { principal: aPrincipal({ groups: [] }) })).toMatchObject({ code: 'not_entitled' })
  })

  it('is one of each where the role and the grant both ask', () => {
    const own = { approval: { ...BY_LEADS, of: 'rule payments-team', groups: ['leads', 'owners'] } }
    const index = anIndex({ roles: [admin()], rules: [aRule({ roles: ['admin'], require: own })] })
    expect(decided([anApproved()], { index })).toMatchObject({ code: 'approval_required' })
    const both = anApproved({ wanted: ['role admin', 'rule payments-team'] })
    expect(decided([both], { index })).toMatchObject({ allowed: true })
  })

  it('leaves a grant that needs none in use while that lasts longer', () => {
    const index = anIndex({
      roles: [aRoleKind({ key: 'admin', roleName: 'rolegate/Admin', maxSeconds: 12 * HOUR })],
      rules: [
        aRule({ id: 'asks', roles: ['admin'], require: { approval: { ...BY_LEADS, of: 'rule asks' } } }),
        aRule({ id: 'short', roles: ['admin'], maxSeconds: HOUR }),
      ],
    })
    const usedAt = (seconds: number) => {
      const decision = decided([anApproved({ wanted: ['rule asks'] })], { index, now: secondsAfter(NINE, seconds) })
      return 'entitlement' in decision ? decision.entitlement.via[0]?.rule : undefined
    }
    expect(usedAt(0)).toBe('asks')
    expect(usedAt(3 * HOUR + 1800)).toBe('short')
  })
})

describe('a session under an approval', () => {
  const lent = (left: number) => {
    const decision = decided([anApproved({ grantedSeconds: left })])
    if (!decision.allowed) throw new Error('it was not approved')
    return () => durationOf(decision.entitlement, { seconds: 3 * HOUR }, aSession(), NINE)
  }

  it('ends with it at the latest', () => {
    expect(lent(2 * HOUR)()).toEqual({ seconds: 2 * HOUR, limitedBy: 'approval' })
    expect(lent(4 * HOUR)()).toEqual({ seconds: 3 * HOUR, limitedBy: 'requested' })
    expect(lent(900)()).toEqual({ seconds: 900, limitedBy: 'approval' })
  })

  it('is refused when less is left than AWS lends for, and never rounded up (threats.md H4)', () => {
    expect(refusalOf(lent(899))).toMatchObject({ code: 'approval_required', values: { why: 'approval_ending' } })
  })
})
