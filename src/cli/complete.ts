import { type Command, GLOBAL_OPTIONS, type Option } from './command.ts'
import { ALIASES, commandNamed, COMMANDS, everyCommand } from './commands.ts'
import { splitName } from './read-args.ts'
import { readRoleNames } from './role-names.ts'
import { chooseServer } from './settings.ts'
import type { CliWorld } from './world.ts'

/** A word that a shell may offer, and what it means. */
type Candidate = readonly [word: string, about: string]
type Place = Pick<CliWorld, 'env' | 'homeFolder'>

/**
 * `rolegate __complete WORD…`: how the last word, which may be empty, can go on. Reads files on this machine, never
 * asks the gateway, and never fails: a shell shows no errors while completing.
 */
export async function complete(words: readonly string[], world: CliWorld): Promise<number> {
  const found = await candidates(words, world).catch(() => [])
  world.out(found.map(([word, about]) => `${word}\t${about}\n`).join(''))
  return 0
}

async function candidates(words: readonly string[], place: Place): Promise<readonly Candidate[]> {
  const typed = words.at(-1)
  // The quotes are what Windows PowerShell can pass of an empty word.
  const current = typed === undefined || typed === '""' ? '' : typed
  const { name, args } = splitName(words.slice(0, -1))
  const command = await commandNamed(name)
  const options: Options = { ...GLOBAL_OPTIONS, ...command?.options }
  const offered = await offersAfter(readBefore(args, options), current, { name, command, options }, place)
  return offered.filter(([word]) => word.startsWith(current))
}

type Options = Readonly<Record<string, Option>>
type Asked = { readonly name: string | undefined; readonly command: Command | undefined; readonly options: Options }

/** What stands before the word under the cursor, the command's name apart. */
type Before = {
  readonly words: readonly string[]
  readonly used: ReadonlyMap<string, string | undefined>
  /** The option whose value comes next. */
  readonly open: string | undefined
  /** Past `--`: another program's own line. */
  readonly isRest: boolean
}

function readBefore(args: readonly string[], options: Options): Before {
  const words: string[] = []
  const used = new Map<string, string | undefined>()
  let open: string | undefined
  for (const word of args) {
    if (open !== undefined) {
      used.set(open, word)
      open = undefined
    } else if (word === '--') return { words, used, open, isRest: true }
    else if (!word.startsWith('-')) words.push(word)
    else {
      const name = Object.keys(options).find((name) => word === `--${name}` || word === `-${options[name]?.short}`)
      if (name === undefined) continue
      used.set(name, undefined)
      open = options[name]?.type === 'string' ? name : undefined
    }
  }
  return { words, used, open, isRest: false }
}

async function offersAfter(
  { words, used, open, isRest }: Before,
  current: string,
  { name, command, options }: Asked,
  place: Place,
): Promise<readonly Candidate[]> {
  if (isRest) return []
  if (open !== undefined) return plain(options[open]?.oneOf ?? [])
  if (current.startsWith('-')) return optionNames(options, used)
  if (name === undefined) return commandNames()
  if (words.length > 0) return []
  if (name === 'help') return plain(COMMANDS.keys())
  if (command?.completes === 'role') return plain(await roleNames(used.get('server'), place))
  return plain(command?.completes ?? [])
}

const plain = (words: Iterable<string>): readonly Candidate[] => Array.from(words, (word) => [word, ''])

const optionNames = (options: Options, used: Before['used']): readonly Candidate[] =>
  Object.entries(options)
    .filter(([name]) => !used.has(name))
    .map(([name, { about }]) => [`--${name}`, about])

async function commandNames(): Promise<readonly Candidate[]> {
  const commands = await everyCommand()
  return [
    ...commands.map(({ name, summary }): Candidate => [name, summary]),
    ...Array.from(ALIASES, ([alias, name]): Candidate => [alias, `the same as ${name}`]),
    ['help', 'Show what there is, or one command’s own help.'],
  ]
}

async function roleNames(server: string | undefined, place: Place): Promise<readonly string[]> {
  const { origin } = await chooseServer(server, place)
  return readRoleNames(place, origin)
}
