import type { IdpEntry } from './idp-schema.ts'
import { isMicrosoft } from './known-idps.ts'

type Kind = NonNullable<IdpEntry['groups']['kind']>

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** An object id of Entra or Active Directory. */
export const looksLikeGuid = (text: string): boolean => GUID.test(text)

/** What a group of each kind looks like. One that looks different is most likely a mistake in the file. */
export const LOOKS: Readonly<Record<Kind, (group: string) => boolean>> = {
  id: (group) => GUID.test(group) || /^[A-Za-z0-9]{15,}$/.test(group),
  name: (group) => !GUID.test(group) && !/^S-1-\d/.test(group),
  email: (group) => /^[^\s@]+@[^\s@]+$/.test(group),
  path: (group) => group.startsWith('/'),
  domain_name: (group) => group.includes('\\'),
  dn: (group) => /^[A-Za-z0-9.-]+\s*=/.test(group),
  sid: (group) => /^S-1(?:-\d+)+$/.test(group),
}

/** As the file says, or as this IdP is known to send them unless it is told otherwise. */
export function kindOf(idp: IdpEntry): Kind | undefined {
  const { groups } = idp
  if (groups.kind !== undefined) return groups.kind
  if ('source' in groups && groups.source === 'google_directory') return 'email'
  return isMicrosoft(idp.type === 'oidc' ? idp.issuer : (idp.entity_id ?? '')) ? 'id' : undefined
}
