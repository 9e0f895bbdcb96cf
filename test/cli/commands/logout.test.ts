import { describe, expect, it } from 'vitest'
import { aGateway } from '../fake-gateway.ts'
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
    expect(terminal.tokens().servers).toEqual({})
  })

  it('is content when nobody was signed in', async () => {
    const gateway = await aGateway()
    const { exit } = await aTerminal().run('logout', '--server', gateway.origin)
    expect(exit).toBe(0)
    expect(gateway.asked).toEqual([])
  })

  it('forgets the tokens here even when the gateway cannot be told, and says so', async () => {
    const terminal = aTerminal()
    terminal.signIn('http://127.0.0.1:9')
    const { exit, err } = await terminal.run('logout')
    expect(exit).toBe(9)
    expect(err).toContain('signed out on this machine only')
    expect(terminal.tokens().servers).toEqual({})
  })
})
