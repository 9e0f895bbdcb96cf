import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isOffLimits } from '../../src/domain/off-limits.ts'

describe('addresses that a gateway asks nothing at (threats.md P2)', () => {
  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '169.254.0.1',
    '169.254.255.255',
    '::ffff:169.254.169.254',
    '::FFFF:A9FE:A9FE',
    '64:ff9b::169.254.169.254',
    'fe80::1',
    'FE80::1%eth0',
    'febf:ffff::1',
    'fd00:ec2::254',
    'FD00:0EC2::23',
    'fd00:ec2:0:0:0:0:0:fd',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd20:ce::254',
    'FD20:00CE:0::fe',
    '::169.254.169.254',
    '::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '2002:6464:64c8:1:2:3:4:5',
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:2:3:4:169.254.169.254',
    '64:ff9b:1:0:a9:fea9:fe00:0',
    '64:ff9b:1:a9:fe:a9fe::',
    '64:ff9b:1:a9fe:a9:fe00::',
    '::ffff:0:169.254.169.254',
    '::FFFF:0:A9FE:A9FE',
    '2001:db8::5efe:169.254.169.254',
    '2001:db8::200:5efe:a9fe:a9fe',
    '2001:0:a9fe:a9fe::1',
    '2001:0:808:808:0:0:5601:5601',
  ])('%s is one', (address) => {
    expect(isOffLimits(address)).toBe(true)
  })

  it.each([
    '169.253.255.255',
    '169.255.0.0',
    '127.0.0.1',
    '::1',
    '10.0.0.1',
    '192.168.0.1',
    '100.100.100.201',
    'fec0::1',
    'fe7f::1',
    'fd00:ec3::254',
    'fd00::ec2:254',
    'fd20:ce:0:1::254',
    'fd20:cf::254',
    '2002:808:808::1',
    '2003:a9fe:a9fe::1',
    '64:ff9b:1::8.8.8.8',
    '64:ff9b:2::a9fe:a9fe',
    '::ffff:0:8.8.8.8',
    '::1:ffff:0:a9fe:a9fe',
    '2001:db8::5efe:8.8.8.8',
    '2001:db8::300:5efe:a9fe:a9fe',
    '2001:0:808:808:0:0:a9fe:a9fe',
    '2001:1:a9fe:a9fe::1',
    '::8.8.8.8',
    '::1:0:a9fe:a9fe',
    '2600::a9fe:a9fe',
    '2001:db8::169',
    '52.94.133.131',
    'idp.example.com',
    '',
  ])('%j is none', (address) => {
    expect(isOffLimits(address)).toBe(false)
  })

  it('is the whole network, however it is spelled', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), (a, b) => {
        const hex = (n: number) => n.toString(16).padStart(2, '0')
        expect(isOffLimits(`169.254.${a}.${b}`)).toBe(true)
        expect(isOffLimits(`0:0:0:0:0:ffff:a9fe:${hex(a)}${hex(b)}`)).toBe(true)
        expect(isOffLimits(`fe80::${hex(a)}${hex(b)}`)).toBe(true)
      }),
    )
  })
})
