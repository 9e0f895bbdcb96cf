import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { A_FILE, faultsOf } from '../config/a-file.ts'
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
  it('shows a pin that the file may have', () => {
    const [pin = ''] = [...page.matchAll(/```yaml\n(sts:[\s\S]*?)```/g)].map(([, yaml]) => yaml)
    expect(pin).toContain('egress')
    expect(faultsOf(`${A_FILE}${pin}`)).toEqual([])
  })

  it('shows the trust policies that Rolegate writes', () => {
    expect(policies).toEqual([
      trustPolicyFor({ ...role, tagKeys: [] }),
      trustPolicyFor({ ...role, tagKeys: ['CostCenter'] }),
    ])
  })
})
