import { canonicalAddress, groupsOf } from '../../device/network.ts'

/** Addresses that begin with the same bits, as `203.0.113.0/24` or one address says it. */
export type IpRange = { readonly base: bigint; readonly width: 32 | 128; readonly bits: number }

/** undefined for what is no range. Bits behind the prefix are not looked at, as AWS does not. */
export function parseIpRange(text: string): IpRange | undefined {
  const [, address = '', prefix] = /^([^/]+?)(?:\/(0|[1-9]\d{0,2}))?$/.exec(text) ?? []
  const number = numberOf(address)
  if (number === undefined) return undefined
  const bits = prefix === undefined ? number.width : Number(prefix)
  return bits > number.width ? undefined : { base: number.value, width: number.width, bits }
}

export function isInRange(address: string, { base, width, bits }: IpRange): boolean {
  const number = numberOf(canonicalAddress(address))
  if (number === undefined || number.width !== width) return false
  const rest = BigInt(width - bits)
  return number.value >> rest === base >> rest
}

function numberOf(address: string): { readonly value: bigint; readonly width: 32 | 128 } | undefined {
  const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number)
  if (octets !== undefined)
    return octets.every((octet) => octet < 256) ? { value: joined(octets, 8n), width: 32 } : undefined
  const groups = groupsOf(address)
  return groups === undefined ? undefined : { value: joined(groups, 16n), width: 128 }
}

const joined = (parts: readonly number[], bits: bigint): bigint =>
  parts.reduce((value, part) => (value << bits) | BigInt(part), 0n)
