import { describe, expect, it } from 'vitest'
import { CONSOLE_URL, LENT } from '../fake-gateway.ts'
import { signedIn } from '../fake-terminal.ts'

const ROLE = 'payments-dev/readonly'

describe('rolegate console', () => {
  it('opens the role’s page in the portal, so that no secret stands in a process list (security.md D-24)', async () => {
    const { gateway, run, terminal } = await signedIn()
    const { exit, out } = await run('console', ROLE, 's3')
    expect({ exit, out }).toEqual({ exit: 0, out: '' })
    const link = `${gateway.origin}/roles/payments-dev/readonly?destination=s3`
    expect(terminal.spawned).toMatchObject([{ command: 'xdg-open', args: [link], place: 'background' }])
    expect(gateway.askedFor('POST /v1/console')).toEqual([])
  })

  it.each([
    { platform: 'darwin', command: 'open', args: 1 },
    { platform: 'win32', command: 'rundll32', args: 2 },
    { platform: 'freebsd', command: 'xdg-open', args: 1 },
  ])('opens it with $command on $platform', async ({ platform, command, args }) => {
    const { run, terminal } = await signedIn({ platform })
    await run('console', ROLE)
    expect(terminal.spawned[0]?.command).toBe(command)
    expect(terminal.spawned[0]?.args).toHaveLength(args)
  })

  it('prints that address instead with ROLEGATE_NO_BROWSER, and when no browser starts', async () => {
    const quiet = await signedIn({ env: { ROLEGATE_NO_BROWSER: '1' } })
    expect((await quiet.run('console', ROLE)).out).toBe(`${quiet.gateway.origin}/roles/payments-dev/readonly\n`)
    expect(quiet.terminal.spawned).toEqual([])
    const bare = await signedIn({ spawn: async () => ({ started: false, because: 'not_found' }) })
    expect(await bare.run('console', ROLE)).toMatchObject({
      exit: 0,
      out: expect.stringContaining('/roles/payments-dev/readonly'),
    })
  })

  it('prints a console link with --print, and warns that it is a secret', async () => {
    const { run, terminal, asked } = await signedIn()
    const { exit, out, err } = await run('console', ROLE, 'ec2', '--print', '-d', '45m')
    expect({ exit, out }).toEqual({ exit: 0, out: `${CONSOLE_URL}\n` })
    expect(err).toContain('15 minutes')
    expect(asked('POST /v1/console')).toEqual([{ role: ROLE, destination: 'ec2', seconds: 2700 }])
    expect(terminal.spawned).toEqual([])
  })

  it.each(['javascript:alert(1)', 'http://evil.example', 'https://ok.example/\u001b]8;;'])(
    'prints no %j as a link',
    async (url) => {
      const { gateway, run } = await signedIn()
      gateway.on('POST /v1/console', { json: { url, expiration: LENT.expiration, seconds: 1, limitedBy: 'x' } })
      expect((await run('console', ROLE, '--print')).out).not.toMatch(/javascript|evil|(?!\n)\p{Cc}/u)
    },
  )
})
