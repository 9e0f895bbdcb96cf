import { describe, expect, it } from 'vitest'
import type { CliWorld } from '../../src/cli/world.ts'
import { aGateway, aProblem, LENT, someTokens } from './fake-gateway.ts'
import { aTerminal, type Terminal } from './fake-terminal.ts'

const ROLE = 'payments-dev/readonly'
const TOKEN = 'POST /oauth/token'
const CREDENTIALS = 'POST /v1/credentials'

describe('rolegate credential-process --auto-login', () => {
  it('opens one tab for twenty lines that wait, and they share its sign-in', async () => {
    const { terminal, gateway, tabs } = await aDesktop()
    const ran = await Promise.all(
      Array.from({ length: 20 }, () => terminal.run('credential-process', ROLE, '--auto-login')),
    )
    expect(new Set(ran.map(({ exit, err }) => `${exit} ${err}`))).toEqual(new Set(['0 ']))
    expect(tabs).toHaveLength(1)
    expect(gateway.askedFor(TOKEN)).toHaveLength(1)
    expect(gateway.askedFor(CREDENTIALS)).toHaveLength(1)
  })

  it('opens none while the sign-in lasts, nor for what is kept', async () => {
    const { terminal, tabs } = await aDesktop()
    await terminal.run('credential-process', ROLE, '--auto-login')
    await terminal.run('credential-process', ROLE, '--auto-login')
    await terminal.run('credential-process', 'payments-dev/admin', '--auto-login', '--no-cache')
    expect(tabs).toHaveLength(1)
  })

  it('opens none for a refusal that a sign-in would not change', async () => {
    const { terminal, gateway, tabs } = await aDesktop()
    await terminal.run('credential-process', ROLE, '--auto-login')
    gateway.on(CREDENTIALS, aProblem(403, 'not_entitled'))
    expect(await terminal.run('credential-process', 'payments-dev/admin', '--auto-login')).toMatchObject({ exit: 5 })
    expect(tabs).toHaveLength(1)
  })

  it('opens one more when the gateway has ended the sign-in, and tries once again, not for ever', async () => {
    const { terminal, gateway, tabs } = await aDesktop()
    await terminal.run('credential-process', ROLE, '--auto-login')
    gateway.on(TOKEN, someTokens('second'))
    gateway.on(CREDENTIALS, aProblem(401, 'sign_in_required'), { json: LENT })
    const { exit } = await terminal.run('credential-process', 'payments-dev/admin', '--auto-login')
    expect({ exit, tabs: tabs.length }).toEqual({ exit: 0, tabs: 2 })
    expect(gateway.askedFor(CREDENTIALS).at(-1)?.authorization).toBe('Bearer rga_second')
    // What it took the place of is ended there too, whatever made the gateway refuse it.
    expect(gateway.askedFor('POST /oauth/revoke').map(({ body }) => body)).toEqual([
      'client_id=rolegate-cli&token=rgr_new',
    ])
    gateway.on(CREDENTIALS, aProblem(401, 'sign_in_required'))
    expect(await terminal.run('credential-process', 'payments-prod/readonly', '--auto-login')).toMatchObject({
      exit: 4,
    })
    expect(tabs).toHaveLength(3)
  })

  it('that failed fails for all that waited, and opens no other for a minute', async () => {
    const clock = { now: Date.parse('2030-01-01T09:00:00Z') }
    const { terminal, tabs } = await aDesktop({ error: 'access_denied' }, { now: () => new Date(clock.now) })
    const ran = await Promise.all([1, 2, 3].map(() => terminal.run('credential-process', ROLE, '--auto-login')))
    expect(ran.map(({ exit, out }) => ({ exit, out }))).toEqual([1, 2, 3].map(() => ({ exit: 4, out: '' })))
    expect(tabs).toHaveLength(1)
    clock.now += 59_000
    expect(await terminal.run('credential-process', ROLE, '--auto-login')).toMatchObject({ exit: 4 })
    expect(tabs).toHaveLength(1)
    clock.now += 2_000
    await terminal.run('credential-process', ROLE, '--auto-login')
    expect(tabs).toHaveLength(2)
  })

  it('prints no address, whatever happens: SDKs may log it', async () => {
    const { terminal } = await aDesktop({ error: 'access_denied' })
    const { err } = await terminal.run('credential-process', ROLE, '--auto-login')
    expect(err.trimEnd().split('\n')).toHaveLength(1)
    expect(err).not.toContain('code_challenge')
  })

  it.each<{ where: string; over: Partial<CliWorld> }>([
    { where: 'in an SSH session', over: { env: { SSH_CONNECTION: 'x' } } },
    { where: 'where no display is', over: { env: { DISPLAY: '' } } },
    { where: 'where no browser starts', over: { spawn: async () => ({ started: false, because: 'not_found' }) } },
    { where: 'where none may be opened', over: { env: { ROLEGATE_NO_BROWSER: '1' } } },
    { where: 'where no port can be had', over: { listen: async () => undefined } },
    { where: 'where nothing is kept', over: { env: { ROLEGATE_TOKEN_STORE: 'memory' } } },
  ])('is exit 4 at once $where', async ({ over }) => {
    const { terminal, gateway } = await aDesktop({}, over)
    expect(await terminal.run('credential-process', ROLE, '--auto-login')).toMatchObject({ exit: 4, out: '' })
    expect(gateway.askedFor(TOKEN)).toEqual([])
    expect(gateway.askedFor('POST /oauth/device_authorization')).toEqual([])
  })

  it('does not sign in at a gateway that nobody signed in at from here before (threats.md D14)', async () => {
    const { terminal, tabs } = await aDesktop()
    const other = await aGateway()
    const line = ['credential-process', ROLE, '--auto-login', '--server', other.origin] as const
    expect(await terminal.run(...line)).toMatchObject({ exit: 4 })
    expect([...tabs, ...other.asked]).toEqual([])
  })

  it('is never implied: without it, a missing sign-in opens nothing and waits for nobody', async () => {
    const { terminal, tabs, gateway } = await aDesktop()
    expect(await terminal.run('credential-process', ROLE)).toMatchObject({ exit: 4 })
    expect([...tabs, ...gateway.asked]).toEqual([])
  })
})

/** A machine with a browser, somebody who signed in and out again, and what the browser brings back next time. */
async function aDesktop(said: Record<string, string> = { code: 'rgc_once' }, over: Partial<CliWorld> = {}) {
  const gateway = await aGateway()
  const tabs: URL[] = []
  const terminal: Terminal = aTerminal({
    spawn: async ({ args }) => {
      const address = new URL(args[0] ?? '')
      tabs.push(address)
      const answer = { ...said, state: address.searchParams.get('state') ?? '', iss: gateway.origin }
      terminal.knock(`/callback?${new URLSearchParams(answer).toString()}`)
      return { started: true, exit: 0 }
    },
    ...over,
    env: { DISPLAY: ':0', ...over.env },
  })
  terminal.signIn(gateway.origin)
  terminal.signOut(gateway.origin)
  return { gateway, terminal, tabs }
}
