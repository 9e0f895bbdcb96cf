import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { UpstreamFailure } from '../../adapters/oidc/bounded-fetch.ts'
import { loadLibxml2 } from '../../adapters/saml/comments.ts'
import { BadMetadata, readIdpMetadata } from '../../adapters/saml/metadata.ts'
import type { Config, SamlIdp } from '../../config/config.ts'
import { stsEndpointOf } from '../../domain/aws/partition.ts'

/** One thing that was asked over the network, and what came back. */
export type Seen = { readonly check: string; readonly state: 'ok' | 'fail'; readonly says: string }

type Deps = {
  /** Bounds time and bytes, and follows no redirect (threats.md P2). */
  readonly fetch: typeof fetch
  readonly now: Date
}

/**
 * Asks every neighbour the configuration names whether it is who it should be. Sends nothing secret: no client secret,
 * no token, no credential.
 */
export async function lookOnline(config: Config, deps: Deps): Promise<readonly Seen[]> {
  const { idps, workloads } = config
  return Promise.all([
    ...idps.map((idp) =>
      seen(`IdP ${idp.id}`, async () =>
        idp.type === 'oidc' ? lookAtIssuer(idp.issuer, idp.algorithms, deps) : lookAtMetadata(idp, deps),
      ),
    ),
    ...workloads.map(({ mapping, algorithms }) =>
      seen(`workload ${mapping.id}`, async () => lookAtIssuer(mapping.issuer, algorithms, deps)),
    ),
    ...lookAtOurselves(config, deps),
    ...endpointsOf(config).map((endpoint) => seen(`STS ${endpoint}`, async () => lookAtSts(endpoint, deps))),
  ])
}

async function seen(check: string, look: () => Promise<string>): Promise<Seen> {
  try {
    return { check, state: 'ok', says: await look() }
  } catch (thrown) {
    // Our own words, and no stranger's.
    const isOurs = thrown instanceof Wrong || thrown instanceof UpstreamFailure || thrown instanceof BadMetadata
    return { check, state: 'fail', says: isOurs ? thrown.message : 'could not be asked' }
  }
}

class Wrong extends Error {}

/** OpenID Connect Discovery: the issuer byte for byte (security.md O-19), algorithms we take, keys for one of them. */
async function lookAtIssuer(issuer: string, algorithms: readonly string[], deps: Deps): Promise<string> {
  const metadata = await readJson(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, deps)
  if (metadata['issuer'] !== issuer) throw new Wrong(`says it is ${shown(metadata['issuer'])}, and not ${issuer}`)
  const offered = metadata['id_token_signing_alg_values_supported']
  const common = algorithms.filter((one) => !Array.isArray(offered) || offered.includes(one))
  if (common.length === 0)
    throw new Wrong(`signs with ${shown(offered)}, and the file takes ${algorithms.join(', ')} only`)
  const { jwks_uri: address } = metadata
  if (typeof address !== 'string' || !URL.canParse(address)) throw new Wrong('names no address of its keys')
  const { keys } = await readJson(address, deps)
  const fitting = Array.isArray(keys) ? keys.filter((key) => fits(key, common)) : []
  if (fitting.length === 0) throw new Wrong(`has no key for ${common.join(', ')}`)
  return `is who it should be, and has ${fitting.length} ${fitting.length === 1 ? 'key' : 'keys'} for ${common.join(', ')}`
}

const KEY_TYPES: Readonly<Record<string, string>> = { R: 'RSA', P: 'RSA', E: 'EC' }

function fits(key: unknown, algorithms: readonly string[]): boolean {
  const { kty, alg, use } = (key ?? {}) as Record<string, unknown>
  if (use !== undefined && use !== 'sig') return false
  return algorithms.some((one) =>
    alg === undefined ? kty === (one === 'EdDSA' ? 'OKP' : KEY_TYPES[one.charAt(0)]) : alg === one,
  )
}

async function lookAtMetadata({ metadata, ...idp }: SamlIdp, deps: Deps): Promise<string> {
  const text = 'file' in metadata ? await readFile(metadata.file, 'utf8') : await readText(metadata.url, deps)
  const { metadataCertificatePem: pem } = idp
  const found = await readIdpMetadata(await loadLibxml2(), text, {
    ...(idp.entityId !== undefined && { entityId: idp.entityId }),
    ...(pem !== undefined && { signedBy: new X509Certificate(pem).publicKey }),
    isTaken: () => false,
    allowHttp: idp.allow.http,
    now: deps.now,
  })
  const ends = found.certificates.map(({ validTo }) => Date.parse(validTo))
  if (ends.every((end) => end < deps.now.getTime())) throw new Wrong(`${found.entityId}: its certificates have ended`)
  return `${found.entityId} has ${ends.length} ${ends.length === 1 ? 'certificate' : 'certificates'}`
}

/** What AWS will fetch: without it no token of ours is worth anything there. */
function lookAtOurselves({ issuer, sts }: Config, deps: Deps): readonly Promise<Seen>[] {
  const isNeeded = [...sts.values()].some(({ saml, passThrough }) => saml === undefined && passThrough === undefined)
  if (!isNeeded) return []
  return [seen('our issuer', async () => lookAtIssuer(issuer.url, [issuer.algorithm], deps))]
}

/** Every STS that some account is reached by. */
function endpointsOf({ sts, mapping }: Config): readonly string[] {
  const used = [...mapping.accounts.values()].map(({ sts: name, partition, region }) => {
    const { endpoint } = sts.get(name) ?? {}
    return endpoint ?? stsEndpointOf(partition, region)
  })
  return [...new Set(used)]
}

/** Asked without credentials, STS says that they are missing: that is an answer. */
async function lookAtSts(endpoint: string, { fetch }: Deps): Promise<string> {
  const answer = await fetch(`${endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`)
  if (answer.status !== 400 && answer.status !== 403) throw new Wrong(`answered ${answer.status}, as no STS does`)
  return 'answers'
}

async function readJson(address: string, deps: Deps): Promise<Record<string, unknown>> {
  const text = await readText(address, deps)
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>
  } catch {
    // Said below.
  }
  throw new Wrong(`${address} is no JSON`)
}

async function readText(address: string, { fetch }: Deps): Promise<string> {
  const answer = await fetch(address)
  if (answer.status !== 200) throw new Wrong(`${address} answered ${answer.status}`)
  return answer.text()
}

const LONGEST = 200

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'nothing').slice(0, LONGEST)
