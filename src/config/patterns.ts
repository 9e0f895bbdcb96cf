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
  const pieces = piecesOf(source)
  if (pieces !== undefined) {
    const captures = (group: string) => (fitsPieces(group, pieces) ? {} : undefined)
    return { pattern: { source, prefix: literalPrefix(source), within: literalWithin(source), captures }, names: [] }
  }
  try {
    const compiled = RE2JS.compile(source)
    const names = Object.keys(compiled.namedGroups())
    const plain = plainCaptures(source)
    const pattern: GroupPattern = {
      source,
      prefix: literalPrefix(source),
      within: literalWithin(source),
      captures(group) {
        if (plain !== undefined) return plain(group)
        const matcher = compiled.matcher(group)
        if (!matcher.matches()) return undefined
        return Object.fromEntries(names.map((name) => [name, matcher.group(name) ?? '']))
      },
    }
    return { pattern, names }
  } catch (thrown) {
    return { fault: reasonOf(thrown, source) }
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
