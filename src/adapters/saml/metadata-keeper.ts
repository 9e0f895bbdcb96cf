import type { Now } from '../../usecases/ports.ts'
import type { Table } from '../../usecases/ports/store.ts'
import { loadLibxml2 } from './comments.ts'
import { BadMetadata, readIdpMetadata, type IdpMetadata, type MetadataRules } from './metadata.ts'

/** The last good copy, kept over restarts: an IdP that is down must not be unknown as well. */
export type KeptMetadata = Pick<Table<{ readonly text: string }>, 'get' | 'put'>

export type MetadataKeeper = {
  /** The metadata in force; undefined when none was ever had. */
  known(): IdpMetadata | undefined
  /** Restores the copy of an earlier run, checked by today's rules; it is due for renewal at once. */
  recall(): Promise<void>
  /** Reads it again when it is due, and waits for the outcome. */
  refresh(): Promise<void>
  /** The copy in force is older than a few hours: a key the IdP has withdrawn may still be in it. */
  isOld(): boolean
  /** The last try went wrong. */
  isStale(): boolean
}

/** There is no usable metadata at its address. `message` is for operators. */
export class NoMetadata extends Error {}

const FRESH_MS = 60 * 60 * 1000
const OLD_MS = 3 * FRESH_MS
const RETRY_MS = 3_000
const SOON_MS = 30 * 24 * 60 * 60 * 1000

/**
 * Reads and keeps an IdP's metadata, one read at a time. If it cannot be read or is not sound, that is logged, and the
 * last good copy stays in force (security.md S-39).
 */
export function makeMetadataKeeper(deps: {
  /** Identifies the source and the checks, so that a changed setting does not find an old copy. */
  name: string
  read: () => Promise<string>
  rules: Omit<MetadataRules, 'now'>
  kept: KeptMetadata
  signsRequests: boolean
  now: Now
  warn: (what: string, facts: Readonly<Record<string, string | readonly string[] | undefined>>, cause?: unknown) => void
}): MetadataKeeper {
  let current: { readonly metadata: IdpMetadata; readonly at: number } | undefined
  let failedAt = Number.NEGATIVE_INFINITY
  let stale = false
  let underway: Promise<void> | undefined

  const readNow = async (text: string): Promise<IdpMetadata> =>
    readIdpMetadata(await loadLibxml2(), text, { ...deps.rules, now: deps.now() })

  async function renew(): Promise<void> {
    try {
      const text = await deps.read()
      const metadata = await readNow(text)
      noteChange(metadata)
      current = { metadata, at: deps.now().getTime() }
      stale = false
      await deps.kept.put(deps.name, { text }).catch((cause: unknown) => {
        deps.warn('the metadata of an identity provider could not be kept for the next start', {}, cause)
      })
    } catch (cause) {
      failedAt = deps.now().getTime()
      stale = true
      const why = cause instanceof BadMetadata || cause instanceof NoMetadata ? cause.message : 'it could not be read'
      deps.warn('the metadata of an identity provider was not taken', { why }, cause)
    }
  }

  async function recall(): Promise<void> {
    try {
      const kept = await deps.kept.get(deps.name)
      if (kept === undefined) return
      current = { metadata: await readNow(kept.text), at: Number.NEGATIVE_INFINITY }
    } catch (cause) {
      deps.warn('the kept metadata of an identity provider is of no use', {}, cause)
    }
  }

  /** security.md S-16, S-39, K-12: a new certificate, or one near its end, is told to operators. */
  function noteChange({ certificates, entityId, wantsSignedRequests }: IdpMetadata): void {
    if (wantsSignedRequests && !deps.signsRequests)
      deps.warn('an identity provider wants signed requests: set `sign_requests`', { entityId })
    if (current !== undefined && current.metadata.entityId !== entityId)
      deps.warn('an identity provider goes by another name: its people are others now', {
        before: current.metadata.entityId,
        after: entityId,
      })
    const before = current?.metadata.certificates.map(({ fingerprint256 }) => fingerprint256)
    const after = certificates.map(({ fingerprint256 }) => fingerprint256)
    if (before !== undefined && before.join() !== after.join())
      deps.warn('the certificates of an identity provider have changed', { entityId, before, after })
    for (const { validTo, fingerprint256 } of certificates) {
      if (Date.parse(validTo) - deps.now().getTime() < SOON_MS)
        deps.warn('a certificate of an identity provider ends soon or has ended', { entityId, fingerprint256, validTo })
    }
  }

  return {
    known: () => current?.metadata,
    recall,
    async refresh() {
      const at = deps.now().getTime()
      const end = current?.metadata.validUntil?.getTime() ?? Number.POSITIVE_INFINITY
      const due = current === undefined || end <= at || at - current.at > FRESH_MS
      if (underway === undefined && due && at - failedAt >= RETRY_MS) {
        underway = renew().finally(() => (underway = undefined))
      }
      await underway
    },
    isOld: () => current !== undefined && deps.now().getTime() - current.at > OLD_MS,
    isStale: () => stale,
  }
}
