import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { warmCredentials } from '../../../src/cli/warm.ts'
import { anAwsConfig } from '../fake-gateway.ts'
import { signedIn } from '../fake-terminal.ts'

type Over = Parameters<typeof signedIn>[0]

/** A signed-in terminal whose `~/.aws/config` is this. */
async function aLaptop(config?: string, over: Over = {}) {
  const world = await signedIn(over)
  const path = join(world.terminal.folder, '.aws/config')
  const write = (text: string, at = path) => {
    mkdirSync(dirname(at), { recursive: true })
    writeFileSync(at, text)
  }
  if (config !== undefined) write(config)
  return { ...world, path, write, read: () => readFileSync(path, 'utf8') }
}

describe('rolegate configure', () => {
  it('writes a profile for each role, for its owner alone, and says how to go on', async () => {
    const { run, read, path, gateway } = await aLaptop()
    const { exit, out, err } = await run('configure')
    expect({ exit, out }).toEqual({ exit: 0, out: '' })
    expect(err).toBe(`Wrote 2 profiles to ${path}.\nSign in: aws sso login --profile payments-dev.readonly\n`)
    expect(read()).toContain('[profile payments-prod.readonly]\n')
    expect(read()).toContain(`endpoint_url = ${gateway.origin}\n`)
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('leaves the rest of the file and its mode as they are, and no draft behind', async () => {
    const mine = '\uFEFF# Grüße\r\n[default]\r\nregion = eu-west-1'
    const { run, read, path } = await aLaptop(mine)
    chmodSync(path, 0o640)
    await run('configure')
    await run('configure')
    expect(read().startsWith(mine)).toBe(true)
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(readdirSync(dirname(path))).toEqual(['config'])
  })

  it('says so, and does not touch the file, when there is nothing to change', async () => {
    const { run, path } = await aLaptop()
    await run('configure')
    const before = statSync(path)
    expect((await run('configure')).err).toContain('is as it should be: 2 profiles.')
    expect(statSync(path).ino).toBe(before.ino)
  })

  it('writes through a link: people keep such files elsewhere', async () => {
    const { run, path, write, terminal } = await aLaptop()
    const elsewhere = join(terminal.folder, 'dotfiles/aws')
    write('[default]\n', elsewhere)
    mkdirSync(dirname(path))
    symlinkSync(elsewhere, path)
    await run('configure')
    expect(lstatSync(path).isSymbolicLink()).toBe(true)
    expect(readFileSync(elsewhere, 'utf8')).toContain('[profile payments-dev.readonly]')
  })

  it.each([
    ['AWS_CONFIG_FILE', (folder: string) => ({ env: { AWS_CONFIG_FILE: join(folder, 'x') } }), []],
    ['--file', () => ({}), ['--file']],
  ])('writes the file that %s names', async (_what, over, args) => {
    const { terminal } = await aLaptop()
    const file = join(terminal.folder, 'x')
    const { run } = await aLaptop(undefined, over(terminal.folder))
    expect((await run('configure', ...args.flatMap((arg) => [arg, file]))).exit).toBe(0)
    expect(readFileSync(file, 'utf8')).toContain('[profile payments-dev.readonly]')
  })

  it('takes AWS_CONFIG_FILE as the AWS tools do: ~ is the home folder', async () => {
    const { run, terminal } = await aLaptop(undefined, { env: { AWS_CONFIG_FILE: '~/other' } })
    await run('configure')
    expect(existsSync(join(terminal.folder, 'other'))).toBe(true)
  })

  it('shows with --diff what would change, writes nothing and exits 0', async () => {
    const { run, read, path } = await aLaptop('[default]\nregion = eu-west-1\n')
    const { exit, out } = await run('configure', '--diff')
    expect(exit).toBe(0)
    expect(out).toContain(`--- ${path}\n+++ ${path}\n@@ -1,2 `)
    expect(out).toContain('\n+[profile payments-dev.readonly]\n')
    expect(read()).toBe('[default]\nregion = eu-west-1\n')
    await run('configure')
    expect((await run('configure', '--diff')).out).toBe('')
  })

  it('prints with --print our block alone, and writes nothing', async () => {
    const { run, path, gateway } = await aLaptop()
    const { out } = await run('configure', '--print')
    expect(out).toMatch(
      new RegExp(`^# >>> rolegate ${gateway.origin} >>>\n[^]*# <<< rolegate ${gateway.origin} <<<\n$`),
    )
    expect(existsSync(path)).toBe(false)
  })

  it('writes profiles that ask this program with --mode process, by its own absolute path', async () => {
    const { run, read, gateway } = await aLaptop()
    const { err } = await run('configure', '--mode', 'process')
    expect(read()).toContain(
      `credential_process = "/usr/bin/node" "/opt/rolegate/dist/main.js" credential-process payments-dev/readonly --server ${gateway.origin}\n`,
    )
    expect(read()).not.toContain('sso_')
    expect(err).not.toContain('aws sso login')
  })

  it('writes a line that is answered from what is kept, before the client is loaded', async () => {
    const { run, read, terminal } = await aLaptop()
    await run('configure', '--mode', 'process')
    const [, words = ''] = /^credential_process = "[^"]+" "[^"]+" (.* payments-dev.*)$/m.exec(read()) ?? []
    const { out } = await run(...words.split(' '))
    expect(out).toContain('AccessKeyId')
    expect(warmCredentials(words.split(' '), terminal.world, new Date('2030-01-01T09:00:00Z'))).toBe(out)
  })

  it('says when its own path cannot be written into a command line', async () => {
    const { run, path } = await aLaptop(undefined, { program: ['/usr/bin/node', '/home/a"; evil/main.js'] })
    expect(await run('configure', '--mode', 'process')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('--mode sso'),
    })
    expect(existsSync(path)).toBe(false)
  })

  it('calls profiles by a template', async () => {
    const { run, read } = await aLaptop()
    await run('configure', '--template', '{account}/{role}')
    expect(read()).toContain('[profile 111111111111/readonly]')
  })

  it.each([
    [['--template', '{role}'], 'payments-dev/readonly and payments-prod/readonly would have the same'],
    [['--template', '{name}'], 'There is no {name}'],
    [['--template', '{alias} {role}'], 'makes no usable name'],
  ])('%j: exit 3, in words', async (args, words) => {
    const { run, path } = await aLaptop()
    expect(await run('configure', ...args)).toMatchObject({ exit: 3, err: expect.stringContaining(words) })
    expect(existsSync(path)).toBe(false)
  })

  it.each([[['--mode', 'x']], [['--diff', '--print']], [['extra']]])('%j: exit 2', async (args) => {
    expect((await (await aLaptop()).run('configure', ...args)).exit).toBe(2)
  })

  it('keeps the profile of a role that is gone, until --prune', async () => {
    const { run, read, gateway } = await aLaptop()
    await run('configure')
    gateway.on('GET /v1/aws-config', { json: anAwsConfig(gateway.origin, ['payments-dev/readonly']) })
    const kept = await run('configure')
    expect(kept.err).toContain('Kept, though no longer among your roles (--prune removes them): payments-prod.readonly')
    expect(read()).toContain('[profile payments-prod.readonly]')
    expect((await run('configure', '--prune')).err).toContain('Removed: payments-prod.readonly')
    expect(read()).not.toContain('payments-prod')
  })

  it('never writes a name a second time, and says whose keys win', async () => {
    const { run, read, write, terminal } = await aLaptop('[profile payments-dev.readonly]\nregion = eu-west-1\n')
    write('[payments-prod.readonly]\n', join(terminal.folder, '.aws/credentials'))
    const { err } = await run('configure', '-q')
    expect(err).toContain('outside our block: payments-dev.readonly')
    expect(err).toContain('its keys win: remove them there: payments-prod.readonly')
    expect(read().match(/\[profile payments-dev\.readonly\]/g)).toHaveLength(1)
  })

  it('prints a summary with --json', async () => {
    const { run, path } = await aLaptop()
    expect(JSON.parse((await run('configure', '--json')).out)).toEqual({
      file: path,
      differs: true,
      saved: true,
      profiles: ['payments-dev.readonly', 'payments-prod.readonly'],
      kept: [],
      removed: [],
      skipped: [],
      shadowed: [],
    })
  })

  it.each([
    ['marks that do not pair up', (origin: string) => `# >>> rolegate ${origin} >>>\n[profile a]\n`, 'at line 1'],
    [
      'a section of our name',
      (origin: string) => `[sso-session ${new URL(origin).host.replace(':', '-')}]\n`,
      'outside our block',
    ],
  ])('touches no file with %s', async (_what, config, words) => {
    const { run, write, read, gateway } = await aLaptop()
    write(config(gateway.origin))
    expect(await run('configure')).toMatchObject({ exit: 3, err: expect.stringContaining(words) })
    expect(read()).toBe(config(gateway.origin))
  })

  it('touches no file that is not UTF-8: it could not be written back as it was', async () => {
    const { run, path } = await aLaptop('')
    const bytes = Buffer.from('# Gr\xfc\xdfe\n', 'latin1')
    writeFileSync(path, bytes)
    expect(await run('configure')).toMatchObject({ exit: 3, err: expect.stringContaining('not UTF-8') })
    expect(readFileSync(path)).toEqual(bytes)
  })

  it('says when the file cannot be written', async () => {
    const { run, terminal } = await aLaptop()
    expect(await run('configure', '--file', join(terminal.folder, 'local.key/x'))).toMatchObject({ exit: 3 })
  })
})

describe('a gateway that lies (threats.md D13)', () => {
  const profile = (over: object) => ({ profiles: [{ ...anAwsConfig('').profiles[0], ...over }] })

  it.each([
    ['an alias with a line break', profile({ role: 'a\ncredential_process = evil/readonly' })],
    ['a role key with a bracket', profile({ role: 'a/b]', roleName: 'b]' })],
    ['a role of three words', profile({ role: 'a/b/c', roleName: 'b' })],
    ['two names for one role', profile({ roleName: 'admin' })],
    ['an account id with a line break', profile({ accountId: '111111111111\ncredential_process = evil' })],
    ['a region with a command', profile({ region: 'eu-central-1\ncredential_process = evil' })],
    ['a start URL of somebody else’s', { startUrl: 'https://acme.awsapps.com/start' }],
    ['a start URL with a line break', { startUrl: 'https://rolegate.invalid.awsapps.com/start\nx = y' }],
    ['an SSO region that is none', { ssoRegion: '$(evil)' }],
    ['no profiles', { profiles: 'none' }],
    [
      'a role without a profile that has a line break',
      { withoutProfile: [{ role: 'a/b\nevil = x', accountId: '111111111111' }] },
    ],
    ['another origin', { origin: 'https://evil.example' }],
    ['no origin', { origin: undefined }],
  ])('with %s is refused, and no file is made', async (_what, over) => {
    const { run, path, gateway } = await aLaptop()
    gateway.on('GET /v1/aws-config', { json: anAwsConfig(gateway.origin, undefined, over) })
    const { exit, out, err } = await run('configure')
    expect({ exit, out, made: existsSync(path) }).toEqual({ exit: 9, out: '', made: false })
    expect(err).not.toContain('evil =')
  })

  it('says which roles have no profile and how to take them, in words of its own', async () => {
    const { run, read, gateway } = await aLaptop()
    const other = { role: 'payments-prod/admin', accountId: '222222222222', needs: ['elevated', 'evil', 'reason'] }
    gateway.on('GET /v1/aws-config', {
      json: anAwsConfig(gateway.origin, undefined, { withoutProfile: [other] }),
    })
    const { exit, err } = await run('configure')
    expect([exit, err]).toEqual([
      0,
      expect.stringMatching(
        /since no AWS tool can confirm, give a reason or wait for an approval: payments-prod\/admin\. Take them with rolegate exec or rolegate console\. Elevated ones take a sign-in by a browser/,
      ),
    ])
    expect(read()).toContain(
      '#   payments-prod/admin (elevated, reason): rolegate exec payments-prod/admin --reason WHY -- COMMAND\n',
    )
    expect(read()).not.toContain('evil')
  })

  it('has no word of its own in the file: what it calls things, and what it adds, is not read', async () => {
    const { run, read, gateway } = await aLaptop()
    const profiles = profile({ name: 'default', credential_process: 'evil', endpoint_url: 'https://evil.example' })
    gateway.on('GET /v1/aws-config', {
      json: anAwsConfig(gateway.origin, undefined, { ...profiles, session: 'evil', text: 'evil' }),
    })
    expect((await run('configure')).exit).toBe(0)
    expect(read()).toContain('[profile payments-dev.readonly]')
    expect(read()).not.toMatch(/evil|default|credential_process/)
  })
})
