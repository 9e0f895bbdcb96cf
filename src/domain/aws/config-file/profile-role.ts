import { NAME } from '../../name.ts'
import type { ConfigSection } from './read-sections.ts'

/** Which role a profile of ours is for; `account` is its twelve digits, or its alias. Empty where it does not say. */
export function roleIn({ keys }: ConfigSection): { readonly account: string; readonly role: string } {
  const command = keys.get('credential_process') ?? ''
  const [, alias = '', ofAlias = ''] = / credential-process ([^\s/]+)\/([^\s/]+)(?: --server \S+)?$/.exec(command) ?? []
  if (NAME.test(alias) && NAME.test(ofAlias)) return { account: alias, role: ofAlias }
  return { account: keys.get('sso_account_id') ?? '', role: keys.get('sso_role_name') ?? '' }
}

/** The absolute paths a profile of ours has run. */
export const commandIn = ({ keys }: ConfigSection): readonly string[] =>
  [...(keys.get('credential_process') ?? '').matchAll(/"([^"]+)"/g)].map(([, path = '']) => path)
