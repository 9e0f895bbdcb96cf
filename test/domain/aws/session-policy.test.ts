import { describe, expect, it } from 'vitest'
import {
  isManagedPolicy,
  isSamePolicy,
  managedPolicyFault,
  sentPolicyFor,
} from '../../../src/domain/aws/session-policy.ts'
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
  ])('%s: %j and %j', (expected, one, other) => {
    expect(isSamePolicy(one, other)).toBe(expected)
  })
})
