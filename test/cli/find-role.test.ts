import { describe, expect, it } from 'vitest'
import { readRoles } from '../../src/cli/answers.ts'
import { saidOf } from '../../src/cli/failure.ts'
import { findRole } from '../../src/cli/find-role.ts'
import { aRole } from './fake-gateway.ts'

const roles = readRoles({
  roles: [
    aRole('payments-dev/readonly'),
    aRole('payments-dev/admin'),
    aRole('payments-dev/admin-night'),
    aRole('payments-prod/readonly'),
    aRole('zoo/keeper', {
      account: { id: '012345678901', alias: 'zoo', name: 'Zoo' },
      arn: 'arn:aws:iam::012345678901:role/path/Keeper',
    }),
  ],
})

describe('findRole', () => {
  it.each([
    { wanted: 'payments-dev/readonly', found: 'payments-dev/readonly', because: 'an exact name is that role' },
    { wanted: 'payments-dev/admin', found: 'payments-dev/admin', because: 'an exact name wins over a longer one' },
    { wanted: 'arn:aws:iam::222222222222:role/readonly', found: 'payments-prod/readonly', because: 'an ARN is exact' },
    { wanted: '012345678901/keeper', found: 'zoo/keeper', because: 'an account id keeps its zero' },
    { wanted: '111111111111/admin', found: 'payments-dev/admin', because: 'the name after the id is the role key' },
    { wanted: 'zoo', found: 'zoo/keeper', because: 'a prefix that only one has' },
    { wanted: 'payments-p', found: 'payments-prod/readonly', because: 'a prefix may end anywhere' },
    { wanted: 'payments-dev/r', found: 'payments-dev/readonly', because: 'also in the role’s half' },
  ])('$wanted is $found: $because', ({ wanted, found }) => {
    expect(findRole(roles, wanted).role).toBe(found)
  })

  it.each([
    { wanted: 'payments-dev', names: ['payments-dev/readonly', 'payments-dev/admin', 'payments-dev/admin-night'] },
    { wanted: 'p', names: ['payments-dev/readonly', 'payments-prod/readonly'] },
  ])('$wanted is ambiguous, and the candidates are named', ({ wanted, names }) => {
    const said = refusalOf(wanted)
    expect(said.code).toBe('role_ambiguous')
    for (const name of names) expect(said.next).toContain(name)
  })

  it.each([
    { wanted: 'payments-dev/readonyl', near: 'payments-dev/readonly' },
    { wanted: 'keeper', near: 'zoo/keeper' },
    { wanted: 'Payments-Dev/admin', near: 'payments-dev/admin' },
  ])('$wanted is unknown, and $near is offered', ({ wanted, near }) => {
    expect(refusalOf(wanted)).toMatchObject({ code: 'role_unknown', next: expect.stringContaining(near) })
  })

  it.each([
    'nothing-like-it',
    '',
    'arn:aws:iam::111111111111:role/read',
    '111111111111/read',
    '999999999999/admin',
    'x'.repeat(5000),
  ])('%s is unknown', (wanted) => {
    expect(refusalOf(wanted).code).toBe('role_unknown')
  })

  it('names ten candidates at most', () => {
    const many = readRoles({ roles: Array.from({ length: 14 }, (_, at) => aRole(`a/r${at}`)) })
    expect(refusalOf('a', many).next).toContain('and 4 more')
  })
})

function refusalOf(wanted: string, among = roles) {
  try {
    return { code: 'none', next: findRole(among, wanted).role }
  } catch (thrown) {
    return saidOf(thrown)
  }
}
