import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import type { Rule } from '../../../src/domain/entitlement/rule.ts'
import { makeExplainRole } from '../../../src/usecases/entitlement/explain-role.ts'
import { aRoleKind, anIndex, aRule } from '../../support/a-mapping.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { muchAsked } from '../../support/a-request-world.ts'
import { noRequests, weighedBy } from '../../support/a-role-request.ts'
import { aRequest, aSession, NINE } from '../../support/a-session.ts'

const closing = closingBy({ console: true, except: new Set() })
const secret = aRoleKind({ key: 'admin', roleName: 'rolegate/Admin', discoverable: false })
const deny = aRule({ id: 'nobody', effect: 'deny', match: { everyone: true }, roles: ['admin'] })
const grant = aRule({ roles: ['admin'] })
const explainedBy = (rules: readonly Rule[]) => () =>
  makeExplainRole({
    rules: () => anIndex({ roles: [secret], rules }),
    closing,
    requestsOf: noRequests,
    now: () => NINE,
  })(aSession(), aRequest(), 'payments-prod/admin')

describe('a role whose way in is kept from those who lack it (threats.md P3)', () => {
  it.each([
    ['no rule gives it to them', []],
    ['a deny covers it that no grant of theirs stands against', [deny]],
  ])('is unknown where %s', async (_where, rules) => {
    expect(await refusalFrom(explainedBy(rules)())).toMatchObject({ code: 'role_unknown' })
  })

  it('is explained to whom a grant would open it, denied or not', async () => {
    expect(await explainedBy([grant])()).toMatchObject({ because: 'granted' })
    expect(await explainedBy([grant, deny])()).toMatchObject({ because: 'denied_by_rule' })
  })
})

describe('a role that takes an approval, of whoever has asked for as much as may wait (threats.md P7)', () => {
  const { index, requests } = muchAsked()
  const explained = (role: string, asked = requests) =>
    makeExplainRole({
      rules: () => index,
      closing,
      requestsOf: { about: async () => weighedBy(index, NINE, asked) },
      now: () => NINE,
    })(aSession(), aRequest(), role)

  it('is not one that they could ask for, and it says so', async () => {
    const { because, unmet } = await explained('team-20/admin')
    expect([because, unmet.at(-1)]).toEqual(['condition_unmet', 'too_many_requests'])
    expect(await explained('team-20/admin', requests.slice(1))).toMatchObject({ because: 'approval_required' })
  })

  it('is as ever where it is one of those', async () => {
    expect(await explained('team-0/admin')).toMatchObject({ because: 'approval_required' })
  })
})
