import { describe, expect, it } from 'vitest'
import { compileRules } from '../../../src/domain/entitlement/compile.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'

describe('RuleIndex.target', () => {
  const index = anIndex()

  it('makes the final ARN of account and role', () => {
    expect(index.target('payments-prod', 'admin')).toMatchObject({
      name: 'payments-prod/admin',
      arn: 'arn:aws:iam::012345678901:role/rolegate/Admin',
      account: { alias: 'payments-prod' },
      kind: { key: 'admin' },
    })
  })

  it('puts the role into the partition of its account (security.md T-22)', () => {
    const china = anIndex({ accounts: [anAccount({ partition: 'aws-cn' })] })
    expect(china.target('payments-prod', 'dev')?.arn).toBe('arn:aws-cn:iam::012345678901:role/rolegate/Developer')
  })

  it.each([
    ['gone', 'dev'],
    ['payments-prod', 'gone'],
    ['__proto__', 'dev'],
    ['payments-prod', 'constructor'],
    ['', ''],
    ['payments-prod/dev', ''],
    ['PAYMENTS-PROD', 'dev'],
  ])('knows nothing of %j/%j', (alias, key) => {
    expect(index.target(alias, key)).toBeUndefined()
  })
})

describe('RuleIndex.targetByArn', () => {
  const index = anIndex()

  it('finds the role of an ARN', () => {
    expect(index.targetByArn('arn:aws:iam::123456789012:role/rolegate/ReadOnly')?.name).toBe('payments-dev/readonly')
  })

  it.each([
    'arn:aws-cn:iam::123456789012:role/rolegate/ReadOnly',
    'arn:aws:iam::123456789012:role/ReadOnly',
    'arn:aws:iam::123456789012:role/other/ReadOnly',
    'arn:aws:iam::123456789012:role/rolegate/readonly',
    'arn:aws:iam::999999999999:role/rolegate/ReadOnly',
    'arn:aws:iam::123456789012:user/rolegate/ReadOnly',
    'arn:aws:iam::123456789012:role/rolegate/ReadOnly ',
    'arn:aws:iam::123456789012:role/rolegate/ReadOnly\n',
    'arn:aws:sts::123456789012:assumed-role/ReadOnly/alice',
    'arn:aws:iam::123456789012:role/__proto__',
    '',
  ])('knows nothing of %j (security.md T-2)', (arn) => {
    expect(index.targetByArn(arn)).toBeUndefined()
  })
})

describe('RuleIndex.met', () => {
  it('answers in the order of the file, whatever the order of the groups', () => {
    const rules = [
      aRule({ id: '1', match: { idp: 'entra', groups: ['b'] } }),
      aRule({ id: '2', match: { everyone: true }, effect: 'deny' }),
      aRule({ id: '3', match: { idp: 'entra', groups: ['a'] } }),
      aRule({ id: '4', match: { idp: 'entra', everyone: true } }),
      aRule({ id: '5', match: { groups: ['b'] }, effect: 'deny' }),
      aRule({ id: '6', match: { idp: 'okta', everyone: true } }),
    ]
    const met = anIndex({ rules }).met(aPrincipal({ groups: ['a', 'b'] }))
    expect(met.map(({ rule, group }) => [rule.id, group])).toEqual([
      ['1', 'b'],
      ['2', null],
      ['3', 'a'],
      ['4', null],
      ['5', 'b'],
    ])
  })

  it('reads the rules once, when they are loaded, and none of them again (security.md M-17)', () => {
    let reads = 0
    const rules = Array.from({ length: 10_000 }, (_, n) => {
      const rule = aRule({ id: `r${n}`, match: { idp: 'entra', groups: [`group-${n}`] } })
      const { match } = rule
      return Object.defineProperty(rule, 'match', { get: () => ((reads += 1), match) })
    })
    const index = compileRules(aMapping({ rules }))
    reads = 0
    const groups = Array.from({ length: 1000 }, (_, n) => `group-${n * 5}`)
    expect(index.met(aPrincipal({ groups }))).toHaveLength(1000)
    expect(index.denyReadsGroups('entra')).toBe(false)
    expect(reads).toBe(0)
  })
})

describe('RuleIndex.denyReadsGroups (threats.md I4)', () => {
  it.each([
    { because: 'a deny for a group of this IdP', match: { idp: 'entra', groups: ['x'] }, effect: 'deny', reads: true },
    { because: 'a deny for a group of every IdP', match: { groups: ['x'] }, effect: 'deny', reads: true },
    {
      because: 'not a deny for a group of another IdP',
      match: { idp: 'okta', groups: ['x'] },
      effect: 'deny',
      reads: false,
    },
    { because: 'not a deny for everyone', match: { idp: 'entra', everyone: true }, effect: 'deny', reads: false },
    { because: 'not a deny for everyone everywhere', match: { everyone: true }, effect: 'deny', reads: false },
    { because: 'not a grant', match: { idp: 'entra', groups: ['x'] }, effect: 'grant', reads: false },
  ] as const)('$because', ({ match, effect, reads }) => {
    const index = anIndex({ rules: [aRule(), aRule({ id: 'x', match, effect })] })
    expect(index.denyReadsGroups('entra')).toBe(reads)
  })

  it('is false without rules', () => {
    expect(anIndex({ rules: [], roles: [aRoleKind()] }).denyReadsGroups('entra')).toBe(false)
  })
})
