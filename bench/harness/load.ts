import { Agent, request, type IncomingHttpHeaders } from 'node:http'

/** As the figures of performance.md were taken. */
const IN_FLIGHT = 32

/** Runs `operation` so many times, with at most IN_FLIGHT under way. */
export async function drive(operations: number, operation: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < operations) {
      next += 1
      await operation(next - 1)
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker))
}

export type Received = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As they came, compressed or not. */
  readonly bytes: Buffer
  readonly text: string
}

const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })

/** One request over a kept connection; anything but the expected status is an error with its answer in it. */
export function send(
  url: string,
  {
    expect = 200,
    body,
    ...options
  }: { method?: string; headers?: Record<string, string>; body?: string; expect?: number } = {},
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, ...options }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const received = { status: answer.statusCode ?? 0, headers: answer.headers, bytes, text: bytes.toString() }
        if (received.status === expect) resolve(received)
        else
          reject(
            new Error(`${options.method ?? 'GET'} ${url} answered ${received.status}: ${received.text.slice(0, 500)}`),
          )
      })
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

export const form = (fields: Readonly<Record<string, string>>) => ({
  method: 'POST',
  headers: { 'content-type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams(fields).toString(),
})

/** The cookies an answer sets, as the next request brings them; those it takes away are left out. */
export function cookiesFrom({ headers }: Received): string {
  const pairs = (headers['set-cookie'] ?? []).map((cookie) => cookie.split(';', 1)[0] ?? '')
  return pairs.filter((pair) => !pair.endsWith('=')).join('; ')
}

export const closeConnections = (): void => agent.destroy()
