import fc from 'fast-check'
import { BlockList, isIPv4 } from 'node:net'
import { describe, expect, it } from 'vitest'
import { isInRange, parseIpRange } from '../../../../src/domain/aws/trust-policy/ip-range.ts'

const includes = (range: string, address: string): boolean | undefined => {
  const parsed = parseIpRange(range)
  return parsed && isInRange(address, parsed)
}

describe('a range of addresses', () => {
  it.each([
    ['203.0.113.0/24', '203.0.113.255', true],
    ['203.0.113.0/24', '203.0.114.0', false],
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['203.0.113.99/24', '203.0.113.1', true],
    ['0.0.0.0/0', '198.51.100.1', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['203.0.113.0/24', '::ffff:203.0.113.9', true],
    ['203.0.113.0/24', 'unknown', false],
    ['203.0.113.0/24', '', false],
  ])('%s and %s: %s', (range, address, expected) => {
    expect(includes(range, address)).toBe(expected)
  })

  it.each([
    '',
    '203.0.113.0/33',
    '203.0.113/24',
    '256.0.0.0/8',
    '2001:db8::/129',
    '203.0.113.0/',
    '203.0.113.0/024',
    '*',
    'a/8',
  ])('%j is none', (text) => {
    expect(parseIpRange(text)).toBeUndefined()
  })

  it('holds what Node’s own list holds', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6())
    fc.assert(
      fc.property(address, address, fc.nat(128), (base, other, prefix) => {
        const bits = isIPv4(base) ? prefix % 33 : prefix
        const list = new BlockList()
        list.addSubnet(base, bits, isIPv4(base) ? 'ipv4' : 'ipv6')
        // In a list of Node’s an IPv4 range holds mapped addresses too, and we have taken those off by then.
        if (isIPv4(base) !== isIPv4(other) || /^(?:0*:){2,}.*(?:ffff|\.)|64:ff9b/i.test(other)) return
        expect(includes(`${base}/${bits}`, other)).toBe(list.check(other, isIPv4(other) ? 'ipv4' : 'ipv6'))
      }),
    )
  })
})
