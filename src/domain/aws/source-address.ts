import { canonicalAddress, networkOf } from '../device/network.ts'

/**
 * Whom AWS is to see when somebody at this address calls it (`aws:SourceIp`): the IPv4 address, or the /64 of an IPv6 one, whose
 * last half changes by itself. Or why no call of theirs would show it.
 */
export function sourceAddressOf(address: string): { readonly source: string } | { readonly fault: AddressFault } {
  const canonical = canonicalAddress(address)
  // A proxy's word may be any text (threats.md R12).
  const source = /^[\da-f:.]+$/i.test(canonical) ? networkOf(canonical.toLowerCase()) : ''
  const octets = IPV4.exec(source)?.slice(1).map(Number)
  if (octets !== undefined && octets.every((octet) => octet < 256))
    return isPublic(octets) ? { source } : { fault: 'address_private' }
  if (!IPV6.test(source)) return { fault: 'address_unknown' }
  return GLOBAL.test(source) ? { source } : { fault: 'address_private' }
}

export type AddressFault = 'address_unknown' | 'address_private'

const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
/** As networkOf spells a /64, or one address of a Teredo server. */
const IPV6 = /^(?:[\da-f]{1,4}:){4}(?::\/64|(?:[\da-f]{1,4}:){3}[\da-f]{1,4})$/
/** 2000::/3: whatever else there is stays on its own site. */
const GLOBAL = /^[23][\da-f]{3}:/

/** Not of the networks that the internet does not know (RFC 6890). */
const isPublic = ([a = 0, b = 0]: readonly number[]): boolean =>
  ![0, 10, 127].includes(a) &&
  a < 224 &&
  !(a === 100 && b >= 64 && b < 128) &&
  !(a === 169 && b === 254) &&
  !(a === 172 && b >= 16 && b < 32) &&
  !(a === 192 && b === 168)
