import { describe, expect, it } from 'vitest'
import { aHandOver } from '../../support/a-hand-over.ts'
import { aMapping, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { ADMIN_ARN, aUsedStepUp } from '../../support/a-step-up.ts'

const ADMIN = aRoleKind({ key: 'admin', roleName: 'rolegate/Admin', elevated: true })
const LOOK = aRoleKind({ ...ADMIN, key: 'look', variantOf: 'admin', sessionPolicy: { managed: ['team/Look'] } })
const gatewayWith = (roles = ['admin', 'look']) =>
  aHandOver({ mapping: aMapping({ roles: [ADMIN, LOOK], rules: [aRule({ roles })] }) })
const stepUpFor = (roleArn: string) => aUsedStepUp({}, { roleArn })

describe('a variant of a role (threats.md R2)', () => {
  it('is taken by its own name, and narrowed', async () => {
    const { issueCredentials, ask, assumed } = gatewayWith()
    await issueCredentials(ask({ role: 'payments-prod/look', stepUp: stepUpFor(`${ADMIN_ARN}#look`) }))
    expect(assumed).toMatchObject([
      { roleArn: ADMIN_ARN, policy: { arns: ['arn:aws:iam::012345678901:policy/team/Look'] } },
    ])
  })

  it.each([
    ['of the variant for the base', 'admin', `${ADMIN_ARN}#look`],
    ['of the base for the variant', 'look', ADMIN_ARN],
  ])('a step-up %s is none (threats.md H8)', async (_, key, made) => {
    const { issueCredentials, ask } = gatewayWith()
    const refusal = await refusalFrom(issueCredentials(ask({ role: `payments-prod/${key}`, stepUp: stepUpFor(made) })))
    expect(refusal.code).toBe('step_up_required')
  })

  it('is not had by the ARN: that is the base’s name, and the base is another’s', async () => {
    const { issueCredentials, ask } = gatewayWith(['look'])
    expect((await refusalFrom(issueCredentials(ask({ role: ADMIN_ARN })))).code).toBe('not_entitled')
  })
})
