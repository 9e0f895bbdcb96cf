import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { refuseUnsafeProcess } from '../../src/program/unsafe-process.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const run = (...args: string[]) =>
  spawnSync(process.execPath, [PROGRAM, ...args], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' }, timeout: 30_000 })

describe('serve refuses a process that leaks or is steered', () => {
  it.each([
    ['NODE_TLS_REJECT_UNAUTHORIZED', '0', true],
    ['AWS_ENDPOINT_URL', 'http://evil', false],
    ['AWS_ENDPOINT_URL_STS', 'http://evil', false],
    ['NODE_OPTIONS', '--inspect', false],
    ['NODE_OPTIONS', '--max-old-space-size=100 --report_on_signal', false],
    ['NODE_OPTIONS', '--tls-keylog=/tmp/k', false],
  ])('%s=%s (security.md K-10, threats.md F5, K10)', (name, value, evenInDevelopment) => {
    const env = { [name]: value }
    expect(refuseUnsafeProcess({ env, execArgv: [] }, false)).toContain(name === 'NODE_OPTIONS' ? 'Node runs' : name)
    expect(refuseUnsafeProcess({ env, execArgv: [] }, true) !== undefined).toBe(evenInDevelopment)
  })

  it('takes an ordinary one', () => {
    expect(
      refuseUnsafeProcess(
        { env: { NODE_OPTIONS: '--max-old-space-size=200' }, execArgv: ['--disable-sigusr1'] },
        false,
      ),
    ).toBeUndefined()
  })
})

describe('the program', () => {
  it.each([[[]], [['help']], [['--help']]])('%j shows the help on stdout', (args) => {
    const { status, stdout, stderr } = run(...args)
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout).toContain('credential-process ROLE')
  })

  it.each([['serve'], ['demo'], ['check-config'], ['health'], ['schema'], ['admin'], ['audit'], ['aws']])(
    '%s says more when it is asked, and does nothing',
    (command) => {
      for (const args of [
        [command, '--help'],
        [command, '-h'],
        ['help', command],
      ]) {
        const { status, stdout, stderr } = run(...args)
        expect([status, stderr]).toEqual([0, ''])
        expect(stdout).toMatch(new RegExp(`^rolegate ${command}[^]*\n$`))
      }
    },
  )

  it('whoever reads may leave early', () => {
    const { status, stdout, stderr } = spawnSync(
      'bash',
      ['-c', `'${process.execPath}' '${PROGRAM}' schema | head -c 1`],
      {
        encoding: 'utf8',
        timeout: 30_000,
      },
    )
    expect([status, stdout, stderr]).toEqual([0, '{', ''])
  })

  it.each([['serve'], ['demo'], ['check-config'], ['health']])(
    '%s with an unknown flag is a usage error, in one sentence',
    (command) => {
      const { status, stdout, stderr } = run(command, '--no-such-flag')
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).toBe(`error: Unknown option '--no-such-flag'\nSee: rolegate ${command} --help\n`)
    },
  )

  it.each([
    [['serve', '--confg', 'x'], "error: Unknown option '--confg'; did you mean --config?"],
    [['health', '--ulr', 'x'], "error: Unknown option '--ulr'; did you mean --url?"],
    [
      ['aws', 'trustpolicy', 'a/b'],
      'error: there is no “trustpolicy”: say rolegate aws trust-policy ROLE --config FILE',
    ],
    [['audit', 'exprot'], 'error: there is no “exprot”: say rolegate audit export'],
    [['admin', 'dney', 'idp:x'], 'none of deny, revoke, allow, list, reload; did you mean "deny"?'],
    [['health', '--url', 'foo'], 'error: “foo” is no address: write http://127.0.0.1:9464'],
    [['schema', '--out'], "error: Unknown option '--out'"],
    [['schema', 'x'], "error: Unexpected argument 'x'"],
    [['serv'], 'There is no command “serv”. Did you mean serve?'],
    [['help', 'check-conifg'], 'There is no command “check-conifg”. Did you mean check-config?'],
  ])('a word that is misspelt is followed by the one that was meant: %j', (line, says) => {
    const { status, stderr } = run(...line)
    expect([status, stderr]).toEqual([2, expect.stringContaining(says)])
  })

  it('check-config without a file, and with one that is not there', () => {
    expect(run('check-config').status).toBe(2)
    const missing = run('check-config', '/nowhere/rolegate.yaml')
    expect([missing.status, missing.stderr]).toEqual([
      3,
      expect.stringContaining('config/getting-started.example.yaml'),
    ])
  })

  it('check-config says which file cannot be read, and that only --diff may be an address', () => {
    const example = 'config/config.example.yaml'
    for (const [args, says] of [
      [[example, '--people', 'docs'], 'docs cannot be read (EISDIR)'],
      [['docs'], 'docs cannot be read (EISDIR)'],
      [[example, '--people', 'https://127.0.0.1:9'], 'https://127.0.0.1:9 is not there'],
      [['https://127.0.0.1:9'], 'https://127.0.0.1:9 is not there. Start from config/getting-started.example.yaml'],
      [[example, '--diff', '/nowhere/a.yaml'], '/nowhere/a.yaml is not there'],
    ] as const) {
      const { status, stdout, stderr } = run('check-config', ...args)
      expect([status, stdout, stderr]).toEqual([3, '', `error: ${says}\n`])
      const asJson = run('check-config', ...args, '--json')
      expect([asJson.status, asJson.stderr]).toEqual([3, ''])
      expect(JSON.parse(asJson.stdout)).toMatchObject({
        ok: false,
        exit: 3,
        faults: [{ message: says.slice(says.indexOf(' ') + 1) }],
      })
    }
  }, 60_000)

  it.each([[['--tests']], [['--diff', 'config/getting-started.example.yaml']], [['--without-secrets']]])(
    'check-config --online does not go with %j, which leaves certificates unread',
    (more) => {
      const { status, stdout, stderr } = run('check-config', 'config/config.example.yaml', '--online', ...more)
      expect([status, stdout, stderr]).toEqual([2, '', expect.stringContaining(`that ${more[0]} leaves unread`)])
    },
  )

  it('check-config accepts advice by a name there is', () => {
    const { status, stderr } = run(
      'check-config',
      'config/config.example.yaml',
      '--strict',
      '--accept',
      'shadowed-rules',
    )
    expect([status, stderr]).toEqual([
      2,
      'error: --accept: no advice is called "shadowed-rules"; did you mean "shadowed-rule"?\n',
    ])
  })

  it('health of a gateway that is not there: exit 9', () => {
    expect(run('health', '--url', 'http://127.0.0.1:9').status).toBe(9)
  })

  it('the demo opens no other address and does not run in production (threats.md P5)', () => {
    expect(run('demo', '--port', '80').status).toBe(2)
    const production = spawnSync(process.execPath, [PROGRAM, 'demo'], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin', NODE_ENV: 'production' },
    })
    expect([production.status, production.stderr]).toEqual([3, expect.stringContaining('NODE_ENV=production')])
  })

  it('schema prints what editors read', () => {
    expect(JSON.parse(run('schema').stdout)).toMatchObject({ $schema: expect.stringContaining('draft-07') })
  })
})
