const BYTES = 32

/**
 * The 32 bytes of a master key from base64, base64url, hex or raw bytes, or a sentence that says what is wrong with it.
 * One newline at the end is no part of it. Examples and patterns are no keys (security.md K-2).
 */
export function parseMasterKey(found: string | Uint8Array): Uint8Array | string {
  const bytes = bytesOf(found)
  if (bytes?.length !== BYTES) return `must be exactly ${BYTES} bytes, as base64, base64url, hex or raw`
  if (isPattern(bytes) || EXAMPLES.has(hexOf(bytes))) {
    return 'is an example or a pattern, not a key; make one with: openssl rand -base64 32'
  }
  return bytes
}

function bytesOf(found: string | Uint8Array): Uint8Array | undefined {
  if (typeof found !== 'string') {
    if (found.length === BYTES) return Uint8Array.from(found)
    return bytesOf(new TextDecoder().decode(found))
  }
  const text = found.replace(/\r?\n$/, '')
  if (/^[0-9A-Fa-f]{64}$/.test(text))
    return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/').replace('=', '')), (one) =>
      one.charCodeAt(0),
    )
  }
  // A value that was no UTF-8 has lost bytes by now: such a key must come from a file, or be written as base64.
  return text.includes('\ufffd') ? undefined : new TextEncoder().encode(text)
}

/** Bytes that repeat (all equal, one word again and again) or count up or down. */
function isPattern(bytes: Uint8Array): boolean {
  const repeats = Array.from({ length: BYTES / 2 }, (_, index) => index + 1).some((period) =>
    bytes.every((byte, index) => byte === bytes[index % period]),
  )
  const steps = new Set(Array.from(bytes.slice(1), (byte, index) => (byte - (bytes[index] ?? 0) + 256) % 256))
  return repeats || steps.size === 1
}

const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
const hexOfText = (text: string): string => hexOf(new TextEncoder().encode(text))

/** 32-byte values that stand in standards and tutorials. */
const EXAMPLES = new Set([
  '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4', // NIST SP 800-38A, AES-256
  hexOfText('12345678901234567890123456789012'),
  hexOfText('01234567890123456789012345678901'),
  hexOfText('abcdefghijklmnopqrstuvwxyz012345'),
  hexOfText('abcdefghijklmnopqrstuvwxyz123456'),
  hexOfText('0123456789abcdefghijklmnopqrstuv'),
  hexOfText('change-me-change-me-change-me-32'),
])
