import { describe, expect, it } from 'vitest'
import type { SessionPolicy } from '../../../src/domain/aws/session-policy.ts'
import type { Account } from '../../../src/domain/entitlement/rule.ts'
import { aHandOver, LENT, SIGN_IN_URL } from '../../support/a-hand-over.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPassThrough } from '../../support/a-pass-through.ts'
import { refusalFrom } from '../../support/a-refusal.ts'

const INLINE = { json: '{"Version":"2012-10-17"}', hash: 'a'.repeat(64) }
const POLICY: SessionPolicy = { inline: INLINE, managed: ['team/Boundary', 'arn:aws:iam::aws:policy/ReadOnlyAccess'] }
const ARNS = ['arn:aws:iam::012345678901:policy/team/Boundary', 'arn:aws:iam::aws:policy/ReadOnlyAccess']

const ofRole = (sessionPolicy: SessionPolicy = POLICY) => ({ roles: [aRoleKind({ sessionPolicy })] })
const ofGrant = (sessionPolicy: SessionPolicy = POLICY) => ({ rules: [aRule({ sessionPolicy })] })
const nothing = () => Promise.resolve('prepared')

describe('a session policy', () => {
  it.each([
    ['of the role', ofRole()],
    ['of the grant', ofGrant()],
  ])('%s goes to STS whole, and is on record before and after (security.md T-11)', async (_, mapping) => {
    const { takeRole, ask, assumed, recorded } = aHandOver({ mapping: aMapping(mapping) })
    await takeRole('credentials', ask(), nothing)
    expect(assumed).toMatchObject([{ policy: { inline: INLINE, arns: ARNS } }])
    expect(recorded).toMatchObject([
      { event: 'intent', facts: { policyHash: INLINE.hash, policyArns: ARNS } },
      { event: 'issued', facts: { policyHash: INLINE.hash, policyArns: ARNS } },
    ])
  })

  it('that there is not has no field, at STS or on record', async () => {
    const { takeRole, ask, assumed, recorded } = aHandOver()
    await takeRole('credentials', ask(), nothing)
    expect(assumed[0]).not.toHaveProperty('policy')
    for (const event of recorded) {
      expect(event).not.toHaveProperty('facts.policyHash')
      expect(event).not.toHaveProperty('facts.policyArns')
    }
  })

  it('of a grant is for that grant: what another opens is as wide as that says', async () => {
    const rules = [aRule({ id: 'narrow', sessionPolicy: POLICY, maxSeconds: 900 }), aRule({ id: 'wide' })]
    const { takeRole, ask, assumed, recorded } = aHandOver({ mapping: aMapping({ rules }) })
    await takeRole('credentials', ask(), nothing)
    expect(recorded[0]).toMatchObject({ facts: { rule: 'wide' } })
    expect(assumed[0]).not.toHaveProperty('policy')
  })

  it('of the role is for every grant, the longest too (threats.md R11)', async () => {
    const rules = [aRule({ id: 'short', maxSeconds: 900 }), aRule({ id: 'long' })]
    const { takeRole, ask, assumed } = aHandOver({ mapping: aMapping({ ...ofRole(), rules }) })
    await takeRole('credentials', ask(), nothing)
    expect(assumed[0]).toMatchObject({ policy: { inline: INLINE } })
  })

  it('says on record how much of what AWS packs it takes', async () => {
    const gateway = aHandOver({ mapping: aMapping(ofRole()) })
    gateway.world.sts = () => Promise.resolve({ ...LENT, packedPolicySize: 41 })
    await gateway.takeRole('credentials', gateway.ask(), nothing)
    expect(gateway.recorded[1]).toMatchObject({ event: 'issued', packedPolicySize: 41 })
  })
})

describe('a session that a reload has narrowed meanwhile is withheld', () => {
  it.each([
    ['by a policy, where there was none', {}, ofRole()],
    ['by another policy', ofRole(), ofRole({ ...POLICY, inline: { ...INLINE, hash: 'b'.repeat(64) } })],
    ['by fewer policies', ofRole(), ofRole({ inline: INLINE, managed: ['team/Boundary'] })],
    ['on its grant', {}, ofGrant()],
  ])('%s', async (_, before, after) => {
    const gateway = aHandOver({ mapping: aMapping(before) })
    gateway.world.sts = () => {
      gateway.world.rules = anIndex(after)
      return Promise.resolve(LENT)
    }
    expect((await refusalFrom(gateway.takeRole('credentials', gateway.ask(), nothing))).code).toBe('not_entitled')
    expect(gateway.recorded.map(({ event }) => event)).toEqual(['intent', 'withheld'])
  })
})

describe('where a browser would carry the assertion, and could leave the policy out', () => {
  const POSTING = { sts: 'saml', samlPost: true } as const
  const at = (account: Partial<Account>) => ({ accounts: [anAccount(account)] })

  it.each([
    ['a role', ofRole()],
    ['a grant', ofGrant()],
  ])(
    'the console of %s with a policy goes by AssumeRoleWithSAML and a sign-in URL (threats.md F6)',
    async (_, mapping) => {
      const gateway = aHandOver({ mapping: aMapping({ ...at(POSTING), ...mapping }) })
      gateway.world.strategies.set('saml', { kind: 'saml', providerName: 'rolegate' })
      expect(await gateway.openConsole.move(gateway.ask())).toEqual({ url: SIGN_IN_URL })
      expect(gateway.assumed).toMatchObject([{ assertion: { kind: 'saml' }, policy: { inline: INLINE, arns: ARNS } }])
      expect(gateway.happened).not.toContain('bearer_released_to_browser')
    },
  )

  it('our assertion is never released with a policy, whoever asks', async () => {
    const gateway = aHandOver({ mapping: aMapping({ ...at(POSTING), ...ofRole() }) })
    gateway.world.strategies.set('saml', { kind: 'saml', providerName: 'rolegate' })
    const refusal = await refusalFrom(gateway.halves.releaseAssertion(gateway.ask(), () => undefined))
    expect(refusal).toMatchObject({ code: 'internal', reason: 'policy_left_out' })
    expect(gateway.happened).toEqual(['refused'])
  })

  it.each([
    ['a role', ofRole()],
    ['a grant', ofGrant()],
  ])('the IdP’s own is never sent for with a policy of %s (threats.md F7)', async (_, mapping) => {
    const accounts = [anAccount({ sts: 'own', passThroughIdp: 'entra' })]
    const gateway = aPassThrough({ mapping: aMapping({ accounts, ...mapping }) })
    const refusal = await refusalFrom(gateway.begin('console', gateway.ask()))
    expect(refusal).toMatchObject({ code: 'condition_unmet', reason: 'policy_passed_through' })
    expect(gateway.happened).toEqual(['refused'])
  })
})
