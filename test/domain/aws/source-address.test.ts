import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LONGEST_BINDING } from '../../../src/domain/aws/session-policy.ts'
import { sourceAddressOf } from '../../../src/domain/aws/source-address.ts'

describe('whom AWS is to see (threats.md R12)', () => {
  it.each([
    ['52.94.133.131', '52.94.133.131'],
    ['::ffff:52.94.133.131', '52.94.133.131'],
    ['::FFFF:52.94.133.131', '52.94.133.131'],
    ['::ffff:345e:8583', '52.94.133.131'],
    ['64:ff9b::52.94.133.131', '52.94.133.131'],
    ['172.15.0.1', '172.15.0.1'],
    ['172.32.0.1', '172.32.0.1'],
    ['100.63.0.1', '100.63.0.1'],
    ['192.0.1.1', '192.0.1.1'],
    ['198.17.0.1', '198.17.0.1'],
    ['198.20.0.1', '198.20.0.1'],
    ['223.255.255.255', '223.255.255.255'],
    ['2600:1f18:1:2:aaaa:bbbb:cccc:dddd', '2600:1f18:1:2::/64'],
    ['2600:1F18:1:2::1', '2600:1f18:1:2::/64'],
    ['2600:1f18:1:2::1%eth0', '2600:1f18:1:2::/64'],
    ['2001:200::1', '2001:200:0:0::/64'],
    ['2002:345e:8583::1', '2002:345e:8583:0::/64'],
    ['2001:0:53aa:64c:0:7bbb:3f57:d2d5', '2001:0:53aa:64c:0:7bbb:3f57:d2d5'],
  ])('%s is %s', (address, source) => {
    expect(sourceAddressOf(address)).toEqual({ source })
  })

  it.each([
    '10.0.0.5',
    '127.0.0.1',
    '0.0.0.0',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '100.127.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::ffff:10.0.0.5',
    '::1',
    '::',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fc00::1',
    'ff02::1',
    // RFC 6890 and the registries it made: protocols, documentation, benchmarks, relays, what is reserved.
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.7',
    '203.0.113.7',
    '::ffff:203.0.113.7',
    '240.0.0.1',
    '100::1',
    '2001:2::1',
    '2001:20::1',
    '2001:db8:1:2::1',
    '3fff:fff::1',
    '5f00::1',
    // 6to4, around an address that is private.
    '2002:a00:1::1',
    '2002:c0a8:101::1',
    '2002:cb00:7107::1',
  ])('%s is one that AWS never sees', (address) => {
    expect(sourceAddressOf(address)).toEqual({ fault: 'address_private' })
  })

  it.each([
    '',
    'unknown',
    '52.94.133',
    '52.94.133.256',
    '52.94.133.131.1',
    '52.94.133.131.',
    '52.94.133.131/0',
    '052.94.133.131',
    '52.94.133.00',
    '52.94.133.131:80',
    '0.0.0.0/0',
    '2001:zz::1',
    '2600:1f18::/32',
    '2600:1f18:1:2::/64',
    '*',
    'fe80',
    '2001:1:2',
  ])('%j is no address', (address) => {
    expect(sourceAddressOf(address)).toEqual({ fault: 'address_unknown' })
  })

  it('is never a wider network, nor longer than we allow for, whatever a proxy says', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string(), fc.stringMatching(/^[\da-f:./]{0,40}$/)), (address) => {
        const seen = sourceAddressOf(address)
        if ('fault' in seen) return
        expect(seen.source).toMatch(/^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f:]+::\/64|2001:0(?::[\da-f]{1,4}){6})$/)
        expect(seen.source.length).toBeLessThanOrEqual(LONGEST_BINDING.length)
      }),
    )
  })
})
