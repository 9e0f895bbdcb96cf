import { didYouMean } from '../did-you-mean.ts'
import type { Findings, Path } from '../faults.ts'
import type { ConfigFile, StsEntry } from '../schema.ts'
import { sameAddress } from './web-address.ts'

/** threats.md F7: the IdP's own assertion or ID token goes to AWS. */
export const isPassThrough = ({ strategy }: Pick<StsEntry, 'strategy'>): boolean =>
  strategy === 'pass_through_saml' || strategy === 'pass_through_oidc'

/** An `sts` entry that passes through must name an IdP of its protocol, and what AWS knows that IdP by. */
export function lintPassThrough(entry: StsEntry, path: Path, { idps }: ConfigFile, findings: Findings): void {
  if (!isPassThrough(entry)) return
  const { strategy } = entry
  const type = strategy === 'pass_through_saml' ? 'saml' : 'oidc'
  const idp = idps.find(({ id }) => id === entry.idp)
  const here = [...path, 'idp']
  if (entry.idp === undefined) findings.fault(here, `is missing: "strategy: ${strategy}" names the IdP`)
  else if (idp === undefined) {
    const known = idps.map(({ id }) => id)
    findings.fault(here, `unknown IdP "${entry.idp}"${didYouMean(entry.idp, known)}`)
  } else if (idp.type !== type) {
    findings.fault(here, `"${entry.idp}" is of type ${idp.type}; "strategy: ${strategy}" needs one of type ${type}`)
  }

  if (type === 'oidc') lintClientId(entry, path, idps, findings)
  else if (entry.provider_name === undefined)
    findings.fault([...path, 'provider_name'], 'is missing: the IAM SAML provider that stands for the IdP')
}

/** A token that people sign in with must open no role: AWS is told of another audience than ours. */
function lintClientId(
  { client_id: clientId, idp: id }: StsEntry,
  path: Path,
  idps: ConfigFile['idps'],
  findings: Findings,
): void {
  const here = [...path, 'client_id']
  if (clientId === undefined) {
    findings.fault(here, 'is missing: the client id whose ID tokens AWS takes, and which nobody signs in with')
    return
  }
  const named = idps.find((idp) => idp.id === id)
  const taken = idps.find(
    (idp) =>
      idp.type === 'oidc' &&
      named?.type === 'oidc' &&
      sameAddress(idp.issuer, named.issuer) &&
      idp.client_id === clientId,
  )
  if (taken !== undefined)
    findings.fault(here, `"${clientId}" is what people sign in with at "${taken.id}"; AWS needs a client id of its own`)
}
