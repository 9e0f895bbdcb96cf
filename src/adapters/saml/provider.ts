import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { RolegateError } from '../../domain/errors.ts'
import type { Now } from '../../usecases/ports.ts'
import type { IdentityProvider } from '../../usecases/ports/identity-provider.ts'
import { makeForAws } from './for-aws.ts'
import { readLogout } from './logout.ts'
import { makeMessages, type OurSide } from './messages.ts'
import type { IdpMetadata } from './metadata.ts'
import { makeMetadataKeeper, type KeptMetadata } from './metadata-keeper.ts'
import { refused } from './refusal.ts'
import { makeTrip } from './trip.ts'

export type SamlSettings = {
  readonly id: string
  readonly label: string
  readonly metadata: { readonly file: string } | { readonly url: string }
  readonly metadataCertificatePem?: string
  readonly entityId?: string
  readonly signing?: { readonly keyPem: string; readonly certificatePem: string }
  readonly decryption?: { readonly keyPem: string; readonly certificatePem?: string }
  readonly skewSeconds: number
  readonly forceAuthn: boolean
  readonly contexts: readonly string[]
  readonly allow: {
    readonly idpInitiated: boolean
    readonly sha1: boolean
    readonly cbc: boolean
    readonly http: boolean
  }
}

/**
 * A SAML 2.0 IdP: requests by Redirect or POST, responses by POST, single logout. Verification is ours, on the bytes that
 * were signed; samlify wraps what we send. Metadata is read when first needed and again every hour.
 */
export function makeSamlProvider(deps: {
  settings: SamlSettings
  /** `https://gate.example.com/saml/contractors`: our addresses for this IdP stand below it. */
  base: string
  readMetadata: () => Promise<string>
  kept: KeptMetadata
  /** Whether this is another IdP's name, or our own. */
  isTaken: (entityId: string) => boolean
  randomText: (bits: number) => string
  now: Now
  warn: (what: string, facts: Readonly<Record<string, string | readonly string[] | undefined>>, cause?: unknown) => void
}): IdentityProvider {
  const { settings, base, now } = deps
  const { id, label, allow, skewSeconds, forceAuthn } = settings
  const us = ourSideOf(settings, base)
  const messages = makeMessages(us)
  let ourMetadata: Promise<string> | undefined
  const decryptionKeys = settings.decryption === undefined ? [] : [createPrivateKey(settings.decryption.keyPem)]
  const keeper = makeMetadataKeeper({
    name: `${id} ${'file' in settings.metadata ? settings.metadata.file : settings.metadata.url}`,
    read: deps.readMetadata,
    rules: {
      allowHttp: allow.http,
      isTaken: deps.isTaken,
      ...(settings.entityId !== undefined && { entityId: settings.entityId }),
      ...(settings.metadataCertificatePem !== undefined && { signedBy: keyOf(settings.metadataCertificatePem) }),
    },
    kept: deps.kept,
    now,
    signsRequests: us.signing !== undefined,
    warn: (what, facts, cause) => deps.warn(what, { ...facts, idp: id }, cause),
  })

  async function requireMetadata(): Promise<IdpMetadata> {
    const refreshed = keeper.refresh()
    const held = keeper.known()
    if (held === undefined || isOver(held) || keeper.isOld()) await refreshed
    const metadata = keeper.known()
    if (metadata === undefined) throw new RolegateError('idp_unavailable', { idp: id, label, retryAfterSeconds: 5 })
    // saml-metadata-2.0 §2.3.2: past its end nothing in it counts any more.
    if (isOver(metadata))
      throw new RolegateError(
        'idp_unavailable',
        { idp: id, label, retryAfterSeconds: 60 },
        { reason: 'saml_metadata_over' },
      )
    return metadata
  }

  const isOver = ({ validUntil }: IdpMetadata): boolean => validUntil !== undefined && validUntil <= now()

  /** security.md S-37: unguessable, and an xs:ID, so no digit first. */
  const newMessageId = () => `_${deps.randomText(160)}`
  const trip = makeTrip({ settings, requireMetadata, newMessageId, randomText: deps.randomText, now })

  return {
    id,
    label,
    issuer: () => keeper.known()?.entityId,
    ...(allow.idpInitiated && { restartsUnasked: true }),

    begin: (attemptId, how) => trip.ask(messages, { attemptId, isFresh: forceAuthn || how?.isFresh === true }),

    async complete(answer, pending) {
      const { entityId: audience, acs } = us
      const addressed = { audience, recipient: acs, destination: acs }
      const { accepted } = await trip.read(answer, pending, { ...addressed, keys: decryptionKeys, isFresh: forceAuthn })
      return accepted
    },

    isReady() {
      void keeper.refresh()
      const known = keeper.known()
      return known === undefined ? !keeper.isStale() : !isOver(known) && !(keeper.isOld() && keeper.isStale())
    },
    recall: () => keeper.recall(),
    warmUp: () => keeper.refresh(),
    signOutUrl: () => undefined,

    saml: {
      metadata: () => (ourMetadata ??= messages.metadata()),
      forAws: makeForAws({ us, acs: `${base}/aws`, trip }),

      async logoutMove({ nameId, format, index }) {
        const metadata = keeper.known()
        if (metadata === undefined || nameId === '') return undefined
        const request = { id: newMessageId(), issuedAt: now(), nameId, format, ...(index !== undefined && { index }) }
        return messages.logoutRequest(metadata, request)
      },

      async receiveLogout(message) {
        const metadata = await requireMetadata()
        const trust = { keys: metadata.keys, allowSha1: false }
        const rules = { issuer: metadata.entityId, destination: us.slo, now: now(), skewSeconds }
        const request = await readLogout(message, trust, rules).catch((thrown: unknown) => {
          throw thrown instanceof RolegateError ? thrown : refused('unreadable', thrown)
        })
        if (request === undefined) return undefined
        const { id: inResponseTo, relayState, ...whom } = request
        const answer = await messages.logoutResponse(metadata, {
          id: newMessageId(),
          issuedAt: now(),
          inResponseTo,
          ...(relayState !== undefined && { relayState }),
        })
        return { issuer: metadata.entityId, ...whom, ...(answer !== undefined && { answer }) }
      },
    },
  }
}

function ourSideOf({ signing, decryption }: SamlSettings, base: string): OurSide {
  const encryptionCertificatePem = decryption?.certificatePem
  return {
    entityId: `${base}/metadata`,
    acs: `${base}/acs`,
    slo: `${base}/slo`,
    ...(signing !== undefined && {
      signing: {
        key: createPrivateKey(signing.keyPem),
        pem: signing.keyPem,
        certificatePem: signing.certificatePem,
      },
    }),
    ...(encryptionCertificatePem !== undefined && { encryptionCertificatePem }),
  }
}

const keyOf = (certificatePem: string): KeyObject => new X509Certificate(certificatePem).publicKey
