import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { warmCredentials } from '../../../src/cli/warm.ts'
import { aProblem, LENT, SECRET } from '../fake-gateway.ts'
import { aTerminal, signedIn, type Terminal } from '../fake-terminal.ts'

const ROLE = 'payments-dev/readonly'
const CREDENTIALS = 'POST /v1/credentials'

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

describe('kept credentials', () => {
  it('are printed again without a word to the gateway, even by the line that loads no client', async () => {
    const { gateway, terminal, run } = await signedIn()
    const first = await run('credential-process', ROLE)
    const asked = gateway.asked.length
    expect(await run('credential-process', ROLE)).toEqual(first)
    expect(warm(terminal, ROLE)).toBe(first.out)
    expect(gateway.asked).toHaveLength(asked)
  })

  it('are sealed, for their owner alone, and their file’s name tells nothing (security.md D-25)', async () => {
    const { terminal, run } = await signedIn()
    await run('credential-process', ROLE)
    for (const path of keptFiles(terminal)) {
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(path).not.toContain('readonly')
      expect(readFileSync(path, 'latin1')).not.toMatch(/ASIA|readonly/)
    }
    expect(keptFiles(terminal)).toHaveLength(1)
  })

  it.each([
    { left: 'fifteen minutes', now: '2030-01-01T09:45:00Z', taken: true },
    { left: 'a second less', now: '2030-01-01T09:45:01Z', taken: false },
    { left: 'nothing', now: '2030-01-01T10:00:00Z', taken: false },
  ])('are taken while fifteen minutes are left: with $left, $taken', async ({ now, taken }) => {
    const { gateway, terminal, run } = await signedIn()
    await run('credential-process', ROLE)
    expect(warm(terminal, ROLE, [], now) !== undefined).toBe(taken)
    await aTerminal({ env: { ROLEGATE_CONFIG_DIR: terminal.folder }, now: () => new Date(now) }).run(
      'credential-process',
      ROLE,
    )
    expect(gateway.askedFor(CREDENTIALS)).toHaveLength(taken ? 1 : 2)
  })

  it('are taken by --min-ttl, when they last that long', async () => {
    const { gateway, terminal, run } = await signedIn()
    await run('credential-process', ROLE)
    for (const [minTtl, taken] of [
      ['1h', true],
      ['61m', false],
      ['2h', false],
    ] as const) {
      expect(warm(terminal, ROLE, ['--min-ttl', minTtl], '2030-01-01T09:00:00Z') !== undefined).toBe(taken)
    }
    expect(warm(terminal, ROLE, ['--min-ttl', '30s'])).toBeUndefined()
    await run('credential-process', ROLE, '--min-ttl', '30s')
    expect(gateway.askedFor(CREDENTIALS)).toHaveLength(1)
    const later = { env: { ROLEGATE_CONFIG_DIR: terminal.folder }, now: () => new Date('2030-01-01T09:00:01Z') }
    await aTerminal(later).run('credential-process', ROLE, '--min-ttl', '2h')
    expect(gateway.askedFor(CREDENTIALS)).toHaveLength(2)
    expect(await run('credential-process', ROLE, '--min-ttl', '15')).toMatchObject({ exit: 2, out: '' })
  })

  it.each([
    { of: 'another role', line: ['payments-dev/admin'] },
    { of: 'another duration', line: [ROLE, '-d', '30m'] },
    { of: 'another duration of the environment', line: [ROLE], env: { ROLEGATE_DURATION: '30m' } },
    { of: 'another gateway', line: [ROLE, '--server', 'http://localhost:9'] },
    { of: 'nobody, with memory', line: [ROLE], env: { ROLEGATE_TOKEN_STORE: 'memory' } },
    { of: 'nobody, with a store that is none', line: [ROLE], env: { ROLEGATE_TOKEN_STORE: 'cloud' } },
    { of: 'nobody, with --no-cache', line: [ROLE, '--no-cache'] },
    { of: 'whatever is unusual', line: [ROLE, ROLE] },
    { of: 'whatever asks for more', line: [ROLE, '--json'] },
    { of: 'whatever misses its value', line: [ROLE, '-d'] },
    { of: 'whatever has an empty word', line: [''] },
  ])('are not those of $of', async ({ line, env = {} }) => {
    const { terminal, run } = await signedIn()
    await run('credential-process', ROLE)
    const place = { env: { ...terminal.world.env, ...env }, homeFolder: terminal.folder }
    expect(warmCredentials(['credential-process', ...line], place, new Date('2030-01-01T09:00:00Z'))).toBeUndefined()
  })

  it('are of one duration as it is typed, in any plain spelling of the line', async () => {
    const { terminal, run, gateway } = await signedIn()
    await run('credential-process', ROLE, '-d', '1h')
    expect(warm(terminal, ROLE, ['--duration', '1h', '--server', `${gateway.origin}/`])).toBeDefined()
    expect(warm(terminal, '-d', ['1h', ROLE])).toBeDefined()
  })

  it('are of one duration until a time, in quotes or without', async () => {
    const { terminal, run } = await signedIn()
    await run('credential-process', ROLE, '-d', 'until', '18:00')
    expect(warm(terminal, ROLE, ['-d', 'until 18:00'])).toBeDefined()
    expect(warm(terminal, ROLE, ['--duration', 'until', '18:00'])).toBeDefined()
    expect(warm(terminal, ROLE, ['-d', 'until', '19:00'])).toBeUndefined()
  })

  it('are neither taken nor kept with --no-cache', async () => {
    const { gateway, terminal, run } = await signedIn()
    await run('credential-process', ROLE, '--no-cache')
    await run('credential-process', ROLE, '--no-cache')
    expect(gateway.askedFor(CREDENTIALS)).toHaveLength(2)
    expect(keptFiles(terminal)).toEqual([])
  })

  it('of a sign-in are gone when another follows it, and its own are not read by the other', async () => {
    const { gateway, terminal, run } = await signedIn()
    await run('credential-process', ROLE)
    const [path = ''] = keptFiles(terminal)
    const sealed = readFileSync(path)
    await run('login', '--device')
    expect(keptFiles(terminal)).toEqual([])
    expect(warm(terminal, ROLE)).toBeUndefined()

    await run('credential-process', ROLE)
    const [theirs = ''] = keptFiles(terminal)
    writeFileSync(theirs, sealed)
    expect(warm(terminal, ROLE)).toBeUndefined()
    await run('credential-process', ROLE)
    expect(gateway.askedFor(CREDENTIALS)).toHaveLength(3)
  })

  it.each([['logout'], ['logout', '--all']])('are gone after rolegate %s %s', async (...line) => {
    const { terminal, run } = await signedIn()
    await run('credential-process', ROLE)
    expect((await run(...line)).exit).toBe(0)
    expect(keptFiles(terminal)).toEqual([])
    expect(warm(terminal, ROLE)).toBeUndefined()
    expect((await run('credential-process', ROLE)).exit).toBe(4)
  })

  it('that are broken or changed are fetched anew', async () => {
    const { gateway, terminal, run } = await signedIn()
    const first = await run('credential-process', ROLE)
    const [path = ''] = keptFiles(terminal)
    const sealed = readFileSync(path)
    for (const broken of [
      Buffer.from(''),
      Buffer.from('rubbish'),
      flipped(sealed, 20),
      flipped(sealed, sealed.length - 1),
    ]) {
      writeFileSync(path, broken)
      expect(warm(terminal, ROLE)).toBeUndefined()
      expect(await run('credential-process', ROLE)).toEqual(first)
    }
    expect(gateway.askedFor(CREDENTIALS)).toHaveLength(5)
  })

  it('are asked for once by twenty lines at once, though they last no quarter of an hour', async () => {
    const { gateway, run } = await signedIn()
    gateway.on(CREDENTIALS, { json: { ...LENT, expiration: '2030-01-01T09:14:00.000Z' } })
    const ran = await Promise.all(Array.from({ length: 20 }, () => run('credential-process', ROLE)))
    expect(new Set(ran.map(({ exit }) => exit))).toEqual(new Set([0]))
    expect(gateway.askedFor(CREDENTIALS)).toHaveLength(1)
  })

  it('are asked for by the next line when the first is refused', async () => {
    const { gateway, run } = await signedIn()
    gateway.on(CREDENTIALS, aProblem(503, 'aws_unavailable'), { json: LENT })
    const ran = await Promise.all(Array.from({ length: 3 }, () => run('credential-process', ROLE)))
    expect(ran.map(({ exit }) => exit).filter((exit) => exit === 8)).toHaveLength(1)
    expect(gateway.askedFor(CREDENTIALS)).toHaveLength(2)
  })
})

const warm = (
  { world, folder }: Terminal,
  role: string,
  more: readonly string[] = [],
  now = '2030-01-01T09:00:00Z',
): string | undefined =>
  warmCredentials(['credential-process', role, ...more], { env: world.env, homeFolder: folder }, new Date(now))

function keptFiles({ folder }: Terminal): readonly string[] {
  try {
    return readdirSync(join(folder, 'cache'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
  } catch {
    return []
  }
}

function flipped(sealed: Buffer, at: number): Buffer {
  const changed = Buffer.from(sealed)
  changed[at] = (changed[at] ?? 0) ^ 1
  return changed
}
