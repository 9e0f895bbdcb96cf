import { describe, expect, it } from 'vitest'
import { narrow } from '../../src/cli/narrow.ts'

const CHOICES = [
  { value: 'payments-dev/admin', hint: '111111111111, Payments' },
  { value: 'payments-dev/readonly', hint: '111111111111, Payments' },
  { value: 'payments-prod/readonly', hint: '222222222222, Payments, needs approval' },
  { value: 'search/admin', hint: '333333333333, Admin console' },
]

describe('what is typed in the picker', () => {
  it.each([
    { typed: '', finds: CHOICES.map(({ value }) => value) },
    { typed: 'prod', finds: ['payments-prod/readonly'] },
    { typed: 'PROD', finds: ['payments-prod/readonly'] },
    { typed: 'readonly prod', finds: ['payments-prod/readonly'] },
    { typed: '  readonly  ', finds: ['payments-dev/readonly', 'payments-prod/readonly'] },
    { typed: '2222', finds: ['payments-prod/readonly'] },
    { typed: 'needs approval', finds: ['payments-prod/readonly'] },
    { typed: 'payro', finds: ['payments-dev/readonly', 'payments-prod/readonly'] },
    { typed: 'prodro', finds: ['payments-prod/readonly'] },
    { typed: 'dorp', finds: [] },
    { typed: 'nothing', finds: [] },
  ])('“$typed” finds $finds', ({ typed, finds }) => {
    expect(narrow(CHOICES, typed).map(({ value }) => value)).toEqual(finds)
  })

  it('finds what has it in its name before what has it in its hint', () => {
    const choices = [CHOICES[3], { value: 'console/reader', hint: '' }].filter((choice) => choice !== undefined)
    expect(narrow(choices, 'console').map(({ value }) => value)).toEqual(['console/reader', 'search/admin'])
  })

  it('shows no looser match beside a closer one', () => {
    const numbered = Array.from({ length: 300 }, (_, at) => ({
      value: `account-${at}/readonly`,
      hint: String(1e11 + at),
    }))
    expect(narrow(numbered, '299').map(({ value }) => value)).toEqual(['account-299/readonly'])
  })
})
