import type { RoleTarget } from './rule.ts'

/**
 * Identifies a role even if its names change: its ARN, and for a variant its key as well, since base and variant share
 * an ARN and the narrower must not pass for the wider (threats.md R2).
 */
export const roleIdOf = ({ arn, kind }: Pick<RoleTarget, 'arn' | 'kind'>): string =>
  kind.variantOf === undefined ? arn : `${arn}#${kind.key}`

/** The ARN in such an id: none has a `#`. */
export const arnIn = (roleId: string): string => roleId.replace(/#.*$/, '')
