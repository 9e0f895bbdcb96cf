import type { STSClient } from '@aws-sdk/client-sts'
import type { NodeHttpHandler } from '@smithy/node-http-handler'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { LookupFunction } from 'node:net'
import { loadSdk } from './sdk.ts'
import type { StsClientFor } from './sts.ts'

/**
 * security.md V-8: STS answers in tens of milliseconds; five seconds, the second try included, is an outage. The bound
 * stands on the client and not on each call, since the SDK builds its middleware anew for a call with options of its own.
 */
const MOST_TRIES = 2
const MOST_MS = 2_400
/** To one host. Whoever had to wait for one would take that for AWS's silence. */
export const MOST_CONNECTIONS = 50

const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/**
 * One SDK client for each (sts entry, region), over one pool of connections. Endpoint, region and the absence of
 * credentials are explicit: nothing in the environment can steer a token elsewhere (threats.md F5, security.md T-21).
 */
export function makeStsClients(
  endpointFor: (sts: string, region: string) => string,
  { mostMs = MOST_MS, lookup }: { mostMs?: number; lookup?: LookupFunction } = {},
): {
  clientFor: StsClientFor
  close(): void
} {
  const clients = new Map<string, Promise<STSClient>>()
  const pool = { keepAlive: true, maxSockets: MOST_CONNECTIONS, ...(lookup !== undefined && { lookup }) }
  let handler: NodeHttpHandler | undefined

  async function requestHandler(): Promise<NodeHttpHandler> {
    const { NodeHttpHandler: Handler } = await import('@smithy/node-http-handler')
    return (handler ??= new Handler({
      connectionTimeout: Math.min(1_000, mostMs),
      requestTimeout: mostMs,
      socketTimeout: mostMs,
      throwOnRequestTimeout: true,
      httpAgent: new HttpAgent(pool),
      httpsAgent: new HttpsAgent(pool),
    }))
  }

  async function make(sts: string, region: string): Promise<STSClient> {
    const [{ STSClient: Client }, shared] = await Promise.all([loadSdk(), requestHandler()])
    return new Client({
      region,
      endpoint: endpointFor(sts, region),
      // Set here, or the SDK reads it from the environment: with AWS_USE_FIPS_ENDPOINT it would refuse an endpoint of
      // ours.
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
      retryMode: 'standard',
      requestHandler: shared,
      // AssumeRoleWithWebIdentity is unsigned. These values sign nothing; they keep the SDK from looking for others.
      credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' },
      // Throttling, 5xx and IDPCommunicationError are tried again by the SDK, refusals are not (security.md V-8).
      maxAttempts: MOST_TRIES,
      cacheMiddleware: true,
      logger: quiet,
    })
  }

  return {
    clientFor(sts, region) {
      const key = `${sts} ${region}`
      const known = clients.get(key) ?? make(sts, region)
      clients.set(key, known)
      return known
    },
    close: () => handler?.destroy(),
  }
}
