import type { ParseArgsConfig } from 'node:util'
import type { Connection } from './connect.ts'
import { usageFailure } from './failure.ts'
import type { CliWorld } from './world.ts'

export type { Connection }

export type Option = NonNullable<ParseArgsConfig['options']>[string] & {
  /** What stands for the value in the help: `DURATION`. */
  readonly value?: string
  /** All that its value may be, for completion. */
  readonly oneOf?: readonly string[]
  readonly about: string
}

/** One command of the client: its help is written first, and commands.ts knows how to load it. */
export type Command = {
  readonly name: string
  readonly aliases?: readonly string[]
  readonly usage: string
  readonly summary: string
  readonly options: Readonly<Record<string, Option>>
  /** How many words may follow the name, before any `--`. */
  readonly words: { readonly least: number; readonly most: number }
  /** What its first word may be, for completion: a role, or one of these. */
  readonly completes?: 'role' | readonly string[]
  /** Takes what follows `--` as another program's own words. */
  readonly takesRest?: true
  /** Its failures are read by a program that shows one line: see credential-process. */
  readonly failsOnOneLine?: true
  readonly run: (call: Call) => Promise<number>
}

export const GLOBAL_OPTIONS = {
  server: { type: 'string', value: 'URL', about: 'the gateway; default ROLEGATE_URL, then the one last signed in at' },
  json: { type: 'boolean', about: 'print the answer as JSON' },
  quiet: { type: 'boolean', short: 'q', about: 'fewer words on stderr' },
  verbose: { type: 'boolean', short: 'v', about: 'show each request on stderr: method, path, status, request id' },
  help: { type: 'boolean', short: 'h', about: 'show this help' },
} as const satisfies Record<string, Option>

/** What a person typed, read against one command. */
export type Typed = {
  readonly words: readonly string[]
  readonly rest: readonly string[]
  readonly values: Readonly<Record<string, unknown>>
}

/** One run of one command. */
export type Call = {
  readonly world: CliWorld
  readonly words: readonly string[]
  readonly rest: readonly string[]
  readonly json: boolean
  readonly text: (option: string) => string | undefined
  /** Of an option that may be given several times. */
  readonly texts: (option: string) => readonly string[]
  readonly flag: (option: string) => boolean
  /** Words for people, unless they asked for quiet. */
  readonly say: (line: string) => void
  /** A usage failure that ends with this command's usage. */
  readonly misused: (detail: string) => Error
  /** To the gateway that flag, variable or settings name; with an origin, to that one. */
  readonly connect: (origin?: string) => Promise<Connection>
}

export function makeCall(command: Command, { words, rest, values }: Typed, world: CliWorld): Call {
  const text = (option: string) => (typeof values[option] === 'string' ? values[option] : undefined)
  const texts = (option: string) => [values[option] ?? []].flat().filter((value) => typeof value === 'string')
  const flag = (option: string) => values[option] === true
  const say = (line: string) => (flag('quiet') ? undefined : world.err(`${line}\n`))
  const trace = (line: string) => (flag('verbose') ? world.err(`${line}\n`) : undefined)
  return {
    world,
    words,
    rest,
    text,
    texts,
    flag,
    json: flag('json'),
    say,
    misused: (detail) => usageFailure(detail, command.usage),
    connect: async (origin) => (await import('./connect.ts')).connect(origin ?? text('server'), world, { trace, say }),
  }
}
