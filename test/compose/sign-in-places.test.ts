import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { reachAws } from '../../src/compose/aws.ts'
import { parseRoleArn } from '../../src/domain/aws/arn.ts'
import { parseDestination } from '../../src/domain/aws/destination.ts'
import { aWorld, A_FILE, load } from '../config/a-file.ts'
import { NINE } from '../support/a-session.ts'

/** AWS's sign-in service, which answers when it is told to. */
const waiting: ServerResponse[] = []
const server = createServer((_req, res) => void waiting.push(res))
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
afterAll(() => void server.close())
const answer = () => {
  for (const res of waiting.splice(0)) res.writeHead(200).end('{"SigninToken":"token"}')
}
afterEach(answer)

function aSignInService() {
  const { port } = server.address() as AddressInfo
  const sts = `sts: { default: { federation_endpoint: "http://127.0.0.1:${port}/federation" } }\n`
  const { config } = load(`${A_FILE}${sts}`, aWorld({ insecureDev: true }))
  const { openFederation } = reachAws(config, {
    witness: { log: {}, metrics: {} },
    clocks: { watching: (_: string, ask: typeof fetch) => ask },
  } as unknown as Parameters<typeof reachAws>[1])
  return (sessionName: string, account: string) =>
    openFederation({
      sts: 'default',
      region: 'us-east-1',
      roleArn: parseRoleArn(`arn:aws:iam::${account}:role/ReadOnly`),
      sessionName,
      credentials: { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 's', sessionToken: 't', expiresAt: NINE },
      seconds: 3600,
      destination: parseDestination(undefined, { partition: 'aws', region: 'us-east-1' }),
    })
}

it('five of one person, and ten of one account, ask for the console at once; the rest wait for a place (threats.md P7)', async () => {
  const open = aSignInService()
  const accounts = ['111111111111', '222222222222']
  const alices = Array.from({ length: 7 }, (_, at) => open('alice', accounts[at % 2] ?? ''))
  await expect.poll(() => waiting.length).toBe(5)
  const others = Array.from({ length: 10 }, (_, at) => open(`somebody-${at}`, '111111111111'))
  // Three of alice's five are of that account.
  await expect.poll(() => waiting.length).toBe(12)
  answer()
  await expect.poll(() => waiting.length).toBe(5)
  answer()
  const opened = await Promise.all([...alices, ...others])
  expect(opened.every((url) => url.includes('SigninToken=token'))).toBe(true)
})
