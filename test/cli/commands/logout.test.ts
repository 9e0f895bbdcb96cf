import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { setImmediate } from 'node:timers/promises'
import { aGateway, someTokens } from '../fake-gateway.ts'
import { aTerminal } from '../fake-terminal.ts'

describe('rolegate logout', () => {
  it('forgets the tokens here and ends the whole sign-in there', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal()
    terminal.signIn(gateway.origin)
    const { exit, err } = await terminal.run('logout')
    expect({ exit, err }).toEqual({ exit: 0, err: `Signed out of ${gateway.origin}.\n` })
    expect(Object.fromEntries(new URLSearchParams(gateway.askedFor('POST /oauth/revoke')[0]?.body))).toEqual({
      client_id: 'rolegate-cli',
      token: 'rgr_kept',
    })
    expect(terminal.tokens()).toEqual({})
  })

  it('is content when nobody was signed in', async () => {
    const gateway = await aGateway()
    const { exit } = await aTerminal().run('logout', '--server', gateway.origin)
    expect(exit).toBe(0)
    expect(gateway.asked).toEqual([])
  })

  it('waits for a renewal that has begun, and ends what it brought', async () => {
    const gateway = await aGateway()
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    gateway.on('POST /oauth/token', { ...someTokens('new'), after: held })
    const terminal = aTerminal()
    terminal.signIn(gateway.origin, { expiresAt: '2030-01-01T09:00:10Z' })
    const renewing = terminal.run('whoami')
    await expect.poll(() => gateway.askedFor('POST /oauth/token').length).toBe(1)
    const waited = aTerminal({ ...terminal.world, sleep: async () => setImmediate().then(release) })
    expect((await waited.run('logout')).exit).toBe(0)
    expect((await renewing).exit).toBe(0)
    expect(gateway.askedFor('POST /oauth/revoke')[0]?.body).toBe('client_id=rolegate-cli&token=rgr_new')
    expect(terminal.tokens()).toEqual({})
    expect((await terminal.run('whoami')).exit).toBe(4)
  })

  it('forgets the tokens here even when the gateway cannot be told, and says so', async () => {
    const terminal = aTerminal()
    terminal.signIn('http://127.0.0.1:9')
    const { exit, err } = await terminal.run('logout')
    expect(exit).toBe(9)
    expect(err).toContain('signed out on this machine only')
    expect(terminal.tokens()).toEqual({})
  })

  it('forgets what lies in a broken file too, and says what the gateway does not know', async () => {
    const terminal = aTerminal()
    terminal.signIn('http://127.0.0.1:9')
    writeFileSync(join(terminal.folder, 'tokens.enc'), 'rubbish')
    const { exit, err } = await terminal.run('logout')
    expect(exit).toBe(3)
    expect(err).toContain('signed out on this machine only')
    expect(err).toContain('tokens.enc cannot be used')
    expect(await terminal.run('logout')).toMatchObject({ exit: 0 })
  })

  describe('--all', () => {
    it('ends every sign-in kept here, at its own gateway and with its own token, whichever gateway is named', async () => {
      const [one, other] = [await aGateway(), await aGateway()]
      const terminal = aTerminal({ env: { ROLEGATE_URL: 'https://somewhere.example.com' } })
      terminal.signIn(one.origin)
      terminal.signInAlso(other.origin, { refreshToken: 'rgr_other' })
      const { exit, err } = await terminal.run('logout', '--all')
      const said = [one, other].map(({ origin }) => `Signed out of ${origin}.`).toSorted()
      expect({ exit, err }).toEqual({ exit: 0, err: `${said.join('\n')}\n` })
      const told = [one, other].map((gateway) => gateway.askedFor('POST /oauth/revoke').map(({ body }) => body))
      expect(told).toEqual([['client_id=rolegate-cli&token=rgr_kept'], ['client_id=rolegate-cli&token=rgr_other']])
      expect(terminal.tokens()).toEqual({})
    })

    it('says which gateway could not be told, and tells the others all the same', async () => {
      const gateway = await aGateway()
      const terminal = aTerminal()
      terminal.signIn('http://127.0.0.1:9')
      terminal.signInAlso(gateway.origin)
      const { exit, err } = await terminal.run('logout', '--all')
      expect(exit).toBe(9)
      expect(err).toContain(`Signed out of ${gateway.origin}.`)
      expect(err).toContain('http://127.0.0.1:9 could not be told')
      expect(terminal.tokens()).toEqual({})
    })

    it('is content when nobody was signed in anywhere, and needs no gateway to be named', async () => {
      expect(await aTerminal().run('logout', '--all')).toEqual({
        exit: 0,
        out: '',
        err: 'Nobody was signed in at any gateway.\n',
      })
    })
  })
})
