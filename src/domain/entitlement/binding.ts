import { sourceAddressOf, type AddressFault } from '../aws/source-address.ts'
import type { Circumstances } from './conditions.ts'

/**
 * threats.md R12: why credentials could not be bound to this address, one that AWS never sees. Of somebody imagined it
 * may be left open.
 */
export function unbindable({ address, assumed }: Circumstances): AddressFault | undefined {
  const seen = sourceAddressOf(address)
  return 'fault' in seen && assumed?.has('ip') !== true ? seen.fault : undefined
}
