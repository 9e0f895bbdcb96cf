import { describe, expect, it } from 'vitest'
import { aHandOver, LENT } from '../../support/a-hand-over.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aSession, NINE } from '../../support/a-session.ts'
import { ADMIN_ARN, aUsedStepUp, STEP_UP_ID } from '../../support/a-step-up.ts'

const rules = [aRule({ roles: ['dev', 'admin'] })]
const ADMIN = 'payments-prod/admin'
const elevated = (session = aSession()) => aHandOver({ mapping: aMapping({ rules }), session })

describe('an elevated hand-over (threats.md H8)', () => {
  it('is made for its own step-up, and names it on record', async () => {
    const { issueCredentials, ask, recorded } = elevated()
    await issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() }))
    expect(recorded).toMatchObject([
      { event: 'intent', facts: { role: ADMIN, stepUp: STEP_UP_ID } },
      { event: 'issued', facts: { role: ADMIN, stepUp: STEP_UP_ID } },
    ])
  })

  it('is not made without one, however lately they signed in', async () => {
    const session = aSession({ authenticatedAt: NINE, mfaAt: NINE })
    const { issueCredentials, ask, happened, recorded } = elevated(session)
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN })))
    expect(refusal).toMatchObject({ code: 'step_up_required', values: { role: ADMIN, handOver: 'credentials' } })
    expect(happened).toEqual(['refused'])
    expect(recorded).toMatchObject([{ code: 'step_up_required', role: ADMIN }])
  })

  it.each([
    { because: 'of another session', stepUp: aUsedStepUp({ sessionId: 'session-2' }) },
    { because: 'for another role', stepUp: aUsedStepUp({}, { roleArn: ADMIN_ARN.replace('Admin', 'Root') }) },
    {
      because: 'for the same role in another account',
      stepUp: aUsedStepUp({}, { roleArn: ADMIN_ARN.replace('01', '10') }),
    },
    { because: 'for a console', stepUp: aUsedStepUp({}, { handOver: 'console' }) },
  ])('is not made for one $because', async ({ stepUp }) => {
    const { issueCredentials, ask, happened } = elevated()
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp })))
    expect([refusal.code, happened]).toEqual(['step_up_required', ['refused']])
  })

  it('is not made for somebody who has lost the role meanwhile, step-up or not', async () => {
    const { issueCredentials, ask, world } = elevated()
    world.rules = anIndex({ rules: [aRule({ roles: ['dev'] })] })
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })))
    expect(refusal.code).toBe('not_entitled')
  })

  it('is not made when a reload has given the role’s name to another one', async () => {
    const { issueCredentials, ask, world } = elevated()
    world.rules = anIndex({
      rules,
      roles: [aRoleKind(), aRoleKind({ key: 'admin', roleName: 'Root', elevated: true })],
    })
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })))
    expect(refusal.code).toBe('step_up_required')
  })

  it('is withheld when a reload makes the role elevated while AWS is asked (threats.md H5)', async () => {
    const gateway = elevated()
    gateway.world.sts = async () => {
      gateway.world.rules = anIndex({ roles: [aRoleKind({ elevated: true })] })
      return LENT
    }
    const refusal = await refusalFrom(gateway.issueCredentials(gateway.ask()))
    expect(refusal.code).toBe('step_up_required')
    expect(gateway.happened.at(-1)).toBe('withheld')
  })

  it.each(['device', 'token-exchange'] as const)(
    'is made for no %s session, step-up or not (threats.md D4, D16)',
    async (via) => {
      const { issueCredentials, ask } = elevated(aSession({ via }))
      const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })))
      expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'browser_session_for_elevated' } })
    },
  )

  it('is refused as ever where the IdP’s own assertion goes to AWS (threats.md F7)', async () => {
    const accounts = [anAccount({ sts: 'own', passThroughIdp: 'entra' })]
    const { issueCredentials, ask } = aHandOver({ mapping: aMapping({ rules, accounts }) })
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })))
    expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'elevated_passed_through' } })
  })
})
