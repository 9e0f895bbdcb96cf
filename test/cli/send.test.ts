import { createServer } from 'node:http'
import { describe, expect, it } from 'vitest'
import { aGateway, LENT, listen, SECRET } from './fake-gateway.ts'
import { aTerminal, signedIn } from './fake-terminal.ts'

describe('a request to the gateway', () => {
  it.each([301, 302, 303, 307, 308])('does not follow a %i with the sign-in (threats.md D14)', async (status) => {
    const { gateway, terminal } = await signedIn()
    const elsewhere = await aGateway()
    gateway.on('GET /v1/roles', { status, headers: { location: `${elsewhere.origin}/v1/roles` }, raw: '' })
    const { exit, err } = await terminal.run('list')
    expect(exit).toBe(9)
    expect(err).toContain('redirects elsewhere')
    expect(elsewhere.asked).toEqual([])
  })

  it('does not follow a redirect with a device code or a refresh token either', async () => {
    const { gateway, terminal } = await signedIn()
    const elsewhere = await aGateway()
    terminal.signIn(gateway.origin, { expiresAt: '2030-01-01T09:00:01.000Z' })
    gateway.on('POST /oauth/token', { status: 307, headers: { location: `${elsewhere.origin}/oauth/token` }, raw: '' })
    expect((await terminal.run('whoami')).exit).toBe(9)
    expect((await terminal.run('login')).exit).toBe(9)
    expect(elsewhere.asked).toEqual([])
  })

  it.each([
    { reply: { raw: '<html>It works!</html>' }, because: 'a page' },
    { reply: { status: 502, raw: 'Bad Gateway' }, because: 'a proxy' },
    { reply: { raw: `"${'x'.repeat(4_200_000)}"` }, because: 'more than 4 MB' },
    { reply: { json: { roles: 'all' } }, because: 'another shape' },
    { reply: { json: null }, because: 'nothing' },
    { reply: { json: { roles: [{ role: 'x/../y' }] } }, because: 'a name no role has' },
  ])('ends with 9 when $because answers', async ({ reply }) => {
    const { gateway, terminal } = await signedIn()
    gateway.on('GET /v1/roles', reply)
    const { exit, out } = await terminal.run('list')
    expect({ exit, out }).toEqual({ exit: 9, out: '' })
  })

  it('ends with 9 when nobody listens', async () => {
    const server = createServer()
    const origin = await listen(server)
    await new Promise((resolve) => server.close(resolve))
    const terminal = aTerminal()
    terminal.signIn(origin)
    const { exit, err } = await terminal.run('list')
    expect({ exit, err }).toEqual({
      exit: 9,
      err: `error: ${origin} could not be reached. Reason: ECONNREFUSED.\nIs the address right, and the network that leads there up (a VPN, HTTPS_PROXY)?\ncode gateway_unreachable\n`,
    })
  })

  it('ends with 9 when no answer comes within 30 seconds', async () => {
    const waits: number[] = []
    const late = new AbortController()
    const { terminal } = await signedIn({
      timeout: (ms) => {
        waits.push(ms)
        return late.signal
      },
      fetch: async (_url, init) => {
        late.abort()
        throw init?.signal?.reason
      },
    })
    const { exit, err } = await terminal.run('list')
    expect(exit).toBe(9)
    expect(err).toContain('no answer within 30 seconds')
    expect(waits).toEqual([30_000])
  })

  it('names NODE_EXTRA_CA_CERTS when the certificate is not accepted', async () => {
    const cause = Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
    const { terminal } = await signedIn({
      fetch: async () => {
        throw new TypeError('fetch failed', { cause })
      },
    })
    const { exit, err } = await terminal.run('list')
    expect(exit).toBe(9)
    expect(err).toContain('DEPTH_ZERO_SELF_SIGNED_CERT')
    expect(err).toContain('NODE_EXTRA_CA_CERTS')
  })

  it('shows method, path, status and request id with -v, and no secret (security.md D-25)', async () => {
    const { terminal } = await signedIn()
    const { err } = await terminal.run('credential-process', 'payments-dev/readonly', '-v')
    expect(err).toBe('GET /v1/roles?form=compact 200 request req-header\nPOST /v1/credentials 200 request req-header\n')
    const { err: signIn } = await terminal.run('login', '-v')
    for (const secret of ['rga_', 'rgr_', 'rgd_', SECRET, LENT.sessionToken]) expect(err + signIn).not.toContain(secret)
  })

  it('says which program asks', async () => {
    const { gateway, terminal } = await signedIn()
    await terminal.run('whoami')
    expect(gateway.asked[0]?.userAgent).toBe('rolegate/9.9.9')
  })
})

describe('the server', () => {
  it.each([
    'http://aws.example.com',
    'http://127.0.0.1.example.com',
    'http://localhost.example.com',
    'ftp://aws.example.com',
    'aws.example.com',
    'javascript:alert(1)',
    'https://alice:secret@aws.example.com',
    'https://aws.example.com/path',
    'https://aws.example.com/?x=1',
  ])('%s is refused with 3, and nobody is called', async (server) => {
    const called: unknown[] = []
    const terminal = aTerminal({
      fetch: async (url) => {
        called.push(url)
        throw new Error('called')
      },
    })
    for (const line of [
      ['--server', server, 'login'],
      ['login', `--server=${server}`],
    ]) {
      expect(await terminal.run(...line)).toMatchObject({ exit: 3, out: '' })
    }
    expect(called).toEqual([])
  })

  it.each(['http://127.0.0.1:9', 'http://localhost:9', 'http://[::1]:9', 'https://aws.example.com'])(
    '%s is called',
    async (server) => {
      const called: string[] = []
      const terminal = aTerminal({
        fetch: async (url) => {
          called.push(new Request(url).url)
          throw new Error('called')
        },
      })
      expect((await terminal.run('login', '--server', server)).exit).toBe(9)
      expect(called).toEqual([`${server}/.well-known/oauth-authorization-server`])
    },
  )

  it('is the flag’s, else ROLEGATE_URL’s, else the last sign-in’s', async () => {
    const [flag, variable, saved] = [await aGateway(), await aGateway(), await aGateway()]
    const terminal = aTerminal({ env: {} })
    terminal.signIn(saved.origin)
    const withVariable = aTerminal({ env: { ROLEGATE_URL: variable.origin, ROLEGATE_CONFIG_DIR: terminal.folder } })
    await terminal.run('whoami')
    expect(saved.asked).toHaveLength(1)
    expect((await withVariable.run('whoami')).err).toContain(variable.origin)
    expect((await withVariable.run('whoami', '--server', flag.origin)).err).toContain(flag.origin)
  })

  it('must be named by somebody: exit 3 with the next step', async () => {
    const { exit, err } = await aTerminal().run('list')
    expect(exit).toBe(3)
    expect(err).toContain('rolegate login --server')
  })

  it('may live behind a port that closes at once: exit 9', async () => {
    const server = createServer().on('connection', (socket) => socket.destroy())
    const origin = await listen(server)
    expect((await aTerminal().run('login', '--server', origin)).exit).toBe(9)
  })
})

describe('ROLEGATE_TOKEN_STORE', () => {
  it('is refused with 3 and a sentence when it names no store', async () => {
    const terminal = aTerminal({ env: { ROLEGATE_TOKEN_STORE: 'cloud' } })
    const { exit, err } = await terminal.run('whoami', '--server', 'http://127.0.0.1:9')
    expect(exit).toBe(3)
    expect(err).toContain('It is keychain, file or memory.')
  })
})
