import { RolegateError } from '../errors.ts'
import { PARTITIONS, type Partition } from './partition.ts'

/** An IAM role's ARN, checked once where it enters. */
export type RoleArn = string & { readonly __roleArn: true }

/** Role paths and names as AWS takes them, less `:`, which our token's subject uses as its seam (threats.md F1). */
const ROLE_NAME = /^(?:[A-Za-z0-9_+=,.@-]{1,128}\/){0,8}[A-Za-z0-9_+=,.@-]{1,64}$/
const ROLE_ARN = /^arn:([a-z-]{3,12}):iam::(\d{12}):role\/(.+)$/

/** True for `Admin` and `team/path/Admin`: what `roles.<key>.role_name` may hold. */
export const isRoleName = (text: string): boolean => ROLE_NAME.test(text) && text.length <= 256

export const roleArnOf = (partition: Partition, accountId: string, roleName: string): RoleArn =>
  `arn:${partition}:iam::${accountId}:role/${roleName}` as RoleArn

/** Turns text into a RoleArn or fails with `invalid_request` (security.md T-2). Past this point nobody checks again. */
export function parseRoleArn(text: string): RoleArn {
  const [, partition, , name] = ROLE_ARN.exec(text) ?? []
  if (name === undefined || !isRoleName(name) || !(PARTITIONS as readonly string[]).includes(partition ?? '')) {
    throw new RolegateError('invalid_request', { field: 'role' })
  }
  return text as RoleArn
}
