import { issuerDocuments } from '../adapters/issuer/documents.ts'
import { makeMint } from '../adapters/issuer/mint.ts'
import { loadSamlKey } from '../adapters/issuer/saml-keys.ts'
import { samlMetadata } from '../adapters/issuer/saml-metadata.ts'
import { makeLookAtIssuer, type IssuerSeen } from '../adapters/issuer/self-check.ts'
import { makeSamlMint, type MintSamlResponse } from '../adapters/issuer/saml-mint.ts'
import { loadSigningKey } from '../adapters/issuer/signing-keys.ts'
import { IDP_BOUNDS, makeBoundedFetch } from '../adapters/oidc/bounded-fetch.ts'
import type { Config } from '../config/config.ts'
import { RolegateError } from '../domain/errors.ts'
import type { MintAssertion } from '../usecases/ports/aws.ts'
import type { Host } from './host.ts'
import type { Memory } from './memory.ts'

/** Our own issuer: the keys that sign, and the documents AWS fetches or is given. */
export async function openIssuer({ issuer, sts, server }: Config, { now }: Host, { signingKeys, samlKeys }: Memory) {
  const key = await loadSigningKey({ keys: signingKeys, issuer: issuer.url, algorithm: issuer.algorithm })
  const mintToken = makeMint(key)
  const documents = issuerDocuments({ issuer: issuer.url, keys: [key] })
  const samlWays = [...sts.values()].flatMap(({ name, saml }) => (saml === undefined ? [] : [{ name, ...saml }]))
  // An RSA key is made for those who use one.
  if (samlWays.length === 0) return { mint: makeMintAssertion(mintToken, new Map()), documents }

  const samlKey = await loadSamlKey({ keys: samlKeys, purpose: 'aws-saml', name: issuer.url, now })
  const samlMints = new Map(
    samlWays.map(({ name, encryptionCertificatePem: encryptTo }) => [
      name,
      makeSamlMint({ key: samlKey, ...(encryptTo !== undefined && { encryptTo }) }),
    ]),
  )
  const saml = samlMetadata({ entityId: issuer.url, location: `${server.publicUrl}/`, keys: [samlKey] })
  return { mint: makeMintAssertion(mintToken, samlMints), documents: { ...documents, saml } }
}

function makeMintAssertion(
  mintToken: ReturnType<typeof makeMint>,
  samlMints: ReadonlyMap<string, MintSamlResponse>,
): MintAssertion {
  return async function mintAssertion(sts, plan) {
    if (plan.kind === 'web_identity') return { kind: 'web_identity', token: await mintToken(plan.claims) }
    const mint = samlMints.get(sts)
    if (mint === undefined) throw new RolegateError('config_invalid', { sts })
    return { kind: 'saml', response: await mint(plan.request), providerArn: plan.request.providerArn }
  }
}

/** How our issuer looks from outside; not at all while AWS has no reason to fetch it. */
export function lookAtIssuerBy(
  { issuer }: Pick<Config, 'issuer'>,
  { signingKeys: keys }: Pick<Memory, 'signingKeys'>,
  inForce: () => Pick<Config, 'sts'>,
): () => Promise<IssuerSeen | undefined> {
  const { url, algorithm } = issuer
  const look = makeLookAtIssuer({ issuer: url, algorithm, keys, fetch: makeBoundedFetch(IDP_BOUNDS) })
  return async () => (signsForAws(inForce()) ? look() : undefined)
}

const signsForAws = ({ sts }: Pick<Config, 'sts'>): boolean =>
  [...sts.values()].some(({ saml, passThrough }) => saml === undefined && passThrough === undefined)
