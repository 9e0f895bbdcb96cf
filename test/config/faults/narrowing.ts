import { swap, swapAll, type Case } from './case.ts'

const more = (name: string, text: string, files?: Case['files']): Case =>
  swap(name, 'elevated: true', `elevated: true, ${text}`, files)

const POLICY = '/etc/rolegate/policies/look.json'
const policy = (name: string, text: string): Case =>
  more(name, 'session_policy_file: policies/look.json', { [POLICY]: text })
const statement = (name: string, text: string): Case =>
  policy(name, `{\n  "Version": "2012-10-17",\n  "Statement": [\n    ${text}\n  ]\n}\n`)
const claim = (name: string, limits: string): Case =>
  more(name, `session_tags: { Team: { claim: claims.department, ${limits} } }`)

/** Session policies, tags from claims, narrower forms of a role. */
export const NARROWING: readonly Case[] = [
  more('a session policy that is not there', 'session_policy_file: policies/look.json'),
  more('a session policy outside', 'session_policy_file: ../look.json', {
    '/etc/look.json': '{}',
  }),
  policy('a session policy that is no JSON', '{\n  "Version": "2012-10-17",\n}\n'),
  policy('a session policy of 2008', '{ "Version": "2008-10-17", "Statement": [] }'),
  policy('a session policy with a key twice', '{ "Version": "2012-10-17", "Statement": [], "Statement": [] }'),
  policy(
    'a session policy of three thousand characters',
    `{ "Version": "2012-10-17", "Id": "${'x'.repeat(3000)}", "Statement": [{ "Effect": "Allow", "Action": "*", "Resource": "*" }] }`,
  ),
  statement(
    'a session policy with a principal',
    '{ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" }',
  ),
  statement('a session policy that only denies', '{ "Effect": "Deny", "Action": "iam:*", "Resource": "*" }'),
  statement('an action of no service', '{ "Effect": "Allow", "Action": ["s3:*", "GetObject"], "Resource": "*" }'),
  statement('effect for Effect', '{ "effect": "Allow", "Action": "*", "Resource": "*" }'),
  more('a policy by the ARN of a role', 'policy_arns: ["arn:aws:iam::aws:role/ReadOnlyAccess"]'),
  more('a policy of another partition', 'policy_arns: ["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"]'),
  more('a policy of another account', 'policy_arns: ["arn:aws:iam::999999999999:policy/Look"]'),
  swapAll(
    'a session policy on a role and on its grant',
    ['elevated: true', 'elevated: true, policy_arns: [team/One]'],
    ['grant: { accounts: [pay-prod', 'grant: { policy_arns: [team/Two], accounts: [pay-prod'],
  ),
  claim('a claim that is everybody’s', 'any_of: [Payments]'),
  claim('a claim of an IdP there is not', 'idps: [oktaa], any_of: [Payments]'),
  claim('a claim with any value', 'idps: [okta]'),
  claim('a claim with a value AWS does not take', 'idps: [okta], any_of: ["*"]'),
  claim('a claim with half a pattern', "idps: [okta], pattern: 'team-.*'"),
  more('a variant of a role there is not', 'variant_of: redaonly'),
  more('a variant of itself', 'variant_of: admin'),
  more('a variant of another IAM role', 'variant_of: readonly'),
]
