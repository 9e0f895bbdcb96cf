/** Whose names these are: an IdP, and the domains whose names it answers for; absent: it has declared none. */
type Vouching = { readonly idp: string; readonly usernameDomains?: readonly string[] }

/**
 * How somebody is called wherever people or AWS read it. A name or address outside the domains of its IdP has the IdP's id in
 * front, so that nobody is called like another IdP's people (threats.md I1). Inside are plain letters, digits and a few signs at one
 * of the domains, and never a colon. An IdP that declares none answers for any name without a colon: what has one could be
 * read as having the id of another in front.
 */
export const shownName = (stated: string, { idp, usernameDomains }: Vouching): string =>
  isTheirs(stated, usernameDomains) ? stated : `${idp}:${stated}`

/** The name as the IdP stated it, which is what names are compared by. */
export const statedName = (shown: string, idp: string): string =>
  shown.startsWith(`${idp}:`) ? shown.slice(idp.length + 1) : shown

function isTheirs(stated: string, domains: Vouching['usernameDomains']): boolean {
  if (domains === undefined) return !stated.includes(':')
  const [, domain] = /^[A-Za-z0-9._+'-]+@([A-Za-z0-9.-]+)$/.exec(stated) ?? []
  return domain !== undefined && domains.includes(domain.toLowerCase())
}
