import { describe, expect, it } from 'vitest'
import { aGateway } from '../fake-gateway.ts'
import { aTerminal, signedIn } from '../fake-terminal.ts'

describe('rolegate whoami', () => {
  it('shows person, groups, gateway and time left', async () => {
    const { gateway, run } = await signedIn()
    const { out } = await run('whoami')
    expect(out).toContain('alice@example.com')
    expect(out).toContain(gateway.origin)
    expect(out).toContain('device, until 20:00 (11h left)')
  })

  it('shows one line for a prompt with --short, in one request', async () => {
    const { gateway, run } = await signedIn()
    expect(await run('whoami', '--short')).toEqual({ exit: 0, out: 'alice@example.com 11h\n', err: '' })
    expect(gateway.asked).toHaveLength(1)
  })

  it('names the day when the session ends on another one, in the person’s own zone', async () => {
    const gateway = await aGateway()
    const terminal = aTerminal({ timeZone: 'Asia/Tokyo' })
    terminal.signIn(gateway.origin)
    expect((await terminal.run('whoami')).out).toContain('until 2030-01-02 05:00')
  })
})
