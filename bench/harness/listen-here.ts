import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { answer } from './answer.ts'

/** Serves on a free port of loopback; the bench learns it by asking `port`. */
export function listenHere(listener: RequestListener): void {
  const server = createServer({ keepAliveTimeout: 65_000 }, listener).listen(0, '127.0.0.1')
  const listening = once(server, 'listening')
  answer({ port: () => listening.then(() => (server.address() as AddressInfo).port) })
}
