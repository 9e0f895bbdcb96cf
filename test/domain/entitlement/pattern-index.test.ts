import fc from 'fast-check'
import { RE2JS } from 're2js'
import { describe, expect, it } from 'vitest'
import { readPattern } from '../../../src/config/patterns.ts'
import { PatternIndex } from '../../../src/domain/entitlement/pattern-index.ts'
import { aRule } from '../../support/a-mapping.ts'

/** Every corner of RE2's syntax that a shortcut of ours could misread. */
const PARTS = [
  [
    'a',
    'b',
    'dev',
    'team-',
    '-',
    '.',
    '.*',
    '.*?',
    '\\.',
    '\\-',
    '\\|',
    '|',
    'a|b',
    '#',
    ' ',
    '/',
    '\\/',
    '\\_',
    '\\\\',
  ],
  ['[ab]', '[]a]', '[^]a]', '[a|]', '[[:alpha:]]', '[[:^alpha:]|]', '[\\]|]', '[\\d|]', '[(]', '[)]', '[{]', '[a-]'],
  [
    '\\Q',
    '\\E',
    '\\Qa|b\\E',
    '\\Q(\\E',
    '\\Q[\\E',
    '\\pL',
    '\\PL',
    '\\p{Greek}',
    '\\x41',
    '\\x{61}',
    '\\101',
    '\\d',
    '\\b',
  ],
  ['(?i)', '(?s)', '(?m)', '(?U)', '(?-i)', '(?i:ab)', '(?s:.)', '(?P<x>[a-z]+)', '(?P<y>[a-b.-]+)', '(?<z>a)'],
  ['(a|b)', '(?:ab|)', '(', ')', '{', '}', '{2}', '{1,2}', '{0}', '{0,1}', '*', '+', '?', '*?', '^', '$', '\n', '\\n'],
  ['é', 'ſ', '\u212A', '😀', '\\😀', '\uD83D', '\uDE00'],
].flat()
const LETTERS = [
  ['a', 'b', 'A', 'dev', 'DEV', 'team-', 'ab', '-', '.', '|', 'x', '(', ')', '[', '{', ']', '$', '\n', '\u2028'],
  ['é', 'k', 'K', '\u212A', 's', '😀', '\uD83D', '\uDE00', '\\', '/', ' ', '_', '#', '{2}', 'Q', 'E', ''],
].flat()

/** Names that are much like the pattern's text, and names that are not. */
const nearTo = (source: string) =>
  source
    .slice(1, -1)
    .replaceAll(/\\[QE]|\\|\(\?P?<\w>|\(\?[a-zA-Z-]+:?|[()*+?]|\{[^}]*\}/g, '')
    .replaceAll(/\[[^\]]*\]/g, 'a')
const texts = fc.array(fc.constantFrom(...LETTERS), { maxLength: 5 }).map((letters) => letters.join(''))
const cases = fc
  .array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 6 })
  .map((parts) => `^${parts.join('')}$`)
  .chain((source) => {
    const near = nearTo(source)
    const name = fc.oneof(
      texts,
      fc.constant(near),
      texts.map((text) => near + text),
      texts.map((text) => text + near),
    )
    return fc.tuple(fc.constant(source), fc.array(name, { minLength: 8, maxLength: 8 }))
  })

/** The naive reading: RE2 itself, of every name. */
function byRe2(source: string, name: string) {
  const compiled = RE2JS.compile(source)
  const matcher = compiled.matcher(name)
  if (!matcher.matches()) return undefined
  return Object.fromEntries(Object.keys(compiled.namedGroups()).map((each) => [each, matcher.group(each) ?? '']))
}

/** Ours: found by the index, then read. */
function byIndex(source: string, name: string) {
  const read = readPattern(source)
  if ('fault' in read) throw new Error(read.fault)
  const index = new PatternIndex()
  index.add(aRule({ id: 'r' }), { pattern: read.pattern }, 0)
  let isMet = false
  index.meet(
    name,
    () => {
      isMet = true
    },
    () => undefined,
  )
  return isMet ? read.pattern.captures(name) : undefined
}

describe('a pattern means what RE2 says it means, however it is looked up (security.md M-5, M-7)', () => {
  it.each([
    // RE2 reads the quantifier behind flags as the letter’s before them: a deny must not miss who it means.
    ['^ext-(?s)?.*$', 'ext', {}],
    ['^x(?i){0,1}ab$', 'AB', {}],
    ['^x(?i)(?P<y>[a-b]+)$', 'xAB', { y: 'AB' }],
    // Half a character is in no whole one.
    ['^\uD83D.*$', '😀x', undefined],
    ['^.*\uDE00$', 'x😀', undefined],
  ])('%j of %j', (source, name, captures) => {
    expect([byRe2(source, name), byIndex(source, name)]).toEqual([captures, captures])
  })

  it('and what RE2 does not read is refused', () => {
    expect(readPattern('^\\😀$')).toEqual({ fault: expect.stringContaining('no RE2 pattern') })
  })

  it('for any pattern and any name', () => {
    let [read, met] = [0, 0]
    fc.assert(
      fc.property(cases, ([source, names]) => {
        if ('fault' in readPattern(source)) return
        read += 1
        for (const name of names) {
          const captures = byRe2(source, name)
          if (captures !== undefined) met += 1
          expect([source, name, byIndex(source, name)]).toEqual([source, name, captures])
        }
      }),
      { numRuns: 6_000 },
    )
    expect([read > 2_000, met > 1_000]).toEqual([true, true])
  })
})
