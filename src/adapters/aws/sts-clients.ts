import { STSClient } from '@aws-sdk/client-sts'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { StsClientFor } from './sts.ts'

const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

/**
 * One SDK client for each (sts entry, region), over one pool of connections. Endpoint, region and the absence of
 * credentials are explicit: nothing in the environment can steer a token elsewhere (threats.md F5, security.md T-21).
 */
export function makeStsClients(endpointFor: (sts: string, region: string) => string): {
  clientFor: StsClientFor
  close(): void
} {
  const clients = new Map<string, STSClient>()
  const pool = { keepAlive: true, maxSockets: 50 }
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: 2_000,
    requestTimeout: 4_000,
    throwOnRequestTimeout: true,
    httpAgent: new HttpAgent(pool),
    httpsAgent: new HttpsAgent(pool),
  })

  function make(sts: string, region: string): STSClient {
    return new STSClient({
      region,
      endpoint: endpointFor(sts, region),
      // Said, or the SDK reads them from the environment: with AWS_USE_FIPS_ENDPOINT set it refuses an endpoint of ours.
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
      retryMode: 'standard',
      requestHandler,
      // AssumeRoleWithWebIdentity is unsigned. These sign nothing and stop the SDK from looking for others.
      credentials: { accessKeyId: 'unused', secretAccessKey: 'unused' },
      // Throttling, 5xx and IDPCommunicationError are tried again by the SDK, refusals are not (security.md V-8).
      maxAttempts: 3,
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
    close: () => requestHandler.destroy(),
  }
}
