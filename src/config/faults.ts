import { dirname, join } from 'node:path'
import { RolegateError } from '../domain/errors.ts'
import type { Lint } from './lint/names.ts'

/** Where something stands in the file: keys and indexes, from the top. */
export type Path = readonly (string | number)[]

/** One thing wrong with a file. `path` is empty when the text is no YAML at that place. */
export type Fault = {
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
  /** Another file than the main one, by its path from there. */
  readonly file?: string
}

/** Something found at a place; `at: 'key'` points at the key itself in place of its value. */
export type Finding = { readonly path: Path; readonly message: string; readonly at?: 'key' }

/** A fault at an offset of the text. */
export type Place = (offset: number, path: Path, message: string) => Fault

/** `… [shadowed-rule]`. */
export type Advice = `${string} [${Lint}]`

/** Where the checks put what they find: faults keep the file from loading, warnings do not. */
export type Findings = {
  fault(path: Path, message: string, at?: 'key'): void
  /** Advice ends with its name, which `--strict --accept` takes (docs/reference/lints.md). */
  warn(path: Path, message: Advice, at?: 'key'): void
  /** How a sentence names another place: `rules[0]`, and the file if there are several. */
  nameOf(path: Path): string
}

/** One question of the file's own tests, and what came of it. */
export type Tested = {
  /** Another file than the main one. */
  readonly file?: string
  readonly line: number
  /** Who is imagined, as the file has it. */
  readonly as: string
  readonly expects: 'can' | 'cannot'
  readonly role: string
  readonly passed: boolean
  readonly because: string
}

/** More than anybody mends before they look again. */
const MOST_FAULTS = 200

/** The first of them, and a last one that counts the rest. */
function firstOf(sorted: readonly Fault[]): readonly Fault[] {
  const [next, ...rest] = sorted.slice(MOST_FAULTS)
  if (next === undefined || rest.length === 0) return sorted
  const message = `and ${rest.length + 1} more from here on; mend those above first`
  return [...sorted.slice(0, MOST_FAULTS), { ...next, path: '', message }]
}

/** The file cannot be used. Holds the first 200 faults found, in the order of the file, and no secret. */
export class ConfigFaults extends RolegateError {
  readonly faults: readonly Fault[]
  /** All of its tests, when it was they that failed. */
  readonly tests: readonly Tested[]

  constructor(faults: readonly Fault[], tests: readonly Tested[] = []) {
    const sorted = firstOf(faults.toSorted((a, b) => byFile(a, b) || a.line - b.line || a.column - b.column))
    const lines = sorted.map((fault) => `${fault.file === undefined ? '' : `${fault.file}:`}${lineOf(fault)}`)
    super('config_invalid', { faults: lines }, { reason: lines.join('; ') })
    this.faults = sorted
    this.tests = tests
  }
}

/** The main file first. */
const byFile = ({ file: a = '' }: Fault, { file: b = '' }: Fault): number => (a === b ? 0 : a < b ? -1 : 1)

/** `rolegate.yaml:12:5  idps[0].isuer: unknown key; did you mean "issuer"?`, a line for each fault, each with its end. */
export const printFaults = (file: string, faults: readonly Fault[]): string =>
  faults.map((fault) => `${printFault(file, fault)}\n`).join('')

/** `file` is what the reader calls the main file; others are found from there. */
export const printFault = (file: string, fault: Fault): string =>
  `${fault.file === undefined ? file : join(dirname(file), fault.file)}:${lineOf(fault)}`

const lineOf = ({ line, column, path, message }: Fault): string =>
  `${line}:${column}  ${path === '' ? message : `${path}: ${message}`}`

/** `['idps', 0, 'issuer']` → `idps[0].issuer`; keys that are no plain words stand in quotes. */
export function printPath(path: Path): string {
  return path
    .map((step, place) => {
      if (typeof step === 'number') return `[${step}]`
      if (!/^[A-Za-z0-9_-]{1,63}$/.test(step)) return `[${JSON.stringify(step.slice(0, 63))}]`
      return place === 0 ? step : `.${step}`
    })
    .join('')
}
