import type { Server, ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Gateway = {
  /** Binds the listeners; answers the ports they got, in order. */
  listen(): Promise<readonly number[]>
  /** Finishes what is under way, at most fifteen seconds, and lets go of everything (security.md V-11). */
  close(): Promise<void>
}

/** Limits before anything is parsed (security.md V-1). */
export const HTTP_LIMITS: ServerOptions = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Node looks every half minute, and would give whoever drips their headers forty seconds, not ten.
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 65_000,
  maxHeaderSize: 24 * 1024,
}

const SWEEP_MS = 60_000
const TICK_MS = 5_000
const MOST_FINISHING_MS = 15_000

/** Start and stop of a process with listeners and a store. */
export function makeLifecycle(deps: {
  listeners: readonly { server: Server; at: { host: string; port: number } }[]
  onListening: () => void
  sweep: () => Promise<unknown>
  /** What others on the store must hear of soon. */
  tick: () => Promise<unknown>
  onDrain: () => void
  release: () => Promise<void>
}): Gateway {
  const servers = deps.listeners.map(({ server }) => server)
  let sweeping: NodeJS.Timeout | undefined
  let ticking: NodeJS.Timeout | undefined

  return {
    async listen() {
      const ports = await Promise.all(deps.listeners.map(({ server, at }) => bind(server, at)))
      deps.onListening()
      sweeping = setInterval(() => void deps.sweep(), SWEEP_MS).unref()
      ticking = setInterval(() => void deps.tick(), TICK_MS).unref()
      return ports
    },
    async close() {
      deps.onDrain()
      clearInterval(sweeping)
      clearInterval(ticking)
      for (const server of servers) await stop(server)
      await deps.release()
    },
  }
}

function bind(server: Server, { host, port }: { host: string; port: number }): Promise<number> {
  server.maxConnections = 4_000
  server.maxRequestsPerSocket = 10_000
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
}

/** Takes no new connection, lets running requests finish, then cuts. */
function stop(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), MOST_FINISHING_MS)
    server.close(() => {
      clearTimeout(cut)
      resolve()
    })
    server.closeIdleConnections()
  })
}
