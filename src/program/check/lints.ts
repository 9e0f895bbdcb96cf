/** Every piece of advice there is, by the name that `--accept` takes (docs/reference/lints.md). */
export const LINTS: readonly string[] = [
  'denied-at-one-idp',
  'deny-never-seen',
  'deny-of-unnamed-group',
  'elevated-for-jobs',
  'env-once',
  'group-never-seen',
  'mutable-claim',
  'no-egress-pin',
  'pattern-too-wide',
  'role-without-limit',
  'shadowed-rule',
  'ungranted-role',
  'unreachable-account',
  'unused-capture',
  'username-domains',
  'voided-limit',
]
