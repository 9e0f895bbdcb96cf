import { describe, expect, it } from 'vitest'
import { askedForRecord, requireRole } from '../../../src/domain/entitlement/find-role.ts'
import { anIndex } from '../../support/a-mapping.ts'
import { refusalOf } from '../../support/a-refusal.ts'

const index = anIndex()

describe('requireRole', () => {
  it.each(['payments-prod/dev', '012345678901/dev', 'arn:aws:iam::012345678901:role/rolegate/Developer'])(
    'finds the role that %s names',
    (name) => {
      expect(requireRole(index, name).name).toBe('payments-prod/dev')
    },
  )

  it.each([
    '',
    '/',
    'dev',
    'payments-prod',
    'payments-prod/',
    '/dev',
    'payments-prod/de',
    'payments/dev',
    'PAYMENTS-PROD/dev',
    'payments-prod/Dev',
    'payments-prod/Developer',
    'payments-prod/rolegate/Developer',
    'payments-prod/dev/',
    ' payments-prod/dev',
    'payments-prod/dev ',
    'payments-prod//dev',
    '12345678901/dev',
    '0123456789012/dev',
    '999999999999/dev',
    '０12345678901/dev',
    '__proto__/dev',
    'payments-prod/constructor',
    'arn:aws:iam::012345678901:role/Developer',
    'arn:aws-cn:iam::012345678901:role/rolegate/Developer',
    'arn:aws:iam::999999999999:role/rolegate/Developer',
  ])('guesses nothing of %j (threats.md D12)', (name) => {
    expect(refusalOf(() => requireRole(index, name)).code).toBe('role_unknown')
  })

  it.each([
    'arn:',
    'arn:aws:iam::0123456789:role/x',
    'arn:aws:iam::012345678901:role/a b',
    'arn:aws:sts::012345678901:assumed-role/x/y',
  ])('refuses %j as no role ARN (security.md T-2)', (name) => {
    expect(refusalOf(() => requireRole(index, name)).code).toBe('invalid_request')
  })

  it('repeats nothing of a stranger’s text: it may be a secret in the wrong field', () => {
    expect(refusalOf(() => requireRole(index, 'rga_secret')).values).toEqual({})
  })
})

describe('askedForRecord', () => {
  it.each(['payments-prod/dev', '012345678901/dev', 'arn:aws:iam::012345678901:role/rolegate/Developer'])(
    'writes down a name as we give them: %s',
    (name) => {
      expect(askedForRecord(name)).toBe(name)
    },
  )

  it.each([
    '',
    'rga_Zm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9vYmFyZm9v',
    'payments-prod/dev\nx',
    'payments-prod/dev/x',
    'eyJhbGciOiJFUzI1NiJ9.e30.AAAA',
    'arn:aws:iam::1:role/x',
    'arn:aws:iam::012345678901:role/a b',
    'x'.repeat(5000),
  ])('writes down nothing of %j', (name) => {
    expect(askedForRecord(name)).toBe('(not a role name)')
  })
})
