import { canonicalAddress, groupsOf, networkOf } from '../device/network.ts'
import { isInRange, parseIpRange, type IpRange } from './trust-policy/ip-range.ts'

/**
 * What AWS will see as `aws:SourceIp` when somebody at this address calls it: the IPv4 address, or the /64 of an IPv6
 * one, whose last half changes by itself. Or why AWS would see something else.
 */
export function sourceAddressOf(address: string): { readonly source: string } | { readonly fault: AddressFault } {
  const canonical = canonicalAddress(address)
  // A proxy's word may be any text (threats.md R12).
  const source = /^[\da-f:.]+$/i.test(canonical) ? networkOf(canonical.toLowerCase()) : ''
  if (!IPV4.test(source) && !IPV6.test(source)) return { fault: 'address_unknown' }
  return isPublic(canonical) ? { source } : { fault: 'address_private' }
}

export type AddressFault = 'address_unknown' | 'address_private'

/** As one is written: somebody reads a leading zero as octal. */
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
/** As networkOf spells a /64, or one address of a Teredo server. */
const IPV6 = /^(?:[\da-f]{1,4}:){4}(?::\/64|(?:[\da-f]{1,4}:){3}[\da-f]{1,4})$/

/** 2000::/3 and all of IPv4, without what is not routed over the internet by IANA's registries of special purposes (RFC 6890). */
function isPublic(address: string): boolean {
  const carried = carriedBy6to4(address)
  if (carried !== undefined) return isPublic(carried)
  if (isWithin(TEREDO, address)) return true
  return isWithin(UNICAST, address) && !isWithin(SPECIAL, address)
}

/** RFC 3056 §2: one that stands for a private network is never seen outside of it. */
function carriedBy6to4(address: string): string | undefined {
  const [first, high = 0, low = 0] = groupsOf(address) ?? []
  return first === 0x20_02 ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : undefined
}

const ranges = (...texts: readonly string[]): readonly IpRange[] => texts.flatMap((text) => parseIpRange(text) ?? [])
const isWithin = (among: readonly IpRange[], address: string) => among.some((range) => isInRange(address, range))

const UNICAST = ranges('0.0.0.0/1', '128.0.0.0/2', '192.0.0.0/3', '2000::/3')
const TEREDO = ranges('2001::/32')
const SPECIAL = ranges(
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001::/23',
  '2001:db8::/32',
  '3fff::/20',
)
