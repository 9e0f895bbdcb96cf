import * as z from 'zod'
import { isRoleName } from '../domain/aws/arn.ts'
import { isManagedPolicy, MOST_POLICY_ARNS } from '../domain/aws/session-policy.ts'
import { claimPath, duration, freeText, line, name, usualDuration } from './fields.ts'
import { requirement } from './require-schema.ts'

/** What narrows the sessions of a role or a grant. */
export const sessionPolicy = {
  session_policy_file: line
    .optional()
    .describe('JSON file with an IAM policy: a session may do what the IAM role may and this policy allows too.'),
  policy_arns: z
    .array(
      z
        .string()
        .refine(
          isManagedPolicy,
          'must be the ARN of an IAM policy, or the path and name of one that each account has, as in team/Boundary',
        ),
    )
    .max(MOST_POLICY_ARNS, `must be at most ${MOST_POLICY_ARNS}`)
    .default([])
    .describe('IAM policies that narrow a session, by ARN or by path and name: it may do what at least one allows.'),
  bind_ip: z
    .boolean()
    .default(false)
    .describe('AWS takes the credentials from the address alone that asked for them (`aws:SourceIp`).'),
}

const claimTag = z.strictObject({
  claim: claimPath.describe('The claim whose text is the value.'),
  idps: z
    .array(name)
    .min(1, 'must not be empty')
    .describe('Whose word counts: ids of `idps` and `workloads`. From all others there is no value.'),
  any_of: z.array(line).min(1, 'must not be empty').optional().describe('The values that count, exactly.'),
  pattern: z
    .string()
    .min(1, 'must not be empty')
    .optional()
    .describe('In place of `any_of`: an RE2 pattern that the whole value fits.'),
  optional: z
    .boolean()
    .default(false)
    .describe('Whether the tag may be left out where there is no such value; else the role is refused.'),
})

export const role = z.strictObject({
  role_name: z
    .string()
    .refine(isRoleName, 'must be an IAM role name, with its path if it has one, as in team/Developer')
    .describe('Path and name of the IAM role, the same in every account.'),
  variant_of: name
    .optional()
    .describe(
      'Key of the role whose narrower form this is: the same IAM role, and all that is said of that one holds.',
    ),
  summary: freeText.or(z.literal('')).default('').describe('One line for people.'),
  max_duration: duration('15m', '12h').prefault('1h').describe('Longest role session; the IAM role must allow it too.'),
  default_duration: usualDuration('15m', '12h')
    .optional()
    .describe(
      'Role session when nobody asks for a length, as `2h` or `until 19:00`; default 1h. Never longer than `max_duration`.',
    ),
  elevated: z.boolean().default(false).describe('Marked on pages; not offered to people who lack it.'),
  discoverable: z
    .boolean()
    .optional()
    .describe(
      'Whether people who lack it may know of it, and see which groups lead to it; default yes, and no for elevated roles.',
    ),
  source_identity: z.boolean().default(true).describe('Sends the source identity. Off for a role that cannot take it.'),
  session_tags: z
    .record(z.string(), z.union([z.string(), claimTag], { error: 'must be text, or a claim and its limits in {}' }))
    .default({})
    .describe(
      'Session tags by key: a claim with its limits, `"claims.x"` for one without, anything else is a constant.',
    ),
  transitive_tags: z.array(z.string()).default([]).describe('Keys of `session_tags` that survive role chaining.'),
  ...sessionPolicy,
  require: requirement.optional().describe('What it asks for beside groups, whatever grants it.'),
})
