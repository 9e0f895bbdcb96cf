import type { ConfigSection } from './read-sections.ts'

/** Which role a profile of ours is for; `account` is its twelve digits, or its alias. Empty where it does not say. */
export function roleIn({ keys }: ConfigSection): { readonly account: string; readonly role: string } {
  const [, account = keys.get('sso_account_id') ?? '', role = keys.get('sso_role_name') ?? ''] =
    / credential-process ([a-z0-9][a-z0-9-]{0,62})\/([a-z0-9][a-z0-9-]{0,62})(?: --server \S+)?$/.exec(
      keys.get('credential_process') ?? '',
    ) ?? []
  return { account, role }
}

/** The absolute paths a profile of ours has run. */
export const commandIn = ({ keys }: ConfigSection): readonly string[] =>
  [...(keys.get('credential_process') ?? '').matchAll(/"([^"]+)"/g)].map(([, path = '']) => path)
