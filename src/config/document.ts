import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Pair,
  type YAMLMap,
} from 'yaml'
import { ConfigFaults, printPath, type Fault, type Finding, type Path, type Place } from './faults.ts'
import { tokensIn } from './yaml-size.ts'
import { sayTwice, sayYaml } from './yaml-words.ts'

/** A YAML text read: its plain value, and the way back from a path to line and column. */
export type ReadDocument = {
  readonly value: unknown
  /** Faults in text that is valid YAML: keys that no mapping of ours may have. */
  readonly faults: readonly Fault[]
  /** How many tokens the text has; its size in bytes says little about that. */
  readonly tokens: number
  /** A finding with its line and column. Something missing is placed at its parent. */
  readonly locate: (finding: Finding) => Fault
}

/** How often one anchor may be repeated: an alias bomb grows no further. */
const MOST_ALIASES = 100

/**
 * Reads one YAML 1.2 document. Throws ConfigFaults with every place that is wrong. `file`: the file's name in faults.
 */
export function readDocument(written: string, file?: string): ReadDocument {
  // A byte order mark is no text: no editor counts it as a column.
  const text = written.replace(/^\ufeff/, '')
  const lines = new LineCounter()
  const placed = (offset: number, path: Path, message: string): Fault => ({
    ...positionAt(lines, offset),
    path: printPath(path),
    message,
    ...(file !== undefined && { file }),
  })
  refuseOtherText(text, placed)
  const tokens = tokensIn(text, placed)
  const document = parse(text, lines, placed)
  const faults = cleanKeys(document, placed)
  return {
    value: plainValue(document, placed),
    faults,
    tokens,
    locate: ({ path, message, at }) => placed(offsetOf(document, path, at), path, message),
  }
}

function parse(text: string, lines: LineCounter, placed: Place): Document {
  let document: Document
  try {
    // The library's own check compares each key with every other of its mapping: thousands of keys would take minutes.
    document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true, uniqueKeys: false })
  } catch {
    throw new ConfigFaults([placed(0, [], 'this is not YAML that can be read')])
  }
  const wrong = [...document.errors, ...document.warnings]
  // YAML 1.1 reads other things into the same text: 0123 by eights, `no` as false.
  if (document.directives?.yaml.explicit === true && document.directives.yaml.version !== '1.2') {
    const message = 'an older YAML reads other things into the same text; remove the line that begins with %YAML'
    throw new ConfigFaults([placed(0, [], message)])
  }
  // One open bracket breaks every line below it, so only the first syntax error is reported.
  const [first] = wrong.toSorted((a, b) => a.pos[0] - b.pos[0])
  const faults = [
    ...keysThatStandTwice(document.contents).map((offset) => placed(offset, [], sayTwice(offset, text))),
    ...(first === undefined ? [] : [placed(first.pos[0], [], sayYaml(first, text))]),
  ]
  if (faults.length > 0) throw new ConfigFaults(faults)
  return document
}

/** Where they stand, but for the first of each. */
function keysThatStandTwice(node: unknown): readonly number[] {
  if (isSeq(node)) return node.items.flatMap(keysThatStandTwice)
  if (!isMap(node)) return []
  const seen = new Set<unknown>()
  return node.items.flatMap(({ key, value }) => {
    const isSecond = isScalar(key) && seen.has(key.value)
    if (isScalar(key)) seen.add(key.value)
    return [...(isSecond ? [startOf(key) ?? 0] : []), ...keysThatStandTwice(value)]
  })
}

/** UTF-16 without its mark may be read as UTF-8, and is full of zeros then. */
function refuseOtherText(text: string, placed: Place): void {
  if (text.includes('\0')) throw new ConfigFaults([placed(0, [], 'is not UTF-8 text; save it as UTF-8')])
  // To YAML all of it would be one line.
  if (text.includes('\r') && !text.includes('\n'))
    throw new ConfigFaults([placed(0, [], 'has lines that end with CR alone; save it with LF')])
}

/**
 * Walks the tree once. Account ids keep their source text, so that `012345678901` keeps its zero. A key `__proto__`,
 * which JavaScript would treat as special, is removed and reported.
 */
function cleanKeys(document: Document, placed: Place): Fault[] {
  const faults: Fault[] = []
  const out: (() => void)[] = []
  walk(document.contents, [], (pair, map, path) => {
    if (path.at(-1) === '<<') {
      out.push(() => (map.items = map.items.filter((other) => other !== pair)))
      faults.push(placed(startOf(pair.key) ?? 0, path, 'nothing is merged in: write the keys out where they belong'))
    } else if (path.at(-1) === '__proto__') {
      out.push(() => (map.items = map.items.filter((other) => other !== pair)))
      faults.push(placed(startOf(pair.key) ?? 0, path, 'unknown key'))
    } else if (path.length === 3 && path[0] === 'accounts' && path[2] === 'id') {
      keepSourceText(document, pair)
    }
  })
  for (const takeOut of out) takeOut()
  return faults
}

type MeetPair = (pair: Pair, map: YAMLMap, path: Path) => void

function walk(node: unknown, path: Path, meet: MeetPair): void {
  if (isMap(node)) {
    for (const pair of node.items) {
      const here = [...path, keyOf(pair)]
      meet(pair, node, here)
      walk(pair.value, here, meet)
    }
  }
  if (isSeq(node)) node.items.forEach((item, index) => walk(item, [...path, index], meet))
}

function keepSourceText(document: Document, { value }: Pair): void {
  const scalar = isAlias(value) ? value.resolve(document) : value
  if (isScalar(scalar) && typeof scalar.value === 'number' && scalar.source !== undefined) scalar.value = scalar.source
}

function plainValue(document: Document, placed: Place): unknown {
  try {
    return document.toJS({ maxAliasCount: MOST_ALIASES })
  } catch (thrown) {
    const name = thrown instanceof ReferenceError ? /^Unresolved alias .*: (.*)$/s.exec(thrown.message)?.[1] : undefined
    const message =
      name === undefined ? 'aliases repeat more than a file may hold' : `no anchor "&${name}" stands before this alias`
    throw new ConfigFaults([placed(firstAlias(document, name), [], message)])
  }
}

function firstAlias(document: Document, name: string | undefined): number {
  let found = 0
  visit(document, {
    Alias(_, alias) {
      if (name !== undefined && alias.source !== name) return undefined
      found = alias.range?.[0] ?? 0
      return visit.BREAK
    },
  })
  return found
}

/** The offset of the value at this path, or of its key, or of the nearest parent that exists. */
function offsetOf(document: Document, path: Path, at: 'key' | undefined): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [depth, step] of path.entries()) {
    if (isMap(node)) {
      const pair: Pair | undefined = pairsOf(node).get(String(step))
      if (pair === undefined) return offset
      if (at === 'key' && depth === path.length - 1) return startOf(pair.key) ?? offset
      node = pair.value
      offset = startOf(node) ?? startOf(pair.key) ?? offset
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step]
      offset = startOf(node) ?? offset
    } else return offset
  }
  return offset
}

/** A file may have thousands of faults in one mapping: each is found at once. */
const known = new WeakMap<YAMLMap, ReadonlyMap<string, Pair>>()

function pairsOf(map: YAMLMap): ReadonlyMap<string, Pair> {
  const pairs = known.get(map) ?? new Map(map.items.map((pair) => [keyOf(pair), pair]))
  known.set(map, pairs)
  return pairs
}

const keyOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : '')

const startOf = (node: unknown): number | undefined => (isNode(node) ? node.range?.[0] : undefined)

function positionAt(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line: Math.max(1, line), column: Math.max(1, col) }
}
