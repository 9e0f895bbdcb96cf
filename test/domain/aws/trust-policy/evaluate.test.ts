import { describe, expect, it } from 'vitest'
import { evaluateTrustPolicy } from '../../../../src/domain/aws/trust-policy/evaluate.ts'
import { trustPolicyFor } from '../../../../src/domain/aws/trust-policy/generate.ts'

const principal = 'arn:aws:iam::111122223333:oidc-provider/gateway.example.com'
const action = 'sts:AssumeRoleWithWebIdentity'

type Values = Record<string, string | string[]>
type Conditions = Record<string, Record<string, unknown>>

const statement = (more: object = {}) => ({
  Effect: 'Allow',
  Principal: { Federated: principal },
  Action: action,
  ...more,
})
const policy = (...Statement: unknown[]) => ({ Version: '2012-10-17', Statement })
const contextOf = (values: Values) => new Map(Object.entries(values).map(([key, value]) => [key, [value].flat()]))
const verdictOf = (document: unknown, values: Values = {}, asked = action, who = principal) =>
  evaluateTrustPolicy(document, { principal: who, action: asked, context: contextOf(values) })
const isMet = (Condition: Conditions, values: Values) =>
  verdictOf(policy(statement({ Condition })), values).effect === 'allow'

describe('evaluateTrustPolicy: who and what', () => {
  it('allows what one statement allows', () => {
    expect(verdictOf(policy(statement()))).toEqual({ effect: 'allow' })
  })

  it('reads a lone statement as a list of one', () => {
    expect(verdictOf({ Version: '2012-10-17', Statement: statement() })).toEqual({ effect: 'allow' })
  })

  it.each([
    { why: 'another provider', document: policy(statement({ Principal: { Federated: `${principal}/x` } })) },
    { why: 'an AWS principal', document: policy(statement({ Principal: { AWS: 'arn:aws:iam::111122223333:root' } })) },
    { why: 'another action', document: policy(statement({ Action: 'sts:AssumeRoleWithSAML' })) },
    { why: 'a prefix of the action', document: policy(statement({ Action: 'sts:AssumeRole' })) },
  ])('is silent, and so refuses: $why', ({ document }) => {
    expect(verdictOf(document)).toEqual({ effect: 'deny', because: 'no statement allows it' })
  })

  it('lets a deny beat an allow, wherever it stands', () => {
    const deny = statement({ Sid: 'Frozen', Effect: 'Deny' })
    expect(verdictOf(policy(statement(), deny))).toEqual({ effect: 'deny', because: 'explicit deny in Frozen' })
    expect(verdictOf(policy(deny, statement()))).toEqual({ effect: 'deny', because: 'explicit deny in Frozen' })
  })

  it('denies nobody by a deny whose condition is not met', () => {
    const deny = statement({ Effect: 'Deny', Condition: { StringEquals: { 'sts:SourceIdentity': 'mallory' } } })
    expect(verdictOf(policy(statement(), deny), { 'sts:SourceIdentity': 'alice' })).toEqual({ effect: 'allow' })
  })

  it('matches actions by wildcard and whatever their case', () => {
    expect(verdictOf(policy(statement({ Action: ['sts:assumerolewith*'] })))).toEqual({ effect: 'allow' })
    expect(verdictOf(policy(statement({ Action: 'sts:*' })), {}, 'sts:TagSession')).toEqual({ effect: 'allow' })
  })

  it('takes "*" as anybody, in an allow and in a deny', () => {
    expect(verdictOf(policy(statement({ Principal: '*' })))).toEqual({ effect: 'allow' })
    expect(verdictOf(policy(statement(), statement({ Effect: 'Deny', Principal: { AWS: '*' } }))).effect).toBe('deny')
  })
})

describe('evaluateTrustPolicy: condition operators', () => {
  const key = 'gateway.example.com:sub'
  it.each([
    // IAM User Guide, "String condition operators".
    { operator: 'StringEquals', wanted: 'a', value: 'a', met: true },
    { operator: 'StringEquals', wanted: 'a', value: 'A', met: false },
    { operator: 'StringEquals', wanted: ['b', 'a'], value: 'a', met: true },
    { operator: 'StringEquals', wanted: 'a*', value: 'ab', met: false },
    { operator: 'StringEquals', wanted: 'a', value: undefined, met: false },
    { operator: 'StringNotEquals', wanted: 'a', value: 'b', met: true },
    { operator: 'StringNotEquals', wanted: ['b', 'a'], value: 'a', met: false },
    { operator: 'StringNotEquals', wanted: 'a', value: undefined, met: true },
    { operator: 'StringEqualsIgnoreCase', wanted: 'a', value: 'A', met: true },
    { operator: 'StringNotEqualsIgnoreCase', wanted: 'a', value: 'A', met: false },
    {
      operator: 'StringLike',
      wanted: '111122223333:rolegate/Admin:*',
      value: '111122223333:rolegate/Admin:xyz',
      met: true,
    },
    {
      operator: 'StringLike',
      wanted: '111122223333:rolegate/Admin:*',
      value: '111122223333:rolegate/Admin2:xyz',
      met: false,
    },
    {
      operator: 'StringLike',
      wanted: '111122223333:rolegate/Admin:*',
      value: '111122223333:rolegate/Admin:',
      met: true,
    },
    { operator: 'StringLike', wanted: 'a?c', value: 'abc', met: true },
    { operator: 'StringLike', wanted: 'a?c', value: 'ac', met: false },
    { operator: 'StringLike', wanted: 'a?c', value: 'a😀c', met: true },
    { operator: 'StringLike', wanted: '?*', value: '', met: false },
    { operator: 'StringLike', wanted: '*b*d', value: 'abcbd', met: true },
    { operator: 'StringLike', wanted: '*', value: undefined, met: false },
    { operator: 'StringNotLike', wanted: 'a*', value: 'abc', met: false },
    { operator: 'StringNotLike', wanted: 'a*', value: undefined, met: true },
    { operator: 'StringEqualsIfExists', wanted: 'a', value: undefined, met: true },
    { operator: 'StringEqualsIfExists', wanted: 'a', value: 'b', met: false },
    { operator: 'StringLikeIfExists', wanted: 'a*', value: 'b', met: false },
    { operator: 'Bool', wanted: 'true', value: 'true', met: true },
    { operator: 'Bool', wanted: false, value: 'true', met: false },
    { operator: 'Bool', wanted: 'false', value: undefined, met: false },
    { operator: 'BoolIfExists', wanted: 'false', value: undefined, met: true },
    { operator: 'Null', wanted: 'true', value: undefined, met: true },
    { operator: 'Null', wanted: 'true', value: 'a', met: false },
    { operator: 'Null', wanted: false, value: 'a', met: true },
    { operator: 'Null', wanted: 'false', value: undefined, met: false },
  ])('$operator $wanted meets $value: $met', ({ operator, wanted, value, met }) => {
    expect(isMet({ [operator]: { [key]: wanted } }, value === undefined ? {} : { [key]: value })).toBe(met)
  })

  it.each([
    // IAM User Guide, "Set operators for multi-valued context keys".
    { operator: 'ForAllValues:StringEquals', wanted: ['team', 'cost'], values: ['team'], met: true },
    { operator: 'ForAllValues:StringEquals', wanted: ['team', 'cost'], values: ['team', 'cost'], met: true },
    { operator: 'ForAllValues:StringEquals', wanted: ['team', 'cost'], values: ['team', 'other'], met: false },
    { operator: 'ForAllValues:StringEquals', wanted: ['team'], values: [], met: true },
    { operator: 'ForAllValues:StringEquals', wanted: ['team'], values: [''], met: true },
    { operator: 'ForAllValues:StringNotEquals', wanted: ['team'], values: ['cost', 'other'], met: true },
    { operator: 'ForAllValues:StringNotEquals', wanted: ['team'], values: ['cost', 'team'], met: false },
    { operator: 'ForAnyValue:StringEquals', wanted: ['mfa'], values: ['pwd', 'mfa'], met: true },
    { operator: 'ForAnyValue:StringEquals', wanted: ['mfa'], values: ['pwd'], met: false },
    { operator: 'ForAnyValue:StringEquals', wanted: ['mfa'], values: [], met: false },
    { operator: 'ForAnyValue:StringNotEquals', wanted: ['mfa'], values: ['pwd', 'mfa'], met: true },
    { operator: 'ForAnyValue:StringNotEquals', wanted: ['mfa'], values: [], met: false },
    { operator: 'ForAnyValue:StringLikeIfExists', wanted: ['m*'], values: [], met: true },
    { operator: 'ForAllValues:StringLike', wanted: ['t*'], values: ['team', 'tier'], met: true },
  ])('$operator $wanted meets the values $values: $met', ({ operator, wanted, values, met }) => {
    expect(isMet({ [operator]: { 'aws:TagKeys': wanted } }, { 'aws:TagKeys': values })).toBe(met)
  })

  it('asks for every operator and every key at once', () => {
    const both = { StringEquals: { a: '1', b: '2' }, StringLike: { c: '3*' } }
    expect(isMet(both, { a: '1', b: '2', c: '34' })).toBe(true)
    expect(isMet(both, { a: '1', b: '2', c: '4' })).toBe(false)
    expect(isMet(both, { a: '1', c: '34' })).toBe(false)
  })

  it('takes names of condition keys in any case, and values in theirs alone', () => {
    expect(isMet({ StringEquals: { 'AWS:requesttag/TEAM': 'payments' } }, { 'aws:RequestTag/team': 'payments' })).toBe(
      true,
    )
    expect(isMet({ StringEquals: { 'aws:RequestTag/team': 'Payments' } }, { 'aws:RequestTag/team': 'payments' })).toBe(
      false,
    )
  })

  it('does not guess what an operator for one value means for several', () => {
    const verdict = verdictOf(policy(statement({ Condition: { StringEquals: { 'aws:TagKeys': 'a' } } })), {
      'aws:TagKeys': ['a', 'b'],
    })
    expect(verdict).toEqual({ effect: 'deny', because: 'malformed' })
  })

  it('stays quick on a pattern made to be slow', () => {
    const hostile = `${'*a'.repeat(500)}b`
    expect(isMet({ StringLike: { a: hostile } }, { a: 'a'.repeat(2000) })).toBe(false)
  })
})

describe('evaluateTrustPolicy: what it does not understand lets nobody in', () => {
  it.each([
    { what: 'no document', document: null },
    { what: 'text', document: '{}' },
    { what: 'a list', document: [] },
    { what: 'no statement', document: { Version: '2012-10-17' } },
    { what: 'an empty list of statements', document: policy() },
    { what: 'an unknown version', document: { Version: '2030-01-01', Statement: [statement()] } },
    { what: 'an unknown element', document: { ...policy(statement()), Extra: 1 } },
    { what: 'a resource, which trust policies have none of', document: policy(statement({ Resource: '*' })) },
    { what: 'NotPrincipal', document: policy(statement({ NotPrincipal: '*' })) },
    {
      what: 'NotAction',
      document: policy({ Effect: 'Allow', Principal: { Federated: principal }, NotAction: 'sts:x' }),
    },
    { what: 'an effect in small letters', document: policy(statement({ Effect: 'allow' })) },
    { what: 'no principal', document: policy({ Effect: 'Allow', Action: action }) },
    { what: 'an empty principal', document: policy(statement({ Principal: {} })) },
    { what: 'an unknown kind of principal', document: policy(statement({ Principal: { Oidc: principal } })) },
    {
      what: 'a wildcard within a provider',
      document: policy(statement({ Principal: { Federated: 'arn:aws:iam::*:oidc-provider/x' } })),
    },
    { what: 'an unknown operator', document: policy(statement({ Condition: { StringEqual: { a: 'b' } } })) },
    {
      what: 'an operator it does not have',
      document: policy(statement({ Condition: { NumericEquals: { 'aws:MultiFactorAuthAge': '1' } } })),
    },
    { what: 'a name every object answers to', document: policy(statement({ Condition: { constructor: { a: 'b' } } })) },
    { what: 'Null with IfExists', document: policy(statement({ Condition: { NullIfExists: { a: 'true' } } })) },
    {
      what: 'Null with a set operator',
      document: policy(statement({ Condition: { 'ForAllValues:Null': { a: 'true' } } })),
    },
    {
      what: 'an unknown set operator',
      document: policy(statement({ Condition: { 'ForSomeValues:StringEquals': { a: 'b' } } })),
    },
    { what: 'a truth that is neither', document: policy(statement({ Condition: { Bool: { a: 'yes' } } })) },
    { what: 'a number for a value', document: policy(statement({ Condition: { StringEquals: { a: 1 } } })) },
    { what: 'no value', document: policy(statement({ Condition: { StringEquals: { a: [] } } })) },
    {
      what: 'a policy variable',
      document: policy(statement({ Condition: { StringEquals: { a: '${aws:username}' } } })),
    },
    {
      what: 'one key twice in two cases',
      document: policy(statement({ Condition: { StringEquals: { a: 'b', A: 'b' } } })),
    },
    {
      what: 'a fault in a statement that does not matter here',
      document: policy(statement(), statement({ Action: 7 })),
    },
  ])('$what', ({ document }) => {
    expect(verdictOf(document, { a: 'b' })).toEqual({ effect: 'deny', because: 'malformed' })
  })
})

describe('evaluateTrustPolicy: the policies we generate', () => {
  const role = {
    partition: 'aws',
    accountId: '111122223333',
    roleName: 'rolegate/Developer',
    issuer: 'https://gateway.example.com',
    audience: 'sts.amazonaws.com',
    sourceIdentity: true,
    tagKeys: ['team'],
  } as const
  const honest: Values = {
    'gateway.example.com:aud': 'sts.amazonaws.com',
    'gateway.example.com:sub': '111122223333:rolegate/Developer:person',
    'sts:SourceIdentity': 'alice+abc',
    'aws:TagKeys': ['team'],
    'aws:RequestTag/team': 'payments',
  }

  it('let in the token made for the role, for all three actions', () => {
    for (const asked of [action, 'sts:SetSourceIdentity', 'sts:TagSession']) {
      expect(verdictOf(trustPolicyFor(role), honest, asked)).toEqual({ effect: 'allow' })
    }
  })

  it.each([
    { why: 'another audience', change: { 'gateway.example.com:aud': 'sts.amazonaws.com.cn' } },
    { why: 'another account', change: { 'gateway.example.com:sub': '222233334444:rolegate/Developer:person' } },
    {
      why: 'a role whose name begins alike',
      change: { 'gateway.example.com:sub': '111122223333:rolegate/Developers:person' },
    },
    {
      why: 'a role whose name ends alike',
      change: { 'gateway.example.com:sub': 'x111122223333:rolegate/Developer:person' },
    },
    { why: 'no source identity', change: { 'sts:SourceIdentity': [] } },
    { why: 'no tags', change: { 'aws:TagKeys': [], 'aws:RequestTag/team': [] } },
    { why: 'one tag more', change: { 'aws:TagKeys': ['team', 'admin'], 'aws:RequestTag/admin': 'yes' } },
  ])('refuse a token with $why (threats.md F1, F8)', ({ change }) => {
    expect(verdictOf(trustPolicyFor(role), { ...honest, ...change }).effect).toBe('deny')
  })
})
