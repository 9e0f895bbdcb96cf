import type { Path } from './faults.ts'

/** JSON read: its value, and where in the text each key and item of it stands. */
type ReadJson = { readonly value: unknown; readonly placeOf: (path: Path) => Place }

type Place = { readonly line: number; readonly column: number }

/** The text is no JSON, or less than it seems, from this place on. */
export class NoJson extends Error {
  override readonly name = 'NoJson'
  readonly place: Place

  constructor(place: Place, message: string) {
    super(message)
    this.place = place
  }
}

const DEEPEST = 40
const SPACE = /[ \t\n\r]*/y
const STRING = /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy
const WORD = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y

/** RFC 8259, strictly. A duplicate key is a fault: JSON.parse would silently keep the second. Throws NoJson. */
export function readJson(text: string): ReadJson {
  const places = new Map<string, number>()
  let at = 0

  const fail = (message: string, offset = at): never => {
    throw new NoJson(placeIn(text, offset), message)
  }
  const take = (form: RegExp): string | undefined => {
    form.lastIndex = at
    const [taken] = form.exec(text) ?? []
    at += taken?.length ?? 0
    return taken
  }
  /** Past white space, whether this sign comes next; if so it is taken. */
  const isNext = (sign: string): boolean => {
    take(SPACE)
    const found = text[at] === sign
    if (found) at += 1
    return found
  }
  const requireNext = (sign: string): void => void (isNext(sign) || fail(`"${sign}" is missing here`))

  function readValue(path: Path): unknown {
    if (path.length > DEEPEST) fail('the nesting is too deep here')
    if (isNext('{')) return Object.fromEntries(readPairs(path))
    if (isNext('[')) return readItems(path)
    const plain = take(STRING) ?? take(WORD) ?? fail('is no JSON here')
    return JSON.parse(plain) as unknown
  }

  function readPairs(path: Path): readonly (readonly [string, unknown])[] {
    const pairs = new Map<string, unknown>()
    while (!isNext('}')) {
      if (pairs.size > 0) requireNext(',')
      take(SPACE)
      const start = at
      const key = JSON.parse(take(STRING) ?? fail('a key is missing here, in double quotes')) as string
      if (pairs.has(key)) fail(`the key "${key.slice(0, 64)}" stands twice`, start)
      places.set(JSON.stringify([...path, key]), start)
      requireNext(':')
      pairs.set(key, readValue([...path, key]))
    }
    return [...pairs]
  }

  function readItems(path: Path): readonly unknown[] {
    const items: unknown[] = []
    while (!isNext(']')) {
      if (items.length > 0) requireNext(',')
      take(SPACE)
      places.set(JSON.stringify([...path, items.length]), at)
      items.push(readValue([...path, items.length]))
    }
    return items
  }

  const value = readValue([])
  take(SPACE)
  if (at < text.length) fail('more follows where the JSON is at its end')
  return { value, placeOf: (path) => placeIn(text, offsetOf(path, places)) }
}

/** Of what is missing: where its parent stands. */
function offsetOf(path: Path, places: ReadonlyMap<string, number>): number {
  for (let depth = path.length; depth > 0; depth -= 1) {
    const offset = places.get(JSON.stringify(path.slice(0, depth)))
    if (offset !== undefined) return offset
  }
  return 0
}

function placeIn(text: string, offset: number): Place {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
}
