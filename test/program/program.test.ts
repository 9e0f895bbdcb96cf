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

  it.each([['serve'], ['demo'], ['check-config'], ['health']])(
    '%s with an unknown flag is a usage error, in one sentence',
    (command) => {
      const { status, stdout, stderr } = run(command, '--no-such-flag')
      expect([status, stdout]).toEqual([2, ''])
      expect(stderr).not.toMatch(/ at .*\.js/)
    },
  )

  it('check-config without a file, and with one that is not there', () => {
    expect(run('check-config').status).toBe(2)
    const missing = run('check-config', '/nowhere/rolegate.yaml')
    expect([missing.status, missing.stderr]).toEqual([
      3,
      expect.stringContaining('config/getting-started.example.yaml'),
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
