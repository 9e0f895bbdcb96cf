import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aGateway, anOauthError, aProblem, someTokens } from './fake-gateway.ts'
import { aTerminal } from './fake-terminal.ts'

const TOKEN = 'POST /oauth/token'
const lockOf = (folder: string, origin: string) => join(folder, `${encodeURIComponent(origin)}.lock`)
const SOON = { expiresAt: '2030-01-01T09:00:59.000Z' }

describe('the kept sign-in', () => {
  it('is used as it is while it has a minute left', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal()
    terminal.signIn(gateway.origin)
    await terminal.run('whoami')
    expect(gateway.askedFor('GET /v1/whoami')[0]?.authorization).toBe('Bearer rga_kept')
    expect(gateway.askedFor(TOKEN)).toEqual([])
  })

  it('is renewed when less than a minute is left, and the successor is kept', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal()
    terminal.signIn(gateway.origin, SOON)
    await terminal.run('whoami')
    expect(Object.fromEntries(new URLSearchParams(gateway.askedFor(TOKEN)[0]?.body))).toEqual({
      client_id: 'rolegate-cli',
      grant_type: 'refresh_token',
      refresh_token: 'rgr_kept',
    })
    expect(gateway.askedFor('GET /v1/whoami')[0]?.authorization).toBe('Bearer rga_new')
    expect(terminal.tokens()[gateway.origin]).toMatchObject({ accessToken: 'rga_new', refreshToken: 'rgr_new' })
    expect(statSync(join(terminal.folder, 'tokens.enc')).mode & 0o777).toBe(0o600)
  })

  it('is renewed once by eight commands at once, and leaves no lock behind', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal()
    terminal.signIn(gateway.origin, SOON)
    const ran = await Promise.all(Array.from({ length: 8 }, () => terminal.run('whoami')))
    expect(ran.map(({ exit }) => exit)).toEqual(Array.from({ length: 8 }, () => 0))
    expect(gateway.askedFor(TOKEN)).toHaveLength(1)
    expect(readdirSync(terminal.folder).toSorted()).toEqual(['local.key', 'settings.json', 'sign-ins', 'tokens.enc'])
  })

  it('is over on invalid_grant: exit 4, the tokens are gone, and the next command does not ask again', async () => {
    const gateway = await aGateway()
    gateway.on(TOKEN, anOauthError('invalid_grant'))
    const terminal = aTerminal()
    terminal.signIn(gateway.origin, SOON)
    expect(await terminal.run('whoami')).toMatchObject({ exit: 4, out: '' })
    expect(await terminal.run('whoami')).toMatchObject({ exit: 4, out: '' })
    expect(gateway.asked).toHaveLength(1)
  })

  it('that somebody ended while it was renewed stays ended', async () => {
    const gateway = await aGateway()
    let release: () => void = () => undefined
    const after = new Promise<void>((resolve) => (release = resolve))
    gateway.on(TOKEN, { ...someTokens('late'), after })
    const terminal = aTerminal()
    terminal.signIn(gateway.origin, SOON)
    const renewing = terminal.run('whoami')
    await expect.poll(() => gateway.askedFor(TOKEN).length).toBe(1)
    terminal.signOut(gateway.origin)
    release()
    await renewing
    expect(terminal.tokens()[gateway.origin]?.accessToken).not.toBe('rga_late')
    expect((await terminal.run('whoami')).exit).toBe(4)
  })

  it.each(['access_denied', 'invalid_client', 'unauthorized_client', 'expired_token'])(
    'is over on %s just so: nobody denied anything in a browser now',
    async (error) => {
      const gateway = await aGateway()
      gateway.on(TOKEN, anOauthError(error))
      const terminal = aTerminal()
      terminal.signIn(gateway.origin, SOON)
      const { exit, err } = await terminal.run('whoami')
      expect(exit).toBe(4)
      expect(err).toContain(`The sign-in at ${gateway.origin} has ended.`)
      expect(err).not.toMatch(/denied/)
      expect(terminal.tokens()).toEqual({})
    },
  )

  it.each([
    { ...anOauthError('slow_down') },
    { ...anOauthError('temporarily_unavailable') },
    { ...anOauthError('access_denied'), status: 429 },
    { ...anOauthError('server_error'), status: 503 },
    aProblem(403, 'forbidden'),
  ])('outlasts an answer that another time may be another: $status $json', async (reply) => {
    const gateway = await aGateway()
    gateway.on(TOKEN, reply)
    const terminal = aTerminal()
    terminal.signIn(gateway.origin, SOON)
    expect((await terminal.run('whoami')).exit).not.toBe(0)
    expect(terminal.tokens()[gateway.origin]).toMatchObject({ refreshToken: 'rgr_kept' })
    gateway.on(TOKEN, someTokens('later'))
    expect((await terminal.run('whoami')).exit).toBe(0)
  })

  it('survives a gateway that is down while it should be renewed', async () => {
    const terminal = aTerminal()
    terminal.signIn('http://127.0.0.1:9', SOON)
    expect((await terminal.run('whoami')).exit).toBe(9)
    expect(terminal.tokens()['http://127.0.0.1:9']).toMatchObject({ refreshToken: 'rgr_kept' })
  })

  it('keeps the refresh token when the answer brings no new one', async () => {
    const gateway = await aGateway()
    gateway.on(TOKEN, { json: { access_token: 'rga_2', token_type: 'Bearer', expires_in: 3600 } })
    const terminal = aTerminal()
    terminal.signIn(gateway.origin, SOON)
    await terminal.run('whoami')
    expect(terminal.tokens()[gateway.origin]).toMatchObject({ accessToken: 'rga_2', refreshToken: 'rgr_kept' })
  })

  it('is never shown to another origin, not even another port or name of the same host (threats.md D14)', async () => {
    const [mine, theirs] = [await aGateway(), await aGateway()]
    const terminal = aTerminal()
    terminal.signIn(mine.origin)
    for (const origin of [theirs.origin, mine.origin.replace('127.0.0.1', 'localhost')]) {
      expect(await terminal.run('list', '--server', origin)).toMatchObject({ exit: 4 })
    }
    expect([...mine.asked, ...theirs.asked]).toEqual([])
  })

  it('stays beside the sign-in at another gateway', async () => {
    const [one, other] = [await aGateway(), await aGateway()]
    const terminal = aTerminal()
    terminal.signIn(one.origin)
    await terminal.run('login', '--server', other.origin)
    expect(new Set(Object.keys(terminal.tokens()))).toEqual(new Set([one.origin, other.origin]))
    await terminal.run('logout', '--server', other.origin)
    expect(Object.keys(terminal.tokens())).toEqual([one.origin])
  })

  it('asks for a sign-in when the gateway no longer knows the token', async () => {
    const gateway = await aGateway()
    gateway.on('GET /v1/whoami', aProblem(401, 'sign_in_required'))
    const terminal = aTerminal()
    terminal.signIn(gateway.origin)
    const { exit, err } = await terminal.run('whoami')
    expect(exit).toBe(4)
    expect(err).toBe('error: No. Because.\nSign in: rolegate login\ncode sign_in_required, request req-1\n')
  })

  it.each(['not json', 'x'.repeat(200), ''])('is not guessed from a broken file: %s', async (text) => {
    const terminal = aTerminal()
    terminal.signIn('http://127.0.0.1:9')
    writeFileSync(join(terminal.folder, 'tokens.enc'), text)
    const { exit, err } = await terminal.run('whoami')
    expect(exit).toBe(3)
    expect(err).toContain(join(terminal.folder, 'tokens.enc'))
  })

  it('is not guessed when the key of this machine is another one', async () => {
    const terminal = aTerminal()
    terminal.signIn('http://127.0.0.1:9')
    writeFileSync(join(terminal.folder, 'local.key'), randomBytes(32))
    expect(await terminal.run('whoami')).toMatchObject({ exit: 3, err: expect.stringContaining('tokens.enc') })
    writeFileSync(join(terminal.folder, 'local.key'), 'short')
    expect(await terminal.run('whoami')).toMatchObject({ exit: 3, err: expect.stringContaining('local.key') })
  })

  it('of one origin does not open as that of another, when files are renamed (threats.md D14)', async () => {
    const [mine, theirs] = [await aGateway(), await aGateway()]
    const terminal = aTerminal()
    terminal.signIn(mine.origin)
    const mark = (origin: string) => join(terminal.folder, 'sign-ins', `${encodeURIComponent(origin)}.json`)
    renameSync(mark(mine.origin), mark(theirs.origin))
    expect(await terminal.run('list', '--server', theirs.origin)).toMatchObject({ exit: 3 })
    expect(theirs.asked).toEqual([])
  })
})

describe('a sign-in that the first versions kept in plain text', () => {
  const kept = { accessToken: 'rga_kept', refreshToken: 'rgr_kept', expiresAt: '2030-01-01T09:30:00.000Z' }

  it('is taken over once, by one of several commands, and the plain file is gone', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal({ env: { ROLEGATE_URL: gateway.origin } })
    writeFileSync(
      join(terminal.folder, 'tokens.json'),
      JSON.stringify({ version: 1, servers: { [gateway.origin]: kept, 'https://other.example.com': kept } }),
    )
    const ran = await Promise.all([1, 2, 3].map(() => terminal.run('whoami')))
    expect(ran.map(({ exit }) => exit)).toEqual([0, 0, 0])
    expect(gateway.askedFor('GET /v1/whoami')[0]?.authorization).toBe('Bearer rga_kept')
    expect(terminal.tokens()).toEqual({ [gateway.origin]: kept, 'https://other.example.com': kept })
    expect(readdirSync(terminal.folder).toSorted()).toEqual(['local.key', 'sign-ins', 'tokens.enc'])
  })

  it('is not taken over by ROLEGATE_TOKEN_STORE=memory, which writes nothing', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal({ env: { ROLEGATE_URL: gateway.origin, ROLEGATE_TOKEN_STORE: 'memory' } })
    writeFileSync(join(terminal.folder, 'tokens.json'), JSON.stringify({ servers: { [gateway.origin]: kept } }))
    expect((await terminal.run('whoami')).exit).toBe(4)
    expect(readdirSync(terminal.folder)).toEqual(['tokens.json'])
  })

  it.each([
    'not json',
    '[]',
    '{"version":1}',
    '{"servers":7}',
    '{"servers":{"https://a.example.com":{"accessToken":7}}}',
  ])('is not guessed from a broken file: %s', async (text) => {
    const terminal = aTerminal({ env: { ROLEGATE_URL: 'http://127.0.0.1:9' } })
    writeFileSync(join(terminal.folder, 'tokens.json'), text)
    const { exit, err } = await terminal.run('whoami')
    expect(exit).toBe(3)
    expect(err).toContain(join(terminal.folder, 'tokens.json'))
  })
})

describe('the lock on the kept sign-in', () => {
  it.each([
    { holder: { id: 'a', pid: 4242, host: 'build-7', at: '2030-01-01T08:59:59Z' }, because: 'its process is gone' },
    { holder: { id: 'a', pid: 1, host: 'build-8', at: '2030-01-01T08:52:00Z' }, because: 'it is older than any work' },
    { holder: 'rubbish', because: 'no rolegate wrote it' },
  ])('is taken over when $because', async ({ holder }) => {
    const gateway = await aGateway()
    const terminal = aTerminal({ isAlive: (pid) => pid !== 4242 })
    terminal.signIn(gateway.origin, SOON)
    writeFileSync(lockOf(terminal.folder, gateway.origin), JSON.stringify(holder))
    const ran = await Promise.all([terminal.run('whoami'), terminal.run('whoami'), terminal.run('whoami')])
    expect(ran.map(({ exit }) => exit)).toEqual([0, 0, 0])
    expect(gateway.askedFor(TOKEN)).toHaveLength(1)
    expect(readdirSync(terminal.folder).toSorted()).toEqual(['local.key', 'settings.json', 'sign-ins', 'tokens.enc'])
  })

  it.each([
    { at: '2030-01-01T09:00:00Z', so: 'just begun' },
    { at: '2030-01-01T08:54:00Z', so: 'asked for the password of a keychain, three times' },
  ])('is waited for while its holder lives, $so, and what the holder renewed is used', async ({ at }) => {
    const gateway = await aGateway()
    const holder = { id: 'a', pid: 1, host: 'build-7', at }
    let waited = 0
    const terminal = aTerminal({
      sleep: async () => {
        waited += 1
        if (waited === 3) terminal.signIn(gateway.origin, { accessToken: 'rga_theirs' })
        if (waited === 3)
          writeFileSync(lockOf(terminal.folder, gateway.origin), JSON.stringify({ ...holder, at: 'done' }))
      },
    })
    terminal.signIn(gateway.origin, SOON)
    writeFileSync(lockOf(terminal.folder, gateway.origin), JSON.stringify(holder))
    expect((await terminal.run('whoami')).exit).toBe(0)
    expect(gateway.askedFor(TOKEN)).toEqual([])
    expect(gateway.askedFor('GET /v1/whoami')[0]?.authorization).toBe('Bearer rga_theirs')
  })

  it('is released when the renewal fails', async () => {
    const gateway = await aGateway()
    gateway.on(TOKEN, aProblem(503, 'store_unavailable'))
    const terminal = aTerminal()
    terminal.signIn(gateway.origin, SOON)
    expect((await terminal.run('whoami')).exit).toBe(1)
    expect(existsSync(lockOf(terminal.folder, gateway.origin))).toBe(false)
    gateway.on(TOKEN, someTokens('later'))
    expect((await terminal.run('whoami')).exit).toBe(0)
  })
})
