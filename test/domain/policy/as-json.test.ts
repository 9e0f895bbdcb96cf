import { describe, expect, it } from 'vitest'
import { parseTemplate } from '../../../src/domain/entitlement/pattern.ts'
import { policyAsJson } from '../../../src/domain/policy/as-json.ts'
import { readPattern } from '../../../src/config/patterns.ts'
import { aMapping, aRule } from '../../support/a-mapping.ts'

const read = readPattern('^aws\\.(?P<account>[a-z-]+)\\.dev$')

describe('policyAsJson', () => {
  it('says everything in JSON’s own words, and a pattern as the file does', () => {
    if ('fault' in read) throw new Error(read.fault)
    const match = { idp: 'okta', pattern: read.pattern, account: parseTemplate('${account}') ?? [] }
    const mapping = aMapping({ rules: [aRule(), aRule({ id: 'by-name', match })] })
    const told = policyAsJson({
      mapping,
      vouchers: {},
      settings: {},
      staff: { operators: [], auditors: [] },
      tests: [],
    })
    expect(JSON.parse(JSON.stringify(told))).toEqual(told)
    expect(Object.keys(told.accounts)).toEqual(['payments-prod', 'payments-dev'])
    expect(told.rules).toEqual([
      {
        id: 'payments-team',
        effect: 'grant',
        match: { idp: 'entra', groups: ['payments'] },
        accounts: ['payments-prod'],
        roles: ['dev'],
      },
      {
        id: 'by-name',
        effect: 'grant',
        match: { idp: 'okta', pattern: '^aws\\.(?P<account>[a-z-]+)\\.dev$', account: '${account}' },
        accounts: ['payments-prod'],
        roles: ['dev'],
      },
    ])
  })
})
