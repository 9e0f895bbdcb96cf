import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NoJson, readJson } from '../../src/config/json.ts'

const verdictOf = (text: string): unknown => {
  try {
    return readJson(text).value
  } catch (thrown) {
    if (thrown instanceof NoJson) return `${thrown.place.line}:${thrown.place.column}  ${thrown.message}`
    throw thrown
  }
}
const isJson = (text: string): boolean => {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe('readJson', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 2, '\t'), (value, space) => {
        const text = JSON.stringify(value, null, space)
        expect(readJson(text).value).toEqual(JSON.parse(text))
      }),
    )
  })

  it('refuses what JSON.parse refuses, and takes no more', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"b"',
      '1',
      '-0.5e3',
      '01',
      'true',
      'nul',
      ' ',
      '\n',
      '\\',
      '"',
      '\t',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        const read = verdictOf(text)
        // A key that stands twice is the one thing that JSON.parse lets pass.
        if (isJson(text) && !String(read).endsWith('stands twice')) expect(read).toEqual(JSON.parse(text))
        else expect(read).toMatch(/^\d+:\d+ {2}/)
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['', '1:1  is no JSON here'],
    ['{"a": }', '1:7  is no JSON here'],
    ['{"a": 1 "b": 2}', '1:9  "," is missing here'],
    ['{\n  "a" 1}', '2:7  ":" is missing here'],
    ['{"a": 1,}', '1:9  a key is missing here, in double quotes'],
    ["{'a': 1}", '1:2  a key is missing here, in double quotes'],
    ['[1,]', '1:4  is no JSON here'],
    ['[1] [2]', '1:5  more follows where the JSON is at its end'],
    ['{"a": 1, "a": 2}', '1:10  the key "a" stands twice'],
    ['{"a": 1, "\\u0061": 2}', '1:10  the key "a" stands twice'],
    ['"tab\there"', '1:1  is no JSON here'],
    ['['.repeat(50), '1:42  the nesting is too deep here'],
    ['{} // why', '1:4  more follows where the JSON is at its end'],
  ])('%j: %s', (text, fault) => {
    expect(verdictOf(text)).toBe(fault)
  })

  it('keeps "__proto__" as the key it is', () => {
    expect(Object.keys(readJson('{"__proto__": {"a": 1}}').value as object)).toEqual(['__proto__'])
  })

  it('knows where everything stands, and the parent of what is missing', () => {
    const { placeOf } = readJson('{\n  "a": [\n    1,\n    { "b": 2 }\n  ]\n}')
    expect(
      [['a'], ['a', 1], ['a', 1, 'b'], ['a', 1, 'c'], ['z'], []]
        .map((path) => placeOf(path))
        .map(({ line, column }) => `${line}:${column}`),
    ).toEqual(['2:3', '4:5', '4:7', '4:5', '1:1', '1:1'])
  })
})
