import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach } from 'vitest'

type SeenCall = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: URLSearchParams
}
export type Say = (res: ServerResponse, call: SeenCall, nth: number) => void

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  await Promise.all(running.splice(0).map((stop) => stop()))
})

/** An AWS endpoint on loopback that says what it is told and keeps what it was asked. */
export async function aFakeAws(say: Say) {
  const seen: SeenCall[] = []
  const server = createServer((req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const body = new URLSearchParams(Buffer.concat(chunks).toString())
      const call = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, body }
      seen.push(call)
      say(res, call, seen.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  running.push(stop)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, stop }
}

const xml =
  (status: number, text: string): Say =>
  (res) =>
    void res.writeHead(status, { 'content-type': 'text/xml', 'x-amzn-requestid': 'request-1' }).end(text)

/** STS's refusal, as it is on the wire (aws.md §2). */
export const refuses = (status: number, code: string, message = 'no'): Say =>
  xml(
    status,
    `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>request-1</RequestId></ErrorResponse>`,
  )

export const LENT = {
  AccessKeyId: 'ASIAEXAMPLEEXAMPLE00',
  SecretAccessKey: 'canary-secret-access-key',
  SessionToken: 'canary/session+token==',
  Expiration: '2030-01-01T10:00:00Z',
}

/** STS's consent; `change` leaves parts out. */
export const lends = (change: Partial<Record<keyof typeof LENT, string | undefined>> = {}): Say => {
  const members = Object.entries({ ...LENT, ...change }).filter(([, value]) => value !== undefined)
  const credentials = members.map(([name, value]) => `<${name}>${value ?? ''}</${name}>`).join('')
  return xml(
    200,
    `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>${credentials}</Credentials><AssumedRoleUser><AssumedRoleId>AROA:alice</AssumedRoleId><Arn>arn:aws:sts::111111111111:assumed-role/Admin/alice</Arn></AssumedRoleUser></AssumeRoleWithWebIdentityResult><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></AssumeRoleWithWebIdentityResponse>`,
  )
}

export const page =
  (status: number, text: string): Say =>
  (res) =>
    void res.writeHead(status, { 'content-type': 'text/html' }).end(text)
export const breaksOff: Say = (res) => void res.destroy()
export const hangs: Say = () => undefined
