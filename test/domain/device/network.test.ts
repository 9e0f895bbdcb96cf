import { describe, expect, it } from 'vitest'
import { blockOf, canonicalAddress, isSameNetwork, networkOf } from '../../../src/domain/device/network.ts'

describe('networkOf (security.md V-5)', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::1', '2001:db8:1:2::/64'],
    ['2001:DB8:0001:0002::1', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:0:0:0:0:0:1', '2001:db8:0:0::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['', ''],
    ['unknown', 'unknown'],
  ])('counts tries from %j as those of %j', (address, network) => {
    expect(networkOf(address)).toBe(network)
  })

  it('counts one host’s many IPv6 addresses together, and two networks apart', () => {
    expect(networkOf('2001:db8:1:2:aaaa::1')).toBe(networkOf('2001:db8:1:2:bbbb::2'))
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'))
  })
})

describe('isSameNetwork (threats.md D2, D3)', () => {
  const office = (address: string) => (/^(203\.0\.113\.|2001:db8:5:)/.test(address) ? 'office' : undefined)

  it.each([
    ['one address', '198.51.100.7', '198.51.100.7', true],
    ['one household’s IPv6', '2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['this machine, in both families', '127.0.0.1', '::1', true],
    ['one named network', '203.0.113.7', '203.0.113.200', true],
    ['one named network in both families', '203.0.113.7', '2001:db8:5:9::1', true],
    ['neighbours without a name', '198.51.100.7', '198.51.100.8', false],
    ['two families without a name', '198.51.100.7', '2001:db8:1:2::1', false],
    ['a named network and a stranger of the other family', '203.0.113.7', '2001:db8:9:2::1', false],
    ['somebody nobody knows', '', '', false],
    ['words', 'unknown', 'unknown', false],
  ])('%s', (_what, one, other, same) => {
    expect(isSameNetwork(one, other, office)).toBe(same)
    expect(isSameNetwork(other, one, office)).toBe(same)
  })
})

describe('canonicalAddress (threats.md R12)', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['0:0:0:0:0:ffff:cb00:7107', '203.0.113.7'],
    ['64:ff9b::cb00:7107', '203.0.113.7'],
    ['64:ff9b::203.0.113.7', '203.0.113.7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['', ''],
    ['unknown', 'unknown'],
  ])('reads %j as %j', (address, canonical) => {
    expect(canonicalAddress(address)).toBe(canonical)
  })

  it('takes no two IPv4 addresses for one place because they wear IPv6, nor two behind one Teredo server', () => {
    const nameless = () => undefined
    for (const [one, other] of [
      ['64:ff9b::cb00:7107', '64:ff9b::c633:6401'],
      ['::ffff:cb00:7107', '::ffff:c633:6401'],
      ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001:0:4136:e378:8000:63bf:3fff:fdd3'],
    ] as const)
      expect(isSameNetwork(one, other, nameless)).toBe(false)
    expect(isSameNetwork('::ffff:cb00:7107', '203.0.113.7', nameless)).toBe(true)
  })
})

describe('blockOf', () => {
  it.each([
    ['203.0.113.7', '203.0.113.0/24'],
    ['::ffff:203.0.113.7', '203.0.113.0/24'],
    ['2001:db8:1:2::7', '2001:db8:1::/48'],
    ['2001:DB8:0001:ffff::', '2001:db8:1::/48'],
    ['', ''],
    ['unknown', 'unknown'],
  ])('of %j is %j', (address, block) => {
    expect(blockOf(address)).toBe(block)
  })
})
