import { describe, expect, it } from 'vitest'
import { policyTextOf, type SessionPolicy } from '../../../src/domain/aws/session-policy.ts'
import type { Account } from '../../../src/domain/entitlement/rule.ts'
import { aHandOver, LENT, SIGN_IN_URL } from '../../support/a-hand-over.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPassThrough } from '../../support/a-pass-through.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest } from '../../support/a-session.ts'

const POLICY: SessionPolicy = {
  inline: { json: '{"Version":"2012-10-17","Statement":[]}', hash: 'a'.repeat(64) },
  managed: ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
}
const ofRole = (more: Parameters<typeof aRoleKind>[0] = {}) => ({ roles: [aRoleKind({ bindIp: true, ...more })] })
const ofGrant = (more: Parameters<typeof aRule>[0] = {}) => ({ rules: [aRule({ bindIp: true, ...more })] })
const nothing = () => Promise.resolve('prepared')
const from = (address: string) => ({ request: aRequest({ address }) })

describe('a role that is bound to the address that asks (threats.md R12)', () => {
  it.each([
    ['the role', ofRole()],
    ['the grant', ofGrant()],
    ['both', { ...ofRole(), ...ofGrant() }],
  ])('by %s: AWS is told, and the record says so', async (_, mapping) => {
    const { takeRole, ask, assumed, recorded } = aHandOver({ mapping: aMapping(mapping) })
    await takeRole('credentials', ask(from('::ffff:52.94.76.9')), nothing)
    expect(assumed).toMatchObject([{ policy: { boundTo: '52.94.76.9', arns: [] } }])
    expect(recorded).toMatchObject([
      { event: 'intent', facts: { bindIp: true } },
      { event: 'issued', facts: { bindIp: true } },
    ])
    for (const { facts } of recorded as { facts: object }[]) {
      expect(facts).not.toHaveProperty('policyHash')
      // `client_ip` has it, and may be redacted (threats.md P8).
      expect(JSON.stringify(facts)).not.toContain('52.94.76.9')
    }
  })

  it('by a grant is bound by that grant alone', async () => {
    const rules = [aRule({ id: 'bound', bindIp: true, maxSeconds: 900 }), aRule({ id: 'free' })]
    const { takeRole, ask, assumed, recorded } = aHandOver({ mapping: aMapping({ rules }) })
    await takeRole('credentials', ask(), nothing)
    expect(recorded[0]).toMatchObject({ facts: { rule: 'free' } })
    expect(assumed[0]).not.toHaveProperty('policy')
  })

  it('is not made by a grant that could not be bound to where they ask from, while another is usable from there', async () => {
    const rules = [aRule({ id: 'bound', bindIp: true }), aRule({ id: 'free', maxSeconds: 900 })]
    for (const [address, used] of [
      ['52.94.76.7', 'bound'],
      ['10.1.2.3', 'free'],
    ] as const) {
      const { takeRole, ask, recorded } = aHandOver({ mapping: aMapping({ rules }) })
      await takeRole('credentials', ask(from(address)), nothing)
      expect(recorded[0]).toMatchObject({ facts: { rule: used } })
    }
  })

  it('by the role is so by every grant', async () => {
    const rules = [aRule({ id: 'short', maxSeconds: 900 }), aRule({ id: 'long' })]
    const { takeRole, ask, assumed } = aHandOver({ mapping: aMapping({ ...ofRole(), rules }) })
    await takeRole('credentials', ask(), nothing)
    expect(assumed[0]).toMatchObject({ policy: { boundTo: '52.94.76.7' } })
  })

  it.each([
    ['the role’s', ofRole({ sessionPolicy: POLICY })],
    ['the grant’s', { ...ofRole(), ...ofGrant({ sessionPolicy: POLICY }) }],
  ])('keeps %s policy, whose hash is that of the file’s text', async (_, mapping) => {
    const { takeRole, ask, assumed, recorded } = aHandOver({ mapping: aMapping(mapping) })
    await takeRole('credentials', ask(), nothing)
    expect(assumed).toMatchObject([{ policy: { inline: POLICY.inline, arns: POLICY.managed, boundTo: '52.94.76.7' } }])
    expect(policyTextOf(assumed[0]?.policy ?? { arns: [] })).not.toContain('"Allow"')
    expect(recorded[0]).toMatchObject({ facts: { policyHash: POLICY.inline?.hash, bindIp: true } })
  })

  it.each([
    ['', 'address_unknown'],
    ['unknown', 'address_unknown'],
    ['52.94.76.0/0', 'address_unknown'],
    ['10.20.0.1', 'address_private'],
    ['127.0.0.1', 'address_private'],
    ['fd00::1', 'address_private'],
  ])('is not given to %j, and AWS is not asked (%s)', async (address, reason) => {
    for (const mapping of [ofRole(), ofGrant(), ofRole({ sessionPolicy: POLICY })]) {
      const { takeRole, ask, assumed, happened } = aHandOver({ mapping: aMapping(mapping) })
      const refusal = await refusalFrom(takeRole('credentials', ask(from(address)), nothing))
      expect(refusal).toMatchObject({ code: 'condition_unmet', reason })
      expect(assumed).toEqual([])
      expect(happened).toEqual(['refused'])
    }
  })

  it('is withheld where a reload has bound it meanwhile', async () => {
    const gateway = aHandOver()
    gateway.world.sts = () => {
      gateway.world.rules = anIndex(ofRole())
      return Promise.resolve(LENT)
    }
    expect((await refusalFrom(gateway.takeRole('credentials', gateway.ask(), nothing))).code).toBe('not_entitled')
    expect(gateway.happened).toContain('withheld')
  })

  it('opens its console bound to the browser’s address', async () => {
    const gateway = aHandOver({ mapping: aMapping(ofRole()) })
    expect(await gateway.openConsole.move(gateway.ask(from('52.94.76.9')))).toEqual({ url: SIGN_IN_URL })
    expect(gateway.assumed).toMatchObject([{ policy: { boundTo: '52.94.76.9' } }])
  })
})

describe('where a browser would carry the assertion, and could leave the binding out', () => {
  const at = (account: Partial<Account>) => ({ accounts: [anAccount(account)] })
  const both = [
    ['a role', ofRole()],
    ['a grant', ofGrant()],
  ] as const

  it.each(both)(
    'the console of %s goes by AssumeRoleWithSAML and a sign-in URL (threats.md F6)',
    async (_, mapping) => {
      const gateway = aHandOver({ mapping: aMapping({ ...at({ sts: 'saml', samlPost: true }), ...mapping }) })
      gateway.world.strategies.set('saml', { kind: 'saml', providerName: 'rolegate' })
      expect(await gateway.openConsole.move(gateway.ask())).toEqual({ url: SIGN_IN_URL })
      expect(gateway.assumed).toMatchObject([{ assertion: { kind: 'saml' }, policy: { boundTo: '52.94.76.7' } }])
      const refusal = await refusalFrom(gateway.halves.releaseAssertion(gateway.ask(), () => undefined))
      expect(refusal).toMatchObject({ code: 'internal', reason: 'policy_left_out' })
    },
  )

  it.each(both)('the IdP’s own is never sent for, for %s (threats.md F7)', async (_, mapping) => {
    const accounts = [anAccount({ sts: 'own', passThroughIdp: 'entra' })]
    const gateway = aPassThrough({ mapping: aMapping({ accounts, ...mapping }) })
    const refusal = await refusalFrom(gateway.begin('console', gateway.ask()))
    expect(refusal).toMatchObject({ code: 'condition_unmet', reason: 'bind_ip_passed_through' })
    expect(gateway.happened).toEqual(['refused'])
  })
})
