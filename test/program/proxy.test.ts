import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { writeTokens } from '../cli/kept-files.ts'
import { selfSigned } from '../support/saml/a-certificate.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
/** A name that only the proxy knows. */
const ORIGIN = 'https://gateway.example'

describe('HTTPS_PROXY', () => {
  it.each(['HTTPS_PROXY', 'https_proxy'])('%s is the way to the gateway, which answers through it', async (name) => {
    const { run, asked } = await aNetwork()
    expect(await run(ORIGIN, (proxy) => ({ [name]: proxy }))).toEqual({
      code: 0,
      out: 'alice@example.com\n',
      err: '',
    })
    expect(asked).toEqual([{ target: 'gateway.example:443', authorization: 'Basic bWU6czNjcjN0' }])
  })

  it.each(['gateway.example', '.example', '*', 'localhost,gateway.example:443'])(
    'is passed by for what NO_PROXY names: %s',
    async (NO_PROXY) => {
      const { run, asked } = await aNetwork()
      expect(await run(ORIGIN, (HTTPS_PROXY) => ({ HTTPS_PROXY, NO_PROXY }))).toMatchObject({ code: 9 })
      expect(asked).toEqual([])
    },
  )

  it('never sees what goes to this machine, by whatever scheme (threats.md D14)', async () => {
    const { run, asked } = await aNetwork()
    for (const origin of ['http://127.0.0.1:9', 'http://localhost:9', 'https://127.0.0.1:9']) {
      const all = (proxy: string) => ({ HTTPS_PROXY: proxy, HTTP_PROXY: proxy, http_proxy: proxy })
      expect(await run(origin, all)).toMatchObject({ code: 9 })
    }
    expect(asked).toEqual([])
  })

  it('that refuses is said to, with its status and without its password', async () => {
    const { run } = await aNetwork(407)
    const { code, err } = await run(ORIGIN, (HTTPS_PROXY) => ({ HTTPS_PROXY }))
    expect(code).toBe(9)
    expect(err).toContain('The proxy named by HTTPS_PROXY answered 407.')
    expect(err).not.toContain('s3cr3t')
  })

  it('that is no URL is a configuration error, and is not shown', async () => {
    const { run } = await aNetwork()
    const { code, err } = await run(ORIGIN, () => ({ HTTPS_PROXY: 'me:s3cr3t@proxy' }))
    expect(code).toBe(3)
    expect(err).not.toContain('s3cr3t')
  })
})

/** A gateway by TLS that only a proxy reaches, and somebody who is signed in there. */
async function aNetwork(refusal?: number) {
  const home = mkdtempSync(join(tmpdir(), 'rolegate-proxy-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const cert = selfSigned('gateway.example', 1, keys)
  writeFileSync(join(home, 'ca.pem'), cert)
  const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' })
  const me = {
    subject: '1',
    username: 'alice@example.com',
    idp: 'okta',
    groups: { count: 1, truncated: false },
    session: { via: 'pkce', expiresAt: new Date(Date.now() + 3_600_000).toISOString() },
  }
  const gateway = await listening(
    createTlsServer({ cert, key }, (_req, res) => {
      res.setHeader('content-type', 'application/json').end(JSON.stringify(me))
    }),
  )

  const asked: { target: string | undefined; authorization: string | undefined }[] = []
  const proxy = createServer()
  proxy.on('connect', ({ url, headers }, socket) => {
    asked.push({ target: url, authorization: headers['proxy-authorization'] })
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal} No\r\n\r\n`)
    const upstream = connect(gateway, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      upstream.pipe(socket).pipe(upstream)
    })
    for (const end of [upstream, socket]) end.on('error', () => undefined)
  })
  const port = await listening(proxy)

  const run = (origin: string, variables: (proxy: string) => Record<string, string>) => {
    const tokens = { accessToken: 'rga_kept', expiresAt: new Date(Date.now() + 3_600_000).toISOString() }
    const folder = mkdtempSync(join(home, 'config-'))
    writeTokens(folder, { [origin]: tokens })
    const env = {
      HOME: home,
      PATH: '/usr/bin:/bin',
      ROLEGATE_URL: origin,
      ROLEGATE_CONFIG_DIR: folder,
      NODE_EXTRA_CA_CERTS: join(home, 'ca.pem'),
      ...variables(`http://me:s3cr3t@127.0.0.1:${port}`),
    }
    return new Promise<{ code: number; out: string; err: string }>((resolve) => {
      execFile(process.execPath, [PROGRAM, 'whoami', '--short'], { env, timeout: 30_000 }, (failure, out, err) => {
        resolve({ code: failure === null ? 0 : Number(failure.code), out: out.replace(/ \d+[hm].*/, ''), err })
      })
    })
  }
  return { run, asked }
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
