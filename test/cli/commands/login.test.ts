import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aGateway, aRole, anOauthError, aProblem, ME, someTokens } from '../fake-gateway.ts'
import { readTokens } from '../kept-files.ts'
import { aTerminal } from '../fake-terminal.ts'

const TOKEN = 'POST /oauth/token'

describe('rolegate login --device', () => {
  it('shows address and code before anything else, and says who signed in until when', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal()
    const { exit, out, err } = await terminal.run('login', '--device', '--server', gateway.origin)
    expect({ exit, out }).toEqual({ exit: 0, out: '' })
    expect(err.split('\n')).toEqual([
      `You have not signed in at ${gateway.origin} from here before; --server names it.`,
      'Sign in on any device with a browser:',
      `  1. Open   ${gateway.origin}/device`,
      '  2. Enter  WDJB-MJHT        (expires in 5 minutes)',
      '  3. Pick   the number 42 on that page',
      'Only approve it if the page shows host build-7.',
      '✓ Signed in as alice@example.com until 20:00 (device session: no elevated roles). 3 roles in 2 accounts.',
      '',
    ])
  })

  it('says once what it gets of elevated roles: nothing, or how many, as the page does that was approved', async () => {
    const gateway = await aGateway()
    const elevated = aRole('payments-prod/admin', { elevated: true })
    gateway.on('GET /v1/roles', { json: { roles: [aRole('payments-dev/readonly'), elevated] } })
    const signIn = async () => (await aTerminal().run('login', '--device', '--server', gateway.origin)).err
    expect(await signIn()).toContain(' (device session: no elevated roles). 1 role in 1 account.\n')
    gateway.on('GET /v1/roles', { json: { roles: [elevated] } })
    expect(await signIn()).toContain(' (device session: no elevated roles). No role is open to this terminal.\n')
    gateway.on('GET /v1/whoami', { json: { ...ME, session: { ...ME.session, via: 'pkce' } } })
    expect(await signIn()).toContain(' until 20:00. 1 elevated.\n')
    gateway.on('GET /v1/roles', { json: { roles: [aRole('payments-dev/readonly'), elevated] } })
    expect(await signIn()).toContain(' until 20:00. 1 role in 1 account, and 1 elevated.\n')
  })

  it('tells the gateway which host, person and tool ask, each in 64 characters at most', async () => {
    const gateway = await aGateway()
    await aTerminal({ hostname: 'h'.repeat(200) }).run('login', '--device', '--server', gateway.origin)
    const form = new URLSearchParams(gateway.askedFor('POST /oauth/device_authorization')[0]?.body)
    expect(Object.fromEntries(form)).toEqual({
      client_id: 'rolegate-cli',
      host: 'h'.repeat(64),
      user: 'alice',
      tool: 'rolegate 9.9.9',
    })
  })

  it('waits as told: the interval, five seconds more after slow_down, and double when the line is dead', async () => {
    const gateway = await aGateway()
    gateway.on(
      TOKEN,
      anOauthError('authorization_pending'),
      anOauthError('slow_down'),
      anOauthError('authorization_pending'),
      someTokens('new'),
    )
    let calls = 0
    const terminal = aTerminal({
      fetch: async (...request) => {
        calls += 1
        if (calls === 3) throw new TypeError('fetch failed', { cause: { code: 'ECONNRESET' } })
        return fetch(...request)
      },
    })
    const { exit } = await terminal.run('login', '--device', '--server', gateway.origin)
    expect(exit).toBe(0)
    expect(terminal.slept.filter((ms) => ms >= 1000)).toEqual([5000, 10_000, 10_000, 15_000, 15_000])
  })

  it.each([
    { error: 'access_denied', says: 'denied' },
    { error: 'expired_token', says: 'expired' },
  ])('ends with 4 on $error, and keeps nothing', async ({ error, says }) => {
    const gateway = await aGateway()
    gateway.on(TOKEN, anOauthError(error))
    const terminal = aTerminal()
    const { exit, err } = await terminal.run('login', '--device', '--server', gateway.origin)
    expect(exit).toBe(4)
    expect(err).toContain(says)
    expect(readdirSync(terminal.folder)).toEqual([])
  })

  it('gives up by its own clock when the gateway stays pending for ever', async () => {
    const gateway = await aGateway()
    gateway.on(TOKEN, anOauthError('authorization_pending'))
    const terminal = aTerminal()
    const { exit, err } = await terminal.run('login', '--device', '--server', gateway.origin)
    expect(exit).toBe(4)
    expect(err).toContain('code device_code_expired')
    expect(terminal.slept.filter((ms) => ms === 5000)).toHaveLength(60)
  })

  it('keeps the tokens in one file for its owner alone, whole, and remembers the server (security.md D-25)', async () => {
    const gateway = await aGateway()
    const home = aTerminal()
    const folder = join(home.folder, 'deep', 'rolegate')
    await aTerminal({ env: { ROLEGATE_CONFIG_DIR: folder } }).run('login', '--device', '--server', gateway.origin)

    expect(readdirSync(folder).toSorted()).toEqual([
      'local.key',
      'roles.json',
      'settings.json',
      'sign-ins',
      'tokens.enc',
    ])
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, 'tokens.enc')).mode & 0o777).toBe(0o600)
    expect(statSync(join(folder, 'local.key')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(folder, 'tokens.enc'), 'latin1')).not.toMatch(/rg[ar]_/)
    expect(readTokens(folder)).toEqual({
      [gateway.origin]: {
        accessToken: 'rga_new',
        refreshToken: 'rgr_new',
        expiresAt: expect.stringMatching(/^2030-01-01T10:00/),
      },
    })
    const { exit } = await aTerminal({ env: { ROLEGATE_CONFIG_DIR: folder } }).run('whoami')
    expect(exit).toBe(0)
  })

  it('refuses a gateway that wants the code entered at another one (threats.md D3)', async () => {
    const gateway = await aGateway()
    gateway.on('POST /oauth/device_authorization', {
      json: {
        device_code: 'rgd_x',
        user_code: 'WDJB-MJHT',
        verification_uri: 'https://aws.example.com/device',
        expires_in: 300,
      },
    })
    const { exit, err } = await aTerminal().run('login', '--device', '--server', gateway.origin)
    expect(exit).toBe(3)
    expect(err).toContain('https://aws.example.com')
    expect(gateway.askedFor(TOKEN)).toEqual([])
  })

  it('ends with 130 when interrupted, in silence', async () => {
    const gateway = await aGateway()
    gateway.on(TOKEN, anOauthError('authorization_pending'))
    const ctrlC = new AbortController()
    const sleep = async () => ctrlC.abort()
    const { exit, err } = await aTerminal({ interrupted: ctrlC.signal, sleep }).run(
      'login',
      '--device',
      '--server',
      gateway.origin,
    )
    expect(exit).toBe(130)
    expect(err).not.toContain('error')
  })

  it('shows the code even with -q, and nothing else', async () => {
    const gateway = await aGateway()
    const { err } = await aTerminal().run('-q', 'login', '--server', gateway.origin)
    expect(err.trimEnd().split('\n')).toHaveLength(5)
    expect(err).toContain('WDJB-MJHT')
  })

  it('is signed in though the roles cannot be listed', async () => {
    const gateway = await aGateway()
    gateway.on('GET /v1/roles', aProblem(503, 'store_unavailable'))
    const { exit, err } = await aTerminal().run('login', '--server', gateway.origin)
    expect(exit).toBe(0)
    expect(err).toContain('(device session: no elevated roles).\n')
  })

  it('prints the whoami answer with --json', async () => {
    const gateway = await aGateway()
    const { out } = await aTerminal().run('login', '--json', '--server', gateway.origin)
    expect(JSON.parse(out)).toMatchObject({ username: 'alice@example.com' })
  })

  it('finds a file it cannot use before it shows a code', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal()
    terminal.signIn(gateway.origin, { accessToken: 7 })
    const { exit, err } = await terminal.run('login', '--device')
    expect(exit).toBe(3)
    expect(err).toContain(join(terminal.folder, 'tokens.enc'))
    expect(gateway.asked).toEqual([])
  })

  it('keeps nothing on disk with ROLEGATE_TOKEN_STORE=memory but the name of the server', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal({ env: { ROLEGATE_TOKEN_STORE: 'memory' } })
    const folder = terminal.folder
    const { exit } = await aTerminal({ env: { ROLEGATE_TOKEN_STORE: 'memory', ROLEGATE_CONFIG_DIR: folder } }).run(
      'login',
      '--server',
      gateway.origin,
    )
    expect(exit).toBe(0)
    expect(readdirSync(folder)).toEqual(['settings.json'])
  })
})

describe('a login where somebody is signed in already', () => {
  const REVOKE = 'POST /oauth/revoke'

  it('ends the old sign-in at the gateway, once the new one is kept', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal()
    terminal.signIn(gateway.origin)
    expect((await terminal.run('login', '--device')).exit).toBe(0)
    expect(gateway.askedFor(REVOKE).map(({ body }) => body)).toEqual(['client_id=rolegate-cli&token=rgr_kept'])
    const routes = gateway.asked.map(({ route }) => route)
    expect(routes.indexOf(REVOKE)).toBeGreaterThan(routes.indexOf(TOKEN))
    expect(terminal.tokens()[gateway.origin]).toMatchObject({ refreshToken: 'rgr_new' })
  })

  it('is one all the same when the gateway cannot end the old one', async () => {
    const gateway = await aGateway()
    gateway.on(REVOKE, aProblem(503, 'store_unavailable'))
    const terminal = aTerminal()
    terminal.signIn(gateway.origin)
    expect(await terminal.run('login', '--device')).toMatchObject({
      exit: 0,
      err: expect.not.stringContaining('error'),
    })
    expect((await terminal.run('whoami')).exit).toBe(0)
  })

  it('that was denied leaves the old one as it was', async () => {
    const gateway = await aGateway()
    gateway.on(TOKEN, anOauthError('access_denied'))
    const terminal = aTerminal()
    terminal.signIn(gateway.origin)
    expect((await terminal.run('login', '--device')).exit).not.toBe(0)
    expect(gateway.askedFor(REVOKE)).toEqual([])
    expect(terminal.tokens()[gateway.origin]).toMatchObject({ refreshToken: 'rgr_kept' })
  })

  it('ends nothing where nobody was signed in', async () => {
    const gateway = await aGateway()
    await aTerminal().run('login', '--device', '--server', gateway.origin)
    expect(gateway.askedFor(REVOKE)).toEqual([])
  })
})
