import { canonicalAddress, groupsOf, networkOf } from './device/network.ts'

/**
 * Whether an address is link-local, or one from which a cloud machine is told its own credentials. A gateway never has
 * to ask there, and whoever could make it ask would get those credentials (threats.md P2).
 */
export function isOffLimits(address: string): boolean {
  const plain = canonicalAddress(address).toLowerCase()
  return [networkOf(plain), ...carriedBy(plain)].some((network) => OFF_LIMITS.test(network))
}

/** 169.254/16; fe80::/10; fd00:ec2::/32 of AWS; and those of Alibaba, Azure, Google and Oracle. Networks as networkOf spells them. */
const OFF_LIMITS =
  /^(?:169\.254\.\d+\.\d+|100\.100\.100\.200|168\.63\.129\.16|192\.0\.0\.192|fe[89ab][\da-f]:.*|fd00:ec2:.*|fd20:ce:0:0::\/64)$/

/** The IPv4 addresses that a translator on the way may turn an IPv6 address into, though it looks public from here. */
function carriedBy(address: string): readonly string[] {
  const groups = groupsOf(address)
  if (groups === undefined) return []
  const bytes = groups.flatMap((group) => [group >> 8, group & 255])
  const at = (places: readonly number[]) => places.map((place) => bytes[place]).join('.')
  const [first, second, third] = groups
  // RFC 3056, 6to4.
  if (first === 0x20_02) return [at([2, 3, 4, 5])]
  // RFC 8215, a site's own translator; RFC 6052 §2.2 says where the address stands behind a prefix of 96, 64, 56 or 48 bits.
  if (first === 0x64 && second === 0xff_9b && third === 1) return TRANSLATED.map(at)
  // RFC 4380 §4, Teredo: the server's, and the client's with every bit turned round.
  if (first === 0x20_01 && second === 0)
    return [at([4, 5, 6, 7]), LAST.map((place) => 255 - (bytes[place] ?? 0)).join('.')]
  // RFC 5214 §6.1, ISATAP, in whatever network; and RFC 2765 §2.1, IPv4-translated.
  if ((groups[4] === 0 || groups[4] === 0x200) && groups[5] === 0x5e_fe) return [at(LAST)]
  if (groups.slice(0, 4).every((group) => group === 0) && groups[4] === 0xff_ff && groups[5] === 0) return [at(LAST)]
  // RFC 4291 §2.5.5.1, IPv4-compatible.
  return groups.slice(0, 6).every((group) => group === 0) ? [at(LAST)] : []
}

const LAST = [12, 13, 14, 15]
const TRANSLATED = [LAST, [9, 10, 11, 12], [7, 9, 10, 11], [6, 7, 9, 10]]
