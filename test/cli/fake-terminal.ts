import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { run } from '../../src/cli/run.ts'
import type { Child, ChildEnd, CliWorld, Heard, Page } from '../../src/cli/world.ts'
import { aGateway } from './fake-gateway.ts'
import { readTokens, writeTokens } from './kept-files.ts'

type Ran = { readonly exit: number; readonly out: string; readonly err: string }
export type Terminal = {
  readonly folder: string
  readonly world: CliWorld
  readonly run: (...argv: readonly string[]) => Promise<Ran>
  readonly slept: readonly number[]
  readonly spawned: readonly Child[]
  readonly signIn: (origin: string, tokens?: object) => void
  /** Leaves the gateway known, and nobody signed in there. */
  readonly signOut: (origin: string) => void
  /** A second sign-in, at another gateway than the one last signed in at. */
  readonly signInAlso: (origin: string, tokens?: object) => void
  /** A request to the port that `login` listens on; undefined while nobody listens. */
  readonly knock: (target: string, over?: Partial<Heard>) => Page | undefined
  /** What tokens.enc holds, by origin. */
  readonly tokens: () => ReturnType<typeof readTokens>
}

/** Where every fake terminal listens. */
export const LOOPBACK_PORT = 50123

/** A terminal on a machine of its own: its folder, its clock, its programs. Nobody sleeps. */
export function aTerminal(over: Partial<CliWorld> = {}): Terminal {
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-cli-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const slept: number[] = []
  const spawned: Child[] = []
  let hear: Parameters<CliWorld['listen']>[0] | undefined
  let now = Date.parse('2030-01-01T09:00:00Z')

  const world: CliWorld = {
    out: () => undefined,
    err: () => undefined,
    isTty: { stdin: false, stdout: false, stderr: false },
    now: () => new Date(now),
    sleep: async (ms, signal) => {
      slept.push(ms)
      // Waiting for a lock takes no time here, or one loopback request would outlast a minute of it.
      if (ms >= 1000) now += ms
      await setImmediate(undefined, { signal })
    },
    timeout: () => new AbortController().signal,
    fetch,
    spawn: async (child) => {
      spawned.push(child)
      return { started: true, exit: 0 } satisfies ChildEnd
    },
    exists: () => false,
    listen: async (toldTo) => {
      hear = toldTo
      return { port: LOOPBACK_PORT, close: () => void (hear = undefined) }
    },
    pick: async () => Promise.reject(new Error('nobody was to be asked')),
    confirm: async () => Promise.reject(new Error('nobody was to be asked')),
    explainFile: () => Promise.reject(new Error('no file was to be asked')),
    ownFile: (path) => readFile(path, 'utf8'),
    keychain: () => Promise.reject(new Error('No keychain here.')),
    interrupted: new AbortController().signal,
    pid: process.pid,
    isAlive: () => true,
    hostname: 'build-7',
    userName: 'alice',
    homeFolder: folder,
    platform: 'linux',
    timeZone: 'UTC',
    version: '9.9.9',
    program: ['/usr/bin/node', '/opt/rolegate/dist/main.js'],
    ...over,
    env: { ROLEGATE_CONFIG_DIR: folder, ROLEGATE_TOKEN_STORE: 'file', ...over.env },
  }

  return {
    folder,
    world,
    slept,
    spawned,
    run: async (...argv) => {
      let [out, err] = ['', '']
      // A line is a process, and hears of its own Ctrl-C: parallel ones share no signal.
      const { interrupted = new AbortController().signal } = over
      const exit = await run(argv, {
        ...world,
        interrupted,
        out: (text) => void (out += text),
        err: (text) => void (err += text),
      })
      return { exit, out, err }
    },
    signIn: (origin, tokens) => {
      writeTokens(folder, { [origin]: { ...KEPT, ...tokens } })
      writeFileSync(join(folder, 'settings.json'), JSON.stringify({ version: 1, server: origin }))
    },
    signOut: (origin) => rmSync(join(folder, 'sign-ins', `${encodeURIComponent(origin)}.json`)),
    signInAlso: (origin, tokens) => writeTokens(folder, { ...readTokens(folder), [origin]: { ...KEPT, ...tokens } }),
    knock: (target, over) =>
      hear?.({ method: 'GET', target, host: `127.0.0.1:${LOOPBACK_PORT}`, ...over }, LOOPBACK_PORT),
    tokens: () => readTokens(folder),
  }
}

const KEPT = { accessToken: 'rga_kept', refreshToken: 'rgr_kept', expiresAt: '2030-01-01T09:30:00.000Z' }

/** A terminal whose person signed in at a gateway of its own. `asked` are the JSON bodies that gateway was sent. */
export async function signedIn(over: Parameters<typeof aTerminal>[0] = {}) {
  const gateway = await aGateway()
  const terminal = aTerminal(over)
  terminal.signIn(gateway.origin)
  const asked = (route: string): unknown[] => gateway.askedFor(route).map(({ body }) => JSON.parse(body))
  return { gateway, terminal, run: terminal.run, asked }
}
