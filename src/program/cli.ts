import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { constants, homedir, hostname, userInfo } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../cli/run.ts'
import type { Child, ChildEnd, CliWorld } from '../cli/world.ts'
import { PACKAGE } from '../places.ts'
import { proxiedFetch } from './proxied-fetch.ts'
import { VERSION } from './version.ts'

/** Runs one line of the client in this process's world; answers with the exit code. */
export async function runCli(argv: readonly string[], servers: Iterable<string>): Promise<number> {
  const interrupt = new AbortController()
  const onInterrupt = () => interrupt.abort()
  // A second Ctrl-C finds nobody listening and ends the process.
  process.once('SIGINT', onInterrupt)
  try {
    return await run(argv, cliWorld(interrupt), servers)
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

export const cliWorld = (interrupt: AbortController): CliWorld => ({
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTty: { stdin: process.stdin.isTTY, stdout: process.stdout.isTTY, stderr: process.stderr.isTTY },
  env: process.env,
  now: () => new Date(),
  sleep: async (ms, signal) => sleep(ms, undefined, { signal }),
  timeout: timeoutSignal,
  fetch: proxiedFetch(process.env),
  spawn: runChild,
  exists: existsSync,
  listen: async (hear) => (await import('./loopback.ts')).listenOnLoopback(hear),
  pick: async (question, choices) => answered(interrupt, (await import('./prompts.ts')).pick(question, choices)),
  confirm: async (question) => answered(interrupt, (await import('./prompts.ts')).ask(question)),
  explainFile: async (file, ask) => (await import('./explain-file.ts')).explainFile(file, ask),
  ownFile: (path) => readFile(new URL(path, PACKAGE), 'utf8'),
  keychain: async () => (await import('./keychain.ts')).openKeychain(),
  interrupted: interrupt.signal,
  pid: process.pid,
  isAlive,
  hostname: hostname(),
  userName: userName(),
  homeFolder: homedir(),
  platform: process.platform,
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  version: VERSION,
  program: [process.execPath, process.argv[1] ?? ''],
})

/** Ctrl-C and Esc reach a prompt as keys, not as a signal; they mean the same. */
async function answered<T>(interrupt: AbortController, prompt: Promise<T | undefined>): Promise<T> {
  const answer = await prompt
  if (answer !== undefined) return answer
  interrupt.abort()
  return Promise.reject(interrupt.signal.reason as Error)
}

/** Not AbortSignal.timeout: only a running timer keeps that one from being collected. */
function timeoutSignal(ms: number): AbortSignal {
  const late = new AbortController()
  setTimeout(() => late.abort(), ms).unref()
  return late.signal
}

/** Starts a child without a shell: no word of it is read as a command line again. */
async function runChild(child: Child): Promise<ChildEnd> {
  try {
    return await startChild(child)
  } catch (thrown) {
    return { started: false, because: whyNot(thrown) }
  }
}

/** Some failures to start come as an event, some are thrown. */
function startChild({ command, args, env, place }: Child): Promise<ChildEnd> {
  const inBackground = place === 'background'
  const child = spawn(command, args, { env, stdio: inBackground ? 'ignore' : 'inherit', detached: inBackground })
  const release = inBackground ? () => undefined : passSignals((signal) => child.kill(signal))
  return new Promise<ChildEnd>((resolve, reject) => {
    child.once('error', reject)
    if (inBackground) {
      child.once('spawn', () => resolve({ started: true, exit: 0 }))
      child.unref()
    }
    child.once('close', (code, signal) =>
      resolve({ started: true, exit: code ?? 128 + (signal === null ? 0 : constants.signals[signal]) }),
    )
  }).finally(release)
}

const stay = () => undefined

/**
 * The terminal sends Ctrl-C to the child too, which decides itself whether to end. Signals sent only to us are passed
 * on.
 */
function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  process.on('SIGINT', stay)
  process.on('SIGTERM', pass)
  process.on('SIGHUP', pass)
  return () => {
    process.off('SIGINT', stay)
    process.off('SIGTERM', pass)
    process.off('SIGHUP', pass)
  }
}

function whyNot(thrown: unknown): Extract<ChildEnd, { started: false }>['because'] {
  const errno = errnoOf(thrown)
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return 'not_found'
  return errno === 'EACCES' || errno === 'ENOEXEC' ? 'not_executable' : 'other'
}

const errnoOf = (thrown: unknown): unknown => (thrown instanceof Error && 'code' in thrown ? thrown.code : undefined)

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (thrown) {
    // EPERM: it lives, and belongs to somebody else.
    return errnoOf(thrown) === 'EPERM'
  }
}

/** A container may run as a number without a name. */
function userName(): string {
  try {
    return userInfo().username
  } catch {
    return ''
  }
}
