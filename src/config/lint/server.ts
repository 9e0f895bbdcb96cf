import type { Findings, Path } from '../faults.ts'
import { parseNetwork } from '../networks.ts'
import type { ConfigFile } from '../schema.ts'
import { lintTimeZone } from './require.ts'
import { isLoopback, requireUrl } from './web-address.ts'

/** Where only this machine can connect; 0.0.0.0 is every address there is. */
const LOOPBACK_HOSTS = ['127.0.0.1', '::1', 'localhost']

/** Our own addresses: the origin, the issuer AWS knows, the listeners, the proxies we believe. */
export function lintServer(file: ConfigFile, findings: Findings, insecureDev: boolean): void {
  const { server, issuer } = file
  lintTimeZone(file.time_zone, ['time_zone'], findings)
  const origin = requireUrl(server.public_url, ['server', 'public_url'], findings, insecureDev)
  if (origin !== undefined && origin.origin !== server.public_url) {
    findings.fault(
      ['server', 'public_url'],
      `must be an origin without a path or a slash at the end: "${origin.origin}"`,
    )
  }
  if (issuer.url !== undefined) lintIssuerUrl(issuer.url, findings, insecureDev)

  const { listen, management } = server
  if (listen.port !== 0 && listen.port === management.port && listen.host === management.host) {
    findings.fault(['server', 'management'], 'must not be the public listener: give it another port')
  }
  // threats.md K11: past loopback, a plain listener behind https serves only what a trusted proxy brings by TLS.
  if (origin?.protocol === 'https:' && !LOOPBACK_HOSTS.includes(listen.host) && server.trusted_proxies.length === 0) {
    findings.fault(
      ['server', 'listen', 'host'],
      'is reachable from other machines while TLS ends elsewhere: name your proxy under trusted_proxies, or every request is refused',
    )
  }
  server.trusted_proxies.forEach((network, index) =>
    lintNetwork(network, ['server', 'trusted_proxies', index], findings),
  )
}

function lintIssuerUrl(text: string, findings: Findings, insecureDev: boolean): void {
  const path = ['issuer', 'url']
  const url = requireUrl(text, path, findings, insecureDev)
  if (url === undefined) return
  if (text.endsWith('/')) findings.fault(path, 'must not end with a slash')
  // AWS, "Creating OpenID Connect identity providers": the provider's URL holds no port.
  else if (url.port !== '' && !isLoopback(url.hostname))
    findings.warn(path, 'has a port, which AWS does not take [issuer-port]')
}

/** Whoever may be in a trusted network may say who the client is: the narrower the better. */
function lintNetwork(text: string, path: Path, findings: Findings): void {
  const network = parseNetwork(text)
  if (network === undefined) findings.fault(path, 'must be a network, as in 10.20.0.0/16 or fd00::/64')
  else if (network.bits === 0) findings.fault(path, 'is the whole internet: every client could say who it is')
  else if (network.bits < (network.version === 4 ? 24 : 64)) {
    findings.warn(path, `is wide: every machine in ${text} could say who its client is [wide-proxies]`)
  }
}
