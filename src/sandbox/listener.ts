import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

type Handle = (req: IncomingMessage, res: ServerResponse) => void

/** One open port of the demo world, on loopback and nowhere else (threats.md P5). */
export type Listener = {
  readonly port: number
  /** Until this is called, every request gets a "wait": the port is taken, but the answers are not ready yet. */
  readonly serve: (handle: Handle) => void
  readonly close: () => Promise<void>
}

/**
 * Opens `port` (0: any free one) on 127.0.0.1. With `alsoIpv6` on ::1 too where the machine has it, so that a browser
 * that reads `localhost` either way finds us. Fails with a plain sentence when the port is taken.
 */
export async function listen(port: number, { alsoIpv6 = false } = {}): Promise<Listener> {
  let handle: Handle = starting
  const first = createServer()
  const bound = await open(first, port, '127.0.0.1')
  const servers = [first]
  if (alsoIpv6) {
    const second = createServer()
    // Not every machine has ::1; 127.0.0.1 is what the demo promises.
    if (await open(second, bound, '::1').catch(() => undefined)) servers.push(second)
  }
  for (const server of servers) {
    server.on('request', (req, res) => {
      if (isOurHost(req.headers.host, bound)) handle(req, res)
      else res.writeHead(421, { 'content-type': 'text/plain' }).end('Not a host of the demo.\n')
    })
  }
  return {
    port: bound,
    serve: (next) => void (handle = next),
    close: async () => void (await Promise.all(servers.map(shut))),
  }
}

const starting: Handle = (_, res) => void res.writeHead(503, { 'retry-after': '1' }).end('The demo is starting.\n')

/** A page elsewhere that points its own name at 127.0.0.1 gets nothing from us (threats.md P5, DNS rebinding). */
const isOurHost = (host: string | undefined, port: number): boolean =>
  [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`].includes(host ?? '')

async function open(server: Server, port: number, host: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new Error(`The demo needs port ${port} on ${host}, and it is not free.`, { cause })),
    )
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

const shut = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
