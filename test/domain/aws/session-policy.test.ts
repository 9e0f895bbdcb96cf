import { describe, expect, it } from 'vitest'
import {
  isManagedPolicy,
  isSamePolicy,
  managedPolicyFault,
  policyTextOf,
  sentPolicyFor,
  type SentPolicy,
} from '../../../src/domain/aws/session-policy.ts'
import { policyFaults } from '../../../src/domain/aws/session-policy-document.ts'
import { anAccount } from '../../support/a-mapping.ts'

const inline = { json: '{}', hash: 'h1' }

describe('isManagedPolicy', () => {
  it.each([
    'arn:aws:iam::aws:policy/ReadOnlyAccess',
    'arn:aws:iam::aws:policy/job-function/ViewOnlyAccess',
    'arn:aws-us-gov:iam::012345678901:policy/team/Boundary',
    'Boundary',
    'rolegate/team/Boundary',
  ])('takes %s', (text) => {
    expect(isManagedPolicy(text)).toBe(true)
  })

  it.each([
    '',
    'arn:aws:iam::aws:role/ReadOnly',
    'arn:aws:iam::12345:policy/x',
    'arn:gcp:iam::aws:policy/x',
    'arn:aws:iam::aws:policy/',
    'arn:aws:s3:::bucket',
    '/Boundary',
    'a b',
    'a/',
    'x:y',
  ])('refuses %j', (text) => {
    expect(isManagedPolicy(text)).toBe(false)
  })
})

describe('a policy for one account', () => {
  it('is each account’s own where it is named without an ARN', () => {
    const policy = { managed: ['team/Boundary', 'arn:aws-cn:iam::aws:policy/ReadOnlyAccess'] }
    expect(sentPolicyFor(policy, anAccount({ partition: 'aws-cn' })).arns).toEqual([
      'arn:aws-cn:iam::012345678901:policy/team/Boundary',
      'arn:aws-cn:iam::aws:policy/ReadOnlyAccess',
    ])
  })

  it.each([
    ['arn:aws:iam::aws:policy/ReadOnlyAccess', undefined],
    ['arn:aws:iam::012345678901:policy/x', undefined],
    ['team/Boundary', undefined],
    ['arn:aws-cn:iam::aws:policy/x', 'is a policy of aws-cn, and "payments-prod" is in aws'],
    [
      'arn:aws:iam::999999999999:policy/x',
      'is a policy of 999999999999, and "payments-prod" is 012345678901; write its path and name alone, and each account’s own is meant',
    ],
  ])('%s: %s', (managed, fault) => {
    expect(managedPolicyFault(managed, anAccount())).toBe(fault)
  })
})

describe('isSamePolicy', () => {
  it.each([
    [true, undefined, undefined],
    [true, { inline, arns: ['a'] }, { inline, arns: ['a'] }],
    [false, undefined, { arns: ['a'] }],
    [false, { inline, arns: [] }, undefined],
    [false, { inline, arns: [] }, { inline: { ...inline, hash: 'h2' }, arns: [] }],
    [false, { arns: ['a', 'b'] }, { arns: ['a'] }],
    [true, { arns: [], boundTo: '203.0.113.7' }, { arns: [], boundTo: '203.0.113.7' }],
    [false, { arns: [], boundTo: '203.0.113.7' }, { arns: [], boundTo: '203.0.113.8' }],
    [false, { arns: ['a'], boundTo: '203.0.113.7' }, { arns: ['a'] }],
  ])('%s: %j and %j', (expected, one, other) => {
    expect(isSamePolicy(one, other)).toBe(expected)
  })
})

describe('policyTextOf', () => {
  const ALL = { Effect: 'Allow', Action: '*', Resource: '*' }
  const ELSEWHERE = {
    Effect: 'Deny',
    Action: '*',
    Resource: '*',
    Condition: { NotIpAddress: { 'aws:SourceIp': '203.0.113.7' }, Bool: { 'aws:ViaAWSService': 'false' } },
  }
  const boundTo = '203.0.113.7'
  const written = {
    Version: '2012-10-17',
    Id: 'ours',
    Statement: [
      { Effect: 'Allow', Action: 's3:*', Resource: '*' },
      { ...ELSEWHERE, Action: 'iam:*' },
    ],
  }
  const asWritten = { json: JSON.stringify(written), hash: 'h' }
  const sent = (policy: SentPolicy) => JSON.parse(policyTextOf(policy) ?? 'null') as unknown

  it('is what the file says, to the letter, where nothing binds it to an address', () => {
    expect(policyTextOf({ inline: asWritten, arns: [] })).toBe(asWritten.json)
    expect(policyTextOf({ arns: ['a'] })).toBeUndefined()
  })

  it('allows everything, and denies it from elsewhere, where nothing else narrows the session (threats.md R12)', () => {
    expect(sent({ arns: [], boundTo })).toEqual({ Version: '2012-10-17', Statement: [ALL, ELSEWHERE] })
  })

  it('adds the deny to a policy that is there, and no allow: AWS pools them', () => {
    expect(sent({ inline: asWritten, arns: [], boundTo })).toEqual({
      ...written,
      Statement: [...written.Statement, ELSEWHERE],
    })
  })

  it('is that deny alone beside ARNs, which an allow would widen', () => {
    expect(sent({ arns: ['arn:aws:iam::aws:policy/ReadOnlyAccess'], boundTo })).toEqual({
      Version: '2012-10-17',
      Statement: [ELSEWHERE],
    })
  })

  it('is a session policy by our own rules', () => {
    for (const policy of [{ arns: [] }, { inline: asWritten, arns: [] }, { arns: ['a'] }])
      expect(policyFaults(sent({ ...policy, boundTo }))).toEqual([])
  })
})
