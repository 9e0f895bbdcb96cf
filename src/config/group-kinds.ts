import type { ConfigFile } from './schema.ts'

type Kind = NonNullable<ConfigFile['idps'][number]['groups']['kind']>

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** An object id of Entra or Active Directory. */
export const looksLikeGuid = (text: string): boolean => GUID.test(text)

/** What groups of each kind look like. A group that does not is most likely a mistake in the file. */
export const LOOKS: Readonly<Record<Kind, (group: string) => boolean>> = {
  id: (group) => GUID.test(group) || /^[A-Za-z0-9]{15,}$/.test(group),
  name: (group) => !GUID.test(group) && !/^S-1-\d/.test(group),
  email: (group) => /^[^\s@]+@[^\s@]+$/.test(group),
  path: (group) => group.startsWith('/'),
  domain_name: (group) => group.includes('\\'),
  dn: (group) => /^[A-Za-z0-9.-]+\s*=/.test(group),
  sid: (group) => /^S-1(?:-\d+)+$/.test(group),
}
