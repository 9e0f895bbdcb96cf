/** A DER value: tag, length, content. As much of X.690 as one certificate needs. */
type Der = Buffer

const value = (tag: number, ...content: readonly Uint8Array[]): Der => {
  const inside = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag]), lengthOf(inside), inside])
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex')
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes])
}

export const sequence = (...parts: readonly Der[]): Der => value(0x30, ...parts)
export const setOf = (...parts: readonly Der[]): Der => value(0x31, ...parts)
export const explicit = (number: number, inside: Der): Der => value(0xa0 | number, inside)
/** Never negative. DER wants the shortest form: a zero goes first only where the sign bit would be set. */
export const integer = (bytes: Uint8Array): Der =>
  (bytes[0] ?? 0) < 0x80 ? value(0x02, bytes) : value(0x02, Buffer.from([0]), bytes)
export const bitString = (bytes: Uint8Array): Der => value(0x03, Buffer.from([0]), bytes)
export const nothing = (): Der => value(0x05)
/** By its encoded bytes, in hex. */
export const objectId = (hex: string): Der => value(0x06, Buffer.from(hex, 'hex'))
export const utf8 = (text: string): Der => value(0x0c, Buffer.from(text, 'utf8'))
export const utcTime = (at: Date): Der =>
  value(0x17, Buffer.from(`${at.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`, 'ascii'))
