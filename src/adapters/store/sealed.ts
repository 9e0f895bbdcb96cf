import { createCipheriv, createDecipheriv, hash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Row, Store } from '../../usecases/ports/store.ts'
import { freshNonce, NONCE } from './nonce.ts'
import { makeRecent } from './recent.ts'

const TAG = 16
const PLAIN = Buffer.of(0)
const DEFLATED = Buffer.of(1)
/**
 * Values shorter than this are not deflated: long group lists shrink to a fraction, short values do not. Sessions have
 * a limit of their own, as most rows are sessions.
 */
const deflatedFrom = (table: string): number => (table === 'sessions' ? 600 : 2_500)
/** A small window takes two thirds of the time to set up, and lists of groups repeat themselves within it. */
const DEFLATED_BY = { level: 3, memLevel: 5, windowBits: 12 }
/** Rows kept open; a few megabytes at most. */
const MOST_RECENT = 2_000
/** Rows of one list that are opened before others have their turn. */
const IN_ONE_GO = 100
const MOST_INFLATED = 4 * 1024 * 1024

/**
 * A store whose rows carry authority: keys are hashed, values AEAD-sealed under the first key with the table, the row's
 * key and the issuer as associated data (threats.md K1). A row that was moved, edited or written by somebody else does
 * not open: it counts as absent, and `onTampered` hears of it.
 */
export function makeSealedStore(deps: {
  store: Store
  /** 32 bytes each; the first seals, all open. */
  keys: readonly Uint8Array[]
  issuer: string
  onTampered: (table: string) => void
}): Store {
  const { store, keys, issuer } = deps
  const [sealing] = keys
  if (sealing === undefined) throw new Error('a sealed store needs a key')

  const hashed = (table: string, key: string): string => hash('sha256', `${table}\0${key}`, 'base64url')
  const about = (table: string, row: string): Buffer => Buffer.from(`${table}\0${row}\0${issuer}`)

  function seal(table: string, row: string, value: Uint8Array): Uint8Array {
    const deflated = value.length >= deflatedFrom(table)
    const nonce = freshNonce()
    const cipher = createCipheriv('aes-256-gcm', sealing as Uint8Array, nonce).setAAD(about(table, row))
    const body = deflated ? [DEFLATED, deflateRawSync(value, DEFLATED_BY)] : [PLAIN, value]
    return Buffer.concat([nonce, cipher.update(Buffer.concat(body)), cipher.final(), cipher.getAuthTag()])
  }

  function open(table: string, row: string, sealed: Uint8Array): Uint8Array | undefined {
    for (const key of keys) {
      const opened = openWith(key, about(table, row), sealed)
      if (opened !== undefined) return opened
    }
    deps.onTampered(table)
    return undefined
  }

  // A cache of opened values, each beside the sealed bytes it came from. The store is still read each time, and a value
  // counts only while those bytes are equal, so a deleted or edited row is noticed. Values are shared and must not be
  // changed.
  const recent = makeRecent<{ sealed: Uint8Array; value: Uint8Array }>(MOST_RECENT)

  function openRow(table: string, row: string, found: Row | undefined): Row | undefined {
    if (found === undefined) return undefined
    const known = recent.get(row)
    if (known !== undefined && Buffer.compare(known.sealed, found.value) === 0) {
      return { value: known.value, version: found.version }
    }
    const value = open(table, row, found.value)
    if (value === undefined) return undefined
    recent.put(row, { sealed: found.value, value })
    return { value, version: found.version }
  }

  return {
    async get(table, key) {
      const row = hashed(table, key)
      return openRow(table, row, await store.get(table, row))
    },
    put(table, key, value, keep) {
      const row = hashed(table, key)
      return store.put(table, row, seal(table, row, value), keep)
    },
    createIfAbsent(table, key, value, keep) {
      const row = hashed(table, key)
      return store.createIfAbsent(table, row, seal(table, row, value), keep)
    },
    compareAndSet(table, key, version, value, keep) {
      const row = hashed(table, key)
      return store.compareAndSet(table, row, version, seal(table, row, value), keep)
    },
    async take(table, key) {
      const row = hashed(table, key)
      return openRow(table, row, await store.take(table, row))
    },
    delete: (table, key) => store.delete(table, hashed(table, key)),
    increment: (table, key, expiresAt) => store.increment(table, hashed(table, key), expiresAt),
    async listByOwner(table, owner) {
      const opened: (Row & { readonly key: string })[] = []
      for (const [at, { key, ...found }] of (await store.listByOwner(table, owner)).entries()) {
        // A long list holds nobody up.
        if (at % IN_ONE_GO === IN_ONE_GO - 1) await new Promise((resolve) => setImmediate(resolve))
        const row = openRow(table, key, found)
        if (row !== undefined) opened.push({ key, ...row })
      }
      return opened
    },
    deleteByOwner: (table, owner) => store.deleteByOwner(table, owner),
    sweep: () => store.sweep(),
    close: () => store.close(),
  }
}

function openWith(key: Uint8Array, about: Buffer, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < NONCE + TAG + 1) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE), { authTagLength: TAG })
  decipher.setAAD(about).setAuthTag(sealed.subarray(-TAG))
  try {
    const body = Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()])
    return body[0] === DEFLATED[0]
      ? inflateRawSync(body.subarray(1), { maxOutputLength: MOST_INFLATED })
      : body.subarray(1)
  } catch {
    return undefined
  }
}
