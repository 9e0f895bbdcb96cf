import * as z from 'zod'
import { duration, freeText, group, name, oneOrMore } from './fields.ts'
import { requirement } from './require-schema.ts'
import { sessionPolicy } from './role-schema.ts'
import { claimValues } from './workload-schema.ts'

export const rule = z.strictObject({
  id: name.describe('Unique; stands in every decision and in the audit trail.'),
  owner: freeText.optional().describe('Who answers for the rule.'),
  match: z
    .strictObject({
      idp: name
        .optional()
        .describe('The IdP whose people it meets. A grant must name it; a deny without it meets everyone’s.'),
      group: group.optional().describe('Members of this group.'),
      any_of: z
        .array(group)
        .min(1, 'must not be empty')
        .optional()
        .describe('Members of at least one of these groups.'),
      pattern: z
        .string()
        .min(1, 'must not be empty')
        .optional()
        .describe('Groups whose whole name fits this RE2 pattern. A grant by it needs `within`.'),
      everyone: z.literal(true).optional().describe('Whoever signs in, with or without groups.'),
      workload: name
        .optional()
        .describe(
          'Jobs and containers of this entry of `workloads`. Nothing else meets them, but a deny for everyone.',
        ),
      claims: claimValues.optional().describe('With `workload`: claims and the exact values they must have besides.'),
    })
    .describe('Whom the rule meets: exactly one of `group`, `any_of`, `pattern`, `everyone`, `workload`.'),
  grant: z
    .strictObject({
      accounts: oneOrMore('an alias, "env:NAME", "tag:NAME", "*"').describe(
        'Which accounts: aliases, `env:NAME`, `tag:NAME`, or `"*"`; with a pattern also `${NAME}` of what it captures.',
      ),
      roles: oneOrMore('a role key, "*"').describe(
        'Which role keys, or `"*"`; with a pattern also `${NAME}` of what it captures.',
      ),
      max_duration: duration('15m', '12h')
        .optional()
        .describe('Longest role session by this rule; the role’s limit stays.'),
      wildcard: z.boolean().default(false).describe('Must be true for `"*"` in a grant.'),
      ...sessionPolicy,
      require: requirement.optional().describe('What this grant asks for beside groups; other grants are not bound.'),
    })
    .optional()
    .describe('Opens these roles. A rule has a grant or a deny.'),
  deny: z
    .strictObject({
      accounts: oneOrMore('an alias, "env:NAME", "tag:NAME", "*"').describe('Which accounts.'),
      roles: oneOrMore('a role key, "*"').optional().describe('Which role keys; default all.'),
    })
    .optional()
    .describe('Closes these roles, whatever grants them.'),
  within: z
    .strictObject({
      accounts: oneOrMore('an alias, "env:NAME", "tag:NAME", "*"').describe('Which accounts, at most.'),
      roles: oneOrMore('a role key, "*"').describe('Which role keys, at most.'),
    })
    .optional()
    .describe('The fence of a grant by pattern: whatever a group is called, it opens nothing else.'),
})
