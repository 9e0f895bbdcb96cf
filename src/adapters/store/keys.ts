import { createCipheriv, createDecipheriv, createHmac, hash, hkdfSync } from 'node:crypto'
import type { CodeDigest, Digest, SealUnder } from '../../usecases/ports.ts'
import { freshNonce, NONCE } from './nonce.ts'

/** What the master key is used for: one label each, so that no key serves two ends (security.md K-9). */
export type Purpose =
  'store-seal' | 'cookie' | 'attempt' | 'csrf' | 'user-code' | 'client-registration' | 'audit-redact' | 'session-names'

/** RFC 5869. 32 bytes for one purpose. */
export const keyFor = (master: Uint8Array, purpose: Purpose): Buffer =>
  Buffer.from(hkdfSync('sha256', master, Buffer.alloc(0), `rolegate/${purpose}/v1`, 32))

export const digest: Digest = (text) => hash('sha256', text, 'base64url')

export const makeCodeDigest =
  (key: Uint8Array): CodeDigest =>
  (code) =>
    createHmac('sha256', key).update(code).digest('base64url')

const TAG = 16

/** Texts under a key: AES-256-GCM with a random nonce, base64url. `about` must be the same on both sides. */
export function makeSealer(keys: readonly Uint8Array[]) {
  return {
    seal(text: string, about: string): string {
      const [key] = keys
      if (key === undefined) throw new Error('a sealer needs a key')
      const nonce = freshNonce()
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(about))
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
        'base64url',
      )
    },
    /** Undefined when any bit was touched, or the key is not ours. */
    open(sealed: string, about: string): string | undefined {
      const bytes = Buffer.from(sealed, 'base64url')
      if (bytes.length < NONCE + TAG) return undefined
      for (const key of keys) {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE), { authTagLength: TAG })
        decipher.setAAD(Buffer.from(about)).setAuthTag(bytes.subarray(-TAG))
        try {
          return Buffer.concat([decipher.update(bytes.subarray(NONCE, -TAG)), decipher.final()]).toString('utf8')
        } catch {
          continue
        }
      }
      return undefined
    },
  }
}

/** Seals under a secret its holder presents; we keep no way to open it (threats.md D9). */
export const sealUnder: SealUnder = {
  seal: (secret, text) => makeSealer([underSecret(secret)]).seal(text, 'successor'),
  open: (secret, sealed) => makeSealer([underSecret(secret)]).open(sealed, 'successor'),
}

const underSecret = (secret: string): Buffer =>
  Buffer.from(hkdfSync('sha256', Buffer.from(secret), Buffer.alloc(0), 'rolegate/successor/v1', 32))
