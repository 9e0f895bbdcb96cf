import { printDuration } from '../../domain/entitlement/duration.ts'
import type { Findings, Path } from '../faults.ts'
import type { IdpEntry, OidcEntry } from '../idp-schema.ts'
import { graphOf, knownLimit } from '../known-idps.ts'
import type { ConfigFile } from '../schema.ts'
import { lintGroupNames } from './group-names.ts'
import { requireUrl } from './web-address.ts'

/** How an IdP's groups are read: whole, or not at all (threats.md R5). */
export function lintGroups(
  idp: IdpEntry,
  path: Path,
  file: ConfigFile,
  findings: Findings,
  insecureDev: boolean,
): void {
  const here = [...path, 'groups']
  lintTruncation(idp, here, file, findings)
  lintKnownLimit(idp, here, findings)
  lintGroupNames(idp, here, file, findings)
  if (idp.type === 'saml') return
  lintOverage(idp, [...here, 'overage'], findings, insecureDev)
  lintSource(idp, here, findings, insecureDev)
  lintRecheck(idp, path, file, findings)
}

/** A list that is cut may lack the very group that denies, or whose word is asked for. */
function lintTruncation({ id, groups }: IdpEntry, path: Path, file: ConfigFile, findings: Findings): void {
  const reader = readerOf(id, file)
  if (reader === undefined) return
  const overage = 'overage' in groups ? groups.overage : undefined
  for (const [key, word] of [['limit', groups.limit?.else] as const, ['overage', overage?.else] as const]) {
    if (word !== 'warn') continue
    findings.fault([...path, key, 'else'], `must be fail: ${reader} reads groups, and a cut list may lack them`)
  }
}

/** What would be weakened if groups of this IdP's people were missing; undefined if nothing. */
function readerOf(id: string, { rules, roles }: ConfigFile): string | undefined {
  for (const { id: rule, match, deny, grant } of rules) {
    const namesGroups = match.group !== undefined || match.any_of !== undefined || match.pattern !== undefined
    if (deny !== undefined && namesGroups && (match.idp ?? id) === id) return `the deny "${rule}"`
    if (grant?.require?.approval?.by.idp === id) return `the approval of "${rule}"`
  }
  const role = Object.entries(roles).find(([, { require }]) => require?.approval?.by.idp === id)
  return role && `the approval of the role "${role[0]}"`
}

/** Warn the operator before somebody's list is cut and they find out at the worst moment. */
function lintKnownLimit(idp: IdpEntry, path: Path, findings: Findings): void {
  const name = idp.type === 'oidc' ? idp.issuer : idp.entity_id
  const known = name === undefined ? undefined : knownLimit(idp.type, name)
  const isSettled = idp.groups.limit !== undefined || (idp.type === 'oidc' && isAsked(idp))
  if (known === undefined || isSettled) return
  const graph = idp.type === 'oidc' && graphOf(idp.issuer) !== undefined ? '"overage: { on: graph }" or ' : ''
  findings.warn(
    path,
    `this IdP sends at most ${known.count} groups: it ${known.says}; set ${graph}"limit: { count: ${known.count} }" [group-limit-unset]`,
  )
}

/** The directory is asked, always or where the claim is cut. */
const isAsked = ({ groups }: Pick<OidcEntry, 'groups'>): boolean =>
  groups.source !== 'claim' || groups.overage !== undefined

/** Graph lists object ids, of people of the tenant that the ID token is from. */
function lintOverage({ issuer, groups, allow }: OidcEntry, path: Path, findings: Findings, insecureDev: boolean): void {
  const { overage } = groups
  if (overage === undefined) return
  if (groups.kind !== 'id')
    findings.fault(
      path,
      'needs "kind: id" beside it: Graph lists object ids, and a rule by any other name would miss them',
    )
  if (groups.from === 'userinfo')
    findings.fault(path, 'goes with groups from the ID token: that is where Entra says it left them out')
  const { endpoint } = overage
  if (endpoint === undefined) {
    if (graphOf(issuer) === undefined)
      findings.fault(path, 'asks Microsoft Graph, and the issuer is not Microsoft’s: name the "endpoint" to ask')
    return
  }
  const here = [...path, 'endpoint']
  const url = requireUrl(endpoint, here, findings, insecureDev)
  if (url === undefined) return
  if (endpoint !== url.origin) findings.fault(here, `must be an origin, without a path: ${url.origin}`)
  if (url.protocol === 'http:' && !allow.http)
    findings.fault(here, 'is http: set allow.http for this IdP, for development only')
}

/** What is read again must be told by whoever told it first, and in full. */
function lintRecheck({ recheck, groups }: OidcEntry, path: Path, { sessions }: ConfigFile, findings: Findings): void {
  if (recheck === undefined) return
  const { default: usual, env } = sessions.claims_max_age
  const longest = Math.min(sessions.browser.absolute, Math.max(usual, ...Object.values(env)))
  if (recheck.every >= longest) {
    const message = `must be less than a sign-in lasts, which is ${printDuration(longest)}: nobody would ever be asked about`
    findings.fault([...path, 'recheck', 'every'], message)
  }
  if (!isAsked({ groups })) {
    findings.fault(
      [...path, 'recheck'],
      'needs a directory that Rolegate asks by itself: with Entra "overage: { on: graph }" in groups, with Google "source: google_directory"',
    )
  }
  if (groups.overage?.else === 'warn')
    findings.fault(
      [...path, 'groups', 'overage', 'else'],
      'must be fail where "recheck" reads groups again: a cut list cannot be compared with a whole one',
    )
}

const OF_CLAIM = ['claim', 'from', 'limit', 'overage'] as const
const OF_DIRECTORY = ['service_account_file', 'impersonate', 'nested', 'endpoint', 'token_endpoint'] as const

/** The keys of one source do nothing for the other, and nobody would know. */
function lintSource({ groups, allow }: OidcEntry, path: Path, findings: Findings, insecureDev: boolean): void {
  const isClaim = groups.source === 'claim'
  for (const key of isClaim ? OF_DIRECTORY : OF_CLAIM)
    if (groups[key] !== undefined)
      findings.fault([...path, key], `goes with "source: ${isClaim ? 'google_directory' : 'claim'}"`, 'key')
  if (isClaim) {
    if (groups.claim === undefined) findings.fault(path, '"claim" is missing: the claim that lists the groups')
    return
  }
  for (const key of ['service_account_file', 'impersonate'] as const)
    if (groups[key] === undefined) findings.fault(path, `"source: google_directory" needs "${key}"`)
  if (groups.kind !== undefined && groups.kind !== 'email' && groups.kind !== 'id')
    findings.fault([...path, 'kind'], 'must be email or id: that is what Google’s directory knows groups by')
  for (const key of ['endpoint', 'token_endpoint'] as const) {
    const text = groups[key]
    const url = text === undefined ? undefined : requireUrl(text, [...path, key], findings, insecureDev)
    if (url === undefined) continue
    if (url.protocol === 'http:' && !allow.http)
      findings.fault([...path, key], 'is http: set allow.http for this IdP, for development only')
    if (key === 'endpoint' && text !== url.origin)
      findings.fault([...path, key], `must be an origin, without a path: ${url.origin}`)
  }
}
