import { createServer, type Server } from 'node:http'

/** What is wrong but does not stop the gateway: `idp:entra`, `audit`. */
export type Degraded = readonly string[]

const NOT_FOUND = { status: 404, type: 'application/json', body: '{"status":"not found"}\n' }

/**
 * Health and metrics for machines, on a listener of its own: on public ones, such paths have been used as bypasses
 * (security.md K-15). `/readyz` is 503 only for what stops everybody: store, signing keys, draining (contract.md).
 */
export function makeManagementServer(deps: {
  /** Names of what is missing to serve at all; empty: ready. */
  missing: () => Promise<readonly string[]>
  degraded: () => Degraded
  /** Undefined: they are switched off. */
  metrics: () => Promise<string> | undefined
}): Server {
  async function answer(path: string): Promise<{ status: number; type: string; body: string }> {
    switch (path) {
      case '/healthz':
        return { status: 200, type: 'application/json', body: '{"status":"ok"}\n' }
      case '/readyz': {
        const missing = await deps.missing()
        const degraded = deps.degraded()
        const body = {
          status: missing.length > 0 ? 'unready' : degraded.length > 0 ? 'degraded' : 'ok',
          missing,
          degraded,
        }
        return { status: missing.length > 0 ? 503 : 200, type: 'application/json', body: `${JSON.stringify(body)}\n` }
      }
      case '/metrics': {
        const metrics = await deps.metrics()
        if (metrics === undefined) return NOT_FOUND
        return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: metrics }
      }
      default:
        return NOT_FOUND
    }
  }

  return createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, connectionsCheckingInterval: 2_000 },
    (req, res) => {
      void answer((req.url ?? '').split('?')[0] ?? '')
        .catch(() => ({ status: 503, type: 'application/json', body: '{"status":"unready"}\n' }))
        .then(({ status, type, body }) =>
          res.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body),
        )
    },
  )
}
