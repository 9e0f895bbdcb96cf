import { describe, expect, it } from 'vitest'
import { decide } from '../../src/domain/entitlement/decide.ts'
import type { RoleRequest, Weighed } from '../../src/domain/request/role-request.ts'
import { roleApproval } from '../../src/http/role-approval.ts'
import { aTarget } from '../support/a-mapping.ts'
import { aPrincipal } from '../support/a-principal.ts'
import { indexAsking, muchAsked } from '../support/a-request-world.ts'
import { aRoleRequest } from '../support/a-role-request.ts'
import { aMoment, NINE } from '../support/a-session.ts'

const waiting = (request: RoleRequest): Weighed => ({ request, standing: 'asked' })

function shown(index: ReturnType<typeof indexAsking>, role: string, requests: readonly Weighed[]) {
  const principal = aPrincipal()
  const decision = decide(index, principal, aTarget(index, role), aMoment({ requests }))
  if (!('entitlement' in decision)) throw new Error('it is not theirs')
  const { mapping } = index
  return roleApproval(principal, decision.entitlement, requests, { mapping, idpLabel: (idp) => idp, now: NINE })
}

describe('on the page of a role that somebody approves', () => {
  it('that nothing could be given comes before that it waits (threats.md I3)', () => {
    const index = indexAsking(undefined, undefined, {}, new Map([['entra', 'employee_id']]))
    const requests = [waiting(aRoleRequest())]
    expect(shown(index, 'payments-prod/admin', requests)).toMatchObject({
      approval: { refused: expect.stringContaining('“employee_id”'), before: { standing: 'asked' } },
    })
  })

  it('what waits is shown however much else does, and of another role that too much waits (threats.md P7)', () => {
    const { index, requests } = muchAsked()
    const all = requests.map(waiting)
    expect(shown(index, 'team-3/admin', all)).toMatchObject({ approval: { pending: { href: '/approvals/req-3' } } })
    expect(shown(index, `team-${requests.length}/admin`, all)).toMatchObject({
      approval: { refused: expect.stringContaining('roles that wait') },
    })
  })
})
