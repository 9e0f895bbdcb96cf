import type { Findings, Path } from '../faults.ts'
import type { SamlEntry } from '../idp-schema.ts'
import { isEmail } from './mutable.ts'
import { isLoopback, requireUrl } from './web-address.ts'

/** A SAML IdP: where its metadata is, whom its statements name, and what its exceptions cost. */
export function lintSaml(idp: SamlEntry, path: Path, findings: Findings, insecureDev: boolean): void {
  lintMetadata(idp, path, findings, insecureDev)
  lintSubject(idp, path, findings)
  lintExceptions(idp, path, findings, insecureDev)
}

function lintMetadata(
  { metadata_file: file, metadata_url: url, entity_id: entityId, allow }: SamlEntry,
  path: Path,
  findings: Findings,
  insecureDev: boolean,
): void {
  if ((file === undefined) === (url === undefined))
    findings.fault(path, 'needs exactly one of metadata_file, metadata_url')
  if (url === undefined) return
  // threats.md I2: who answers at a URL must not choose whom it speaks for.
  if (entityId === undefined)
    findings.fault(path, 'needs entity_id beside metadata_url: what is fetched must be about this one')
  const here = [...path, 'metadata_url']
  const parsed = requireUrl(url, here, findings, insecureDev)
  if (parsed?.protocol === 'http:' && !allow.http)
    findings.fault(here, 'is http: set allow.http beside it, for development only')
}

/** threats.md I2: an address passes from one person to another, and their roles with it. */
function lintSubject({ subject }: SamlEntry, path: Path, findings: Findings): void {
  if (isEmail(subject))
    findings.fault([...path, 'subject'], 'must not be the e-mail address, which passes from one person to another')
}

function lintExceptions(
  { allow, metadata_url: url }: SamlEntry,
  path: Path,
  findings: Findings,
  insecureDev: boolean,
): void {
  const here = [...path, 'allow']
  if (allow.http && !insecureDev)
    findings.fault([...here, 'http'], 'is for development only: start with --insecure-dev')
  else if (allow.http && url !== undefined && URL.canParse(url) && !isLoopback(new URL(url).hostname))
    findings.fault([...here, 'http'], 'is for an IdP on loopback only')
  if (allow.sha1)
    findings.warn(
      [...here, 'sha1'],
      'takes signatures that can be forged; let the IdP sign with SHA-256 and remove it [weak-saml]',
    )
  if (allow.cbc)
    findings.warn(
      [...here, 'cbc'],
      'takes encryption that nothing protects from changes; let the IdP encrypt with AES-GCM and remove it [weak-saml]',
    )
}
