/**
 * Which names an IdP answers for: its own domains (absent: it declares none), and those that other IdPs have declared.
 */
type Vouching = {
  readonly idp: string
  readonly usernameDomains?: readonly string[]
  readonly othersDomains?: readonly string[]
}

/**
 * How somebody is called wherever people or AWS read it. A name or address outside the domains of its IdP has the IdP's id in
 * front, so that nobody is called like another IdP's people (threats.md I1). Inside are plain letters, digits and a few signs at one
 * of the domains, and never a colon. An IdP that declares none answers for any name without a colon, since what has one could be
 * read as having the id of another in front, and, once another IdP has declared its own, for no name that has such a domain in it
 * or that could look like one: what is declared is nobody else's, whoever else declares.
 */
export const shownName = (stated: string, { idp, ...domains }: Vouching): string =>
  isTheirs(stated, domains) ? stated : `${idp}:${stated}`

/** The name as the IdP stated it, which is what names are compared by. */
export const statedName = (shown: string, idp: string): string =>
  shown.startsWith(`${idp}:`) ? shown.slice(idp.length + 1) : shown

function isTheirs(stated: string, { usernameDomains, othersDomains = [] }: Omit<Vouching, 'idp'>): boolean {
  if (usernameDomains === undefined) return !stated.includes(':') && !isLikeTheirs(stated, othersDomains)
  const [, domain] = /^[A-Za-z0-9._+'-]+@([A-Za-z0-9.-]+)$/.exec(stated) ?? []
  return domain !== undefined && usernameDomains.includes(domain.toLowerCase())
}

/** Another IdP's domain counts anywhere in the name, since AWS may cut a longer name right after it. */
const isLikeTheirs = (stated: string, domains: readonly string[]): boolean =>
  domains.length > 0 &&
  (!/^[\x20-\x7e]*$/.test(stated) || domains.some((domain) => stated.toLowerCase().includes(`@${domain}`)))
