import * as z from 'zod'
import { isReason } from '../domain/entitlement/conditions.ts'
import { TARGET_NAME } from '../domain/name.ts'
import { address, duration, group, moment, name } from './fields.ts'
import { statedClaims } from './workload-schema.ts'

const target = z.string().regex(TARGET_NAME, 'must be alias/role, as in payments-prod/readonly')

/** How an imagined person meets conditions. One left out counts as met, except an approval: there is none. */
const imagined = {
  at: moment.optional().describe('When they ask, as `2026-03-02T08:00:00Z`. Left out: whenever rules want.'),
  ip: address.optional().describe('Where they ask from. Left out: from where rules want.'),
  mfa: z
    .union([duration('0s', '24h'), z.literal(false, 'must be a duration such as 5m, or false')])
    .optional()
    .describe('How long ago they used a second factor; false: they did not. Left out: as rules want.'),
  reason: z
    .union([
      z.string().refine(isReason, 'must be one line of text, or false'),
      z.literal(false, 'must be one line of text, or false'),
    ])
    .optional()
    .describe('The reason they give; false: none. Left out: one that fits.'),
}

export const inFileTest = z.strictObject({
  as: z
    .strictObject({
      idp: name.optional().describe('The IdP they sign in at.'),
      groups: z.array(group).default([]).describe('The groups it states.'),
      workload: name.optional().describe('In place of `idp`: a job of this entry of `workloads`.'),
      claims: statedClaims
        .default({})
        .describe('With `workload`: what its token states, beside what `require` leaves no choice in.'),
      ...imagined,
    })
    .describe('An imagined person, or an imagined job.'),
  can: z.array(target).default([]).describe('Roles (`alias/role`) that must be open to them.'),
  cannot: z.array(target).default([]).describe('Roles that must not be.'),
})
