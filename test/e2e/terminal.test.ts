import { STSClient, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { fromHttp } from '@aws-sdk/credential-provider-http'
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, approveTerminal, type Person } from '../support/a-person.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const AWS = '/usr/bin/aws'
const noAws = existsSync(AWS) ? undefined : 'no Debian awscli on this machine: apt-get install awscli'

type Ended = { code: number; out: string; err: string }

/** A program with an environment of its own: nothing of this machine's AWS set-up reaches it. */
function run(file: string, args: readonly string[], env: Record<string, string>): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, [...args], { env, timeout: 60_000 }, (failure, out, err) =>
      resolve({ code: failure === null ? 0 : Number(failure.code ?? 1), out, err }),
    )
  })
}

describe('the built program in a terminal', () => {
  let demo: Demo
  let alice: Person
  let home: string
  let env: Record<string, string>
  const rolegate = (...args: string[]) => run(process.execPath, [PROGRAM, ...args], env)

  beforeAll(async () => {
    demo = await aDemo()
    alice = await aPersonAt(demo, 'alice')
    home = mkdtempSync(join(tmpdir(), 'rolegate-home-'))
    env = {
      HOME: home,
      PATH: `/usr/bin:/bin`,
      ROLEGATE_URL: demo.url,
      ROLEGATE_CONFIG_DIR: join(home, 'config'),
      ROLEGATE_TOKEN_STORE: 'file',
      AWS_EC2_METADATA_DISABLED: 'true',
      NO_COLOR: '1',
    }
  })
  afterAll(async () => {
    await demo.close()
    rmSync(home, { recursive: true })
  })

  it('asks for a sign-in before there is one: exit 4, and nothing on stdout', async () => {
    const { code, out } = await rolegate('credential-process', 'payments-dev/developer')
    expect([code, out]).toEqual([4, ''])
  })

  it('signs in by device code: URL and code first, approval in the browser', async () => {
    const login = spawn(process.execPath, [PROGRAM, 'login', '--device'], { env })
    let said = ''
    login.stderr.on('data', (data: Buffer) => (said += data.toString()))
    const ended = new Promise<number>((resolve) => login.once('exit', (code) => resolve(code ?? 1)))
    await expect.poll(() => /\b[B-Z]{4}-[B-Z]{4}\b/.exec(said)?.[0], { timeout: 20_000 }).toBeDefined()
    expect(said).toContain(`${demo.url}/device`)
    const user_code = /\b[B-Z]{4}-[B-Z]{4}\b/.exec(said)?.[0] ?? ''
    await approveTerminal(alice, user_code, /number (\d\d)/.exec(said)?.[1] ?? '')
    expect(await ended).toBe(0)
    expect(said).toContain('alice@example.com')
    expect(statSync(join(home, 'config', 'tokens.enc')).mode & 0o777).toBe(0o600)
  }, 60_000)

  it('says who, and lists the roles', async () => {
    expect((await rolegate('whoami')).out).toContain('alice@example.com')
    const { code, out } = await rolegate('list', '-o', 'json')
    const listed = JSON.parse(out) as { roles?: { role: string }[] } | { role: string }[]
    const roles = (Array.isArray(listed) ? listed : (listed.roles ?? [])).map(({ role }) => role)
    expect(code).toBe(0)
    expect(roles).toContain('payments-dev/developer')
  })

  it('answers with the contract’s exit codes', async () => {
    const codes = async (...args: string[]) => (await rolegate(...args)).code
    expect(await codes('env')).toBe(2)
    expect(await codes('credential-process', 'nowhere/nothing')).toBe(6)
    expect(await codes('credential-process', 'payments')).toBe(6)
    expect(await codes('credential-process', 'payments-prod/admin')).toBe(5)
    expect(await codes('exec', 'payments-dev/developer', '--', 'sh', '-c', 'exit 42')).toBe(42)
    expect(await codes('exec', 'payments-dev/developer', '--', 'no-such-program')).toBe(127)
    expect(await codes('--server', 'http://127.0.0.1:1', 'whoami')).toBeGreaterThan(0)
    demo.world.aws.behave('refuse-all')
    expect(await codes('credential-process', 'payments-dev/developer')).toBe(8)
    demo.world.aws.behave('normal')
  }, 60_000)

  it('prints a console URL when asked to, with a warning on stderr', async () => {
    const { code, out, err } = await rolegate('console', 'payments-dev/developer', 's3', '--print')
    expect([code, out.trim().startsWith(`${demo.awsUrl}/federation?Action=login`)]).toEqual([0, true])
    expect(err).toMatch(/15 minutes/)
  })

  it('feeds the JS SDK by credential-process: the caller is the person’s session', async () => {
    const { out } = await rolegate('credential-process', 'payments-dev/developer')
    const lent = JSON.parse(out) as {
      Version: number
      AccessKeyId: string
      SecretAccessKey: string
      SessionToken: string
    }
    expect(lent.Version).toBe(1)
    const sts = new STSClient({
      region: 'eu-central-1',
      endpoint: demo.awsUrl,
      credentials: {
        accessKeyId: lent.AccessKeyId,
        secretAccessKey: lent.SecretAccessKey,
        sessionToken: lent.SessionToken,
      },
    })
    const { Arn, Account } = await sts.send(new GetCallerIdentityCommand({}))
    expect(Account).toBe('111122223333')
    expect(Arn).toMatch(/^arn:aws:sts::111122223333:assumed-role\/Developer\/alice@example\.com\+/)
  })

  it.skipIf(noAws)(
    `feeds Debian’s aws by credential_process${noAws === undefined ? '' : ` (${noAws})`}`,
    async () => {
      const config = join(home, 'aws-config')
      writeFileSync(
        config,
        `[profile dev]\ncredential_process = ${process.execPath} ${PROGRAM} credential-process payments-dev/developer\nregion = eu-central-1\n`,
      )
      const asked = await run(
        AWS,
        ['sts', 'get-caller-identity', '--profile', 'dev', '--endpoint-url', demo.awsUrl, '--output', 'json'],
        { ...env, AWS_CONFIG_FILE: config },
      )
      expect([asked.code, asked.err]).toEqual([0, ''])
      expect(JSON.parse(asked.out)).toMatchObject({
        Account: '111122223333',
        Arn: expect.stringContaining('assumed-role/Developer/alice@example.com+'),
      })
    },
    60_000,
  )

  it.skipIf(noAws)(
    `runs Debian’s aws under exec${noAws === undefined ? '' : ` (${noAws})`}`,
    async () => {
      const asked = await rolegate(
        'exec',
        'payments-dev/developer',
        '-r',
        'eu-central-1',
        '--',
        AWS,
        'sts',
        'get-caller-identity',
        '--endpoint-url',
        demo.awsUrl,
        '--output',
        'json',
      )
      expect(asked.code).toBe(0)
      expect(JSON.parse(asked.out)).toMatchObject({ Account: '111122223333' })
    },
    60_000,
  )

  it('configures the stock tools, and the doctor finds nothing broken', async () => {
    const config = join(home, 'configured')
    const configure = (...args: string[]) =>
      run(process.execPath, [PROGRAM, 'configure', ...args], { ...env, AWS_CONFIG_FILE: config })
    expect((await configure()).code).toBe(0)
    expect(readFileSync(config, 'utf8')).toContain('[profile payments-dev.developer]')
    expect(await configure('--diff')).toMatchObject({ code: 0, out: '' })
    const looked = await run(process.execPath, [PROGRAM, 'doctor'], { ...env, AWS_CONFIG_FILE: config })
    expect([looked.code, looked.out]).toEqual([0, expect.stringMatching(/✓ sign-in +alice@example\.com/)])
  })

  it.skipIf(noAws)(
    `feeds Debian’s aws by what configure --mode process wrote${noAws === undefined ? '' : ` (${noAws})`}`,
    async () => {
      const configured = { ...env, AWS_CONFIG_FILE: join(home, 'by-process') }
      expect((await run(process.execPath, [PROGRAM, 'configure', '--mode', 'process'], configured)).code).toBe(0)
      const profile = ['--profile', 'payments-dev.developer']
      const asked = await run(
        AWS,
        ['sts', 'get-caller-identity', ...profile, '--endpoint-url', demo.awsUrl, '--output', 'json'],
        // The file names the gateway and the program by itself.
        { ...configured, ROLEGATE_URL: '' },
      )
      expect([asked.code, asked.err]).toEqual([0, ''])
      expect(JSON.parse(asked.out)).toMatchObject({ Account: '111122223333' })
    },
    60_000,
  )

  it('lets curl do the device flow by the RFC alone', async () => {
    const curl = (...args: string[]) => run('/usr/bin/curl', ['-sS', ...args], env)
    const started = JSON.parse(
      (await curl('-d', 'client_id=rolegate-cli', `${demo.url}/oauth/device_authorization`)).out,
    ) as { device_code: string; user_code: string; match_number: string }
    const poll = async () =>
      JSON.parse(
        (
          await curl(
            '--data-urlencode',
            'grant_type=urn:ietf:params:oauth:grant-type:device_code',
            '-d',
            `device_code=${started.device_code}`,
            '-d',
            'client_id=rolegate-cli',
            `${demo.url}/oauth/token`,
          )
        ).out,
      ) as { error?: string; access_token?: string }
    expect(await poll()).toMatchObject({ error: 'authorization_pending' })
    await approveTerminal(alice, started.user_code, started.match_number)
    const { access_token = '' } = await poll()
    const answer = await curl(
      '-H',
      `Authorization: Bearer ${access_token}`,
      '-H',
      'content-type: application/json',
      '-d',
      '{"role":"payments-dev/readonly"}',
      `${demo.url}/v1/credentials`,
    )
    expect(JSON.parse(answer.out)).toMatchObject({
      role: 'payments-dev/readonly',
      accessKeyId: expect.stringMatching(/^ASIA/),
    })
  })

  it('writes a token for a container, and the SDK in it is the person’s session', async () => {
    const file = join(home, 'container', 'token')
    const { code, out } = await rolegate('container-token', 'payments-dev/developer', '--file', file)
    expect(code).toBe(0)
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri = '', AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: token = '' } =
      Object.fromEntries(out.split('\n').map((line) => line.split('='))) as Record<string, string>
    const sts = new STSClient({
      region: 'eu-central-1',
      endpoint: demo.awsUrl,
      credentials: fromHttp({ awsContainerCredentialsFullUri: uri, awsContainerAuthorizationTokenFile: token }),
    })
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
    expect(Arn).toMatch(/^arn:aws:sts::111122223333:assumed-role\/Developer\/alice@example\.com\+/)
  })

  it('signs out, on the server too', async () => {
    expect((await rolegate('logout')).code).toBe(0)
    expect((await rolegate('whoami')).code).toBe(4)
  })
})
