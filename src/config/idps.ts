import { createHash } from 'node:crypto'
import type { MfaMapping } from '../domain/sign-in/authentication.ts'
import type { Idp, OidcIdp, SamlIdp, ServiceAccount } from './config.ts'
import type { IdpEntry, OidcEntry, SamlEntry } from './idp-schema.ts'
import { isNoFile } from './files.ts'
import { graphOf, knownLimit } from './known-idps.ts'
import { fromFolder } from './paths.ts'
import type { Secrets } from './secrets.ts'
import type { World } from './world.ts'

/** What else is needed to read an entry: all entries, and the claims that are kept from a sign-in. */
type Beside = { readonly idps: readonly IdpEntry[]; readonly keep: readonly string[] }

/** Where people sign in, from an entry that has passed every check. */
export const idpOf = (idp: IdpEntry, secrets: Secrets, beside: Beside, world: World): Idp =>
  idp.type === 'saml' ? samlIdpOf(idp, secrets, beside, world) : oidcIdpOf(idp, secrets, beside)

function oidcIdpOf(idp: OidcEntry, { authentications, serviceAccounts }: Secrets, beside: Beside): OidcIdp {
  const authentication = authentications.get(idp.id)
  if (authentication === undefined) throw new Error(`no authentication was read for ${idp.id}`)
  const { claim, limit, from } = idp.groups
  const overage = overageOf(idp)
  const googleDirectory = googleDirectoryOf(idp, serviceAccounts.get(idp.id))
  return {
    type: 'oidc',
    id: idp.id,
    label: idp.label ?? idp.id,
    issuer: idp.issuer,
    clientId: idp.client_id,
    authentication,
    scopes: idp.scopes,
    algorithms: idp.algorithms,
    allowHttp: idp.allow.http,
    groupsFrom: from ?? 'id_token',
    ...(idp.hosted_domain !== undefined && { hostedDomains: [idp.hosted_domain].flat() }),
    mapping: {
      idp: idp.id,
      subject: idp.subject,
      username: idp.username,
      ...domainsOf(idp, beside),
      ...(idp.person_key !== undefined && { personKey: idp.person_key }),
      groups: {
        // The source that stands in for a claim answers everybody: none is ever read.
        claim: claim ?? idp.groups.source,
        ...(limit !== undefined && { limit }),
        ...mostOf(idp),
        ...(overage !== undefined && { overage: { else: overage.else } }),
      },
      ...(idp.mfa !== undefined && { mfa: { claim: idp.mfa.claim, anyOf: idp.mfa.any_of } }),
      keep: beside.keep,
    },
    ...(overage !== undefined && { overage }),
    ...(googleDirectory !== undefined && { googleDirectory }),
    ...(idp.recheck !== undefined && { recheck: { everySeconds: idp.recheck.every, else: idp.recheck.else } }),
  }
}

/**
 * The domains whose names it answers for; if it declares none, it answers for none that another IdP has declared
 * (threats.md I1).
 */
function domainsOf({ id, username_domains: own }: IdpEntry, { idps }: Beside): Partial<Idp['mapping']> {
  if (own !== undefined) return { usernameDomains: own }
  const declared = idps.flatMap((other) => (other.id === id ? [] : (other.username_domains ?? [])))
  return declared.length === 0 ? {} : { othersDomains: [...new Set(declared)] }
}

/** No more than these come, and nobody else is asked for the rest. */
function mostOf(idp: OidcEntry | SamlEntry): { readonly most?: number } {
  if (idp.type === 'oidc' && (idp.groups.source !== 'claim' || idp.groups.overage !== undefined)) return {}
  const most =
    idp.groups.limit?.count ?? knownLimit(idp.type, idp.type === 'oidc' ? idp.issuer : (idp.entity_id ?? ''))?.count
  return most === undefined ? {} : { most }
}

function googleDirectoryOf({ groups }: OidcEntry, account: ServiceAccount | undefined): OidcIdp['googleDirectory'] {
  if (groups.source === 'claim') return undefined
  if (account === undefined) throw new Error('a service account was not read')
  return {
    endpoint: groups.endpoint ?? 'https://admin.googleapis.com',
    tokenEndpoint: groups.token_endpoint ?? 'https://oauth2.googleapis.com/token',
    impersonate: groups.impersonate ?? '',
    nested: groups.nested ?? true,
    by: groups.kind === 'id' ? 'id' : 'email',
    account,
  }
}

function overageOf({ issuer, groups: { overage } }: OidcEntry): OidcIdp['overage'] {
  if (overage === undefined) return undefined
  const endpoint = overage.endpoint ?? graphOf(issuer)
  if (endpoint === undefined) throw new Error('an overage without an address was let through')
  return { endpoint, else: overage.else }
}

function samlIdpOf(idp: SamlEntry, { samlKeys }: Secrets, beside: Beside, world: World): SamlIdp {
  const { id, allow, metadata_file: metadataFile, metadata_url: metadataUrl = '', entity_id: entityId } = idp
  const { attribute, limit, delimiter } = idp.groups
  const { signing, ...keys } = samlKeys.get(id) ?? {}
  return {
    type: 'saml',
    id,
    label: idp.label ?? id,
    metadata: metadataFile === undefined ? { url: metadataUrl } : fileOf(fromFolder(metadataFile, world), world),
    ...(entityId !== undefined && { entityId }),
    ...keys,
    ...(idp.sign_requests && signing !== undefined && { signing }),
    skewSeconds: idp.clock_skew,
    forceAuthn: idp.force_authn,
    contexts: idp.authn_contexts,
    allow: { http: allow.http, idpInitiated: allow.idp_initiated, sha1: allow.sha1, cbc: allow.cbc },
    mapping: {
      idp: id,
      subject: idp.subject,
      username: idp.username,
      ...domainsOf(idp, beside),
      ...(idp.person_key !== undefined && { personKey: idp.person_key }),
      groups: {
        claim: attribute,
        ...(limit !== undefined && { limit }),
        ...mostOf(idp),
        ...(delimiter !== undefined && { delimiter }),
      },
      ...(idp.mfa !== undefined && { mfa: samlMfaOf(idp.mfa) }),
      keep: beside.keep,
    },
  }
}

/**
 * Being unreadable is no fault of the configuration: the last good copy of the metadata is used until it can be read.
 */
function fileOf(file: string, world: World): SamlIdp['metadata'] {
  if (world.withoutSecrets === true) return { file }
  try {
    const real = world.realPath(file)
    return isNoFile(real, world) ? { file } : { file, sum: sha256(world.readFile(real)) }
  } catch {
    return { file }
  }
}

const sha256 = (data: Uint8Array | string): string => createHash('sha256').update(data).digest('hex')

const samlMfaOf = (mfa: NonNullable<SamlEntry['mfa']>): MfaMapping =>
  mfa.contexts === undefined ? { claim: mfa.attribute ?? '', anyOf: mfa.any_of ?? [] } : { contexts: mfa.contexts }
