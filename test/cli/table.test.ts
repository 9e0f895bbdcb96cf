import { describe, expect, it } from 'vitest'
import { toCsv } from '../../src/cli/table.ts'

describe('a table as CSV', () => {
  it.each([
    ['INC-1', 'INC-1'],
    ['a, "b"', '"a, ""b"""'],
    ['=HYPERLINK("http://evil","click")', `"'=HYPERLINK(""http://evil"",""click"")"`],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(1)', "'@SUM(1)"],
    ['\t=1', "'\t=1"],
  ])('has %j as %j: nobody’s words are a formula', (text, cell) => {
    expect(toCsv([[text]])).toBe(`${cell}\r\n`)
  })
})
