import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Environment } from '../../src/cli/world.ts'
import { cliWorld } from '../../src/program/cli.ts'
import { aGateway, anOauthError } from './fake-gateway.ts'

const world = cliWorld(new AbortController())
const start = (command: string, args: readonly string[] = [], env: Environment = world.env) =>
  world.spawn({ command, args, env, place: 'foreground' })

describe('the real terminal', () => {
  it('gives back a child’s exit code, and 128 plus the signal that ended it', async () => {
    expect(await start(process.execPath, ['-e', 'process.exit(42)'])).toEqual({ started: true, exit: 42 })
    expect(await start(process.execPath, ['-e', 'process.kill(process.pid, "SIGKILL")'])).toEqual({
      started: true,
      exit: 137,
    })
  })

  it('hands the child its environment and no other', async () => {
    const script = 'process.exit(process.env.ONLY === "this" && process.env.HOME === undefined ? 7 : 8)'
    expect(await start(process.execPath, ['-e', script], { ONLY: 'this' })).toEqual({ started: true, exit: 7 })
  })

  it('tells a command that is not there from one that is not executable and one that cannot be', async () => {
    const file = join(aFolder(), 'plain.txt')
    writeFileSync(file, 'not a program')
    chmodSync(file, 0o600)
    expect(await start('/nowhere/at/all')).toEqual({ started: false, because: 'not_found' })
    expect(await start(file)).toEqual({ started: false, because: 'not_executable' })
    expect(await start(process.execPath, ['nul\0byte'])).toEqual({ started: false, because: 'other' })
  })

  it('lets a browser go at once, and notices when there is none', async () => {
    const env = world.env
    const wait = ['-e', 'setTimeout(() => {}, 500)']
    expect(await world.spawn({ command: process.execPath, args: wait, env, place: 'background' })).toEqual({
      started: true,
      exit: 0,
    })
    const none = await world.spawn({ command: '/nowhere/at/all', args: [], env, place: 'background' })
    expect(none).toEqual({ started: false, because: 'not_found' })
  })

  it('knows the living from the dead', () => {
    expect(world.isAlive(process.pid)).toBe(true)
    expect(world.isAlive(2 ** 30)).toBe(false)
  })
})

describe('the real program', () => {
  it('prints its version, and ends', async () => {
    const { exit, out } = await aProgram(['version']).ended
    expect(exit).toBe(0)
    expect(out).toMatch(/^rolegate \d+\.\d+\.\d+\n$/)
  })

  it('renews a sign-in once for three processes at once, past the lock of one that was killed', async () => {
    const gateway = await aGateway()
    const folder = aFolder()
    const old = { accessToken: 'rga_old', refreshToken: 'rgr_old', expiresAt: '2020-01-01T00:00:00.000Z' }
    writeFileSync(join(folder, 'tokens.json'), JSON.stringify({ version: 1, servers: { [gateway.origin]: old } }))
    const killed = { id: 'killed', pid: 2 ** 30, host: world.hostname, at: world.now().toISOString() }
    writeFileSync(join(folder, `${encodeURIComponent(gateway.origin)}.lock`), JSON.stringify(killed))

    const programs = [1, 2, 3].map(() => aProgram(['whoami', '--server', gateway.origin], folder).ended)
    expect((await Promise.all(programs)).map(({ exit }) => exit)).toEqual([0, 0, 0])
    expect(gateway.askedFor('POST /oauth/token')).toHaveLength(1)
    expect(gateway.askedFor('GET /v1/whoami').map(({ authorization }) => authorization)).toEqual(
      Array.from({ length: 3 }, () => 'Bearer rga_new'),
    )
  })

  it('ends with 130 on Ctrl-C while it waits for somebody to approve', async () => {
    const gateway = await aGateway()
    gateway.on('POST /oauth/token', anOauthError('authorization_pending'))
    const program = aProgram(['login', '--server', gateway.origin])
    await program.says('WDJB-MJHT')
    program.interrupt()
    expect(await program.ended).toMatchObject({ exit: 130, out: '' })
  })
})

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-program-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The client in a process of its own, with a main file as small as one can be. */
function aProgram(argv: readonly string[], folder = aFolder()) {
  const root = fileURLToPath(new URL('../../', import.meta.url))
  const main = `import { runCli } from './src/program/cli.ts'; process.exitCode = await runCli(process.argv.slice(1))`
  const args = ['--import', 'tsx', '--input-type=module', '-e', main, '--', ...argv]
  const env = { PATH: process.env['PATH'], HOME: aFolder(), ROLEGATE_CONFIG_DIR: folder }
  const child = spawn(process.execPath, args, { cwd: root, env })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exit = new Promise<number | null>((resolve) => child.once('close', resolve))
  const out = text(child.stdout)
  return {
    interrupt: () => child.kill('SIGINT'),
    says: (word: string) =>
      new Promise<void>((resolve) => child.stderr.on('data', (chunk) => String(chunk).includes(word) && resolve())),
    ended: Promise.all([exit, out]).then(([code, printed]) => ({ exit: code, out: printed })),
  }
}
