import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Page } from '../../../src/cli/world.ts'
import { aGateway, aMetadata, anOauthError, METADATA, type FakeGateway } from '../fake-gateway.ts'
import { aTerminal, LOOPBACK_PORT, type Terminal } from '../fake-terminal.ts'

const TOKEN = 'POST /oauth/token'
const DESKTOP = { DISPLAY: ':0' }

/** A terminal whose browser answers as told; `answer` is given the address it was opened with. */
async function aDesktop(
  answer: (address: URL, gateway: FakeGateway) => Record<string, string>[] = approved,
  over: Parameters<typeof aTerminal>[0] = {},
) {
  const gateway = await aGateway()
  const opened: URL[] = []
  const pages: (Page | undefined)[] = []
  const terminal: Terminal = aTerminal({
    ...over,
    env: { ...DESKTOP, ...over.env },
    spawn: async ({ command, args }) => {
      expect(command).toBe('xdg-open')
      const address = new URL(args[0] ?? '')
      opened.push(address)
      for (const said of answer(address, gateway))
        pages.push(terminal.knock(`/callback?${new URLSearchParams(said).toString()}`))
      return { started: true, exit: 0 }
    },
  })
  const login = (...more: string[]) => terminal.run('login', '--server', gateway.origin, ...more)
  return { gateway, terminal, opened, pages, login }
}

const approved = (address: URL, { origin }: FakeGateway) => [
  { code: 'rgc_once', state: address.searchParams.get('state') ?? '', iss: origin },
]

/** Only this wait is over at once. */
const lateAfter = (late: number) => (ms: number) => (ms === late ? AbortSignal.abort() : new AbortController().signal)

describe('rolegate login', () => {
  it('opens the gateway’s page, and says who signed in until when, for which roles', async () => {
    const { gateway, opened, login } = await aDesktop()
    const { exit, out, err } = await login()
    expect({ exit, out }).toEqual({ exit: 0, out: '' })
    expect(err.split('\n')).toEqual([
      `You have not signed in at ${gateway.origin} from here before; --server names it.`,
      `Opening ${gateway.origin} in your browser.`,
      `If it does not open: ${opened[0]?.href}`,
      'Waiting for you to approve there; Ctrl-C cancels.',
      '✓ Signed in as alice@example.com until 20:00 (device session: no elevated roles). 3 roles in 2 accounts.',
      '',
    ])
  })

  it('asks with PKCE for its own port, and redeems with the verifier (RFC 7636, RFC 8252)', async () => {
    const { gateway, opened, login, terminal } = await aDesktop()
    await login('--idp', 'okta')
    const { state, code_challenge, ...asked } = Object.fromEntries(opened[0]?.searchParams ?? [])
    expect(asked).toEqual({
      response_type: 'code',
      client_id: 'rolegate-cli',
      redirect_uri: `http://127.0.0.1:${LOOPBACK_PORT}/callback`,
      code_challenge_method: 'S256',
      idp: 'okta',
      host: 'build-7',
      user: 'alice',
      tool: 'rolegate 9.9.9',
    })
    expect(state).toMatch(/^[\w-]{22}$/)
    const { code_verifier = '', ...form } = Object.fromEntries(new URLSearchParams(gateway.askedFor(TOKEN)[0]?.body))
    expect(form).toEqual({
      client_id: 'rolegate-cli',
      grant_type: 'authorization_code',
      code: 'rgc_once',
      redirect_uri: `http://127.0.0.1:${LOOPBACK_PORT}/callback`,
    })
    expect(createHash('sha256').update(code_verifier).digest('base64url')).toBe(code_challenge)
    expect(terminal.tokens()[gateway.origin]?.accessToken).toBe('rga_new')
  })

  it('chooses state and verifier anew each time', async () => {
    const { opened, login } = await aDesktop()
    await login()
    await login()
    const [one, other] = opened.map(({ searchParams }) => searchParams)
    for (const name of ['state', 'code_challenge']) expect(one?.get(name)).not.toBe(other?.get(name))
  })

  it('takes one answer and no other, and stops listening (security.md D-24)', async () => {
    const twice = (address: URL, gateway: FakeGateway) => [
      { ...approved(address, gateway)[0], state: 'guessed' },
      ...approved(address, gateway),
      ...approved(address, gateway),
    ]
    const { gateway, terminal, pages, login } = await aDesktop(twice)
    expect((await login()).exit).toBe(0)
    expect(pages.map((page) => page?.status)).toEqual([400, 200, 410])
    expect(gateway.askedFor(TOKEN)).toHaveLength(1)
    expect(terminal.knock('/callback')).toBeUndefined()
  })

  it.each([
    { what: 'a No in the browser', said: { error: 'access_denied' }, says: 'denied in the browser' },
    { what: 'another gateway’s answer', said: { code: 'rgc_x', iss: 'https://evil.example.com' }, says: 'not this' },
  ])('ends with 4 on $what, and keeps nothing', async ({ said, says }) => {
    const { gateway, terminal, login } = await aDesktop((address, { origin }) => [
      { iss: origin, state: address.searchParams.get('state') ?? '', ...said },
    ])
    const { exit, err } = await login()
    expect(exit).toBe(4)
    expect(err).toContain(says)
    expect(gateway.askedFor(TOKEN)).toEqual([])
    expect(terminal.tokens()).toEqual({})
  })

  it('ends with 4 when the code is refused', async () => {
    const { gateway, login } = await aDesktop()
    gateway.on(TOKEN, anOauthError('invalid_grant'))
    expect(await login()).toMatchObject({ exit: 4, err: expect.stringContaining('did not take what the browser') })
  })

  it('ends with 4 when nobody approves within five minutes, by the listener’s own clock', async () => {
    const asked: number[] = []
    const { login, terminal } = await aDesktop(() => [], {
      timeout: (ms) => {
        asked.push(ms)
        return ms === 300_000 ? AbortSignal.abort() : new AbortController().signal
      },
    })
    const { exit, err } = await login()
    expect(exit).toBe(4)
    expect(err).toContain('within five minutes')
    expect(asked).toContain(300_000)
    expect(terminal.knock('/callback')).toBeUndefined()
  })

  it('ends with 130 on Ctrl-C, in silence, and listens no more', async () => {
    const ctrlC = new AbortController()
    const { login, terminal } = await aDesktop(
      () => {
        ctrlC.abort()
        return []
      },
      { interrupted: ctrlC.signal },
    )
    const { exit, err } = await login()
    expect(exit).toBe(130)
    expect(err).not.toContain('error')
    expect(terminal.knock('/callback')).toBeUndefined()
  })

  it('opens nothing with --no-browser, and prints the address even with -q', async () => {
    const gateway = await aGateway()
    const terminal: Terminal = aTerminal({ env: DESKTOP, timeout: lateAfter(300_000) })
    const { err } = await terminal.run('-q', 'login', '--no-browser', '--server', gateway.origin)
    expect(err).toContain(`${gateway.origin}/oauth/authorize?response_type=code`)
    expect(terminal.spawned).toEqual([])
  })

  it('says that no browser could be started, and waits all the same', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal({
      env: DESKTOP,
      spawn: async () => ({ started: false, because: 'not_found' }),
      timeout: lateAfter(300_000),
    })
    const { err } = await terminal.run('login', '--server', gateway.origin)
    expect(err).toContain('No browser could be started.\nOpen this in a browser on this machine:\n  http')
  })

  it('shows a code instead where no port can be opened, and says so', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal({ env: DESKTOP, listen: async () => undefined })
    const { exit, err } = await terminal.run('login', '--server', gateway.origin)
    expect(exit).toBe(0)
    expect(err).toContain('No port on 127.0.0.1 could be opened, so sign in on another device.')
    expect(err).toContain('WDJB-MJHT')
  })

  it('shows a code over SSH, says why, and names the identity provider to choose there', async () => {
    const { gateway, opened, login } = await aDesktop(approved, { env: { SSH_CONNECTION: '1' } })
    const { exit, err } = await login('--idp', 'okta')
    expect(exit).toBe(0)
    expect(err).toContain('This looks like an SSH session, so sign in on another device.')
    expect(err).toContain('choose okta')
    expect(err).toContain('WDJB-MJHT')
    expect(opened).toEqual([])
    expect(gateway.askedFor(METADATA)).toHaveLength(1)
  })

  it.each(['--device', '--use-device-code'])('shows a code with %s, wherever it is', async (option) => {
    const { opened, login } = await aDesktop()
    const { err } = await login(option)
    expect(err).toContain('WDJB-MJHT')
    expect(err).not.toContain('another device.')
    expect(opened).toEqual([])
  })

  it('goes no further at a gateway that sends the browser elsewhere', async () => {
    const { gateway, opened, login } = await aDesktop()
    gateway.on(METADATA, aMetadata(gateway.origin, { authorization_endpoint: 'https://evil.example.com/' }))
    expect((await login()).exit).toBe(3)
    expect(opened).toEqual([])
  })
})

describe('rolegate login at a gateway that was never signed in at (threats.md D14)', () => {
  const TTY = { stdin: true, stdout: true, stderr: true }

  it('asks, when an environment variable names it and somebody is there', async () => {
    const gateway = await aGateway()
    const asked: string[] = []
    const world = {
      isTty: TTY,
      env: { ROLEGATE_URL: gateway.origin },
      confirm: async (question: string) => {
        asked.push(question)
        return false
      },
    }
    const terminal = aTerminal(world)
    const { exit, err } = await terminal.run('login')
    expect(exit).toBe(3)
    expect(err).toContain('Not signed in')
    expect(asked).toEqual([
      `You have not signed in at ${gateway.origin} from here before; ROLEGATE_URL names it. Sign in there?`,
    ])
    expect(gateway.asked).toEqual([])
  })

  it('asks once: after that it is known, even when another was signed in at since', async () => {
    const [one, other] = [await aGateway(), await aGateway()]
    let questions = 0
    const confirm = async () => {
      questions += 1
      return true
    }
    const terminal = aTerminal({ isTty: TTY, confirm })
    const at = (origin: string) =>
      aTerminal({
        isTty: TTY,
        confirm,
        env: { ROLEGATE_URL: origin, ROLEGATE_CONFIG_DIR: terminal.folder },
      }).run('login')
    for (const { origin } of [one, other, one, other]) expect((await at(origin)).exit).toBe(0)
    expect(questions).toBe(2)
  })

  it('does not ask when --server named it, nor where nobody could answer', async () => {
    const gateway = await aGateway()
    expect((await aTerminal({ isTty: TTY }).run('login', '--server', gateway.origin)).exit).toBe(0)
    const piped = aTerminal({ isTty: { ...TTY, stdin: false }, env: { ROLEGATE_URL: gateway.origin } })
    expect((await piped.run('login')).err).toContain('ROLEGATE_URL names it.')
  })
})

describe('rolegate login --qr', () => {
  const decoded = async (err: string) => err.split('\n').filter((line) => /[█▀▄]/.test(line))

  it('shows the page with the code in its fragment, as a QR code', async () => {
    const gateway = await aGateway()
    const { err } = await aTerminal({ env: { NO_COLOR: '1' } }).run('login', '--qr', '--server', gateway.origin)
    const { renderUnicodeCompact } = await import('uqr')
    const drawn = renderUnicodeCompact(`${gateway.origin}/device#WDJB-MJHT`, { border: 2 })
    expect(await decoded(err)).toEqual(drawn.split('\n'))
  })

  it('has colours of its own unless NO_COLOR is set', async () => {
    const gateway = await aGateway()
    const { err } = await aTerminal().run('login', '--qr', '--server', gateway.origin)
    expect(err).toContain('\u001B[97;40m')
  })

  it('leaves the code out when the gateway put it in the query (threats.md D5)', async () => {
    const gateway = await aGateway()
    gateway.on('POST /oauth/device_authorization', {
      json: {
        device_code: 'rgd_x',
        user_code: 'WDJB-MJHT',
        verification_uri: `${gateway.origin}/device`,
        verification_uri_complete: `${gateway.origin}/device?user_code=WDJB-MJHT`,
        expires_in: 300,
      },
    })
    const { err } = await aTerminal({ env: { NO_COLOR: '1' } }).run('login', '--qr', '--server', gateway.origin)
    const { renderUnicodeCompact } = await import('uqr')
    expect(await decoded(err)).toEqual(renderUnicodeCompact(`${gateway.origin}/device`, { border: 2 }).split('\n'))
  })
})
