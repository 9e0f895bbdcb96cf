import { parseArgs } from 'node:util'
import { nearestOption } from '../domain/nearest.ts'
import { type Command, GLOBAL_OPTIONS, type Typed } from './command.ts'
import { usageFailure } from './failure.ts'

/** The command's name is the first word that is no global option nor an option's value. */
export function splitName(argv: readonly string[]): {
  readonly name: string | undefined
  readonly args: readonly string[]
} {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? ''
    if (word === '--') break
    if (word === '--server') at += 1
    else if (!word.startsWith('-')) return { name: word, args: argv.toSpliced(at, 1) }
  }
  return { name: undefined, args: argv }
}

/** True when help is asked for, whatever else is wrong with the line; what follows `--` is not ours. */
export const asksForHelp = (args: readonly string[]): boolean => {
  const ours = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  return ours.includes('--help') || ours.includes('-h')
}

/** The line read against one command; fails with `invalid_request` and the command's usage. */
export function readArgs(command: Command, args: readonly string[]): Typed {
  const end = args.indexOf('--')
  const { words, values } = readOptions(command, end < 0 ? args : args.slice(0, end))
  const rest = end < 0 ? [] : args.slice(end + 1)
  const typed = command.takesRest ? { words, values, rest } : { words: [...words, ...rest], values, rest: [] }
  requireWords(command, typed.words)
  if (values['quiet'] === true && values['verbose'] === true) throw usageFailure('-q and -v contradict.', command.usage)
  return typed
}

function readOptions(command: Command, args: readonly string[]): Omit<Typed, 'rest'> {
  try {
    const options = { ...GLOBAL_OPTIONS, ...command.options }
    const { positionals, values } = parseArgs({
      args: [...joinUntil(command, args)],
      options,
      allowPositionals: true,
      strict: true,
    })
    return { words: positionals, values }
  } catch (thrown) {
    const said = firstSentence(thrown)
    const near = nearestOption(
      said,
      [...Object.keys(GLOBAL_OPTIONS), ...Object.keys(command.options)].map((name) => `--${name}`),
    )
    throw usageFailure(near === undefined ? said : `${said} Did you mean ${near}?`, command.usage)
  }
}

/** `-d until 18:00`, and `--for until 18:00`, is one duration, with quotes around it or without. */
function joinUntil({ options }: Command, args: readonly string[]): readonly string[] {
  const at = args.findIndex((word, index) =>
    word === 'until'
      ? ['-d', '--duration', '--for'].includes(args[index - 1] ?? '')
      : /^--(duration|for)=until$/.test(word),
  )
  const time = args[at + 1]
  if ((options['duration'] ?? options['for']) === undefined || at < 0 || time === undefined) return args
  return args.toSpliced(at, 2, `${args[at]} ${time}`)
}

/** parseArgs adds advice about quoting that only confuses. */
const firstSentence = (thrown: unknown): string =>
  `${(thrown instanceof Error ? thrown.message : '').split(/\. |\n/)[0]?.replace(/\.$/, '') ?? ''}.`

const SEE = new Map([
  ['ROLE', 'see: rolegate list'],
  ['ID', 'see: rolegate requests'],
])

/** As pick-role.ts says it where a terminal might have been asked. */
const missing = (word: string): string => {
  if (word.includes('|')) return `One of ${word.split('|').join(', ')} is missing.`
  const see = SEE.get(word)
  return `${/^[AEIOU]/.test(word) ? 'An' : 'A'} ${word} is missing${see === undefined ? '.' : `; ${see}`}`
}

/** What is often written as a bare word: the gateway's address, and an option without its dashes. */
function insteadOf(extra: string, options: Command['options']): string {
  if (/^https?:\/\//.test(extra)) return ' A gateway is named by --server.'
  return Object.hasOwn(options, extra) ? ` Did you mean --${extra}?` : ''
}

function requireWords({ usage, words: { least, most }, takesRest, options }: Command, words: readonly string[]): void {
  // `rolegate explain ROLE […]`: the usage names what comes first.
  if (words.length < least) throw usageFailure(missing(usage.split(' ')[2 + words.length] ?? ''), usage)
  const extra = words[most]
  if (extra !== undefined)
    throw usageFailure(
      `“${extra}” is one word too many${takesRest ? ': put -- before the command, as in -- ' + extra : ''}.${insteadOf(extra, options)}`,
      usage,
    )
  if (words.includes('')) throw usageFailure('An empty word names nothing.', usage)
}
