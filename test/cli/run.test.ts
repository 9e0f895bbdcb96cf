import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EXIT, EXIT_MEANINGS, INTERRUPTED, NOT_STARTED } from '../../src/cli/exit.ts'
import { ALIASES, COMMANDS, everyCommand } from '../../src/cli/commands.ts'
import { ERROR_CODES } from '../../src/domain/errors.ts'
import { aProblem } from './fake-gateway.ts'
import { aTerminal, signedIn } from './fake-terminal.ts'

const commands = await everyCommand()

describe('the commands', () => {
  it('are called in the register what they call themselves', () => {
    expect(commands.map(({ name }) => name)).toEqual([...COMMANDS.keys()])
    const also = commands.flatMap(({ name, aliases = [] }) => aliases.map((alias) => [alias, name] as const))
    expect(new Map(also)).toEqual(new Map(ALIASES))
  })

  it('are loaded one by one: no line pays for a command it does not name', () => {
    const files = readdirSync(new URL('../../src/cli/commands/', import.meta.url))
    const reached = (file: string) => [...importedBy(new URL(`../../src/${file}`, import.meta.url).href)]
    const isCommand = (href: string) => href.includes('/src/cli/commands/')
    expect(reached('main.ts').filter((href) => href.includes('/src/'))).toEqual([])
    expect(reached('program/cli.ts').filter(isCommand)).toEqual([])
    const door = reached('rolegate.ts').map((href) => href.replace(/.*\/src\//, ''))
    expect(door).toEqual(['cli/warm.ts', 'cli/kept/credentials.ts', 'cli/kept/places.ts', 'cli/kept/sealed.ts'])
    for (const file of files) expect(reached(`cli/commands/${file}`).filter(isCommand)).toEqual([])
  })
})

/** Every module that is loaded with this one, and not only when it asks for it. */
function importedBy(href: string, seen = new Set<string>()): ReadonlySet<string> {
  const source = readFileSync(new URL(href), 'utf8')
  for (const [, target = ''] of source.matchAll(/^(?:import|export) (?!type )(?:[^']*from )?'(\.[^']+)'/gm)) {
    const next = new URL(target, href).href
    if (seen.has(next)) continue
    seen.add(next)
    importedBy(next, seen)
  }
  return seen
}

describe('help', () => {
  it.each([['help'], ['--help'], ['-h'], ['help', '--help']])(
    'rolegate %s %s lists every command on stdout',
    async (...line) => {
      const { exit, out, err } = await aTerminal().run(...line)
      expect({ exit, err }).toEqual({ exit: 0, err: '' })
      for (const { name, summary } of commands)
        expect(out).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 12)}`, 'm'))
    },
  )

  it.each([...commands])(
    'rolegate $name --help and rolegate help $name show its usage',
    async ({ name, usage, summary }) => {
      const asked = await aTerminal().run(name, '--help')
      expect(asked).toEqual(await aTerminal().run('help', name))
      expect(asked.exit).toBe(0)
      expect(asked.out).toContain(`Usage: ${usage}\n\n${summary}`)
    },
  )

  it('knows the topics environment and exit-codes', async () => {
    const { out } = await aTerminal().run('help', 'environment')
    expect(out).toContain('ROLEGATE_URL')
    // threats.md D14: what the encrypted file is good for, and what not.
    expect(out).toContain('It does not keep it from programs that run as you')
    expect((await aTerminal().run('list', '--help')).out).toContain('rolegate help exit-codes')
    expect((await aTerminal().run('help', 'exit-codes')).out).toMatch(/^ {2}130 +interrupted$/m)
  })
})

describe('usage', () => {
  it.each([
    { line: [], says: 'Usage: rolegate' },
    { line: ['--json'], says: 'Usage: rolegate' },
    { line: ['lst'], says: 'Did you mean list?' },
    { line: ['logout', 'all'], says: '“all” is one word too many. Did you mean --all?' },
    { line: ['login', 'https://aws.example.com'], says: 'A gateway is named by --server.' },
    { line: ['exce', 'a/b', '--', 'aws'], says: 'Did you mean exec?' },
    { line: ['help', 'whoam'], says: 'Did you mean whoami?' },
    { line: ['exprot', 'a/b'], says: 'Did you mean export?' },
    { line: ['env', 'a/b', '--fromat', 'fish'], says: "Unknown option '--fromat'. Did you mean --format?" },
    { line: ['whoami', '--sever', 'http://x'], says: 'Did you mean --server?' },
    { line: ['console', 'a/b', 'No Such'], says: '“No Such” is neither a service, as in s3, nor a page’s address.' },
    { line: ['console', 'a/b', 'CloudWatch'], says: 'Did you mean cloudwatch?' },
    { line: ['console', 'a/b', '/ec2/home'], says: 'neither a service' },
    { line: ['help', 'nonsense'], says: 'no command' },
    { line: ['list', '--nonsense'], says: '--nonsense' },
    { line: ['list', 'word'], says: 'one word too many' },
    { line: ['list', '-o', 'yaml'], says: 'table, json, csv' },
    { line: ['list', '-q', '-v'], says: 'contradict' },
    { line: ['env'], says: 'ROLE is missing' },
    { line: ['env', ''], says: 'empty' },
    { line: ['env', 'a/b', '--format', 'toml'], says: 'powershell' },
    { line: ['env', '--unset', '--format', 'ini'], says: 'nothing to unset' },
    { line: ['exec', 'a/b'], says: 'after --' },
    { line: ['exec', 'a/b', '--'], says: 'after --' },
    {
      line: ['exec', 'a/b', 'aws', 's3'],
      says: '“aws” is one word too many: put -- before the command, as in -- aws.',
    },
    { line: ['explain'], says: 'A ROLE is missing; see: rolegate list' },
    { line: ['explain', 'a/b', '--idp', 'x', '--mfa', 'never'], says: '--mfa takes how long ago, as 5m, or none.' },
    { line: ['explain', 'a/b', '--idp', 'x', '--ip', 'here'], says: '“here” is no address' },
    { line: ['exec', '--', 'aws'], says: 'ROLE is missing' },
    { line: ['credential-process'], says: 'A ROLE is missing' },
    { line: ['console'], says: 'ROLE is missing' },
    { line: ['console', '--print'], says: 'ROLE is missing' },
    { line: ['sessions', 'end'], says: 'name it' },
    { line: ['sessions', 'start', 'x'], says: 'name it' },
    { line: ['sessions', '-o', 'yaml'], says: 'table, json, csv' },
    { line: ['completion'], says: 'One of bash, zsh, fish, powershell is missing.' },
    { line: ['completion', 'tcsh'], says: 'bash, zsh, fish, powershell' },
    { line: ['login', '--idp', 'Not One'], says: 'identity provider' },
    { line: ['console', 'a/b', '-d', '1h'], says: '--print' },
    { line: ['whoami', '--server'], says: 'server' },
  ])('$line ends with 2 and says $says', async ({ line, says }) => {
    const { exit, out, err } = await aTerminal().run(...line)
    expect({ exit, out }).toEqual({ exit: 2, out: '' })
    expect(err).toContain(says)
  })

  it('names the gateway of the line where it says how to sign in: another one is the usual', async () => {
    const { gateway, run } = await signedIn()
    const other = `http://localhost:${new URL(gateway.origin).port}`
    const { exit, err } = await run('--server', other, 'list')
    expect([exit, err]).toEqual([4, expect.stringContaining(`\nSign in: rolegate login --server ${other}\n`)])
    gateway.on('GET /v1/roles', aProblem(401, 'sign_in_required', { next: ['Sign in again: rolegate login.'] }))
    const there = await run('list', '--server', gateway.origin)
    expect(there.err).toContain(`Sign in again: rolegate login --server ${gateway.origin}.`)
    expect((await run('list')).err).toContain('Sign in again: rolegate login.')
  })

  it('takes global options before and after the command, and options after the ROLE', async () => {
    const { gateway, run } = await signedIn()
    for (const line of [
      ['--server', gateway.origin, '--json', 'list'],
      ['list', '--json', '--server', gateway.origin],
    ]) {
      expect(JSON.parse((await run(...line)).out).roles).toHaveLength(3)
    }
    expect((await run('env', 'payments-dev/admin', '--format', 'fish')).exit).toBe(0)
  })
})

describe('exit codes', () => {
  it.each(ERROR_CODES)('a refusal with %s has its own exit code, words and request id', async (code) => {
    const { gateway, run } = await signedIn()
    gateway.on(
      'GET /v1/roles',
      aProblem(403, code, { title: 'Not today', detail: 'The rule says so.', next: 'Ask for it.' }),
    )
    const { exit, out, err } = await run('list')
    expect({ exit, out }).toEqual({ exit: EXIT[code], out: '' })
    expect(err).toBe(`error: Not today. The rule says so.\nAsk for it.\ncode ${code}, request req-1\n`)
  })

  it.each([
    { status: 401, exit: 4 },
    { status: 403, exit: 5 },
    { status: 429, exit: 1 },
    { status: 500, exit: 1 },
  ])(
    'a code this version does not know, with status $status, ends with $exit and is shown',
    async ({ status, exit }) => {
      const { gateway, run } = await signedIn()
      gateway.on('GET /v1/roles', aProblem(status, 'brand_new'))
      expect(await run('list')).toMatchObject({ exit, err: expect.stringContaining('code brand_new, request req-1') })
    },
  )

  it('every exit code of the tables has a meaning', () => {
    const used = new Set([0, INTERRUPTED, ...Object.values(EXIT), ...Object.values(NOT_STARTED)])
    expect([...used].toSorted((one, other) => one - other)).toEqual([...EXIT_MEANINGS.keys()])
  })

  it('a role that is unknown or ambiguous ends with 6', async () => {
    const { run } = await signedIn()
    expect(await run('env', 'payments-dev')).toMatchObject({
      exit: 6,
      err: expect.stringContaining('payments-dev/admin'),
    })
    expect(await run('env', 'payments-dev/admn')).toMatchObject({
      exit: 6,
      err: expect.stringContaining('payments-dev/admin'),
    })
  })

  it('a fault of our own ends with 1, and shows nothing of its inside', async () => {
    const terminal = aTerminal({
      now: () => {
        throw new Error('rga_secret')
      },
    })
    terminal.signIn('http://127.0.0.1:9')
    const { exit, err } = await terminal.run('whoami')
    expect(exit).toBe(1)
    expect(err).toContain('code internal')
    expect(err).not.toContain('rga_')
  })
})

describe('rolegate version', () => {
  it.each([['version'], ['--version'], ['version', '--version']])('%s %s prints it', async (...line) => {
    expect(await aTerminal().run(...line)).toEqual({ exit: 0, out: 'rolegate 9.9.9\n', err: '' })
  })
})
