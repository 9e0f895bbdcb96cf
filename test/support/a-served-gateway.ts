import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { startDemoWorld } from '../../src/sandbox/world.ts'
import { freePorts } from './a-demo.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** Why the SQLite store cannot run here, or undefined. */
export const noSqlite = ((): string | undefined => {
  const require = createRequire(import.meta.url)
  for (const driver of ['node:sqlite', 'better-sqlite3']) {
    try {
      const loaded = require(driver) as new (path: string) => { close(): void }
      if (driver === 'better-sqlite3') new loaded(':memory:').close()
      return undefined
    } catch {
      continue
    }
  }
  return 'no SQLite driver for this Node: npm rebuild better-sqlite3'
})()

/** The built program's `serve` as a process of its own, on SQLite and an audit file, in the demo's world. */
export async function aServedGateway() {
  const [gatewayPort = 0, idpPort = 0, awsPort = 0, consolePort = 0, managementPort = 0] = await freePorts(5)
  const world = await startDemoWorld({
    gatewayPort,
    idpPort,
    awsPort,
    consolePort,
    managementPort,
    now: () => new Date(),
    random: (bytes) => randomBytes(bytes),
  })
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-served-'))
  const file = join(folder, 'rolegate.yaml')
  const write = (change = (text: string) => text) =>
    writeFileSync(
      file,
      change(
        world.configText
          .replace(
            'store: { driver: memory }',
            'store: { driver: sqlite, path: rolegate.db }\nsecrets: { master_key_env: MASTER_KEY }',
          )
          .replace('sinks: [{ type: store }]', 'sinks: [{ type: file, path: audit.jsonl }]'),
      ),
    )
  write()
  const masterKey = randomBytes(32).toString('base64')
  let process_: ChildProcess | undefined
  let said = ''

  return {
    world,
    folder,
    write,
    url: `http://127.0.0.1:${gatewayPort}`,
    managementUrl: `http://127.0.0.1:${managementPort}`,
    said: () => said,
    audit: () =>
      existsSync(join(folder, 'audit.jsonl'))
        ? readFileSync(join(folder, 'audit.jsonl'), 'utf8')
            .split('\n')
            .filter((line) => line.endsWith('}'))
            .map((line) => JSON.parse(line) as Record<string, unknown>)
        : [],
    /** Starts it; resolves when it listens, or with its exit code when it will not. */
    start(
      options: { masterKey?: string; env?: Record<string, string>; args?: readonly string[] } = {},
    ): Promise<number | undefined> {
      said = ''
      const child = spawn(
        process.execPath,
        [PROGRAM, 'serve', '--config', file, '--insecure-dev', ...(options.args ?? [])],
        {
          env: { PATH: '/usr/bin:/bin', MASTER_KEY: options.masterKey ?? masterKey, ...world.env, ...options.env },
        },
      )
      process_ = child
      child.stdout.resume()
      return new Promise((resolve) => {
        child.once('exit', (code) => resolve(code ?? 1))
        child.stderr.on('data', (data: Buffer) => {
          said += data.toString()
          if (said.includes('listens on')) resolve(undefined)
        })
      })
    },
    file,
    masterKey,
    /** `rolegate admin …` beside it, on the same host. */
    async admin(...args: readonly string[]): Promise<{ exit: number; out: string; err: string }> {
      const child = spawn(process.execPath, [PROGRAM, 'admin', ...args], {
        env: { PATH: '/usr/bin:/bin', MASTER_KEY: masterKey, ROLEGATE_CONFIG: file, SUDO_USER: 'olga' },
      })
      const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
      return { exit: child.exitCode ?? (await once(child, 'close'))[0], out, err }
    },
    hangUp: () => process_?.kill('SIGHUP'),
    /** Sends a signal and waits for the end: the exit code, or null when the signal ended it. */
    stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
      const child = process_
      if (child === undefined || child.exitCode !== null) return Promise.resolve(child?.exitCode ?? null)
      return new Promise((resolve) => {
        child.once('exit', (code) => resolve(code))
        child.kill(signal)
      })
    },
    async close() {
      process_?.kill('SIGKILL')
      await world.close()
      rmSync(folder, { recursive: true })
    },
  }
}
