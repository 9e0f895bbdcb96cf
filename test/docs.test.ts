import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { EXIT } from '../src/cli/exit.ts'
import { ERROR_CODES, RolegateError } from '../src/domain/errors.ts'
import { answerFor } from '../src/http/answers.ts'

const read = (file: string) => readFileSync(new URL(`../docs/reference/${file}`, import.meta.url), 'utf8')

it('errors.md says of every code what the doors say', () => {
  const rows = [...read('errors.md').matchAll(/^\| `(\w+)` +\| (\d+) +\| (\d+) +\| (.+?) +\|$/gm)].map(
    ([, ...row]) => row,
  )
  expect(rows).toEqual(
    ERROR_CODES.map((code) => {
      const { status, title } = answerFor(new RolegateError(code))
      return [code, String(status), String(EXIT[code]), title]
    }),
  )
})

it('audit.md names every event there is', () => {
  const source = readFileSync(new URL('../src/domain/audit/event.ts', import.meta.url), 'utf8')
  const events = [...source.matchAll(/'(\w+)'/g)]
    .map(([, event]) => event ?? '')
    .filter((event) => /^(sign|session|decision|intent|issued|withheld|refused|device)/.test(event))
  expect(new Set(events).size).toBeGreaterThan(10)
  expect([...new Set(events)].filter((event) => !read('audit.md').includes(`\`${event}\``))).toEqual([])
})
