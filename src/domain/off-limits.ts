import { canonicalAddress, networkOf } from './device/network.ts'

/**
 * Whether an address is of the link itself, or of what a cloud's machine is told its own credentials by: nothing that a gateway has to
 * ask is there, and whoever could make it ask would have them (threats.md P2).
 */
export function isOffLimits(address: string): boolean {
  const plain = canonicalAddress(address).toLowerCase()
  return OFF_LIMITS.test(networkOf(plain))
}

/** 169.254/16; fe80::/10; fd00:ec2::/32 of AWS; and those of Alibaba, Azure and Oracle. Networks as networkOf spells them. */
const OFF_LIMITS =
  /^(?:169\.254\.\d+\.\d+|100\.100\.100\.200|168\.63\.129\.16|192\.0\.0\.192|fe[89ab][\da-f]:.*|fd00:ec2:.*)$/
