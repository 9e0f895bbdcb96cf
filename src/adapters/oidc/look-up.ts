import { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { isOffLimits } from '../../domain/off-limits.ts'

/** The name leads where nobody is asked anything. */
class OffLimits extends Error {
  override readonly name = 'OffLimits'
  readonly code = 'OFF_LIMITS'
}

/**
 * A dns.lookup for outgoing connections that refuses a name if any of its addresses is off limits (threats.md P2). The
 * connection uses the very address that was checked, so a name that changes in between gains nothing.
 */
export const makeLookUp =
  (resolve: LookupFunction): LookupFunction =>
  (hostname, options, done) => {
    resolve(hostname, options, (failure, address, family) => {
      const addresses = typeof address === 'string' ? [address] : (address ?? []).map((one) => one.address)
      if (addresses.some(isOffLimits)) done(new OffLimits(SAID), '')
      else done(failure, address, family)
    })
  }

export const lookUp: LookupFunction = makeLookUp(lookup)

/** An address needs no look-up, and is looked at by itself. */
export function requireWithinLimits({ hostname }: URL): void {
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  if (isIP(host) !== 0 && isOffLimits(host)) throw new OffLimits(SAID)
}

const SAID = 'is at a link-local address, or at one of a cloud’s metadata service'
