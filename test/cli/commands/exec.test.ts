import { describe, expect, it } from 'vitest'
import { aProblem, LENT, SECRET } from '../fake-gateway.ts'
import { signedIn } from '../fake-terminal.ts'

const ROLE = 'payments-dev/readonly'
const CREDENTIALS = 'POST /v1/credentials'

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
          ROLEGATE_TOKEN_STORE: 'file',
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

  it.each([
    ['the account’s own', {}, [], 'eu-central-1', 'eu-central-1'],
    ['what -r names', {}, ['-r', 'eu-west-3'], 'eu-west-3', 'eu-west-3'],
    ['the caller’s', { AWS_REGION: 'eu-west-1', AWS_DEFAULT_REGION: 'eu-west-2' }, [], 'eu-west-1', 'eu-west-1'],
    ['the caller’s default', { AWS_DEFAULT_REGION: 'eu-west-2' }, [], undefined, 'eu-west-2'],
  ])('hands on a region: %s', async (_which, env, line, region, byDefault) => {
    const { run, gateway, terminal } = await signedIn({ env })
    gateway.on(CREDENTIALS, { json: { ...LENT, region: 'eu-central-1' } })
    await run('exec', ROLE, ...line, '--', 'env')
    const { AWS_REGION, AWS_DEFAULT_REGION } = terminal.spawned[0]?.env ?? {}
    expect([AWS_REGION, AWS_DEFAULT_REGION]).toEqual([region, byDefault])
  })

  it('takes no region that is none from whoever types it', async () => {
    const { run, terminal } = await signedIn()
    const { exit, err } = await run('exec', ROLE, '-r', 'frankfurt', '--', 'env')
    expect([exit, terminal.spawned]).toEqual([2, []])
    expect(err).toContain('“frankfurt” is no region: write eu-central-1.')
  })

  it('takes no region that is none from a gateway (threats.md D13)', async () => {
    const { run, gateway, terminal } = await signedIn()
    gateway.on(CREDENTIALS, { json: { ...LENT, region: 'eu-central-1\nevil' } })
    expect((await run('exec', ROLE, '--', 'env')).exit).toBe(9)
    expect(terminal.spawned).toEqual([])
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

  it('starts nothing any more when Ctrl-C came while the credentials did: 130', async () => {
    const ctrlC = new AbortController()
    const { run, terminal } = await signedIn({
      interrupted: ctrlC.signal,
      fetch: async (...request) => {
        const answer = await fetch(...request)
        const body = await answer.text()
        if (answer.url.endsWith('/v1/credentials')) ctrlC.abort()
        return new Response(body, answer)
      },
    })
    expect(await run('exec', ROLE, '--', 'aws')).toEqual({ exit: 130, out: '', err: '' })
    expect(terminal.spawned).toEqual([])
  })
})
