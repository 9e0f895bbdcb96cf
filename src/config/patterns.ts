import { RE2JS } from 're2js'
import {
  fitsPieces,
  hasChoiceOutside,
  literalPrefix,
  literalWithin,
  piecesOf,
  type GroupPattern,
} from '../domain/entitlement/pattern.ts'
import { plainCaptures } from '../domain/entitlement/plain-captures.ts'

/** Longer ones say more than one thing. */
const MOST_LETTERS = 300

/**
 * RE2's syntax: linear time, no look-around, no references back (contract.md). It always has to fit the whole name, and its
 * text has to say so. A fault is a sentence for the file's author.
 */
export function readPattern(source: string): { pattern: GroupPattern; names: readonly string[] } | { fault: string } {
  if (source.length > MOST_LETTERS) return { fault: `must be at most ${MOST_LETTERS} characters` }
  if (!source.startsWith('^') || !/(?<!\\)(?:\\\\)*\$$/.test(source))
    return { fault: 'must be anchored: it begins with ^ and ends with $, so that it means whole names' }
  if (hasChoiceOutside(source))
    return { fault: 'has an alternative that ^ and $ do not reach; put all of it in brackets, as in ^(?:a|b)$' }
  if (piecesOf(source) !== undefined) return { pattern: patternOf(source), names: [] }
  try {
    return { pattern: patternOf(source), names: Object.keys(RE2JS.compile(source).namedGroups()) }
  } catch (thrown) {
    return { fault: reasonOf(thrown, source) }
  }
}

/** A pattern that was found to be one. Twenty thousand come into force between two requests: each is read when a name needs it. */
export function patternOf(source: string): GroupPattern {
  let read: GroupPattern['captures'] | undefined
  return {
    source,
    prefix: literalPrefix(source),
    within: () => literalWithin(source),
    captures: (group) => (read ??= capturesOf(source))(group),
  }
}

function capturesOf(source: string): GroupPattern['captures'] {
  const pieces = piecesOf(source)
  return pieces === undefined
    ? (plainCaptures(source) ?? capturesByRe2(source))
    : (group) => (fitsPieces(group, pieces) ? {} : undefined)
}

function capturesByRe2(source: string): GroupPattern['captures'] {
  const compiled = RE2JS.compile(source)
  const names = Object.keys(compiled.namedGroups())
  return (group) => {
    const matcher = compiled.matcher(group)
    return matcher.matches() ? Object.fromEntries(names.map((name) => [name, matcher.group(name) ?? ''])) : undefined
  }
}

/** What other engines have, and how to do without. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/\(\?<?[=!]/, 'it looks ahead or back, as in (?=…) (?!…) (?<=…) (?<!…); say what the name holds instead'],
  [/\\[1-9]/, 'it refers back, as in \\1; write out what may stand there'],
  [/\(\?>|[*+?}]\+/, 'atomic groups and possessive repetition are not needed: RE2 never goes back'],
]

/** RE2JS says `error parsing regexp: invalid or unsupported Perl syntax: \`(?=\``. */
function reasonOf(thrown: unknown, source: string): string {
  const foreign = FOREIGN.find(([looks]) => looks.test(source))
  if (foreign !== undefined) return `is no RE2 pattern: ${foreign[1]}`
  const said = (thrown instanceof Error ? thrown.message : '').replace(/^error parsing regexp: /, '')
  if (said.startsWith('invalid repeat count'))
    return 'is no RE2 pattern: it repeats something more than a thousand times, and group names have at most 256 characters'
  return `is no RE2 pattern: ${said || 'it cannot be read'}`
}
