import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aMetadata, anAwsConfig, aProblem, METADATA } from '../fake-gateway.ts'
import { aTerminal, signedIn } from '../fake-terminal.ts'

type Finding = { check: string; state: string; says: string; next?: string }

const NOW = 'Tue, 01 Jan 2030 09:00:00 GMT'
const DESK = { DISPLAY: ':0', PATH: '/usr/bin' }
const exists = (path: string) => path === '/usr/bin/xdg-open' || path.startsWith('/opt/rolegate')

/** A laptop at which all is well: signed in, configured, with a browser. */
async function aLaptop(over: Parameters<typeof signedIn>[0] = {}) {
  const laptop = await signedIn({ exists, ...over, env: { ...DESK, ...over.env } })
  laptop.gateway.on(METADATA, { ...aMetadata(laptop.gateway.origin), headers: { date: NOW } })
  const run = laptop.run
  return {
    ...laptop,
    write: (name: string, text: string) => {
      mkdirSync(join(laptop.terminal.folder, '.aws'), { recursive: true })
      writeFileSync(join(laptop.terminal.folder, '.aws', name), text)
    },
    configured: async () => run('configure', '-q'),
    found: async (check: string) => {
      const { out } = await run('doctor', '--json')
      return (JSON.parse(out) as { findings: Finding[] }).findings.filter((finding) => finding.check === check)
    },
  }
}

describe('rolegate doctor', () => {
  it('has one line for each thing it looked at, and exits 0 when all is well', async () => {
    const { run, configured, gateway, terminal } = await aLaptop()
    await configured()
    const { exit, out, err } = await run('doctor')
    expect({ exit, err }).toEqual({ exit: 0, err: '' })
    expect(out).toBe(
      [
        `✓ gateway     ${gateway.origin}, named by ${join(terminal.folder, 'settings.json')}.`,
        '✓ reach       It answers.',
        '✓ clock       It agrees with the gateway’s.',
        '✓ browser     rolegate login opens a browser here.',
        '✓ sign-in     alice@example.com, until 20:00.',
        '✓ kept in     An encrypted file: it keeps other people out, not programs that run as you.',
        '✓ versions    The gateway is 9.9.9, this program 9.9.9.',
        `✓ config file ${join(terminal.folder, '.aws/config')} has a profile for each of your roles.`,
        '✓ variables   No variable leads AWS tools elsewhere.',
        '',
      ].join('\n'),
    )
  })

  it('exits 1 when something is broken, and 0 when something could only be better', async () => {
    const { run, found } = await aLaptop()
    expect(await found('config file')).toEqual([
      expect.objectContaining({
        state: 'warn',
        next: 'rolegate configure',
        says: expect.stringContaining('no profiles'),
      }),
    ])
    expect((await run('doctor')).exit).toBe(0)
    const broken = await aLaptop({ env: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' } })
    const { exit, out } = await broken.run('doctor')
    expect(exit).toBe(1)
    expect(out).toContain('✗ variables   AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is set')
    expect(out).toContain('\n              → unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS\n')
    expect(JSON.parse((await broken.run('doctor', '--json')).out)).toMatchObject({ ok: false })
  })

  it('says when no gateway is named, and goes no further', async () => {
    const { exit, out } = await aTerminal().run('doctor')
    expect(exit).toBe(1)
    expect(out).toMatch(/^✗ gateway {5}No gateway is named\..*\n {14}→ Sign in once: rolegate login/)
  })

  it('says when the gateway cannot be reached, and looks at what needs no gateway', async () => {
    const { run } = await aLaptop({
      fetch: () => Promise.reject(new TypeError('x', { cause: { code: 'ECONNREFUSED' } })),
    })
    const { exit, out } = await run('doctor')
    expect(exit).toBe(1)
    expect(out).toMatch(/✗ reach {7}http:\/\/127\.0\.0\.1:\d+ could not be reached\. Reason: ECONNREFUSED\.\n/)
    expect(out).toContain('✓ variables')
    expect(out).not.toContain('sign-in')
  })

  it('says when the certificate is not trusted, and what to do', async () => {
    const cause = { code: 'SELF_SIGNED_CERT_IN_CHAIN' }
    const { found } = await aLaptop({ fetch: () => Promise.reject(new TypeError('x', { cause })) })
    expect(await found('reach')).toMatchObject([
      { state: 'fail', next: expect.stringContaining('NODE_EXTRA_CA_CERTS') },
    ])
  })

  it.each([
    ['Tue, 01 Jan 2030 09:00:31 GMT', 'This machine is 31 s behind the gateway.'],
    ['Tue, 01 Jan 2030 08:50:00 GMT', 'This machine is 600 s ahead of the gateway.'],
  ])('warns of a clock that is wrong: %s', async (date, says) => {
    const { gateway, found } = await aLaptop()
    gateway.on(METADATA, { ...aMetadata(gateway.origin), headers: { date } })
    expect(await found('clock')).toMatchObject([{ state: 'warn', says }])
  })

  it('bears half a minute', async () => {
    const { gateway, found } = await aLaptop()
    gateway.on(METADATA, { ...aMetadata(gateway.origin), headers: { date: 'Tue, 01 Jan 2030 09:00:30 GMT' } })
    expect(await found('clock')).toMatchObject([{ state: 'ok' }])
  })

  it('says when nobody is signed in', async () => {
    const { terminal, found, run } = await aLaptop()
    await terminal.run('logout')
    expect(await found('sign-in')).toEqual([
      { check: 'sign-in', state: 'fail', says: 'You are not signed in here.', next: 'rolegate login' },
    ])
    expect((await run('doctor')).exit).toBe(1)
  })

  it('says when the sign-in has ended at the gateway', async () => {
    const { gateway, found } = await aLaptop()
    gateway.on('GET /v1/whoami', aProblem(401, 'sign_in_required', { title: 'Please sign in' }))
    expect(await found('sign-in')).toMatchObject([{ state: 'fail', says: 'Please sign in. Because.' }])
  })

  it('warns of a store that forgets', async () => {
    const { found } = await aLaptop({ env: { ROLEGATE_TOKEN_STORE: 'memory' } })
    expect(await found('kept in')).toMatchObject([{ state: 'warn', next: 'unset ROLEGATE_TOKEN_STORE' }])
    expect(await found('sign-in')).toMatchObject([{ state: 'fail' }])
  })

  it('warns of programs that do not belong together', async () => {
    const { gateway, found } = await aLaptop()
    gateway.on('GET /v1/aws-config', { json: anAwsConfig(gateway.origin, undefined, { gatewayVersion: '8.0.0' }) })
    expect(await found('versions')).toMatchObject([
      { state: 'warn', says: 'The gateway is 8.0.0, this program 9.9.9.' },
    ])
    gateway.on('GET /v1/aws-config', { json: anAwsConfig(gateway.origin, undefined, { gatewayVersion: '9.9.1' }) })
    expect(await found('versions')).toMatchObject([{ state: 'ok' }])
  })

  it.each([
    ['over SSH', { env: { SSH_CONNECTION: 'x' } }, 'This looks like an SSH session'],
    ['without a display', { env: { DISPLAY: '' } }, 'no display'],
    ['where no port can be opened', { listen: async () => undefined }, 'No port on 127.0.0.1'],
    ['without xdg-open', { exists: () => false }, 'Nothing here opens a browser'],
  ])('warns %s that a browser does not finish the sign-in here', async (_where, over, says) => {
    const { found } = await aLaptop(over)
    expect(await found('browser')).toMatchObject([{ state: 'warn', says: expect.stringContaining(says) }])
  })

  describe('of the config file', () => {
    const states = (findings: readonly Finding[]) => findings.map(({ state, says }) => `${state}: ${says}`)

    it('finds roles without a profile, profiles without a role', async () => {
      const { configured, found, gateway } = await aLaptop()
      await configured()
      gateway.on('GET /v1/aws-config', { json: anAwsConfig(gateway.origin, ['payments-dev/readonly', 'data/admin']) })
      expect(states(await found('config file'))).toEqual([
        'warn: No profile yet for data/admin.',
        'warn: No longer among your roles: payments-prod.readonly.',
      ])
    })

    it('sends nobody to configure for roles that get no profile, and says how they are taken', async () => {
      const { found, gateway, configured } = await aLaptop()
      const admin = { role: 'payments-prod/admin', accountId: '222222222222', needs: ['approval'] }
      gateway.on('GET /v1/aws-config', { json: anAwsConfig(gateway.origin, [], { withoutProfile: [admin] }) })
      expect(await found('config file')).toEqual([
        {
          check: 'config file',
          state: 'ok',
          says: expect.stringMatching(/needs no profile.*payments-prod\/admin: taken with rolegate exec/),
        },
      ])
      const some = anAwsConfig(gateway.origin, ['payments-dev/readonly'], { withoutProfile: [admin] })
      gateway.on('GET /v1/aws-config', { json: some })
      await configured()
      expect(states(await found('config file'))).toEqual([
        expect.stringMatching(/^ok: .* that AWS tools can take\. Without one, payments-prod\/admin: taken with/),
      ])
    })

    it('finds a profile that would sign in at AWS itself (threats.md D8)', async () => {
      const { configured, found, terminal, write, gateway } = await aLaptop()
      const session = new URL(gateway.origin).host.replace(':', '-')
      write('config', `[profile mine]\nsso_session = ${session}\n`)
      await configured()
      expect(states(await found('config file'))).toEqual(['fail: Sign in at AWS itself, not here: profile mine.'])
      const env = { AWS_ENDPOINT_URL_SSO: gateway.origin, AWS_ENDPOINT_URL_SSO_OIDC: gateway.origin }
      const led = aTerminal({ exists, env: { ...DESK, ...env }, homeFolder: terminal.folder })
      led.signIn(gateway.origin)
      expect((await led.run('doctor')).out).toContain('✓ config file')
    })

    it('finds what stands twice and whose keys win', async () => {
      const { configured, found, write, terminal } = await aLaptop()
      await configured()
      const path = join(terminal.folder, '.aws/config')
      writeFileSync(path, '\n[profile payments-dev.readonly]\n', { flag: 'a' })
      write('credentials', '[payments-prod.readonly]\n')
      expect(states(await found('config file'))).toEqual([
        `fail: ${path} has these twice, so that Python’s tools refuse the whole file: profile payments-dev.readonly.`,
        'warn: The credentials file has these too, and its keys win: payments-prod.readonly.',
      ])
    })

    it('finds marks that do not pair up, a byte order mark, and a program that is gone', async () => {
      const one = await aLaptop()
      one.write('config', `# >>> rolegate ${one.gateway.origin} >>>\n`)
      expect(states(await one.found('config file'))).toEqual([expect.stringContaining('do not pair up')])
      const two = await aLaptop()
      two.write('config', '\uFEFF[default]\n')
      await two.configured()
      expect(states(await two.found('config file'))).toEqual([expect.stringContaining('byte order mark')])
      const three = await aLaptop({ exists: (path) => path.startsWith('/usr/bin') })
      await three.run('configure', '--mode', 'process')
      expect(states(await three.found('config file'))).toEqual([
        expect.stringContaining('not there any more: /opt/rolegate'),
      ])
    })
  })

  it('warns of AWS_PROFILE that names nothing, once the files have been read', async () => {
    const { configured, found } = await aLaptop({ env: { AWS_PROFILE: 'payments-dev.readonly' } })
    expect(await found('variables')).toMatchObject([{ state: 'warn' }])
    await configured()
    expect(await found('variables')).toMatchObject([{ state: 'ok' }])
  })

  it('prints what others wrote as one line of plain text, and no secret (threats.md D14)', async () => {
    const secrets = { AWS_SECRET_ACCESS_KEY: 's3cr3t', HTTPS_PROXY: 'http://me:s3cr3t@proxy' }
    const { gateway, run } = await aLaptop({ env: secrets })
    const evil = 'a\u001b]8;;x\u0007\nroot ✓\u202e'
    gateway.on('GET /v1/whoami', aProblem(403, 'denied_by_rule', { title: evil, detail: evil, next: evil }))
    const plain = await run('doctor')
    const json = await run('doctor', '--json')
    expect(plain.out + json.out).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]|s3cr3t|rga_|rgr_/u)
    expect(plain.out).not.toMatch(/^root/m)
  })
})
