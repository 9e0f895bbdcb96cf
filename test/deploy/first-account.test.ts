import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { trustPolicyFor } from '../../src/domain/aws/trust-policy/generate.ts'

const page = readFileSync('docs/how-to/first-account.md', 'utf8')
const policies = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, json]) => JSON.parse(json ?? '') as unknown)

const role = {
  partition: 'aws',
  accountId: '123456789012',
  roleName: 'rolegate/ReadOnly',
  issuer: 'https://aws.example.com',
  audience: 'sts.amazonaws.com',
  sourceIdentity: true,
} as const

describe('docs/how-to/first-account.md', () => {
  it('shows the trust policies that Rolegate writes', () => {
    expect(policies).toEqual([
      trustPolicyFor({ ...role, tagKeys: [] }),
      trustPolicyFor({ ...role, tagKeys: ['CostCenter'] }),
    ])
  })
})
