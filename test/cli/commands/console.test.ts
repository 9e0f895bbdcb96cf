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

  it('prints with --share a link for others that holds no secret (threats.md H3)', async () => {
    const { gateway, run, terminal } = await signedIn()
    const { exit, out, err } = await run('console', ROLE, 's3', '-r', 'us-east-1', '--share')
    expect(exit).toBe(0)
    expect(out).toBe(`${gateway.origin}/go?account=payments-dev&role=readonly&destination=s3&region=us-east-1\n`)
    expect(JSON.parse((await run('console', ROLE, '--share', '--json')).out)).toEqual({
      url: `${gateway.origin}/go?account=payments-dev&role=readonly`,
    })
    // Nothing was asked for that could be one, and nothing opened.
    expect(gateway.askedFor('POST /v1/console')).toEqual([])
    expect(terminal.spawned).toEqual([])
    expect(out + err).not.toMatch(/SigninToken|rg[a-z]_|s3cr3t/)
  })

  it('shares the address of a page as it is, for the gateway to check when it is opened', async () => {
    const { run } = await signedIn()
    const page = 'https://eu-central-1.console.aws.amazon.com/s3/home?region=eu-central-1#a&b'
    const { out } = await run('console', ROLE, page, '--share')
    expect(new URL(out.trim()).searchParams.get('destination')).toBe(page)
    expect(new URL(out.trim()).hash).toBe('')
  })

  it('opens a page in the region that -r names', async () => {
    const { gateway, run, terminal, asked } = await signedIn()
    await run('console', ROLE, 's3', '-r', 'us-east-1')
    const link = `${gateway.origin}/go?account=payments-dev&role=readonly&destination=s3&region=us-east-1`
    expect(terminal.spawned).toMatchObject([{ args: [link] }])
    await run('console', ROLE, '-r', 'us-east-1', '--print')
    expect(asked('POST /v1/console')).toEqual([{ role: ROLE, region: 'us-east-1' }])
  })

  it.each([
    [['--print', '--share'], 'which?'],
    [['--share', '-d', '1h'], '-d goes with --print'],
    [['-r', 'Frankfurt'], 'no region'],
    [['https://console.aws.amazon.com/', '-r', 'us-east-1'], 'names its own region'],
  ])('%j is misuse', async (args, words) => {
    const { run } = await signedIn()
    expect(await run('console', ROLE, ...args)).toMatchObject({ exit: 2, err: expect.stringContaining(words) })
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
