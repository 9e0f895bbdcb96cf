import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto'

const FORMAT = 1
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** The key of one purpose, out of the key of this machine: what is sealed for one opens for no other. */
export const keyFor = (localKey: Buffer, purpose: string): Buffer =>
  createHmac('sha256', localKey).update(purpose).digest()

/** AES-256-GCM: format, nonce, ciphertext, tag. `about` is not in it, but must be said again to open it. */
export function seal(key: Buffer, text: string, about: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from(about))
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(FORMAT), nonce, ciphertext, cipher.getAuthTag()])
}

/** Throws unless it was sealed under this key, about this, and not a bit of it has changed since. */
export function openSealed(key: Buffer, sealed: Buffer, about: string): string {
  if (sealed[0] !== FORMAT || sealed.length < 1 + NONCE_BYTES + TAG_BYTES) throw new SyntaxError('not a sealed file')
  const end = sealed.length - TAG_BYTES
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(about))
  decipher.setAuthTag(sealed.subarray(end))
  return decipher.update(sealed.subarray(1 + NONCE_BYTES, end), undefined, 'utf8') + decipher.final('utf8')
}
