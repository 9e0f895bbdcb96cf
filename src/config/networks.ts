import { BlockList, isIP } from 'node:net'
import type { NameNetwork } from '../domain/device/network.ts'
import type { AddressRanges } from '../domain/entitlement/requirement.ts'

/** `10.20.0.0/16` → its address, its prefix and its family; undefined for what is no network. */
export function parseNetwork(text: string): { address: string; bits: number; version: 4 | 6 } | undefined {
  const [, address = '', prefix = ''] = /^([0-9A-Fa-f.:]{2,45})\/(0|[1-9][0-9]{0,2})$/.exec(text) ?? []
  const version = isIP(address)
  const bits = Number(prefix)
  if (version === 4) return bits <= 32 ? { address, bits, version } : undefined
  return version === 6 && bits <= 128 ? { address, bits, version } : undefined
}

/** The networks of the file as one question; the first that holds an address names it. */
export function nameNetworkBy(networks: Readonly<Record<string, readonly string[]>>): NameNetwork {
  const lists = Object.entries(networks).map(([name, ranges]) => ({ name, list: listOf(ranges) }))
  return (address) => {
    const version = isIP(address)
    if (version === 0) return undefined
    return lists.find(({ list }) => list.check(address, familyOf(version)))?.name
  }
}

/** Networks as one question about an address in its plain form. */
export function rangesOf(ranges: readonly string[]): AddressRanges {
  const list = listOf(ranges)
  return {
    ranges,
    includes(address) {
      const version = isIP(address)
      return version !== 0 && list.check(address, familyOf(version))
    },
  }
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const network = parseNetwork(range)
    if (network !== undefined) list.addSubnet(network.address, network.bits, familyOf(network.version))
  }
  return list
}

const familyOf = (version: number): 'ipv4' | 'ipv6' => (version === 4 ? 'ipv4' : 'ipv6')
