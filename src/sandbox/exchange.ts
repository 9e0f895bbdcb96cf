import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'

/** A request, read whole. */
export type Ask = {
  readonly method: string
  readonly url: URL
  /** Path and query as they came, before anything normalised them: signatures are over these. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** Of whoever asks, as the connection has it. */
  readonly address: string
}

export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Far above an STS call with the longest token and policy AWS takes. */
const MOST_BYTES = 256 * 1024

/** A plain function from question to answer as a node handler. What it throws is answered 500, in no words of its own. */
export function exchange(answer: (ask: Ask) => Answer | Promise<Answer>) {
  return (req: IncomingMessage, res: ServerResponse): void => {
    readAsk(req)
      .then(async (ask) => send(res, ask === undefined ? { status: 413 } : await answer(ask)))
      .catch(() => (res.headersSent ? res.destroy() : send(res, { status: 500, body: 'The demo stumbled.\n' })))
  }
}

export function send(res: ServerResponse, { status, headers, body = '' }: Answer): void {
  res.writeHead(status, { 'cache-control': 'no-store', ...headers }).end(body)
}

async function readAsk(req: IncomingMessage): Promise<Ask | undefined> {
  const body = await readBody(req)
  if (body === undefined) return undefined
  const target = req.url ?? '/'
  const address = req.socket.remoteAddress ?? ''
  const url = new URL(target, 'http://127.0.0.1')
  return { method: req.method ?? 'GET', url, target, headers: req.headers, body, address }
}

/** The body as text, or undefined when it is larger than anything we are sent honestly. */
export async function readBody(req: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
