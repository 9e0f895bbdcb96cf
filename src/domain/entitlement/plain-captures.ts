/** `(?P<account>[a-z0-9-]+)`, a sign that stands for itself behind a backslash, or a letter. */
const PART =
  /\(\?P<([A-Za-z_]\w*)>\[(-?(?:[A-Za-z0-9]-[A-Za-z0-9]|[A-Za-z0-9_.])+-?)\]\+\)|\\([^A-Za-z0-9])|([^\\.*+?()[\]{}|^$])/y

/** `letters`: by code, 1 for those it takes; they are all of ASCII. */
type Capture = { readonly name: string; readonly letters: Uint8Array }

/**
 * Reads a pattern that is made of fixed text and of captures of plain letters alone, as most are that name accounts and roles:
 * `^aws\.(?P<account>[a-z0-9-]+)\.(?P<role>[a-z]+)$`. Answers the captures of a whole name, as RE2 would for ten times the price.
 * Undefined for any other pattern, and for one in which a letter could belong to two parts.
 */
export function plainCaptures(
  source: string,
): ((name: string) => Readonly<Record<string, string>> | undefined) | undefined {
  const pieces = piecesOf(source)
  if (pieces === undefined || !pieces.every((piece, at) => isClear(piece, pieces.slice(at + 1)))) return undefined
  const last = pieces.at(-1)
  const suffix = typeof last === 'string' ? last.length : 0
  const lastCapture = pieces.findLast((piece) => typeof piece !== 'string')

  return (name) => {
    const found: [string, string][] = []
    let at = 0
    for (const piece of pieces) {
      const from = at
      if (typeof piece === 'string') {
        if (!name.startsWith(piece, at)) return undefined
        at += piece.length
      } else {
        const end = piece === lastCapture ? name.length - suffix : name.length
        while (at < end && piece.letters[name.charCodeAt(at)] === 1) at += 1
        if (at === from) return undefined
        found.push([piece.name, name.slice(from, at)])
      }
    }
    return at === name.length ? Object.fromEntries(found) : undefined
  }
}

/** The last capture ends where the fixed text behind it begins; any other where its letters do, which no text behind it may have. */
function isClear(piece: string | Capture, [next, ...others]: readonly (string | Capture)[]): boolean {
  if (typeof piece === 'string' || next === undefined) return true
  return typeof next === 'string' && (others.length === 0 || piece.letters[next.charCodeAt(0)] !== 1)
}

function piecesOf(source: string): readonly (string | Capture)[] | undefined {
  if (!source.startsWith('^') || !source.endsWith('$')) return undefined
  const pieces: (string | Capture)[] = []
  const end = source.length - 1
  PART.lastIndex = 1
  while (PART.lastIndex < end) {
    const [, name, letters = '', sign, letter] = PART.exec(source) ?? []
    const text = sign ?? letter
    const before = pieces.at(-1)
    if (name !== undefined) pieces.push({ name, letters: lettersOf(letters) })
    else if (text === undefined) return undefined
    else if (typeof before === 'string') pieces[pieces.length - 1] = before + text
    else pieces.push(text)
  }
  return PART.lastIndex === end ? pieces : undefined
}

/** Of `a-z0-9-`. */
function lettersOf(text: string): Uint8Array {
  const letters = new Uint8Array(128)
  for (const item of text.match(/[A-Za-z0-9]-[A-Za-z0-9]|./g) ?? [])
    letters.fill(1, item.charCodeAt(0), item.charCodeAt(item.length - 1) + 1)
  return letters
}
