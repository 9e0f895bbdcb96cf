import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateTrustPolicy } from '../../../src/domain/aws/trust-policy/evaluate.ts'
import {
  samlTrustPolicyFor,
  trustPolicyFor,
  type SamlTrustedRole,
  type TrustedRole,
} from '../../../src/domain/aws/trust-policy/generate.ts'
import { subjectFor } from '../../../src/domain/aws/web-identity-token.ts'

const PERSON = 'abcdefghijklmnopqrstuvwx23'
const PROVIDER = 'aws.example.com'
const aRole = (changes: Partial<TrustedRole> = {}): TrustedRole => ({
  partition: 'aws',
  accountId: '012345678901',
  roleName: 'rolegate/Developer',
  issuer: `https://${PROVIDER}`,
  audience: 'sts.amazonaws.com',
  sourceIdentity: true,
  tagKeys: [],
  ...changes,
})

describe('trustPolicyFor', () => {
  it('pins audience and subject of one provider (threats.md F1, security.md T-15)', () => {
    expect(trustPolicyFor(aRole())).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::012345678901:oidc-provider/${PROVIDER}` },
          Action: ['sts:AssumeRoleWithWebIdentity', 'sts:SetSourceIdentity'],
          Condition: {
            StringEquals: { [`${PROVIDER}:aud`]: 'sts.amazonaws.com' },
            StringLike: { [`${PROVIDER}:sub`]: '012345678901:rolegate/Developer:*', 'sts:SourceIdentity': '?*' },
          },
        },
      ],
    })
  })

  it.each([
    { because: 'neither', sourceIdentity: false, tagKeys: [], actions: ['sts:AssumeRoleWithWebIdentity'] },
    {
      because: 'tags',
      sourceIdentity: false,
      tagKeys: ['Team'],
      actions: ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession'],
    },
    {
      because: 'both',
      sourceIdentity: true,
      tagKeys: ['Team'],
      actions: ['sts:AssumeRoleWithWebIdentity', 'sts:SetSourceIdentity', 'sts:TagSession'],
    },
  ])('allows the further actions only where the token uses them: $because', ({ sourceIdentity, tagKeys, actions }) => {
    expect(trustPolicyFor(aRole({ sourceIdentity, tagKeys })).Statement[0]?.Action).toEqual(actions)
  })

  it('demands exactly the tags of the role, none missing and none beside them (threats.md I5)', () => {
    expect(trustPolicyFor(aRole({ tagKeys: ['Team', 'Cost'] })).Statement[0]?.Condition).toMatchObject({
      'ForAllValues:StringEquals': { 'aws:TagKeys': ['Team', 'Cost'] },
      Null: { 'aws:RequestTag/Team': 'false', 'aws:RequestTag/Cost': 'false' },
    })
  })

  it.each([
    ['aws-cn', 'arn:aws-cn:iam::012345678901:oidc-provider/aws.example.com'],
    ['aws-eusc', 'arn:aws-eusc:iam::012345678901:oidc-provider/aws.example.com'],
  ] as const)('names the provider of its own partition: %s', (partition, arn) => {
    expect(trustPolicyFor(aRole({ partition })).Statement[0]?.Principal.Federated).toBe(arn)
  })

  it('keeps the path of an issuer that has one', () => {
    const [statement] = trustPolicyFor(aRole({ issuer: 'https://aws.example.com/tenant' })).Statement
    expect(statement?.Condition?.['StringEquals']).toHaveProperty(['aws.example.com/tenant:aud'])
  })
})

describe('a generated policy, as AWS reads it', () => {
  type Token = {
    readonly role?: Partial<TrustedRole>
    readonly audience?: string
    readonly source?: string
    readonly tags?: Record<string, string>
  }

  function isLetIn(
    role: TrustedRole,
    { role: other = {}, audience = role.audience, source = 'alice+aaaa', tags = {} }: Token,
  ): boolean {
    const { accountId, roleName } = { ...role, ...other }
    const context = new Map<string, readonly string[]>([
      [`${PROVIDER}:aud`, [audience]],
      [`${PROVIDER}:sub`, [subjectFor(accountId, roleName, PERSON)]],
      ...(source === '' ? [] : [['sts:SourceIdentity', [source]] as const]),
      ...(Object.keys(tags).length === 0 ? [] : [['aws:TagKeys', Object.keys(tags)] as const]),
      ...Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, [value]] as const),
    ])
    const principal = `arn:${role.partition}:iam::${role.accountId}:oidc-provider/${PROVIDER}`
    const action = 'sts:AssumeRoleWithWebIdentity'
    return evaluateTrustPolicy(trustPolicyFor(role), { principal, action, context }).effect === 'allow'
  }

  it.each<{ because: string; role?: Partial<TrustedRole>; token: Token; isIn: boolean }>([
    { because: 'its own token', token: {}, isIn: true },
    { because: 'another role’s token', token: { role: { roleName: 'rolegate/ReadOnly' } }, isIn: false },
    { because: 'a role whose name goes on', token: { role: { roleName: 'rolegate/DeveloperAdmin' } }, isIn: false },
    { because: 'a role whose name stops before', token: { role: { roleName: 'rolegate/Dev' } }, isIn: false },
    { because: 'the same role in another account', token: { role: { accountId: '123456789012' } }, isIn: false },
    { because: 'another audience (threats.md F5)', token: { audience: 'sts.amazonaws.com.cn' }, isIn: false },
    { because: 'no source identity where it is demanded', token: { source: '' }, isIn: false },
    { because: 'the tag it demands', role: { tagKeys: ['Team'] }, token: { tags: { Team: 'Pay' } }, isIn: true },
    {
      because: 'the value it demands',
      role: { tagKeys: ['Team'], tagValues: { Team: 'Pay' } },
      token: { tags: { Team: 'Pay' } },
      isIn: true,
    },
    {
      because: 'another value than it demands (threats.md I5)',
      role: { tagKeys: ['Team'], tagValues: { Team: 'Pay' } },
      token: { tags: { Team: 'Platform' } },
      isIn: false,
    },
    { because: 'no tag where it demands one', role: { tagKeys: ['Team'] }, token: {}, isIn: false },
    {
      because: 'another tag beside it',
      role: { tagKeys: ['Team'] },
      token: { tags: { Team: 'Pay', Boss: 'me' } },
      isIn: false,
    },
  ])('$because: let in is $isIn', ({ role = {}, token, isIn }) => {
    expect(isLetIn(aRole(role), token)).toBe(isIn)
  })

  it('lets in the token of its role and of no other (threats.md F1)', () => {
    const name = fc.string({ unit: fc.constantFrom(...'aA1_+=,.@-/'.split('')), minLength: 1, maxLength: 8 })
    const account = fc.constantFrom('012345678901', '123456789012')
    fc.assert(
      fc.property(account, account, name, name, fc.boolean(), (here, there, one, more, isPrefix) => {
        const other = isPrefix ? one + more : more
        const isIn = isLetIn(aRole({ accountId: here, roleName: one }), { role: { accountId: there, roleName: other } })
        expect(isIn).toBe(here === there && one === other)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('samlTrustPolicyFor', () => {
  const RECIPIENT = 'https://signin.aws.amazon.com/saml'
  const aSamlRole = (changes: Partial<SamlTrustedRole> = {}): SamlTrustedRole => ({
    partition: 'aws',
    accountId: '012345678901',
    roleName: 'rolegate/Developer',
    providerName: 'rolegate',
    recipient: RECIPIENT,
    sourceIdentity: true,
    tagKeys: [],
    ...changes,
  })

  it('pins recipient and subject of one provider, tags as for a token (threats.md F1, I5)', () => {
    expect(samlTrustPolicyFor(aSamlRole({ tagKeys: ['Team'] }))).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: 'arn:aws:iam::012345678901:saml-provider/rolegate' },
          Action: ['sts:AssumeRoleWithSAML', 'sts:SetSourceIdentity', 'sts:TagSession'],
          Condition: {
            StringEquals: { 'SAML:aud': RECIPIENT },
            StringLike: { 'SAML:sub': '012345678901:rolegate/Developer:*', 'sts:SourceIdentity': '?*' },
            'ForAllValues:StringEquals': { 'aws:TagKeys': ['Team'] },
            Null: { 'aws:RequestTag/Team': 'false' },
          },
        },
      ],
    })
  })

  it('allows the further actions only where the assertion uses them', () => {
    const [statement] = samlTrustPolicyFor(aSamlRole({ sourceIdentity: false })).Statement
    expect(statement?.Action).toEqual(['sts:AssumeRoleWithSAML'])
  })

  it('names the provider of its own partition', () => {
    const [statement] = samlTrustPolicyFor(aSamlRole({ partition: 'aws-us-gov' })).Statement
    expect(statement?.Principal.Federated).toBe('arn:aws-us-gov:iam::012345678901:saml-provider/rolegate')
  })

  it.each([
    { because: 'its own assertion', change: {}, effect: 'allow' },
    { because: 'keys in AWS’s other spelling', change: { upper: false }, effect: 'allow' },
    { because: 'another recipient', change: { recipient: 'https://signin.amazonaws.cn/saml' }, effect: 'deny' },
    { because: 'another role', change: { roleName: 'rolegate/Developer2' }, effect: 'deny' },
    { because: 'the same role elsewhere', change: { accountId: '123456789012' }, effect: 'deny' },
    { because: 'another provider of the account', change: { providerName: 'other' }, effect: 'deny' },
    { because: 'a web identity', change: { action: 'sts:AssumeRoleWithWebIdentity' }, effect: 'deny' },
  ])('as AWS reads it: $because is $effect', ({ change, effect }) => {
    const { accountId, roleName, providerName, recipient, action, upper } = {
      ...aSamlRole(),
      action: 'sts:AssumeRoleWithSAML',
      upper: true,
      ...change,
    }
    const prefix = upper ? 'SAML' : 'saml'
    const verdict = evaluateTrustPolicy(samlTrustPolicyFor(aSamlRole()), {
      principal: `arn:aws:iam::012345678901:saml-provider/${providerName}`,
      action,
      context: new Map([
        [`${prefix}:aud`, [recipient]],
        [`${prefix}:sub`, [subjectFor(accountId, roleName, PERSON)]],
        ['sts:SourceIdentity', ['alice+aaaa']],
      ]),
    })
    expect(verdict.effect).toBe(effect)
  })
})
