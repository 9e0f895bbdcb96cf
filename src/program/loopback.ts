import { createServer } from 'node:http'
import type { CliWorld, Listener } from '../cli/world.ts'

/** Says nothing of the request, is kept by nobody, runs nothing. */
const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  connection: 'close',
}

/** Listens on 127.0.0.1 and no other address (security.md D-24); undefined when the system gives no port. */
export const listenOnLoopback: CliWorld['listen'] = (hear) => {
  let port = 0
  const server = createServer((req, res) => {
    const { status, body } = hear({ method: req.method ?? '', target: req.url ?? '', host: req.headers.host }, port)
    res.writeHead(status, HEADERS).end(body)
    req.resume()
  })
  // A browser opens connections ahead of need: none of them keeps the program from ending.
  server.on('connection', (socket) => socket.unref())
  return new Promise<Listener | undefined>((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      port = typeof address === 'object' && address !== null ? address.port : 0
      resolve({ port, close: () => void server.close() })
    })
  })
}
