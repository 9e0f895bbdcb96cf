import type { Findings } from '../faults.ts'
import { parseNetwork } from '../networks.ts'
import type { ConfigFile } from '../schema.ts'
import { lintAccountSelector } from './rules.ts'

/**
 * How terminals sign in: the ways for each IdP, what a device code does not open, and which addresses count as one
 * place.
 */
export function lintTerminals(file: ConfigFile, findings: Findings): void {
  const { cli } = file.sessions
  file.idps.forEach(({ login = [] }, index) => {
    login.forEach((way, at) => {
      if (!cli.login.includes(way))
        findings.fault(['idps', index, 'login', at], `"${way}" is switched off by sessions.cli.login`)
    })
  })
  const { except } = cli.device
  if (except !== undefined) lintAccountSelector(except, ['sessions', 'cli', 'device', 'except'], file, findings)
  lintNetworks(file, findings)
}

/** threats.md D2, D3: everybody in a network of this list counts as being in the same place as everybody else in it. */
function lintNetworks({ networks }: ConfigFile, findings: Findings): void {
  for (const [name, ranges] of Object.entries(networks)) {
    ranges.forEach((range, index) => {
      const path = ['networks', name, index]
      const network = parseNetwork(range)
      if (network === undefined) findings.fault(path, 'must be a network, as in 203.0.113.0/24 or 2001:db8::/48')
      else if (network.bits === 0) findings.fault(path, 'is the whole internet: everybody would be beside everybody')
    })
  }
}
