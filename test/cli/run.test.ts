import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { ENVIRONMENT } from '../../src/cli/environment.ts'
import { EXIT, EXIT_MEANINGS, INTERRUPTED, NOT_STARTED } from '../../src/cli/exit.ts'
import { COMMANDS } from '../../src/cli/run.ts'
import { ERROR_CODES } from '../../src/domain/errors.ts'
import { aGateway, aProblem, aRole } from './fake-gateway.ts'
import { aTerminal } from './fake-terminal.ts'

async function signedIn() {
  const gateway = await aGateway()
  const terminal = aTerminal()
  terminal.signIn(gateway.origin)
  return { gateway, run: terminal.run }
}

describe('help', () => {
  it.each([['help'], ['--help'], ['-h'], ['help', '--help']])(
    'rolegate %s %s lists every command on stdout',
    async (...line) => {
      const { exit, out, err } = await aTerminal().run(...line)
      expect({ exit, err }).toEqual({ exit: 0, err: '' })
      for (const { name, summary } of COMMANDS.values())
        expect(out).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 12)}`, 'm'))
    },
  )

  it.each([...COMMANDS.values()])(
    'rolegate $name --help and rolegate help $name show its usage',
    async ({ name, usage, summary }) => {
      const asked = await aTerminal().run(name, '--help')
      expect(asked).toEqual(await aTerminal().run('help', name))
      expect(asked.exit).toBe(0)
      expect(asked.out).toContain(`Usage: ${usage}\n\n${summary}`)
    },
  )

  it('knows the topics environment and exit-codes', async () => {
    expect((await aTerminal().run('help', 'environment')).out).toContain('ROLEGATE_URL')
    expect((await aTerminal().run('help', 'exit-codes')).out).toMatch(/^ {2}130 +interrupted$/m)
  })
})

describe('usage', () => {
  it.each([
    { line: [], says: 'Usage: rolegate' },
    { line: ['--json'], says: 'Usage: rolegate' },
    { line: ['lst'], says: 'Did you mean list?' },
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
    { line: ['exec', 'a/b', 'aws', 's3'], says: 'too many' },
    { line: ['exec', '--', 'aws'], says: 'missing' },
    { line: ['credential-process'], says: 'missing' },
    { line: ['console'], says: 'missing' },
    { line: ['console', 'a/b', '-d', '1h'], says: '--print' },
    { line: ['whoami', '--server'], says: 'server' },
  ])('$line ends with 2 and says $says', async ({ line, says }) => {
    const { exit, out, err } = await aTerminal().run(...line)
    expect({ exit, out }).toEqual({ exit: 2, out: '' })
    expect(err).toContain(says)
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

describe('rolegate list', () => {
  it.each(['list', 'ls'])('%s shows a table', async (name) => {
    const { run } = await signedIn()
    expect((await run(name)).out.split('\n')).toEqual([
      'ROLE                    ACCOUNT       NAME      ENV  MAX    STATE',
      'payments-dev/readonly   111111111111  Payments  dev  1h30m  available',
      'payments-dev/admin      111111111111  Payments  dev  1h30m  available',
      'payments-prod/readonly  222222222222  Payments  dev  1h30m  available',
      '',
    ])
  })

  it('prints the gateway’s own answer as JSON, and CSV with quotes where they are needed', async () => {
    const { gateway, run } = await signedIn()
    const account = { id: '111111111111', alias: 'a', name: 'Say "hi", Bob' }
    gateway.on('GET /v1/roles', {
      json: { roles: [aRole('a/b', { account, elevated: true, state: 'needs_approval' })] },
    })
    expect(JSON.parse((await run('list', '-o', 'json')).out).roles[0].via).toEqual([{ rule: 'r', group: 'g' }])
    expect((await run('list', '-o', 'csv')).out).toBe(
      'role,account_id,account_name,environment,arn,max_seconds,elevated,state\r\n' +
        'a/b,111111111111,"Say ""hi"", Bob",,arn:aws:iam::111111111111:role/b,5400,true,needs_approval\r\n',
    )
    expect((await run('list')).out).toContain('needs approval (elevated)')
  })

  it('says on stderr when there is nothing, and never starts a sign-in', async () => {
    const { gateway, run } = await signedIn()
    gateway.on('GET /v1/roles', { json: { roles: [] } })
    expect(await run('list')).toEqual({ exit: 0, out: '', err: 'No role is open to you.\n' })
    expect(await aTerminal().run('list', '--server', gateway.origin)).toMatchObject({ exit: 4 })
    expect(gateway.askedFor('POST /oauth/device_authorization')).toEqual([])
  })
})

describe('hostile text from a server (security.md D-26)', () => {
  const HOSTILE = 'a\u001b[2J\u001b]0;t\u0007\u009b1m\u202Eb\u2066c\u2028d\re'
  const CLEAN = /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]*$/

  it('never reaches the terminal through a refusal', async () => {
    const { gateway, run } = await signedIn()
    gateway.on(
      'GET /v1/roles',
      aProblem(403, HOSTILE, { title: HOSTILE, detail: HOSTILE, next: HOSTILE, requestId: HOSTILE }),
    )
    const { err } = await run('list')
    expect(err).toMatch(CLEAN)
    expect(err).toContain('a[2J]0;t')
  })

  it('never reaches the terminal through names, in any form', async () => {
    const { gateway, run } = await signedIn()
    const account = { id: '111111111111', alias: 'a', name: `${HOSTILE}\nfake/row`, environment: HOSTILE }
    gateway.on('GET /v1/roles', { json: { roles: [aRole('a/b', { account, state: HOSTILE })], [HOSTILE]: HOSTILE } })
    for (const form of ['table', 'json']) expect((await run('list', '-o', form)).out).toMatch(CLEAN)
    expect((await run('list')).out.split('\n')).toHaveLength(3)
    expect((await run('list', '-o', 'csv')).out.replaceAll('\r\n', '')).toMatch(CLEAN)
  })

  it('never reaches the terminal through a person’s name or a request id', async () => {
    const { gateway, run } = await signedIn()
    const session = { via: HOSTILE, expiresAt: '2030-01-01T20:00:00Z' }
    const groups = { count: 1, truncated: true }
    gateway.on('GET /v1/whoami', {
      json: { subject: HOSTILE, username: `${HOSTILE}\n✓`, idp: HOSTILE, groups, session },
    })
    const { out, err } = await run('whoami', '-v')
    expect(out).toMatch(CLEAN)
    expect(err).toMatch(CLEAN)
    expect(out.split('\n')).toHaveLength(7)
  })

  it('never reaches the terminal through a code or an address to open', async () => {
    const { gateway, run } = await signedIn()
    const start = {
      device_code: 'd',
      user_code: HOSTILE,
      verification_uri: `${gateway.origin}/device`,
      expires_in: 300,
    }
    gateway.on('POST /oauth/device_authorization', { json: start })
    expect(await run('login')).toMatchObject({ exit: 9, err: expect.stringMatching(CLEAN) })
  })
})

describe('rolegate version', () => {
  it.each([['version'], ['--version'], ['version', '--version']])('%s %s prints it', async (...line) => {
    expect(await aTerminal().run(...line)).toEqual({ exit: 0, out: 'rolegate 9.9.9\n', err: '' })
  })
})

describe('docs/reference/cli.md', () => {
  const page = readFileSync(new URL('../../docs/reference/cli.md', import.meta.url), 'utf8')
  const firstCells = (pattern: RegExp) => [...page.matchAll(pattern)].map(([, cell]) => cell)

  it.each([...COMMANDS.values()])('shows $name as the client does', ({ name, usage, summary, options }) => {
    expect(page).toContain(`### ${name}\n\n\`\`\`\n${usage}\n\`\`\`\n\n${summary}`)
    const section = page.split(`### ${name}\n`)[1]?.split('\n## ')[0]?.split('\n### ')[0] ?? ''
    for (const option of Object.keys(options)) expect(section).toContain(`\`--${option}`)
  })

  it('lists no command that is not there', () => {
    expect(firstCells(/^### (\S+)$/gm)).toEqual([...COMMANDS.keys()])
  })

  it('lists every exit code with its meaning', () => {
    expect(rowsOf(/^\d+$/).map(([code, meaning]) => [Number(code), meaning])).toEqual([...EXIT_MEANINGS])
  })

  it('lists every error code with its exit code', () => {
    expect(rowsOf(/^`[a-z_]+`$/).map(([code = '', exit]) => [code.slice(1, -1), Number(exit)])).toEqual(
      Object.entries(EXIT),
    )
  })

  it('lists every variable that is read, and none that is gone', () => {
    expect(rowsOf(/^`[A-Z_]+`$/).map(([name = '', use]) => [name.slice(1, -1), use])).toEqual([...ENVIRONMENT])
  })

  /** The cells of the table rows whose first cell looks like this. */
  function rowsOf(first: RegExp): readonly (readonly string[])[] {
    const rows = page.split('\n').filter((line) => line.startsWith('| '))
    return rows
      .map((row) =>
        row
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      )
      .filter(([cell = '']) => first.test(cell))
  }
})
