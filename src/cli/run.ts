import { asRolegateError } from '../domain/errors.ts'
import { type Command, makeCall } from './command.ts'
import { openConsole } from './commands/console.ts'
import { credentialProcess } from './commands/credential-process.ts'
import { env } from './commands/env.ts'
import { exec } from './commands/exec.ts'
import { list } from './commands/list.ts'
import { login } from './commands/login.ts'
import { logout } from './commands/logout.ts'
import { version } from './commands/version.ts'
import { whoami } from './commands/whoami.ts'
import { EXIT, INTERRUPTED } from './exit.ts'
import { failureLines, usageFailure } from './failure.ts'
import { changesBetween } from './find-role.ts'
import { helpOf, overviewOf, TOPICS } from './help.ts'
import { asksForHelp, readArgs, splitName } from './read-args.ts'
import type { CliWorld } from './world.ts'

/** Every command, in the order of the help. */
export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  [login, logout, whoami, list, exec, env, openConsole, credentialProcess, version].map((command) => [
    command.name,
    command,
  ]),
)

const OVERVIEW = overviewOf([...COMMANDS.values()])
const USAGE = 'rolegate [--server URL] [--json] [-q|-v] COMMAND'

/** Runs one command line and answers with its exit code; only main.ts ends the process. */
export async function run(argv: readonly string[], world: CliWorld): Promise<number> {
  const { name, args } = splitName(argv)
  const command = commandNamed(name === undefined && args.includes('--version') ? 'version' : name)
  try {
    if (command === undefined) return answerWithoutCommand(name, args, world)
    if (asksForHelp(args)) return print(helpOf(command), world)
    const ours = args.filter((word) => command !== version || word !== '--version')
    return await command.run(makeCall(command, readArgs(command, ours), world))
  } catch (thrown) {
    if (world.interrupted.aborted) return INTERRUPTED
    return report(thrown, command, world)
  }
}

function answerWithoutCommand(name: string | undefined, args: readonly string[], world: CliWorld): number {
  if (name === 'help') return help(args[0], world)
  if (name === undefined && asksForHelp(args)) return print(OVERVIEW, world)
  if (name !== undefined) throw unknownCommand(name)
  world.err(OVERVIEW)
  return EXIT.invalid_request
}

function help(topic: string | undefined, world: CliWorld): number {
  const command = commandNamed(topic)
  if (command !== undefined) return print(helpOf(command), world)
  const text = topic === undefined || topic === '--help' || topic === '-h' ? OVERVIEW : TOPICS.get(topic)
  if (text === undefined) throw unknownCommand(topic ?? '')
  return print(text, world)
}

function print(text: string, world: CliWorld): number {
  world.out(text)
  return 0
}

const commandNamed = (name: string | undefined): Command | undefined =>
  [...COMMANDS.values()].find((command) => command.name === name || command.aliases?.includes(name ?? ''))

function unknownCommand(name: string): Error {
  const near = [...COMMANDS.keys()].find((known) => changesBetween(name.slice(0, 40), known) <= 2)
  return usageFailure(`There is no command “${name}”.${near ? ` Did you mean ${near}?` : ''} See: rolegate help`, USAGE)
}

function report(thrown: unknown, command: Command | undefined, world: CliWorld): number {
  const lines = failureLines(thrown)
  world.err(`${command?.failsOnOneLine ? lines.join(' · ').replaceAll('\n', ' ') : lines.join('\n')}\n`)
  return EXIT[asRolegateError(thrown).code]
}
