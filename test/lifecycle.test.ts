import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HTTP_LIMITS } from '../src/lifecycle.ts'

const { headersTimeout = 0, requestTimeout = 0, connectionsCheckingInterval = 0 } = HTTP_LIMITS
/** So that nobody waits half a minute for these tests: what is a second there is ten milliseconds here. */
const hasty = (milliseconds: number): number => milliseconds / 100

describe('whoever sends a byte now and then (security.md V-1)', () => {
  const server = createServer(
    {
      headersTimeout: hasty(headersTimeout),
      requestTimeout: hasty(requestTimeout),
      connectionsCheckingInterval: hasty(connectionsCheckingInterval),
    },
    (req, res) => void req.on('end', () => res.end()).resume(),
  )
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)))
  afterAll(() => new Promise((resolve) => server.close(resolve)))

  /** Drips for as long as anybody listens; answers what was said, and after how many of the listener's milliseconds. */
  const drip = (begin: string, more: string) =>
    new Promise<{ answer: string; after: number }>((resolve) => {
      const begun = performance.now()
      let answer = ''
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1', () => void socket.write(begin))
      const dripping = setInterval(() => void (socket.writable && socket.write(more)), 10)
      socket.on('data', (data) => (answer += data.toString()))
      // A drop that meets the closed door is sent back as a reset: it is over either way.
      socket.once('error', () => undefined)
      socket.once('close', () => {
        clearInterval(dripping)
        resolve({ answer, after: performance.now() - begun })
      })
    })

  it.each([
    ['headers', headersTimeout, 'GET / HTTP/1.1\r\nHost: x\r\n', 'X-A: b\r\n'],
    ['a body', requestTimeout, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n', 'x'],
  ])('is cut off when %s take longer than the limit', async (_what, limit, begin, more) => {
    const { answer, after } = await drip(begin, more)
    expect(answer).toMatch(/^HTTP\/1.1 408/)
    expect(after).toBeGreaterThanOrEqual(hasty(limit))
  })

  it('is looked at often enough for the limits to mean what they say', () => {
    expect([headersTimeout, requestTimeout]).toEqual([10_000, 30_000])
    expect(connectionsCheckingInterval).toBeLessThanOrEqual(headersTimeout / 5)
    expect(connectionsCheckingInterval).toBeGreaterThan(0)
  })
})
