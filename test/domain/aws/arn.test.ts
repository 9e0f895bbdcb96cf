import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isRoleName, parseRoleArn, roleArnOf } from '../../../src/domain/aws/arn.ts'
import { PARTITIONS } from '../../../src/domain/aws/partition.ts'
import { refusalOf } from '../../support/a-refusal.ts'

describe('parseRoleArn', () => {
  it.each([
    'arn:aws:iam::123456789012:role/Admin',
    'arn:aws-cn:iam::123456789012:role/Admin',
    'arn:aws-us-gov:iam::123456789012:role/Admin',
    'arn:aws-eusc:iam::123456789012:role/Admin',
    'arn:aws:iam::000000000000:role/team/path/A+=,.@-_1',
  ])('takes %s', (arn) => {
    expect(parseRoleArn(arn)).toBe(arn)
  })

  it.each([
    '',
    'Admin',
    'arn:aws:iam::123456789012:role/',
    'arn:aws:iam::123456789012:role//Admin',
    'arn:aws:iam::123456789012:role/Admin/',
    'arn:aws:iam::12345678901:role/Admin',
    'arn:aws:iam::1234567890123:role/Admin',
    'arn:aws:iam::１２３４５６７８９０１２:role/Admin',
    'arn:aws:iam::12345678901x:role/Admin',
    'arn:aws:iam:us-east-1:123456789012:role/Admin',
    'arn:aws:sts::123456789012:assumed-role/Admin/x',
    'arn:aws:iam::123456789012:user/Admin',
    'arn:aws:iam::123456789012:Role/Admin',
    'arn:aws-iso:iam::123456789012:role/Admin',
    'arn:evil:iam::123456789012:role/Admin',
    'ARN:aws:iam::123456789012:role/Admin',
    ' arn:aws:iam::123456789012:role/Admin',
    'arn:aws:iam::123456789012:role/Admin ',
    'arn:aws:iam::123456789012:role/Admin\n',
    'arn:aws:iam::123456789012:role/Adm in',
    'arn:aws:iam::123456789012:role/Adm\u0000in',
    'arn:aws:iam::123456789012:role/Admin?x=1',
    'arn:aws:iam::123456789012:role/Admin#x',
    'arn:aws:iam::123456789012:role/Admin:x',
    'arn:aws:iam::123456789012:role/*',
    'arn:aws:iam::123456789012:role/Adm?n',
    'arn:aws:iam::123456789012:role/../Admin/x y',
    'arn:aws:iam::123456789012:role/Ädmin',
    `arn:aws:iam::123456789012:role/${'x'.repeat(65)}`,
    `arn:aws:iam::123456789012:role/${'p/'.repeat(9)}Admin`,
    'arn:aws:iam::123456789012:role/Admin\narn:aws:iam::123456789012:role/Other',
  ])('refuses %j (security.md T-2)', (arn) => {
    expect(refusalOf(() => parseRoleArn(arn))).toMatchObject({ code: 'invalid_request', values: { field: 'role' } })
  })

  it('takes every ARN that we make of a role name', () => {
    const part = fc.string({ unit: fc.constantFrom(...'aZ09_+=,.@-'.split('')), minLength: 1, maxLength: 20 })
    const names = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(fc.constantFrom(...PARTITIONS), names, (partition, name) => {
        const arn = roleArnOf(partition, '012345678901', name)
        expect(parseRoleArn(arn)).toBe(arn)
      }),
    )
  })
})

describe('isRoleName', () => {
  it.each(['Admin', 'rolegate/Admin', 'a', 'x'.repeat(64), `${'p'.repeat(128)}/${'x'.repeat(64)}`])(
    'takes %s',
    (name) => {
      expect(isRoleName(name)).toBe(true)
    },
  )

  it.each([
    '',
    '/',
    '/Admin',
    'Admin/',
    'a//b',
    'a:b',
    'a*',
    'a b',
    'a\n',
    'ä',
    `${'p'.repeat(129)}/x`,
    'x'.repeat(65),
    `${'p'.repeat(100)}/${'p'.repeat(100)}/${'x'.repeat(64)}`,
  ])('refuses %j: a colon would move the seam of our subject (threats.md F1)', (name) => {
    expect(isRoleName(name)).toBe(false)
  })
})
