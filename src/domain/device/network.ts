/**
 * The network an address stands for when tries are counted: an IPv4 address itself, an IPv6 /64, which is one household
 * or one host (security.md V-5). Anything else counts as it is written.
 */
export function networkOf(address: string): string {
  const groups = groupsOf(address)
  if (groups === undefined) return address
  const v4 = innerIpv4(groups)
  if (v4 !== undefined) return v4
  // RFC 4380: whoever tunnels through one Teredo server shares its first 64 bits.
  if (groups[0] === 0x2001 && groups[1] === 0) return groups.map(hex).join(':')
  return `${groups.slice(0, 4).map(hex).join(':')}::/64`
}

/**
 * What one sender may have many networks of: an IPv4 /24, an IPv6 /48, which providers give to whoever asks. Anything else counts
 * as it is written.
 */
export function blockOf(address: string): string {
  const groups = groupsOf(address)
  const v4 = /^(\d+\.\d+\.\d+)\.\d+$/.exec((groups && innerIpv4(groups)) ?? address)?.[1]
  if (v4 !== undefined) return `${v4}.0/24`
  return groups === undefined ? address : `${groups.slice(0, 3).map(hex).join(':')}::/48`
}

/** threats.md R12: an IPv4 address in IPv6 clothes is that IPv4 address, however it is spelled; a zone is no part of it. */
export function canonicalAddress(address: string): string {
  const plain = address.replace(/%.*$/, '')
  const groups = groupsOf(plain)
  return (groups && innerIpv4(groups)) ?? plain
}

/** `203.0.113.7:4711` and `[2001:db8::1]:4711`, as a socket's address is written; anything else stays as it is. */
export const withoutPort = (address: string): string =>
  /^\[([\da-f:.]+)\](?::\d+)?$/i.exec(address)?.[1] ?? /^(\d+(?:\.\d+){3}):\d+$/.exec(address)?.[1] ?? address

/** The eight groups of an IPv6 address; undefined for anything else. */
export function groupsOf(address: string): readonly number[] | undefined {
  if (!address.includes(':')) return undefined
  const written = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map(hex).join(':'),
  )
  const [head = '', tail] = written.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back].map((group) =>
    /^[\da-f]{1,4}$/i.test(group) ? Number.parseInt(group, 16) : Number.NaN,
  )
  return groups.length === 8 && !groups.some(Number.isNaN) ? groups : undefined
}

/** RFC 4291 §2.5.5.2 (mapped) and RFC 6052 §2.1 (translated): the IPv4 address inside. */
function innerIpv4(groups: readonly number[]): string | undefined {
  const [a, b, c, d, e, f, high = 0, low = 0] = groups
  const mapped = !a && !b && !c && !d && !e && f === 0xff_ff
  const translated = a === 0x64 && b === 0xff_9b && !c && !d && !e && !f
  return mapped || translated ? [high >> 8, high & 255, low >> 8, low & 255].join('.') : undefined
}

const hex = (group: number): string => group.toString(16)

/** The name the operator gave the network an address is in; undefined when it is in none. */
export type NameNetwork = (address: string) => string | undefined

/**
 * Whether two addresses are one place, as far as anybody can tell (threats.md D2): the same address, one household's
 * IPv6 /64, this very machine, or one network that the operator named. Anything else might be anywhere.
 */
export function isSameNetwork(one: string, other: string, nameNetwork: NameNetwork): boolean {
  // An address nobody knows is nowhere.
  if (!/^[\da-f:.]{2,}$/i.test(one)) return false
  if (networkOf(one) === networkOf(other) || (isLoopback(one) && isLoopback(other))) return true
  const name = nameNetwork(one)
  return name !== undefined && name === nameNetwork(other)
}

export const isLoopback = (address: string): boolean => address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)
