import { realpathSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../../config/config.ts'
import { policyOf } from '../../config/policy.ts'
import { ConfigFaults, type Fault, type Loaded, type Tested } from '../../config/load.ts'
import type { PolicyDiff } from '../../domain/policy/changes.ts'
import { diffPolicies, isSame } from '../../domain/policy/diff.ts'
import {
  diffPeople,
  groupsNeverSeen,
  type PeopleDiff,
  type SeenPerson,
  type UnseenGroup,
} from '../../domain/policy/people.ts'
import type { Seen } from './online.ts'
import { unusablePlaces } from './places.ts'
import type { Running } from './running.ts'
import { readFromDisk, type ReadOptions } from '../read-config.ts'

/** A place in a file, and what is said of it. */
export type Place = Fault & { readonly file: string }

/** The name of a piece of advice: `[shadowed-rule]` at its end (docs/reference/lints.md). */
const lintIn = ({ message }: Place): string => / \[([a-z-]+)\]$/.exec(message)?.[1] ?? ''

/**
 * What one run of `check-config` found. `--json` prints it, and all other output is made from it. Fields may be added,
 * never removed.
 */
export type Report = {
  readonly file: string
  readonly ok: boolean
  readonly exit: number
  /** `not_read`: only the references to secrets, keys and certificates were checked, not their contents. */
  readonly secrets: 'read' | 'not_read'
  readonly faults: readonly Place[]
  readonly warnings: readonly Place[]
  /** Checking stopped early in at least one file: references, secrets or in-file tests were not looked at. */
  readonly unfinished?: true
  /** Absent when it does not load. */
  readonly config?: {
    readonly hash: string
    readonly idps: number
    readonly accounts: number
    readonly roles: number
    readonly rules: number
    readonly tests: number
  }
  /** With `--tests`: every question, and what came of it. */
  readonly tests?: readonly (Tested & { readonly file: string })[]
  /** With `--diff`, when both load. */
  readonly diff?: Comparison
  /** With `--online`, when it loads: what was asked over the network. */
  readonly online?: readonly Seen[]
}

export type Comparison = PolicyDiff & {
  readonly against: string
  readonly hash: string
  /** The friendly names of groups by id, if there is a names file; of the other file, if this one has none. */
  readonly groupNames?: Readonly<Record<string, string>>
  /** With `--people`. */
  readonly people?: PeopleDiff
}

/** Beside 0 and what every command has (2: usage). */
export const EXIT = { faults: 3, differs: 10, concerns: 11 } as const

export type Options = Omit<ReadOptions, 'purpose'> & {
  /** Warnings fail too. */
  readonly strict?: boolean
  /** Names of advice that `strict` lets pass. */
  readonly accept?: readonly string[]
  /** Says what each of the file's own tests came to. */
  readonly tests?: boolean
  /** Another file, or what a gateway has in force. */
  readonly against?: string | Running
  readonly people?: readonly SeenPerson[]
  /** Asks over the network. */
  readonly online?: (config: Config) => Promise<readonly Seen[]>
}

/** Looks at a file, and at another beside it; nothing in the world changes. */
export async function reportOn(file: string, options: Options): Promise<Report> {
  const own = read(file, options)
  const { against } = options
  const other = typeof against === 'string' ? read(against, options) : undefined
  const faults = [...own.faults, ...(other?.faults ?? [])]
  const before = other?.loaded ? runningIn(other.loaded) : typeof against === 'object' ? against : undefined
  const diff = own.loaded && before && compare(before, runningIn(own.loaded), options)
  const { strict = false, accept = [] } = options
  const isStrict = strict && own.warnings.some((warning) => !accept.includes(lintIn(warning)))
  const online = own.loaded && (await options.online?.(own.loaded.config))
  const isRefused = faults.length > 0 || isStrict || online?.some(({ state }) => state === 'fail') === true
  return {
    file,
    ok: !isRefused,
    exit: isRefused ? EXIT.faults : exitOf(diff),
    secrets: options.withoutSecrets === true ? 'not_read' : 'read',
    faults,
    warnings: own.warnings,
    ...((own.isUnfinished || other?.isUnfinished === true) && { unfinished: true }),
    ...(own.loaded && { config: countsOf(own.loaded) }),
    // A file with other faults asked nothing yet.
    ...(options.tests === true && (own.loaded !== undefined || own.tests.length > 0) && { tests: own.tests }),
    ...(diff && { diff }),
    ...(online && { online }),
  }
}

type ReadFile = Loaded & { readonly file: string }
type Read = {
  readonly faults: readonly Place[]
  readonly warnings: readonly Place[]
  readonly tests: NonNullable<Report['tests']>
  readonly isUnfinished: boolean
  readonly loaded?: ReadFile
}

function read(file: string, { insecureDev, withoutSecrets = false, people = [] }: Options): Read {
  // As the reader calls it: an included file is found from the main one.
  const placed = <Thing extends { readonly file?: string }>({ file: other, ...thing }: Thing) => ({
    file: other === undefined ? file : join(dirname(file), other),
    ...thing,
  })
  try {
    const loaded = readFromDisk(file, { insecureDev, withoutSecrets, purpose: 'check' })
    const unseen = groupsNeverSeen(loaded.config.mapping, people).map((one) =>
      loaded.locate({ path: ['rules', one.rule, 'match'], message: sayUnseen(one) }),
    )
    const unusable = (withoutSecrets ? [] : unusablePlaces(loaded.config)).map(({ path, why }) =>
      loaded.locate({ path, message: `serve would not start here: ${why} [no-place-to-write]` }),
    )
    return {
      faults: [],
      warnings: [...loaded.warnings, ...unseen, ...unusable].map(placed),
      tests: loaded.tests.map(placed),
      isUnfinished: false,
      loaded: { ...loaded, file },
    }
  } catch (thrown) {
    if (thrown instanceof ConfigFaults)
      return {
        faults: thrown.faults.map(placed),
        warnings: [],
        tests: thrown.tests.map(placed),
        // The file's own tests are the last thing asked.
        isUnfinished: thrown.tests.length === 0,
      }
    throw thrown
  }
}

/** threats.md I4, R4: a grant for nobody is untidy; a deny for nobody is one that somebody believes in. */
const sayUnseen = ({ group, effect }: UnseenGroup): string =>
  effect === 'deny'
    ? `NOBODY the audit log has seen is in "${group}", so this denies nothing: is it spelt as the IdP spells it, and does the IdP send it? [deny-never-seen]`
    : `nobody the audit log has seen is in "${group}" [group-never-seen]`

function countsOf({ hash, config }: ReadFile): NonNullable<Report['config']> {
  const { idps, mapping, tests } = config
  const { accounts, roles, rules } = mapping
  return {
    hash,
    idps: idps.length,
    accounts: accounts.size,
    roles: roles.size,
    rules: rules.length,
    tests: tests.length,
  }
}

function compare(before: Running, after: Running, { people }: Options): Comparison {
  const diff = diffPolicies(before.policy, after.policy)
  const seen = people && diffPeople(before.policy.mapping, after.policy.mapping, people)
  return {
    against: before.from,
    hash: before.hash,
    ...diff,
    concerns: [...diff.concerns, ...peopleConcerns(seen)],
    ...groupNamesOf(before, after),
    ...(seen && { people: seen }),
  }
}

function groupNamesOf(...sides: readonly Running[]): Pick<Comparison, 'groupNames'> {
  const named = sides.flatMap(({ groupNames = [] }) => groupNames)
  return named.length === 0 ? {} : { groupNames: Object.fromEntries(named) }
}

/** A file as it would be in force. */
const runningIn = ({ config, file, hash }: ReadFile): Running => ({
  from: file,
  hash,
  policy: policyOf(config, realpathSync(dirname(resolve(file)))),
  groupNames: [...config.groupNames.values()].flatMap((names) => [...names]),
})

const peopleConcerns = (people: PeopleDiff | undefined): readonly string[] =>
  people?.changed.flatMap(({ person, gains }) =>
    gains.filter(({ sensitive }) => sensitive).map(({ role }) => `${person.username} (${person.idp}) gains ${role}`),
  ) ?? []

function exitOf(diff: Comparison | undefined): number {
  if (diff === undefined) return 0
  if (diff.concerns.length > 0) return EXIT.concerns
  const { against: _, hash: __, groupNames: ___, people, ...parts } = diff
  return isSame(parts) && (people?.changed.length ?? 0) === 0 ? 0 : EXIT.differs
}
