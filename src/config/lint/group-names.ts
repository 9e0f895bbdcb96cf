import type { Findings, Path } from '../faults.ts'
import type { IdpEntry } from '../idp-schema.ts'
import { isAdfs, isGoogle, isMicrosoft } from '../known-idps.ts'
import type { ConfigFile } from '../schema.ts'

/** What `groups.accept` may say. */
const ANYBODYS_NAMES = 'names-anybody-may-create'

const isDirectory = (groups: IdpEntry['groups']): boolean => 'source' in groups && groups.source === 'google_directory'

/** threats.md R6: in these directories employees may make groups, unless somebody has turned it off, and call them what they like. */
const lettingPeopleMake = (idp: IdpEntry): 'Entra' | 'Google' | undefined => {
  const name = idp.type === 'oidc' ? idp.issuer : (idp.entity_id ?? '')
  if (isMicrosoft(name)) return 'Entra'
  return isGoogle(name) || isDirectory(idp.groups) ? 'Google' : undefined
}

/**
 * Nobody can choose an id; domains, DNs and SIDs come from directories that administrators keep. If the file does not
 * say what the IdP sends, it may be a name.
 */
const canBeChosen = ({ groups }: IdpEntry): boolean => !['id', 'domain_name', 'dn', 'sid'].includes(groups.kind ?? '')

/** threats.md R6: whoever may choose a group's name must not choose its roles with it. */
export function lintGroupNames(idp: IdpEntry, path: Path, { rules }: ConfigFile, findings: Findings): void {
  const { accept, kind } = idp.groups
  const where = lettingPeopleMake(idp)
  const patterns = rules.flatMap(({ match, grant }, index) =>
    grant !== undefined && match.idp === idp.id && match.pattern !== undefined ? [index] : [],
  )
  const namesAreRisky = where === 'Entra' && kind === 'name'
  const patternsAreRisky = where !== undefined && canBeChosen(idp) && patterns.length > 0

  if (accept !== undefined && !namesAreRisky && !patternsAreRisky)
    findings.warn(
      [...path, 'accept'],
      'accepts what is not there: no rule here reads names that anybody may choose [needless-accept]',
    )
  if (accept === undefined && namesAreRisky)
    findings.fault(
      [...path, 'kind'],
      `in Entra anybody may make a group of any name, yours too; take "kind: id", or write "accept: ${ANYBODYS_NAMES}" beside it`,
    )
  if (accept === undefined && patternsAreRisky)
    for (const index of patterns)
      findings.fault(
        ['rules', index, 'match', 'pattern'],
        `in ${where}’s directory anybody may make a group that fits; name groups one by one, or write "accept: ${ANYBODYS_NAMES}" in the groups of "${idp.id}"`,
      )
  if (kind === 'name' && isAdfs(idp.type === 'oidc' ? idp.issuer : (idp.entity_id ?? '')))
    findings.warn(
      [...path, 'kind'],
      'names without their domain clash between domains; have ADFS send them with it: "kind: domain_name" [names-without-domain]',
    )
}
