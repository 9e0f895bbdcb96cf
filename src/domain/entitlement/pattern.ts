/** A pattern over the whole name of a group, in time linear in its length. Built by config/. */
export type GroupPattern = {
  /** As the file has it. */
  readonly source: string
  /** What every name it fits begins with; empty where nothing is fixed. */
  readonly prefix: string
  /** The longest fixed text that every fitting name contains; empty if there is none. */
  readonly within: () => string
  /** The named captures of a name that it fits as a whole; undefined for any other. */
  captures(group: string): Readonly<Record<string, string>> | undefined
}

/** `${account}`, or `aws-${account}`: text with captures in it. */
export type Template = readonly (string | { readonly capture: string })[]

const PLACE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/

/** Reads a template; text without a place in it is none. */
export function parseTemplate(text: string): Template | undefined {
  if (!PLACE.test(text)) return undefined
  return text
    .split(PLACE)
    .map((part, index) => (index % 2 === 1 ? { capture: part } : part))
    .filter((part) => part !== '')
}

/** The template filled with these captures. A capture that took no part in the match is empty. */
export const fill = (template: Template, captures: Readonly<Record<string, string>>): string =>
  template.map((part) => (typeof part === 'string' ? part : (captures[part.capture] ?? ''))).join('')

/** The names a template asks a pattern for. */
export const capturesIn = (template: Template): readonly string[] =>
  template.flatMap((part) => (typeof part === 'string' ? [] : [part.capture]))

/** Flags change what letters mean, and `ab(?s)?` is read as `ab?`. */
const FLAGS = /\(\?(?![:<]|P<)/

/**
 * The text that every match of an RE2 pattern begins with. It only saves time, so anything unusual gives an empty text.
 */
export function literalPrefix(source: string): string {
  if (!source.startsWith('^') || hasChoiceOutside(source) || FLAGS.test(source)) return ''
  let prefix = ''
  let at = 1
  while (at < source.length) {
    const escaped = source[at] === '\\'
    const letter = escaped ? source[at + 1] : source[at]
    if (letter === undefined || (escaped ? /[A-Za-z0-9]/ : /[.*+?()[\]{}|^$]/).test(letter)) break
    const next = source[at + (escaped ? 2 : 1)] ?? ''
    // A character with a quantifier is not fixed. A surrogate is half a character, and its quantifier applies to both
    // halves.
    if (/[*?{+]/.test(next) || /[\ud800-\udfff]/.test(letter)) break
    prefix += letter
    at += escaped ? 2 : 1
  }
  return prefix
}

/** The longest text that every match holds, of what stands outside all brackets: for patterns that begin with anything. */
export function literalWithin(source: string): string {
  // Some escapes are more than two signs: \x41, \pL.
  if (hasChoiceOutside(source) || FLAGS.test(source) || /\\[^\W_dDwWsSbBAz]/.test(source)) return ''
  const runs: string[] = []
  let run = ''
  const end = () => {
    runs.push(run)
    run = ''
  }
  for (let at = 0; at < source.length;) {
    const letter = source[at] ?? ''
    const width = letter === '\\' ? 2 : /[[({]/.test(letter) ? bracketWidth(source, at) : 1
    const plain = letter === '\\' ? (source[at + 1] ?? '') : letter
    const isPlain = letter === '\\' ? !/[A-Za-z0-9]/.test(plain) : !/[.*+?()[\]{}|^$]/.test(plain)
    const next = source[at + width] ?? ''
    if (isPlain && !/[*?{+]/.test(next) && !/[\ud800-\udfff]/.test(plain)) run += plain
    else end()
    at += width
  }
  end()
  return runs.reduce((longest, one) => (one.length > longest.length ? one : longest), '')
}

/**
 * The fixed texts between the `.*` of a pattern that is made of nothing else, as most are: `^team-.*-dev$` is `team-`, `-dev`.
 * Undefined for any other pattern.
 */
export function piecesOf(source: string): readonly string[] | undefined {
  // A line's end in the text itself is none that `.*` stops at, and half a character is none of a whole one's.
  if (!source.startsWith('^') || !source.endsWith('$') || /\n|\p{Surrogate}/u.test(source)) return undefined
  const pieces = ['']
  for (let at = 1; at < source.length - 1;) {
    const letter = source[at] ?? ''
    const isAnything = letter === '.' && source[at + 1] === '*' && !/[?+*{]/.test(source[at + 2] ?? '')
    const escaped = letter === '\\'
    const plain = escaped ? (source[at + 1] ?? '') : letter
    if (isAnything) pieces.push('')
    else if (escaped ? /[^!-/:-@[-`{-~ ]/.test(plain) : /[.*+?()[\]{}|^$]/.test(plain)) return undefined
    else if (/[*+?{]/.test(source[at + (escaped ? 2 : 1)] ?? '')) return undefined
    else pieces[pieces.length - 1] += plain
    at += isAnything || escaped ? 2 : 1
  }
  return pieces
}

/** Whether a name consists of these texts with anything but line ends in between: RE2's answer, found faster. */
export function fitsPieces(name: string, pieces: readonly string[]): boolean {
  const [first = '', ...rest] = pieces
  const last = rest.pop()
  if (last === undefined) return name === first
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  let at = first.length
  for (const piece of rest) {
    const found = name.indexOf(piece, at)
    if (found === -1) return false
    at = found + piece.length
  }
  return at <= name.length - last.length && !name.includes('\n')
}

/** How far a bracket reaches, with what closes it; to the end where nothing does. */
function bracketWidth(source: string, from: number): number {
  let depth = 0
  for (let at = from; at < source.length; at += partWidth(source, at)) {
    const letter = source[at] ?? ''
    if ('({'.includes(letter)) depth += 1
    else if (')}'.includes(letter)) depth -= 1
    if (depth === 0) return at - from + partWidth(source, at)
  }
  return source.length - from
}

/** Whether an alternative stands outside all brackets: `^a|b$`. */
export function hasChoiceOutside(source: string): boolean {
  // Few have one, and twenty thousand are read for a reload.
  if (!source.includes('|')) return false
  let depth = 0
  for (let at = 0; at < source.length; at += partWidth(source, at)) {
    const letter = source[at]
    if (letter === '(') depth += 1
    else if (letter === ')') depth -= 1
    else if (letter === '|' && depth === 0) return true
  }
  return false
}

/** Letters to choose from, with what closes them: a bracket that stands first is one of them, and `[:alpha:]` has some of its own. */
const CLASS = /\[\^?\]?(?:\\[^]|\[:\^?[a-z]+:\]|[^\]\\])*\]/y
const QUOTED = /\\Q[^]*?(?:\\E|$)/y

/** Of what begins here and says nothing in parts: an escaped sign, a text between `\Q` and `\E`, a class; else one sign. */
function partWidth(source: string, at: number): number {
  const form = source.startsWith('\\Q', at) ? QUOTED : CLASS
  form.lastIndex = at
  return form.exec(source)?.[0].length ?? (source[at] === '\\' ? 2 : 1)
}
