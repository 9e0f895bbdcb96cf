import * as z from 'zod'
import { group, name } from './fields.ts'

const staffSelector = z.strictObject({
  idp: name.optional().describe('The IdP that states their groups. It must be named.'),
  group: group.optional().describe('Members of this group.'),
  any_of: z.array(group).min(1, 'must not be empty').optional().describe('Members of at least one of these groups.'),
})

const staff = z.union([staffSelector, z.array(staffSelector).min(1, 'must not be empty')], {
  error: 'must be { idp, group } or a list of them',
})

export const admin = z.strictObject({
  operators: staff.optional().describe('Who sees the admin pages, tests IdPs and explains anybody’s roles.'),
  auditors: staff.optional().describe('Who sees the same and changes nothing.'),
})
