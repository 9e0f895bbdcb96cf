import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'
import { ConfigFaults } from '../../src/config/load.ts'
import { A_FILE, load } from './a-file.ts'

/** True when the text loads or is refused as a whole; anything else thrown is thrown on. */
function isAnswered(text: string): boolean {
  try {
    load(text)
    return true
  } catch (thrown) {
    if (!(thrown instanceof ConfigFaults)) throw thrown
    const inside = thrown.faults.every(
      ({ line, column }) => line >= 1 && column >= 1 && line <= text.split('\n').length,
    )
    return thrown.faults.length > 0 && inside
  }
}

const yamlish = fc.array(
  fc.constantFrom(
    '-',
    ' ',
    '  ',
    '\n',
    ':',
    ': ',
    '?',
    '[',
    ']',
    '{',
    '}',
    ',',
    '&a',
    '*a',
    '!',
    '!!str',
    '"',
    "'",
    '|',
    '>',
    '#',
    '%',
    '\t',
    '<<',
    'accounts',
    'id',
    '__proto__',
    'a',
    '0',
    '---',
    '...',
    '\r',
    '\u0000',
    '\ufeff',
  ),
  { maxLength: 60 },
)

it('answers any text with a configuration or with faults, never with anything else', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => isAnswered(text)))
})

it('answers anything that looks like YAML', () => {
  fc.assert(
    fc.property(yamlish, (pieces) => isAnswered(pieces.join(''))),
    { numRuns: 500 },
  )
})

it('answers a file with any piece of it replaced', () => {
  const place = fc.nat({ max: A_FILE.length })
  fc.assert(
    fc.property(place, fc.nat({ max: 40 }), yamlish, (from, length, pieces) =>
      isAnswered(A_FILE.slice(0, from) + pieces.slice(0, 6).join('') + A_FILE.slice(from + length)),
    ),
    { numRuns: 300 },
  )
})

it('answers any value under any key of its own', () => {
  const key = fc.constantFrom(
    'version',
    'server',
    'secrets',
    'issuer',
    'idps',
    'accounts',
    'roles',
    'rules',
    'sts',
    'sessions',
    'store',
    'audit',
    'telemetry',
    'tests',
  )
  fc.assert(
    fc.property(fc.dictionary(key, fc.jsonValue({ maxDepth: 4 })), (value) => isAnswered(stringify(value))),
    { numRuns: 300 },
  )
})

it('answers a circle of aliases', () => {
  expect(isAnswered('accounts: &a { pay: *a }\nrules: &r [*r]\n')).toBe(true)
})
