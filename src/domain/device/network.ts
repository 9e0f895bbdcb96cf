/**
 * The network an address stands for when tries are counted: an IPv4 address itself, an IPv6 /64, which is one household
 * or one host (security.md V-5). Anything else counts as it is written.
 */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - front.length - back.length)
  const groups = [...front, ...Array.from({ length: zeros }, () => '0'), ...back]
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '').toLowerCase())
    .join(':')}::/64`
}

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

const isLoopback = (address: string): boolean => address === '::1' || /^127(\.\d{1,3}){3}$/.test(address)
