import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import type { Answer, Question } from './answer.ts'
import { script } from './places.ts'

/** One process of a benchmark: a server under measurement, a floor, or a stand-in for a neighbour. */
export type Side = {
  /** Empty for a side that serves nothing. */
  readonly url: string
  ask<Value>(name: string, value?: unknown): Promise<Value>
  /** Ends it, and waits for its end. */
  stop(): Promise<void>
}

export type SideSettings = {
  readonly script: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly nodeFlags?: readonly string[]
  /** Runs when it has ended. */
  readonly cleanUp?: () => void
}

/** Sides that are running: a bench leaves none behind, however it ends. */
const running = new Map<ChildProcess, () => Promise<void>>()

/** Folder for CPU profiles of every side, by `--profile DIR`. */
let profiles: string | undefined
export const keepProfiles = (folder: string): void => void (profiles = folder)

/** Starts a process without waiting for it to be ready. Its output goes nowhere; its complaints come to us. */
export function startProcess({
  script: path,
  args = [],
  env = {},
  nodeFlags = [],
  cleanUp,
}: SideSettings): Omit<Side, 'url'> {
  const profiling = profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`]
  const child = fork(path, args, {
    execArgv: [`--import=file://${script('harness/meter')}`, ...profiling, ...nodeFlags],
    env: { ...process.env, NODE_ENV: 'production', AWS_EC2_METADATA_DISABLED: 'true', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const complaints: string[] = []
  child.stderr?.on('data', (chunk: Buffer) => complaints.push(chunk.toString()))

  const waiting = new Map<number, { resolve: (value: never) => void; reject: (failure: Error) => void }>()
  child.on('message', ({ id, value, failure }: Answer) => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (failure === undefined) asked?.resolve(value as never)
    else asked?.reject(new Error(failure))
  })
  const ended = once(child, 'exit').then(() => {
    running.delete(child)
    cleanUp?.()
    for (const { reject } of waiting.values()) reject(new Error(`${path} ended early:\n${complaints.join('')}`))
  })

  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    await ended
  }
  running.set(child, stop)

  let questions = 0
  return {
    ask(name, value) {
      questions += 1
      const question: Question = { id: questions, name, value }
      return new Promise((resolve, reject) => {
        if (child.exitCode !== null) return reject(new Error(`${path} has ended:\n${complaints.join('')}`))
        waiting.set(question.id, { resolve, reject })
        child.send(question)
      })
    },
    stop,
  }
}

/** Starts one of our own scripts, which listens where it likes and says so when asked `port` (0: it serves nothing). */
export async function startSide(settings: SideSettings): Promise<Side> {
  const side = startProcess(settings)
  const port = await side.ask<number>('port')
  return { ...side, url: port === 0 ? '' : `http://127.0.0.1:${port}` }
}

export async function stopSides(): Promise<void> {
  await Promise.all([...running.values()].map((stop) => stop()))
}

/** Ports that are free now; for programs which must know their address before they start. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map(async (server) => once(server.close(), 'close')))
  return ports
}
