import type { Findings, Path } from '../faults.ts'
import type { IdpEntry, OidcEntry } from '../idp-schema.ts'
import { isGoogle, isMicrosoft } from '../known-idps.ts'
import type { ConfigFile } from '../schema.ts'
import { lintGroups } from './groups.ts'
import { lintSaml } from './saml.ts'
import { isLoopback, requireUrl, sameAddress } from './web-address.ts'

/** The people's identity providers: who they are, and that they are nobody else. */
export function lintIdps(file: ConfigFile, findings: Findings, insecureDev: boolean): void {
  lintNames(file, findings)
  const first = new Map<string, number>()
  file.idps.forEach((idp, index) => {
    const path = ['idps', index]
    const earlier = first.get(idp.id)
    if (earlier === undefined) first.set(idp.id, index)
    else findings.fault([...path, 'id'], `"${idp.id}" is the id of idps[${earlier}] too`)
    if (idp.type === 'oidc') {
      lintIssuer(idp, [...path, 'issuer'], file, findings, insecureDev)
      lintPlainHttp(idp, path, findings, insecureDev)
      lintSubject(idp, path, findings)
      lintHostedDomain(idp, path, findings)
    } else lintSaml(idp, path, findings, insecureDev)
    lintGroups(idp, path, file, findings, insecureDev)
  })
}

/** threats.md I2: people are identified by their issuer, so no two IdPs may share one, and none may have ours (F4). */
function lintNames(file: ConfigFile, findings: Findings): void {
  const first = new Map<string, IdpEntry>()
  file.idps.forEach((idp, index) => {
    const key = idp.type === 'saml' ? 'entity_id' : 'issuer'
    const name = idp.type === 'saml' ? idp.entity_id : idp.issuer
    if (name === undefined) return
    const other = first.get(name)
    if (other === undefined) first.set(name, idp)
    // Two clients at one OpenID provider have the same people, by the same key.
    else if (other.type === 'saml' || idp.type === 'saml') {
      const message = `is the name of "${other.id}" too: its people would be taken for one another’s`
      findings.fault(['idps', index, key], message)
    }
    if (idp.type === 'saml' && isOurs(name, file))
      findings.fault(['idps', index, key], 'is Rolegate itself: an IdP must be somebody else')
  })
}

function lintIssuer(
  { issuer, allow }: OidcEntry,
  path: Path,
  file: ConfigFile,
  findings: Findings,
  insecureDev: boolean,
): void {
  // Checked first: a template such as {tenantid} is no URL, but deserves a better sentence.
  if (isMultiTenant(issuer)) {
    findings.fault(path, 'lets in people of every tenant; name one tenant, by its id')
    return
  }
  const url = requireUrl(issuer, path, findings, insecureDev)
  if (url?.protocol === 'http:' && !allow.http)
    findings.fault(path, 'is http: set allow.http beside it, for development only')
  if (isOurs(issuer, file)) findings.fault(path, 'is Rolegate itself: an IdP must be somebody else')
}

/** threats.md F4: our own tokens must never come back as somebody's sign-in. */
export const isOurs = (text: string, { server, issuer }: ConfigFile): boolean =>
  sameAddress(text, server.public_url) || (issuer.url !== undefined && sameAddress(text, issuer.url))

/** The last is the tenant of everybody's private Microsoft account. */
const ANY_TENANT = /^\/(?:common|organizations|consumers|9188040d-6c67-4c5b-b112-36a304b66dad)(?:\/|$)/i

/** threats.md I2: one issuer, one tenant; a foreign tenant's `oid` is a stranger's. */
export function isMultiTenant(text: string): boolean {
  if (/[{}]|%7b|%7d/i.test(text)) return true
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && isMicrosoft(text) && ANY_TENANT.test(url.pathname)
}

/** threats.md I2: without it anybody with a Google account is somebody. */
function lintHostedDomain({ issuer, hosted_domain: domain }: OidcEntry, path: Path, findings: Findings): void {
  if (domain === undefined && isGoogle(issuer))
    findings.fault([...path, 'issuer'], 'lets in everybody with a Google account: name your "hosted_domain" beside it')
}

function lintPlainHttp({ issuer, allow }: OidcEntry, path: Path, findings: Findings, insecureDev: boolean): void {
  if (!allow.http) return
  const here = [...path, 'allow', 'http']
  if (!insecureDev) findings.fault(here, 'is for development only: start with --insecure-dev')
  else if (!URL.canParse(issuer) || !isLoopback(new URL(issuer).hostname))
    findings.fault(here, 'is for an issuer on loopback only')
}

function lintSubject({ subject }: OidcEntry, path: Path, findings: Findings): void {
  const here = [...path, 'subject']
  if (subject === 'email')
    findings.fault(here, 'must not be the e-mail address, which passes from one person to another')
  if (subject === 'preferred_username' || subject === 'upn') {
    findings.warn(
      here,
      `claims.${subject} can change and pass to another person; take claims.sub or claims.oid [mutable-claim]`,
    )
  }
}
