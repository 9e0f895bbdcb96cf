import { printFault } from '../../config/load.ts'
import type { Named } from '../../domain/policy/changes.ts'
import type { FactsChange } from '../../domain/policy/facts.ts'
import { OWN_TERMS } from '../../domain/policy/opening.ts'
import type { PeopleDiff } from '../../domain/policy/people.ts'
import { plain } from '../../domain/plain.ts'
import type { Comparison, Place, Report } from './report.ts'

/** More of one kind than anybody reads in a terminal; `--json` has them all. */
const MOST_LINES = 20

/** What people read: faults and warnings on stderr, the rest on stdout. */
export function printReport(report: Report): { readonly out: string; readonly err: string } {
  const { file, secrets, faults, warnings, unfinished, config, tests, diff, online } = report
  const isDown = online?.some(({ state }) => state === 'fail') === true
  const err = [
    ...(secrets === 'not_read'
      ? [
          'note: secrets, keys and certificates are not read here; plain check-config reads them, where the file is served',
        ]
      : []),
    ...warnings.map((warning) => `warning: ${printPlace(warning)}`),
    ...faults.map(printPlace),
    ...(unfinished === true
      ? ['note: more is looked at once this is right: what comes later in a reading, and the file’s own tests']
      : []),
    ...(isDown ? ['error: not everybody answered as the file says'] : []),
    ...(faults.length === 0 && !isDown && !report.ok ? ['error: there are warnings, and --strict lets none pass'] : []),
  ]
  const out = [
    ...(tests ? tested(tests) : []),
    ...(config && report.ok
      ? [
          `${file}: ok. ${[
            counted(config.idps, 'IdP'),
            counted(config.accounts, 'account'),
            counted(config.roles, 'role'),
            counted(config.rules, 'rule'),
          ].join(', ')}; ${config.tests === 0 ? 'it has no tests' : 'its tests pass'}.`,
        ]
      : []),
    ...(online ?? []).map(({ check, state, says }) => `${state === 'ok' ? '✓' : '✗'} ${check}: ${says}`),
    ...(diff ? comparison(diff) : []),
  ]
  return { out: linesOf(out), err: linesOf(err) }
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/** Somebody imagined, and what they were asked to be able to do. */
function tested(tests: NonNullable<Report['tests']>): readonly string[] {
  if (tests.length === 0) return ['no tests were asked']
  const lines = tests.flatMap((one, place) => {
    const [{ file, line, as, expects, role, passed, because }, before] = [one, tests[place - 1]]
    const isSame = before !== undefined && before.file === file && before.line === line
    return [
      ...(isSame ? [] : [`${file}:${line}  ${as}`]),
      `  ${passed ? '✓' : '✗'} ${expects.padEnd(6)}  ${role}  ${because}`,
    ]
  })
  return [...lines, '']
}

const linesOf = (lines: readonly string[]): string => lines.map((line) => `${plain(line)}\n`).join('')

const printPlace = ({ file, ...fault }: Place): string => printFault(file, fault)

function comparison(diff: Comparison): readonly string[] {
  const changes = [
    ...diff.access.map(({ who, gains, loses, changes }) =>
      section(who, [
        ...gains.map((role) => `+ ${printNamed(role)}${role.terms === OWN_TERMS ? '' : `: ${role.terms}`}`),
        ...loses.map((role) => `- ${printNamed(role)}`),
        ...changes.map((role) => `~ ${role.role}: ${role.before} -> ${role.after}`),
      ]),
    ),
    ...diff.denies.map(({ who, closes, reopens }) =>
      section(`denied to ${who}`, [
        ...closes.map(({ role }) => `+ ${role} is closed, whatever grants it`),
        ...reopens.map(({ role }) => `- ${role} is no longer closed`),
      ]),
    ),
    facts('IdPs and issuers', diff.vouchers),
    facts('accounts', diff.accounts),
    facts('roles', diff.roles),
    facts('settings', diff.settings),
    section(
      'operators and auditors',
      diff.staff.map(({ who, role, change }) => `${signOf(change)} ${who} is ${role}`),
    ),
    section(
      'tests',
      diff.tests.map(({ as, expects, role, change }) => `${signOf(change)} ${as} ${expects} ${role}`),
    ),
  ].flat()
  if (changes.length === 0) return [`nothing differs from ${diff.against}`]
  const told = [
    ...changes,
    ...(diff.people ? people(diff.people) : []),
    ...section(
      'somebody else should look at this',
      diff.concerns.map((concern) => `! ${concern}`),
    ),
  ]
  return [`against ${diff.against}:`, ...told.map((line) => withNames(line, diff.groupNames ?? {}))]
}

/** threats.md R6: what differs is ids, whatever a names file calls them. */
const withNames = (line: string, names: Readonly<Record<string, string>>): string =>
  Object.entries(names).reduce((so, [id, name]) => so.replaceAll(id, () => `${id} (${name})`), line)

const signOf = (change: 'added' | 'removed'): string => (change === 'added' ? '+' : '-')

const printNamed = ({ role, rules, sensitive }: Named): string =>
  `${role}${rules.length === 0 ? '' : `  by ${rules.join(', ')}`}${sensitive ? '  (elevated or production)' : ''}`

function section(title: string, lines: readonly string[]): readonly string[] {
  if (lines.length === 0) return []
  const shown = lines.slice(0, MOST_LINES).map((line) => `  ${line}`)
  const more = lines.length - shown.length
  return ['', title, ...shown, ...(more > 0 ? [`  … and ${more} more; --json has them all`] : [])]
}

const facts = (title: string, changes: readonly FactsChange[]): readonly string[] =>
  section(
    title,
    changes.flatMap(({ name, change, keys }) =>
      change === 'changed'
        ? keys.map(({ key, before, after }) => `~ ${name} ${key}: ${short(before)} -> ${short(after)}`)
        : [`${signOf(change)} ${name}`],
    ),
  )

const LONGEST = 80

const short = (text = '(nothing)'): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

function people({ seen, cut, changed }: PeopleDiff): readonly string[] {
  const lines = changed.map(({ person, gains, loses }) => {
    const roles = [...gains.map(({ role }) => `+${role}`), ...loses.map(({ role }) => `-${role}`)]
    const more = roles.length - 6
    const shown = `${roles.slice(0, 6).join(' ')}${more > 0 ? ` and ${more} more` : ''}`
    return `${person.username} (${person.idp}, seen ${person.seenAt.slice(0, 10)}): ${shown}`
  })
  const told =
    lines.length === 0
      ? ['', `people: none of the ${seen} that were seen gains or loses a role`]
      : section(`people: ${changed.length} of the ${seen} that were seen`, lines)
  if (cut === 0) return told
  return [...told, '', `of ${cut} people the log holds a part of their groups only: they may gain or lose more`]
}
