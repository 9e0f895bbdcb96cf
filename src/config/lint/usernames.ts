import { listed } from '../../domain/listed.ts'
import type { Findings } from '../faults.ts'
import type { ConfigFile } from '../schema.ts'

const MOST_NAMED = 3

/**
 * threats.md I1: IdPs whose people could have the same names as another IdP's people on pages, in records and in
 * CloudTrail.
 */
export function lintUsernames({ idps }: ConfigFile, findings: Findings): void {
  if (idps.length < 2) return
  const open = idps.flatMap(({ id, username_domains: domains }, index) =>
    domains === undefined ? [{ id, index }] : [],
  )
  const [first] = open
  // A single IdP without domains is fine: names in the domains of the others are not accepted from it.
  if (first !== undefined && open.length > 1)
    findings.warn(
      ['idps', first.index],
      `people of ${listed(
        open.map(({ id }) => id),
        MOST_NAMED,
      )} may be called like those of another IdP: say which names are theirs, with username_domains [username-domains]`,
    )
  const taken = new Map<string, string>()
  idps.forEach(({ id, username_domains: domains = [] }, index) => {
    for (const [place, domain] of domains.entries()) {
      const other = taken.get(domain)
      if (other === undefined) taken.set(domain, id)
      else if (other !== id)
        findings.warn(
          ['idps', index, 'username_domains', place],
          `is a domain of "${other}" too: people of both may be called alike [username-domains]`,
        )
    }
  })
}
