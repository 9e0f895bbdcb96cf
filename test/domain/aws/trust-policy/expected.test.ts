import { describe, expect, it } from 'vitest'
import { evaluateTrustPolicy } from '../../../../src/domain/aws/trust-policy/evaluate.ts'
import { expectedTrustPolicy, isPosted } from '../../../../src/domain/aws/trust-policy/expected.ts'
import type { Egress } from '../../../../src/domain/aws/trust-policy/generate.ts'
import type { RoleKind } from '../../../../src/domain/entitlement/rule.ts'
import { aMapping, anAccount, aRoleKind } from '../../../support/a-mapping.ts'

const WEB = { issuer: 'https://aws.example.com', audience: 'sts.amazonaws.com' }
const SAML = { providerName: 'rolegate', recipient: 'https://signin.aws.amazon.com/saml' }
const CIDRS: Egress = { cidrs: ['203.0.113.0/28', '2001:db8::/64'] }
const VPCE: Egress = { vpce: ['vpce-0a1b2c3d4e5f60718', 'vpce-0a1b2c3d'] }

const policyOf = (
  kinds: readonly RoleKind[],
  gateway: Parameters<typeof expectedTrustPolicy>[2] = WEB,
  account = anAccount(),
) => expectedTrustPolicy(aMapping({ roles: kinds }), { account, kind: kinds[0] ?? aRoleKind() }, gateway)

const conditionOf = (...asked: Parameters<typeof policyOf>) => policyOf(...asked).Statement[0]?.Condition

describe('a trust policy that is pinned to the gateway’s own addresses (threats.md F3)', () => {
  const kind = aRoleKind()
  const verdict = (egress: Egress | undefined, context: Readonly<Record<string, readonly string[]>>) =>
    evaluateTrustPolicy(policyOf([kind], { ...WEB, ...(egress !== undefined && { egress }) }), {
      principal: `arn:aws:iam::${anAccount().id}:oidc-provider/aws.example.com`,
      action: 'sts:AssumeRoleWithWebIdentity',
      context: new Map(
        Object.entries({
          'aws.example.com:aud': [WEB.audience],
          'aws.example.com:sub': [`${anAccount().id}:${kind.roleName}:person`],
          'sts:SourceIdentity': ['alice+x'],
          ...context,
        }),
      ),
    }).effect

  it.each<[string, Egress | undefined, Record<string, string[]>]>([
    ['our network', CIDRS, { 'aws:SourceIp': ['203.0.113.9'] }],
    ['our network of the other family', CIDRS, { 'aws:SourceIp': ['2001:db8::5'] }],
    ['our VPC endpoint', VPCE, { 'aws:SourceVpce': ['vpce-0a1b2c3d'] }],
    ['anywhere, where nothing is pinned', undefined, { 'aws:SourceIp': ['198.51.100.1'] }],
  ])('lets in from %s', (_, egress, context) => {
    expect(verdict(egress, context)).toBe('allow')
  })

  it.each<[string, Egress, Record<string, string[]>]>([
    ['the address beside ours', CIDRS, { 'aws:SourceIp': ['203.0.113.16'] }],
    ['elsewhere', CIDRS, { 'aws:SourceIp': ['198.51.100.1'] }],
    ['a VPC endpoint, where no address is seen', CIDRS, { 'aws:SourceVpce': ['vpce-0a1b2c3d'] }],
    ['nowhere that is known', CIDRS, {}],
    ['another VPC endpoint', VPCE, { 'aws:SourceVpce': ['vpce-0ffffffff'] }],
    ['the internet, where an endpoint is meant', VPCE, { 'aws:SourceIp': ['203.0.113.9'] }],
  ])('keeps a stolen token out from %s', (_, egress, context) => {
    expect(verdict(egress, context)).toBe('deny')
  })

  it('is so for SAML too, but not where browsers post our assertion themselves', () => {
    const posting = anAccount({ samlPost: true })
    const gateway = { ...SAML, egress: CIDRS }
    const pin = { IpAddress: { 'aws:SourceIp': CIDRS.cidrs } }
    expect(conditionOf([kind], gateway)).toMatchObject(pin)
    expect(conditionOf([kind], gateway, posting)).not.toHaveProperty('IpAddress')
    for (const unposted of [
      aRoleKind({ elevated: true }),
      aRoleKind({ bindIp: true }),
      aRoleKind({ sessionPolicy: { managed: ['x'] } }),
    ])
      expect(conditionOf([unposted], gateway, posting)).toMatchObject(pin)
  })

  it('is not where a variant is posted, which is the same IAM role', () => {
    const roles = [aRoleKind({ key: 'dev', elevated: true }), aRoleKind({ key: 'dev-less', variantOf: 'dev' })]
    const account = anAccount({ samlPost: true })
    expect(isPosted(aMapping({ roles }), { account, kind: roles[0] ?? aRoleKind() })).toBe(true)
    expect(conditionOf(roles, { ...SAML, egress: CIDRS }, account)).not.toHaveProperty('IpAddress')
  })
})

describe('the tags that a trust policy lets in and demands (threats.md I5, F8)', () => {
  it('are those that always come, with the values of constants', () => {
    const sessionTags = { Team: { constant: 'payments' }, Cost: { claim: 'cost_center' } }
    expect(conditionOf([aRoleKind({ sessionTags })])).toMatchObject({
      StringEquals: { 'aws:RequestTag/Team': 'payments' },
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['Team', 'Cost'] },
      Null: { 'aws:RequestTag/Team': 'false', 'aws:RequestTag/Cost': 'false' },
    })
  })

  it('are let in and not demanded where they are optional', () => {
    const policy = policyOf([aRoleKind({ sessionTags: { Cost: { claim: 'cost_center', optional: true } } })])
    expect(policy.Statement[0]?.Action).toContain('sts:TagSession')
    expect(policy.Statement[0]?.Condition).toMatchObject({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['Cost'] } })
    expect(policy.Statement[0]?.Condition).not.toHaveProperty('Null')
  })

  it('are let in and not demanded where only a variant brings them', () => {
    const team = { Team: { constant: 'payments' } }
    const roles = [
      aRoleKind({ key: 'dev', sessionTags: team }),
      aRoleKind({ key: 'dev-less', variantOf: 'dev', sessionTags: { ...team, Less: { constant: 'yes' } } }),
    ]
    const condition = conditionOf(roles)
    expect(condition).toMatchObject({
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['Team', 'Less'] },
      Null: { 'aws:RequestTag/Team': 'false' },
    })
    expect(condition?.['StringEquals']).not.toHaveProperty('aws:RequestTag/Less')
    expect(condition?.['Null']).not.toHaveProperty('aws:RequestTag/Less')
  })
})

describe('a policy whose ranges cannot be read', () => {
  it.each([['IpAddress'], ['NotIpAddress']])('lets nobody in: %s', (operator) => {
    const document = policyOf([aRoleKind()])
    const [statement] = document.Statement
    const broken = {
      ...document,
      Statement: [{ ...statement, Condition: { [operator]: { 'aws:SourceIp': '203.0.113.0/33' } } }],
    }
    const request = {
      principal: String(statement?.Principal.Federated),
      action: 'sts:AssumeRoleWithWebIdentity',
      context: new Map([['aws:SourceIp', ['198.51.100.1']]]),
    }
    expect(evaluateTrustPolicy(broken, request)).toEqual({ effect: 'deny', because: 'malformed' })
  })
})
