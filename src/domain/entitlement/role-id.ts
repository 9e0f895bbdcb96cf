import type { RoleTarget } from './rule.ts'

/**
 * Tells roles apart where names may change: the ARN, and for a variant its key as well, or a narrower form would pass for the
 * wider one (threats.md R2).
 */
export const roleIdOf = ({ arn, kind }: Pick<RoleTarget, 'arn' | 'kind'>): string =>
  kind.variantOf === undefined ? arn : `${arn}#${kind.key}`

/** The ARN in such an id: none has a `#`. */
export const arnIn = (roleId: string): string => roleId.replace(/#.*$/, '')
