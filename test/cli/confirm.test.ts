import { describe, expect, it } from 'vitest'
import { aProblem, CONSOLE_URL, LENT, type Reply } from './fake-gateway.ts'
import { signedIn } from './fake-terminal.ts'

const ROLE = 'payments-dev/admin'
const CREDENTIALS = 'POST /v1/credentials'
const ID = 'a-confirmation-of-22ch'
const wanted = (over: object = {}): Reply =>
  aProblem(403, 'step_up_required', {
    confirm: { id: ID, url: 'https://evil.example/', expiresIn: 300, interval: 2, ...over },
  })
const pending = aProblem(400, 'authorization_pending')
const given: Reply = { json: { ...LENT, role: ROLE } }
const DISPLAY = { DISPLAY: ':0' }

describe('a role that takes a confirmation in the browser (threats.md H8)', () => {
  it('is waited for, and the command goes on when it was given', async () => {
    const { gateway, run, asked, terminal } = await signedIn({ env: DISPLAY })
    gateway.on(CREDENTIALS, wanted(), pending, pending, given)
    const { exit, err } = await run('exec', ROLE, '-d', '15m', '--', 'aws', 's3', 'ls')
    expect(exit).toBe(0)
    expect(err).toContain(`${ROLE} takes a fresh sign-in each time. Confirm in your browser, within 5 minutes:`)
    expect(err).toContain(`${gateway.origin}/step-up/${ID}`)
    const ask = { role: ROLE, seconds: 900 }
    const again = { ...ask, stepUp: ID }
    expect(asked(CREDENTIALS)).toEqual([ask, again, again, again])
    expect(terminal.slept).toEqual([2000, 2000, 2000])
    expect(terminal.spawned.map(({ command, args }) => [command, ...args])).toEqual([
      // The address is of the gateway it was asked at, whatever the answer says (threats.md D13).
      ['xdg-open', `${gateway.origin}/step-up/${ID}`],
      ['aws', 's3', 'ls'],
    ])
  })

  it.each([
    { because: 'over SSH', env: { ...DISPLAY, SSH_CONNECTION: '198.51.100.1' } },
    { because: 'without a display', env: {} },
    { because: 'when they want none', env: { ...DISPLAY, ROLEGATE_NO_BROWSER: '1' } },
  ])('opens no browser $because, and says the address, even quietly', async ({ env }) => {
    const { gateway, run, terminal } = await signedIn({ env })
    gateway.on(CREDENTIALS, wanted(), given)
    const { exit, out, err } = await run('env', ROLE, '-q')
    expect([exit, out.includes(LENT.accessKeyId)]).toEqual([0, true])
    expect(err).toContain(`${gateway.origin}/step-up/${ID}`)
    expect(terminal.spawned).toEqual([])
  })

  it('opens the console by a link that was confirmed', async () => {
    const { gateway, run, asked } = await signedIn()
    gateway.on('POST /v1/console', wanted(), {
      json: { url: CONSOLE_URL, expiration: LENT.expiration, seconds: 900, limitedBy: 'role' },
    })
    const { exit, out } = await run('console', ROLE, 's3', '--print')
    expect([exit, out]).toEqual([0, `${CONSOLE_URL}\n`])
    expect(asked('POST /v1/console')).toEqual([
      { role: ROLE, destination: 's3' },
      { role: ROLE, destination: 's3', stepUp: ID },
    ])
  })

  it('ends with 4 when nobody confirmed it in time', async () => {
    const { gateway, run } = await signedIn()
    gateway.on(CREDENTIALS, wanted({ expiresIn: 20 }), pending)
    const { exit, err } = await run('exec', ROLE, '--', 'true')
    expect(exit).toBe(4)
    expect(err).toContain('Nobody confirmed it in the browser in time.')
  })

  it('ends with 4 and the gateway’s words when it was refused', async () => {
    const { gateway, run, terminal } = await signedIn()
    gateway.on(CREDENTIALS, wanted(), aProblem(403, 'step_up_required', { detail: 'It was refused in the browser.' }))
    const { exit, err } = await run('exec', ROLE, '--', 'true')
    expect([exit, terminal.spawned]).toEqual([4, []])
    expect(err).toContain('It was refused in the browser.')
  })

  it('asks less often when it asks too often', async () => {
    const { gateway, run, terminal } = await signedIn()
    gateway.on(CREDENTIALS, wanted(), aProblem(429, 'rate_limited'), given)
    expect((await run('exec', ROLE, '--', 'true')).exit).toBe(0)
    expect(terminal.slept).toEqual([2000, 7000])
  })

  it('asks again where AWS could not be asked, and says so where it was asked and did not answer', async () => {
    const { gateway, run, terminal } = await signedIn()
    const unavailable = aProblem(503, 'aws_unavailable')
    gateway.on(CREDENTIALS, wanted(), unavailable, given)
    expect((await run('exec', ROLE, '--', 'true')).exit).toBe(0)
    expect(terminal.slept).toEqual([2000, 7000])
    gateway.on(CREDENTIALS, wanted(), unavailable, aProblem(403, 'step_up_required'))
    expect((await run('exec', ROLE, '--', 'true')).exit).toBe(8)
  })

  it('ends with 4 at once where a gateway offers no confirmation', async () => {
    const { gateway, run, terminal } = await signedIn()
    gateway.on(CREDENTIALS, aProblem(403, 'step_up_required'))
    expect((await run('exec', ROLE, '--', 'true')).exit).toBe(4)
    expect(terminal.slept).toEqual([])
  })

  it.each(['../../evil', 'short', '', 7, null])('opens nothing for an id that is none: %j', async (id) => {
    const { gateway, run, terminal } = await signedIn({ env: DISPLAY })
    gateway.on(CREDENTIALS, wanted({ id }))
    expect((await run('exec', ROLE, '--', 'true')).exit).toBe(4)
    expect(terminal.spawned).toEqual([])
  })

  it.each([[], ['--auto-login']])(
    'is nothing for a credential process: it neither waits nor opens a browser (%j)',
    async (...options) => {
      const { gateway, run, terminal, asked } = await signedIn({ env: DISPLAY })
      gateway.on(CREDENTIALS, wanted())
      const { exit, out, err } = await run('credential-process', ROLE, ...options)
      expect({ exit, out }).toEqual({ exit: 4, out: '' })
      expect(err).toMatch(/^error: payments-dev\/admin takes a fresh sign-in each time\. [^\n]*rolegate exec[^\n]*\n$/)
      expect([terminal.slept, terminal.spawned, asked(CREDENTIALS).length]).toEqual([[], [], 1])
    },
  )
})
