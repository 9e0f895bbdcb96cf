import * as z from 'zod'
import { duration, freeText, group, name, oneOrMore } from './fields.ts'

const reason = z
  .union([
    z.strictObject({
      pattern: z
        .string()
        .min(1, 'must not be empty')
        .describe('RE2 pattern that the whole reason fits: a ticket’s number.'),
      hint: freeText.describe('What people are told to write.'),
    }),
    z.literal(true, 'must be true, or { pattern, hint }'),
  ])
  .optional()
  .describe('A reason has to be given, and goes on record.')

const approval = z
  .strictObject({
    by: z
      .strictObject({
        idp: name.describe('The IdP whose people may approve.'),
        group: group.optional().describe('Members of this group.'),
        any_of: z.array(group).min(1, 'must not be empty').optional().describe('Members of one of these groups.'),
      })
      .describe('Whose word is wanted: exactly one of `group`, `any_of`.'),
    valid_for: duration('30m', '24h', 'AWS lends for 15m at least, and nothing outlasts its approval').describe(
      'How long an approval is good at most: 30m to 24h.',
    ),
  })
  .optional()
  .describe('Somebody else has to approve: until then `approval_required`.')

/** `require` of a role or a grant: everything that is named has to be so at every hand-over. */
export const requirement = z.strictObject({
  mfa_within: duration('1m', '24h')
    .optional()
    .describe('A second factor, used at the IdP at most this long ago. Needs `idps[].mfa`.'),
  ip: oneOrMore('a network, as in 203.0.113.0/24,')
    .optional()
    .describe('Networks (CIDR) that are asked from. An address nobody knows is in none.'),
  time: oneOrMore('hours, as in "Mon-Fri 07:00-20:00 Europe/Berlin",')
    .optional()
    .describe('Hours by the clocks of an IANA zone, as `Mon-Fri 07:00-20:00 Europe/Berlin`; one of them is enough.'),
  reason,
  approval,
})

export type RequireEntry = z.output<typeof requirement>
