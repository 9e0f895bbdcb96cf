import { describe, expect, it } from 'vitest'
import { aGateway, aProblem, CONSOLE_URL, LENT, SECRET } from './fake-gateway.ts'
import { aTerminal } from './fake-terminal.ts'

const ROLE = 'payments-dev/readonly'
const CREDENTIALS = 'POST /v1/credentials'

async function signedIn(over: Parameters<typeof aTerminal>[0] = {}) {
  const gateway = await aGateway()
  const terminal = aTerminal(over)
  terminal.signIn(gateway.origin)
  const asked = (route: string) => gateway.askedFor(route).map(({ body }) => JSON.parse(body))
  return { gateway, terminal, run: terminal.run, asked }
}

describe('rolegate credential-process', () => {
  it('prints the document of AWS SDKs and nothing else', async () => {
    const { run, asked } = await signedIn()
    const { exit, out, err } = await run('credential-process', ROLE)
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    expect(JSON.parse(out)).toEqual({
      Version: 1,
      AccessKeyId: LENT.accessKeyId,
      SecretAccessKey: SECRET,
      SessionToken: LENT.sessionToken,
      Expiration: LENT.expiration,
    })
    expect(asked(CREDENTIALS)).toEqual([{ role: ROLE }])
  })

  it('ends with 4 and one line when nobody is signed in', async () => {
    const { exit, out, err } = await aTerminal().run('credential-process', ROLE, '--server', 'http://127.0.0.1:9')
    expect({ exit, out }).toEqual({ exit: 4, out: '' })
    expect(err).toMatch(/^error: You are not signed in\. [^\n]*rolegate login[^\n]*\n$/)
  })

  it('keeps a refusal on one line, whatever the gateway says', async () => {
    const { gateway, run } = await signedIn()
    gateway.on(CREDENTIALS, aProblem(403, 'not_entitled', { detail: 'one\ntwo\nthree' }))
    const { exit, err } = await run('credential-process', ROLE)
    expect(exit).toBe(5)
    expect(err.trimEnd().split('\n')).toHaveLength(1)
  })
})

describe('rolegate env', () => {
  it.each([
    { format: 'env', line: `export AWS_SECRET_ACCESS_KEY='${SECRET}'` },
    { format: 'env-no-export', line: `AWS_SECRET_ACCESS_KEY=${SECRET}` },
    { format: 'powershell', line: `$Env:AWS_SECRET_ACCESS_KEY='${SECRET}'` },
    { format: 'windows-cmd', line: `set "AWS_SECRET_ACCESS_KEY=${SECRET}"` },
    { format: 'fish', line: `set -gx AWS_SECRET_ACCESS_KEY '${SECRET}'` },
    { format: 'process', line: `"SecretAccessKey":"${SECRET}"` },
    { format: 'json', line: `"AWS_SECRET_ACCESS_KEY": "${SECRET}"` },
    { format: 'ini', line: '[payments-dev.readonly]' },
  ])('prints the form $format', async ({ format, line }) => {
    const { run } = await signedIn()
    const { exit, out, err } = await run('env', ROLE, '--format', format)
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    expect(out).toContain(line)
  })

  it.each(['env', 'export', 'eval'])('is also called %s, and prints the form env by itself', async (name) => {
    const { run } = await signedIn()
    expect((await run(name, ROLE)).out).toContain('export AWS_ACCESS_KEY_ID=')
  })

  it.each([
    { args: ['-r', 'eu-west-1'], parent: {}, region: 'eu-west-1' },
    { args: ['-r', 'eu-west-1'], parent: { AWS_REGION: 'us-east-1' }, region: 'eu-west-1' },
    { args: [], parent: { AWS_REGION: 'us-east-1' }, region: 'us-east-1' },
    { args: [], parent: {}, region: undefined },
  ])('hands on the region $region for $args in $parent', async ({ args, parent, region }) => {
    const { run } = await signedIn({ env: parent })
    const printed = JSON.parse((await run('env', ROLE, '--json', ...args)).out)
    expect([printed.AWS_REGION, printed.AWS_DEFAULT_REGION]).toEqual([region, region])
  })

  it.each([
    { format: 'env', line: 'unset AWS_SESSION_TOKEN' },
    { format: 'powershell', line: 'Remove-Item Env:AWS_SESSION_TOKEN -ErrorAction SilentlyContinue' },
    { format: 'windows-cmd', line: 'set "AWS_SESSION_TOKEN="' },
    { format: 'fish', line: 'set -e AWS_SESSION_TOKEN' },
  ])('unsets in the form $format without asking anybody', async ({ format, line }) => {
    const { exit, out } = await aTerminal().run('env', '--unset', '--format', format)
    expect(exit).toBe(0)
    expect(out.split('\n')).toContain(line)
  })

  it.each([
    { lent: { secretAccessKey: 'x"; rm -rf ~; "' }, because: 'a quote' },
    { lent: { sessionToken: '$(reboot)' }, because: 'a substitution' },
    { lent: { accessKeyId: 'A\nB' }, because: 'a line feed' },
    { lent: { role: 'x]\n[default' }, because: 'a name no role has' },
    { lent: { expiration: 'soon' }, because: 'no time' },
  ])('prints nothing for a shell when the answer holds $because (threats.md D13)', async ({ lent }) => {
    const { gateway, run } = await signedIn()
    gateway.on(CREDENTIALS, { json: { ...LENT, ...lent } })
    for (const format of ['env', 'env-no-export', 'windows-cmd', 'ini']) {
      expect(await run('env', ROLE, '--format', format)).toMatchObject({ exit: 9, out: '' })
    }
  })

  it('reminds a person who prints secrets to a terminal', async () => {
    const { run } = await signedIn({ isTty: { stdin: true, stdout: true, stderr: true } })
    expect((await run('env', ROLE)).err).toContain('eval')
    expect((await run('env', ROLE, '-q')).err).toBe('')
  })
})

describe('rolegate exec', () => {
  it('runs the command with the credentials and its own words, and gives back its exit code', async () => {
    const children: unknown[] = []
    const { run, asked } = await signedIn({
      env: { PATH: '/bin', AWS_REGION: 'eu-west-1', AWS_SECURITY_TOKEN: 'old' },
      spawn: async (child) => {
        children.push(child)
        return { started: true, exit: 42 }
      },
    })
    const { exit, out, err } = await run('exec', ROLE, '-d', '1h', '--', 'aws', 's3', 'ls', '--json', '-d', '--help')
    expect({ exit, out, err }).toEqual({ exit: 42, out: '', err: '' })
    expect(children).toEqual([
      {
        command: 'aws',
        args: ['s3', 'ls', '--json', '-d', '--help'],
        place: 'foreground',
        env: {
          PATH: '/bin',
          ROLEGATE_CONFIG_DIR: expect.any(String),
          AWS_ACCESS_KEY_ID: LENT.accessKeyId,
          AWS_SECRET_ACCESS_KEY: SECRET,
          AWS_SESSION_TOKEN: LENT.sessionToken,
          AWS_CREDENTIAL_EXPIRATION: LENT.expiration,
          AWS_REGION: 'eu-west-1',
          AWS_DEFAULT_REGION: 'eu-west-1',
        },
      },
    ])
    expect(asked(CREDENTIALS)).toEqual([{ role: ROLE, seconds: 3600 }])
  })

  it('removes AWS_PROFILE and AWS_DEFAULT_PROFILE, and says so once', async () => {
    const { run, terminal } = await signedIn({ env: { AWS_PROFILE: 'mine', AWS_DEFAULT_PROFILE: 'other' } })
    const { err } = await run('exec', ROLE, '--', 'env')
    expect(err.match(/AWS_PROFILE/g)).toHaveLength(1)
    expect(Object.keys(terminal.spawned[0]?.env ?? {})).not.toContain('AWS_PROFILE')
    expect(Object.keys(terminal.spawned[0]?.env ?? {})).not.toContain('AWS_DEFAULT_PROFILE')
  })

  it.each([
    { because: 'other', exit: 125 },
    { because: 'not_executable', exit: 126 },
    { because: 'not_found', exit: 127 },
  ] as const)('ends with $exit when the command could not be started: $because', async ({ because, exit }) => {
    const { run } = await signedIn({ spawn: async () => ({ started: false, because }) })
    const ran = await run('exec', ROLE, '--', 'aws')
    expect(ran.exit).toBe(exit)
    expect(ran.err).toContain('aws could not be started')
  })

  it('starts nothing when the role is refused', async () => {
    const { gateway, run, terminal } = await signedIn()
    gateway.on(CREDENTIALS, aProblem(403, 'denied_by_rule'))
    expect((await run('exec', ROLE, '--', 'aws')).exit).toBe(5)
    expect(terminal.spawned).toEqual([])
  })
})

describe('rolegate console', () => {
  it('opens the gateway’s own link, so that no secret stands in a process list (security.md D-24)', async () => {
    const { gateway, run, terminal } = await signedIn()
    const { exit, out } = await run('console', ROLE, 's3')
    expect({ exit, out }).toEqual({ exit: 0, out: '' })
    const link = `${gateway.origin}/go?account=payments-dev&role=readonly&destination=s3`
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

  it('prints the link instead with ROLEGATE_NO_BROWSER, and when no browser starts', async () => {
    const quiet = await signedIn({ env: { ROLEGATE_NO_BROWSER: '1' } })
    expect((await quiet.run('console', ROLE)).out).toBe(
      `${quiet.gateway.origin}/go?account=payments-dev&role=readonly\n`,
    )
    expect(quiet.terminal.spawned).toEqual([])
    const bare = await signedIn({ spawn: async () => ({ started: false, because: 'not_found' }) })
    expect(await bare.run('console', ROLE)).toMatchObject({ exit: 0, out: expect.stringContaining('/go?') })
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
      expect((await run('console', ROLE, '--print')).out).not.toMatch(/javascript|evil|\u001b/)
    },
  )
})

describe('durations', () => {
  it.each([
    { typed: '60', says: 'names no unit' },
    { typed: '3600', says: '3600s, 3600m or 3600h' },
    { typed: 'soon', says: 'is no duration' },
    { typed: '5m', says: 'at least 15m' },
  ])(
    '$typed is a usage error, from the flag, and a configuration error from ROLEGATE_DURATION',
    async ({ typed, says }) => {
      const flag = await signedIn()
      expect(await flag.run('env', ROLE, '-d', typed)).toMatchObject({ exit: 2, err: expect.stringContaining(says) })
      const variable = await signedIn({ env: { ROLEGATE_DURATION: typed } })
      expect(await variable.run('env', ROLE)).toMatchObject({ exit: 3, err: expect.stringContaining(says) })
      expect([...flag.gateway.asked, ...variable.gateway.asked]).toEqual([])
    },
  )

  it('says when the gateway lends for less than asked, and what limited it', async () => {
    const { gateway, run } = await signedIn({ env: { ROLEGATE_DURATION: '3h' } })
    gateway.on(CREDENTIALS, { json: { ...LENT, seconds: 5400, limitedBy: 'role' } })
    expect((await run('env', ROLE)).err).toBe('Shortened to 1h30m, by: role.\n')
  })

  it.each(['eu west', 'x;reboot', '$(x)'])('a region %s is refused before anybody is asked', async (region) => {
    const { run, gateway } = await signedIn()
    expect((await run('env', ROLE, '-r', region)).exit).toBe(2)
    const parent = aTerminal({ env: { AWS_REGION: region } })
    parent.signIn(gateway.origin)
    expect((await parent.run('env', ROLE)).exit).toBe(3)
    expect(gateway.asked).toEqual([])
  })
})
