import { describe, expect, it } from 'vitest'
import { compileRules } from '../../src/domain/entitlement/compile.ts'
import { decide } from '../../src/domain/entitlement/decide.ts'
import { roleIdOf } from '../../src/domain/entitlement/role-id.ts'
import { aPrincipal } from '../support/a-principal.ts'
import { aMoment } from '../support/a-session.ts'
import { changed, faultsOf, load } from './a-file.ts'

const BASE = 'admin: { role_name: team/Admin, elevated: true }'
/** A_FILE whose admin has this much said of it, and a variant by the key `look`. */
const withVariant = (variant: string, base = 'elevated: true') =>
  changed([
    BASE,
    `admin: { role_name: team/Admin, ${base} }\n  look: { role_name: team/Admin, variant_of: admin${variant === '' ? '' : `, ${variant}`} }`,
  ])
const faults = (text: string) => faultsOf(text).map((fault) => fault.replace(/^\d+:\d+ {2}/, ''))
const kindOf = (text: string, key = 'look') => load(text).config.mapping.roles.get(key)

describe('variant_of (threats.md R2)', () => {
  it('lets two role keys be one IAM role, in whatever order they stand', () => {
    expect(faults(withVariant(''))).toEqual([])
    const before = changed([BASE, `a-look: { role_name: team/Admin, variant_of: admin }\n  ${BASE}`])
    expect(faults(before)).toEqual([])
    expect(kindOf(before, 'a-look')?.elevated).toBe(true)
  })

  it('without it they are refused, case and path aside', () => {
    for (const name of ['team/Admin', 'ADMIN', 'other/admin'])
      expect(faults(changed([BASE, `${BASE}\n  ops: { role_name: ${name} }`]))).toEqual([
        'roles.ops.role_name: is the IAM role of "admin" already; IAM ignores case and path. A narrower form of it says "variant_of: admin"',
      ])
  })

  it.each([
    ['elevated', '', 'elevated: true', { elevated: true, discoverable: false }],
    ['hidden', 'discoverable: true', 'discoverable: false', { discoverable: false }],
    ['without a source identity', '', 'source_identity: false', { sourceIdentity: false }],
    [
      'tagged',
      'session_tags: { Stage: look }, transitive_tags: [Team]',
      'session_tags: { Team: x }',
      { sessionTags: { Team: { constant: 'x' }, Stage: { constant: 'look' } }, transitiveTags: ['Team'] },
    ],
    ['narrowed by a session policy', '', 'policy_arns: [team/B]', { sessionPolicy: { managed: ['team/B'] } }],
  ])('is %s where its base is', (_, variant, base, expected) => {
    expect(kindOf(withVariant(variant, base))).toMatchObject({ variantOf: 'admin', ...expected })
  })

  it('asks for all that its base asks for, and for more of its own', () => {
    const text = withVariant('require: { reason: true }', 'require: { ip: 203.0.113.0/24, reason: true }')
    expect(kindOf(text)?.requires).toMatchObject([
      { networks: { ranges: ['203.0.113.0/24'] }, reason: {} },
      { reason: {} },
    ])
    expect(kindOf(text, 'admin')?.requires).toHaveLength(1)
    expect(kindOf(withVariant('', 'require: { reason: true }'))?.requires).toHaveLength(1)
  })

  it('may be narrower: shorter, elevated, tagged, narrowed by a policy of its own', () => {
    const text = withVariant(
      'max_duration: 15m, elevated: true, session_tags: { Stage: look }, policy_arns: [arn:aws:iam::aws:policy/ReadOnlyAccess]',
      'max_duration: 4h',
    )
    expect(faults(text)).toEqual([])
    expect(kindOf(text)).toMatchObject({ maxSeconds: 900, elevated: true })
    expect(kindOf(text, 'admin')).toMatchObject({ maxSeconds: 4 * 3600, elevated: false, sessionTags: {} })
  })

  it.each([
    ['of a role there is not', '', 'variant_of: admn', 'variant_of: unknown role "admn"; did you mean "admin"?'],
    ['of itself', '', 'variant_of: look', 'variant_of: names the role itself'],
    [
      'of another IAM role',
      '',
      'role_name: team/Look',
      'role_name: must be that of "admin", whose variant it is: team/Admin',
    ],
    [
      'of another spelling',
      '',
      'role_name: Admin',
      'role_name: must be that of "admin", whose variant it is: team/Admin',
    ],
    ['that lasts longer', 'max_duration: 2h', '', 'max_duration: is longer (2h) than that of "admin" (1h)'],
    [
      'that lasts longer by default',
      '',
      'base max_duration: 30m',
      'max_duration: is longer (1h) than that of "admin" (30m)',
    ],
    [
      'that names nobody to CloudTrail',
      'source_identity: false',
      '',
      'source_identity: stays as it is for "admin": on',
    ],
  ])('is refused %s', (_, more, change, fault) => {
    const [from, to] = change.startsWith('variant_of')
      ? ['variant_of: admin', change]
      : change.startsWith('role_name')
        ? ['look: { role_name: team/Admin', `look: { ${change}`]
        : change.startsWith('base ')
          ? ['elevated: true', change.slice('base '.length)]
          : ['look:', 'look:']
    expect(faults(withVariant(more).replace(from, to))).toEqual([`roles.look.${fault}`])
  })

  it('is refused of a variant', () => {
    const text = withVariant('').replace('rules:', '  third: { role_name: team/Admin, variant_of: look }\nrules:')
    expect(faults(text)).toEqual([
      'roles.third.variant_of: "look" is a variant itself; name "admin", which both narrow',
    ])
  })

  it.each([
    [
      'a tag of its base, in whatever case',
      'session_tags: { TEAM: y }',
      'session_tags: { Team: x }',
      'session_tags.TEAM: is the tag "Team" already; AWS ignores case in keys',
    ],
    [
      'the same tag',
      'session_tags: { Team: y }',
      'session_tags: { Team: x }',
      'session_tags.Team: is a tag of "admin", and stays as it is there',
    ],
    [
      'a session policy beside its base’s (threats.md R11)',
      'policy_arns: [team/A]',
      'policy_arns: [team/B]',
      'policy_arns: "admin" has a session policy, which holds here too, and AWS would allow what either allows; narrow it in one place',
    ],
  ])('is refused with %s', (_, variant, base, fault) => {
    expect(faults(withVariant(variant, base)).at(-1)).toBe(`roles.look.${fault}`)
  })

  it('is refused to a grant that narrows what its base narrows already', () => {
    const text = withVariant('', 'policy_arns: [team/B]').replace(
      'roles: [readonly, admin]',
      'roles: [look], policy_arns: [team/C]',
    )
    expect(faults(text)).toEqual([
      'rules[0].grant.policy_arns: "look" has a session policy of its own, and AWS would allow what either allows; narrow it in one place',
    ])
  })
})

describe('decisions on variants', () => {
  const indexOf = (rules: string) =>
    compileRules(load(withVariant('').replace(/rules:\n[^]*?store:/, `rules:\n${rules}store:`)).config.mapping)
  const rule = (id: string, effect: string) => `  - id: ${id}\n    match: { idp: entra, group: Team }\n    ${effect}\n`
  const BOTH = rule('team', 'grant: { accounts: [pay-prod], roles: [admin, look] }')
  const member = aPrincipal({ idp: 'entra', groups: ['Team'] })
  const decided = (rules: string) => {
    const index = indexOf(rules)
    return ['admin', 'look'].map((key) => {
      const target = index.target('pay-prod', key)
      return target !== undefined && decide(index, member, target, aMoment()).allowed
    })
  }

  it('a grant of one is none of the other', () => {
    expect(decided(rule('team', 'grant: { accounts: [pay-prod], roles: [look] }'))).toEqual([false, true])
    expect(decided(rule('team', 'grant: { accounts: [pay-prod], roles: [admin] }'))).toEqual([true, false])
  })

  it('a deny of the base closes its variants; of a variant, that one', () => {
    expect(decided(`${BOTH}${rule('no', 'deny: { accounts: [pay-prod], roles: [admin] }')}`)).toEqual([false, false])
    expect(decided(`${BOTH}${rule('no', 'deny: { accounts: [pay-prod], roles: [look] }')}`)).toEqual([true, false])
    expect(decided(`${BOTH}${rule('no', 'deny: { accounts: [pay-prod] }')}`)).toEqual([false, false])
  })

  it('the ARN is the base’s name: a variant is asked for by its key', () => {
    const index = indexOf(BOTH)
    const [base, variant] = [index.target('pay-prod', 'admin'), index.target('pay-prod', 'look')]
    expect(base?.arn).toBe(variant?.arn)
    expect(index.targetByArn(base?.arn ?? '')).toBe(base)
  })

  it('what is kept for one does not do for the other', () => {
    const index = indexOf(BOTH)
    const ids = ['admin', 'look'].map((key) => {
      const target = index.target('pay-prod', key)
      return target && roleIdOf(target)
    })
    expect(ids).toEqual(['arn:aws:iam::111111111111:role/team/Admin', 'arn:aws:iam::111111111111:role/team/Admin#look'])
  })

  it('asks for what the base asks for, and for its own (threats.md R2)', () => {
    const text = withVariant('').replace('elevated: true', 'elevated: true, require: { ip: [203.0.113.0/24] }')
    const kinds = load(text).config.mapping.roles
    expect(kinds.get('admin')?.requires).toHaveLength(1)
    expect(kinds.get('look')?.requires).toEqual(kinds.get('admin')?.requires?.map(() => expect.anything()))
    expect(kinds.get('look')?.requires?.[0]?.networks?.ranges).toEqual(['203.0.113.0/24'])
  })
})
