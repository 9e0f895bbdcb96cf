import { describe, expect, it } from 'vitest'
import { allowsNothing, policyFaults } from '../../../src/domain/aws/session-policy-document.ts'

const STATEMENT = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
const policy = (...statements: readonly unknown[]) => ({ Version: '2012-10-17', Statement: statements })
const withStatement = (change: object) => policy({ ...STATEMENT, ...change })
const faultsOf = (document: unknown) =>
  policyFaults(document).map(({ path, message }) => `${path.join('.')}: ${message}`)

describe('policyFaults', () => {
  it.each<[string, unknown]>([
    ['one statement', policy(STATEMENT)],
    [
      'everything a statement may have',
      withStatement({ Sid: 'Read1', Condition: { Bool: { 'aws:SecureTransport': true } } }),
    ],
    ['lists', withStatement({ Action: ['s3:*', 'ec2:Describe*'], Resource: ['arn:aws:s3:::a', 'arn:aws:s3:::a/*'] })],
    ['the other way round', policy({ Effect: 'Deny', NotAction: 'iam:*', NotResource: 'arn:aws:iam::*:role/x' })],
    ['several statements and an id', { ...policy(STATEMENT, STATEMENT), Id: 'x' }],
    ['every action', withStatement({ Action: '*:*' })],
    [
      'conditions over lists',
      withStatement({ Condition: { 'ForAnyValue:StringLike': { 'aws:TagKeys': ['a', 'b'] } } }),
    ],
  ])('takes %s', (_, document) => {
    expect(faultsOf(document)).toEqual([])
  })

  it.each<[string, unknown, string]>([
    ['text', 'policy', ': must be a JSON object'],
    ['a list', [], ': must be a JSON object'],
    ['null', null, ': must be a JSON object'],
    ['no version', { Statement: [STATEMENT] }, 'Version: must be "2012-10-17"'],
    ['the version of 2008', { ...policy(STATEMENT), Version: '2008-10-17' }, 'Version: must be "2012-10-17"'],
    ['no statement', { Version: '2012-10-17' }, 'Statement: must be a list of statements, in []'],
    ['an empty list', policy(), 'Statement: must not be empty'],
    [
      'one statement without its list',
      { ...policy(), Statement: STATEMENT },
      'Statement: must be a list of statements, in []',
    ],
    [
      'a key of its own',
      { ...policy(STATEMENT), Statements: [] },
      'Statements: unknown key; a policy has Version, Id and Statement',
    ],
    ['text for a statement', policy('allow'), 'Statement.0: must be a statement, in {}'],
    [
      'a principal',
      withStatement({ Principal: '*' }),
      'Statement.0.Principal: does not go with a session policy: it is about one session',
    ],
    [
      'nobody as principal',
      withStatement({ NotPrincipal: { AWS: 'x' } }),
      'Statement.0.NotPrincipal: does not go with a session policy: it is about one session',
    ],
    [
      'a key in other letters',
      withStatement({ resource: '*' }),
      'Statement.0.resource: unknown key; did you mean "Resource"?',
    ],
    [
      'an action by another name',
      withStatement({ Actions: '*' }),
      'Statement.0.Actions: unknown key; a statement has Sid, Effect, Action, NotAction, Resource, NotResource, Condition',
    ],
    ['no effect', withStatement({ Effect: undefined }), 'Statement.0.Effect: must be "Allow" or "Deny"'],
    ['an effect in lower case', withStatement({ Effect: 'allow' }), 'Statement.0.Effect: must be "Allow" or "Deny"'],
    ['a list of effects', withStatement({ Effect: ['Allow'] }), 'Statement.0.Effect: must be "Allow" or "Deny"'],
    ['a Sid with a space', withStatement({ Sid: 'a b' }), 'Statement.0.Sid: must be letters and digits'],
    ['a number as Sid', withStatement({ Sid: 1 }), 'Statement.0.Sid: must be letters and digits'],
    ['no action', policy({ Effect: 'Allow', Resource: '*' }), 'Statement.0: needs exactly one of Action, NotAction'],
    ['both', withStatement({ NotAction: 'iam:*' }), 'Statement.0: needs exactly one of Action, NotAction'],
    [
      'no resource',
      policy({ Effect: 'Allow', Action: '*' }),
      'Statement.0: needs exactly one of Resource, NotResource',
    ],
    [
      'an action without its service',
      withStatement({ Action: 'GetObject' }),
      'Statement.0.Action: must be an action such as "s3:GetObject", or "*"',
    ],
    ['no actions', withStatement({ Action: [] }), 'Statement.0.Action: must not be empty'],
    [
      'one action of several that is none',
      withStatement({ Action: ['s3:*', 7] }),
      'Statement.0.Action.1: must be an action such as "s3:GetObject", or "*"',
    ],
    ['a bucket’s bare name', withStatement({ Resource: 'bucket' }), 'Statement.0.Resource: must be an ARN, or "*"'],
    ['a list of conditions', withStatement({ Condition: [] }), 'Statement.0.Condition: must be conditions, in {}'],
    [
      'a condition key for an operator',
      withStatement({ Condition: { 'aws:SourceIp': '10.0.0.0/8' } }),
      'Statement.0.Condition.aws:SourceIp: is no operator such as "StringEquals"',
    ],
    [
      'an operator over nothing',
      withStatement({ Condition: { StringEquals: {} } }),
      'Statement.0.Condition.StringEquals: must be condition keys and values, in {}',
    ],
    [
      'a value that is none',
      withStatement({ Condition: { StringEquals: { 'aws:userid': {} } } }),
      'Statement.0.Condition.StringEquals.aws:userid: must be a value or a list of values',
    ],
    [
      'an empty list of values',
      withStatement({ Condition: { StringEquals: { 'aws:userid': [] } } }),
      'Statement.0.Condition.StringEquals.aws:userid: must be a value or a list of values',
    ],
  ])('refuses %s', (_, document, fault) => {
    expect(faultsOf(document)).toEqual([fault])
  })
})

describe('allowsNothing', () => {
  it.each<[boolean, unknown]>([
    [true, policy({ ...STATEMENT, Effect: 'Deny' })],
    [false, policy({ ...STATEMENT, Effect: 'Deny' }, STATEMENT)],
    [false, policy(STATEMENT)],
  ])('%s: %j', (expected, document) => {
    expect(allowsNothing(document)).toBe(expected)
  })
})
