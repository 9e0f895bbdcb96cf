import { asRolegateError } from '../domain/errors.ts'
import { type Command, makeCall } from './command.ts'
import { ALIASES, commandNamed, COMMANDS, everyCommand } from './commands.ts'
import { EXIT, INTERRUPTED } from './exit.ts'
import { failureLines, usageFailure } from './failure.ts'
import { asksForHelp, readArgs, splitName } from './read-args.ts'
import { oneLine } from './server-text.ts'
import type { CliWorld } from './world.ts'

const USAGE = 'rolegate [--server URL] [--json] [-q|-v] COMMAND'

/**
 * Runs one command line and answers with its exit code; only main.ts ends the process. `servers`: commands of the other half, which
 * somebody may have meant.
 */
export async function run(argv: readonly string[], world: CliWorld, servers: Iterable<string> = []): Promise<number> {
  if (argv[0] === '__complete') return (await import('./complete.ts')).complete(argv.slice(1), world)
  const { name, args } = splitName(argv)
  let server: unknown
  const command = await commandNamed(name === undefined && args.includes('--version') ? 'version' : name)
  try {
    if (command === undefined) return await answerWithoutCommand({ name, args, servers }, world)
    if (asksForHelp(args)) return await printHelpOf(command, world)
    const ours = args.filter((word) => command.name !== 'version' || word !== '--version')
    const typed = readArgs(command, ours)
    server = typed.values['server']
    return await command.run(makeCall(command, typed, world))
  } catch (thrown) {
    if (world.interrupted.aborted) return INTERRUPTED
    return report(thrown, { command, server }, world)
  }
}

async function answerWithoutCommand(
  { name, args, servers }: { name: string | undefined; args: readonly string[]; servers: Iterable<string> },
  world: CliWorld,
): Promise<number> {
  if (name === 'help') return help(args[0], world, servers)
  if (name === undefined && asksForHelp(args)) return print(await overview(), world)
  if (name !== undefined) throw await unknownCommand(name, servers)
  world.err(await overview())
  return EXIT.invalid_request
}

async function help(topic: string | undefined, world: CliWorld, servers: Iterable<string>): Promise<number> {
  const command = await commandNamed(topic)
  if (command !== undefined) return printHelpOf(command, world)
  if (topic === undefined || topic === '--help' || topic === '-h') return print(await overview(), world)
  const text = (await import('./help.ts')).TOPICS.get(topic)
  if (text === undefined) throw await unknownCommand(topic, servers)
  return print(text, world)
}

const overview = async (): Promise<string> => (await import('./help.ts')).overviewOf(await everyCommand())

const printHelpOf = async (command: Command, world: CliWorld): Promise<number> =>
  print((await import('./help.ts')).helpOf(command), world)

function print(text: string, world: CliWorld): number {
  world.out(text)
  return 0
}

async function unknownCommand(name: string, servers: Iterable<string>): Promise<Error> {
  const { nearest } = await import('../domain/nearest.ts')
  const near = nearest(name, [...COMMANDS.keys(), ...ALIASES.keys(), 'help', ...servers])
  return usageFailure(
    `There is no command “${oneLine(name)}”.${near ? ` Did you mean ${near}?` : ''} See: rolegate help`,
    USAGE,
  )
}

function report(
  thrown: unknown,
  { command, server }: { readonly command: Command | undefined; readonly server: unknown },
  world: CliWorld,
): number {
  const lines = failureLines(thrown, typeof server === 'string' ? server : undefined)
  world.err(`${command?.failsOnOneLine ? lines.join(' · ').replaceAll('\n', ' ') : lines.join('\n')}\n`)
  return EXIT[asRolegateError(thrown).code]
}
