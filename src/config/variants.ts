import type { ConfigFile } from './schema.ts'

type Roles = ConfigFile['roles']
type Role = Roles[string]

/**
 * The roles as they are in force: a base's requirements apply to its variants too (threats.md R2). They share one IAM
 * role, so whatever a variant allowed would be allowed for the base.
 */
export const rolesInForce = (roles: Roles): Roles =>
  Object.fromEntries(
    Object.entries(roles).map(([key, role]) => {
      const base = baseOf(role, roles)
      return [key, base === undefined ? role : inheriting(role, base)]
    }),
  )

/** The role this one is a variant of; undefined if it is none, or if that role does not exist. */
export const baseOf = ({ variant_of: base }: Role, roles: Roles): Role | undefined =>
  base !== undefined && Object.hasOwn(roles, base) ? roles[base] : undefined

/** These role keys and those of all their variants. */
export const withVariants = (keys: ReadonlySet<string>, roles: Roles): ReadonlySet<string> =>
  new Set([
    ...keys,
    ...Object.entries(roles).flatMap(([key, { variant_of: base }]) =>
      base !== undefined && keys.has(base) ? [key] : [],
    ),
  ])

export const isNarrowed = ({
  session_policy_file: file,
  policy_arns: managed,
}: Pick<Role, 'session_policy_file' | 'policy_arns'>) => file !== undefined || managed.length > 0

function inheriting(role: Role, base: Role): Role {
  const { session_policy_file: file, policy_arns: managed } = isNarrowed(base) ? base : role
  return {
    ...role,
    elevated: base.elevated || role.elevated,
    ...(base.discoverable === false && { discoverable: false }),
    source_identity: base.source_identity,
    session_tags: { ...base.session_tags, ...role.session_tags },
    transitive_tags: [...new Set([...base.transitive_tags, ...role.transitive_tags])],
    session_policy_file: file,
    policy_arns: managed,
    bind_ip: base.bind_ip || role.bind_ip,
  }
}
