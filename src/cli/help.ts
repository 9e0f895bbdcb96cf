import { type Command, GLOBAL_OPTIONS, type Option } from './command.ts'
import { ENVIRONMENT } from './environment.ts'
import { EXIT_MEANINGS } from './exit.ts'
import { inColumns } from './table.ts'

/** `rolegate help` */
export const overviewOf = (commands: readonly Command[]): string =>
  [
    'Usage: rolegate [--server URL] [--json] [-q|-v] COMMAND',
    '',
    'Commands:',
    ...indented(commands.map(({ name, summary }) => [name, summary])),
    '',
    'A ROLE is alias/role, a role ARN, 123456789012/role, or the unique beginning of alias/role.',
    'A DURATION is 15m, 3h, 1h30m, or until 18:00.',
    '',
    'More: rolegate COMMAND --help · rolegate help environment · rolegate help exit-codes',
    '',
  ].join('\n')

/** `rolegate COMMAND --help` */
export const helpOf = ({ usage, summary, aliases, options }: Command): string =>
  [
    `Usage: ${usage}`,
    '',
    summary,
    ...(aliases ? ['', `Also called: ${aliases.join(', ')}`] : []),
    ...(Object.keys(options).length > 0 ? ['', 'Options:', ...indented(Object.entries(options).map(optionRow))] : []),
    '',
    'Options of every command:',
    ...indented(Object.entries(GLOBAL_OPTIONS).map(optionRow)),
    '',
    'Exit codes: rolegate help exit-codes',
    '',
  ].join('\n')

/** threats.md D14: what is said of the file must be true. */
const PROTECTION = [
  'The encrypted file keeps a sign-in from other users of this machine, and a copy of that one file is of no use.',
  'It does not keep it from programs that run as you: its key lies beside it.',
].join('\n')

/** `rolegate help TOPIC` */
export const TOPICS: ReadonlyMap<string, string> = new Map([
  ['environment', `${indented([...ENVIRONMENT]).join('\n')}\n\n${PROTECTION}\n`],
  ['exit-codes', `${indented([...EXIT_MEANINGS].map(([code, meaning]) => [String(code), meaning])).join('\n')}\n`],
])

const optionRow = ([name, { short, value, about }]: [string, Option]): [string, string] => [
  `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`,
  about,
]

function indented(rows: readonly (readonly string[])[]): readonly string[] {
  return inColumns(rows).map((line) => `  ${line}`)
}
