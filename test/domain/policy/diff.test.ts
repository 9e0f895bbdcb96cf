import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRules } from '../../../src/domain/entitlement/compile.ts'
import { entitlementsOf } from '../../../src/domain/entitlement/decide.ts'
import type { Mapping, Rule } from '../../../src/domain/entitlement/rule.ts'
import { diffPolicies, isSame } from '../../../src/domain/policy/diff.ts'
import type { Policy } from '../../../src/domain/policy/policy.ts'
import { readPattern } from '../../../src/config/patterns.ts'
import { aMapping, anAccount, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aMoment } from '../../support/a-session.ts'

const HOUR = 3600
const NO_STAFF = { operators: [], auditors: [] }

type Changes = Parameters<typeof aMapping>[0] & Partial<Omit<Policy, 'mapping'>>

const aPolicy = ({
  vouchers = { entra: { issuer: 'e' } },
  settings = {},
  staff = NO_STAFF,
  tests = [],
  ...mapping
}: Changes = {}) => ({
  mapping: aMapping(mapping),
  vouchers,
  settings,
  staff,
  tests,
})

const ruled = (...rules: readonly Rule[]): Policy => aPolicy({ rules })

const deny = (changes: Parameters<typeof aRule>[0] = {}) => aRule({ id: 'no', effect: 'deny', ...changes })

/** `+`, `-`, `~` and the role, of each who. */
const accessOf = (before: Policy, after: Policy) =>
  Object.fromEntries(
    diffPolicies(before, after).access.map(({ who, gains, loses, changes }) => [
      who,
      [
        ...gains.map(({ role, rules }) => `+ ${role} by ${rules.join(', ')}`),
        ...loses.map(({ role }) => `- ${role}`),
        ...changes.map(({ role, before: was, after: is }) => `~ ${role} ${was} -> ${is}`),
      ],
    ]),
  )

const deniesOf = (before: Policy, after: Policy) =>
  diffPolicies(before, after).denies.map(({ who, closes, reopens }) => [
    who,
    closes.map(({ role }) => role),
    reopens.map(({ role }) => role),
  ])

describe('what a change of rules opens and closes', () => {
  it('is nothing where nothing changed', () => {
    const diff = diffPolicies(ruled(aRule()), ruled(aRule()))
    expect(isSame(diff)).toBe(true)
    expect(diff.concerns).toEqual([])
  })

  it('is nothing where a rule is only called otherwise, or owned by others', () => {
    const renamed = ruled(aRule({ id: 'other', owner: 'somebody' }))
    expect(accessOf(ruled(aRule()), renamed)).toEqual({})
  })

  it('tells a role from a narrower form of it, which is the same role of AWS (threats.md R2)', () => {
    const roles = [aRoleKind(), aRoleKind({ key: 'look', variantOf: 'dev' })]
    const [look, dev] = ['look', 'dev'].map((key) => aPolicy({ roles, rules: [aRule({ roles: [key] })] }))
    if (look === undefined || dev === undefined) throw new Error('two policies')
    expect(accessOf(look, dev)).toEqual({
      'entra: payments': ['+ payments-prod/dev by payments-team', '- payments-prod/look'],
    })
  })

  it('says which group gains and loses which role, and by which rule', () => {
    expect(accessOf(ruled(aRule()), ruled(aRule({ roles: ['admin'] })))).toEqual({
      'entra: payments': ['+ payments-prod/admin by payments-team', '- payments-prod/dev'],
    })
  })

  it('says of everyone what everyone gains, and not again of each group', () => {
    const everyone = aRule({ id: 'all', match: { idp: 'entra', everyone: true }, roles: ['readonly'] })
    expect(accessOf(ruled(aRule()), ruled(aRule(), everyone))).toEqual({
      'entra: everyone': ['+ payments-prod/readonly by all'],
    })
  })

  it('says of a group what it holds on other terms than everyone (threats.md R14)', () => {
    const everyone = (changes: Parameters<typeof aRule>[0]) =>
      aRule({ id: 'all', match: { idp: 'entra', everyone: true }, ...changes })
    const [before, after] = [
      ruled(everyone({ maxSeconds: 4 * HOUR })),
      ruled(everyone({ maxSeconds: 2 * HOUR }), aRule()),
    ]
    expect(accessOf(before, after)).toEqual({
      'entra: everyone': ['~ payments-prod/dev at most 4h -> at most 2h'],
      'entra: payments': ['~ payments-prod/dev at most 4h -> at most 2h, or on the role’s own terms'],
    })
    expect(diffPolicies(before, after).concerns).toEqual(['entra: payments has payments-prod/dev on easier terms'])

    const gained = diffPolicies(ruled(), ruled(everyone({ require: { mfaSeconds: 600 } }), aRule()))
    expect(gained.access.map(({ who, gains }) => [who, gains.map(({ terms }) => terms)])).toEqual([
      ['entra: everyone', ['mfa within 10m']],
      ['entra: payments', ['mfa within 10m, or on the role’s own terms']],
    ])
    expect(gained.concerns).toContain('entra: payments gains payments-prod/dev')
  })

  it('says of a pattern what its fence holds', () => {
    const read = readPattern('^aws-.*$')
    if ('fault' in read) throw new Error(read.fault)
    const fenced = aRule({ id: 'by-name', match: { idp: 'entra', pattern: read.pattern }, roles: ['dev', 'readonly'] })
    expect(accessOf(ruled(), ruled(fenced))).toEqual({
      'entra: groups like ^aws-.*$': ['+ payments-prod/dev by by-name', '+ payments-prod/readonly by by-name'],
    })
  })

  it('says of jobs what jobs gain, and of nobody else', () => {
    const jobs = aRule({ id: 'ci', match: { workload: 'github', claims: { ref: ['main'] } } })
    const policy = aPolicy({ rules: [jobs], vouchers: { entra: {}, github: {} } })
    expect(accessOf(aPolicy({ rules: [], vouchers: { entra: {}, github: {} } }), policy)).toEqual({
      'github: jobs with ref=main': ['+ payments-prod/dev by ci'],
    })
  })

  it('tells limits from limits', () => {
    const longer = ruled(aRule({ maxSeconds: 2 * HOUR }))
    expect(accessOf(ruled(aRule({ maxSeconds: HOUR })), longer)).toEqual({
      'entra: payments': ['~ payments-prod/dev at most 1h -> at most 2h'],
    })
    expect(accessOf(longer, ruled(aRule()))).toEqual({
      'entra: payments': ['~ payments-prod/dev at most 2h -> on the role’s own terms'],
    })
  })

  it('compares whatever else a rule asks for, whether or not it was known when this was written', () => {
    const asking = { ...aRule(), weather: 'fine', require: { moonPhase: [1] } } as Rule
    expect(accessOf(ruled(asking), ruled(aRule()))).toEqual({
      'entra: payments': ['~ payments-prod/dev moon_phase [1], weather fine -> on the role’s own terms'],
    })
  })

  it('says conditions and session policies in words', () => {
    const require = {
      mfaSeconds: 600,
      networks: { ranges: ['203.0.113.0/24'], includes: () => true },
      windows: [{ days: new Set([0, 1, 2, 3, 4]), from: 420, to: 1200, timeZone: 'Europe/Berlin' }],
      reason: { fits: () => true },
      approval: { of: 'role admin', idp: 'entra', groups: ['leads'], validSeconds: 4 * HOUR },
    }
    const sessionPolicy = { inline: { json: '{}', hash: 'a'.repeat(64) }, managed: ['NoIam'] }
    const asking = aRule({ require, sessionPolicy })
    expect(accessOf(ruled(aRule()), ruled(asking))).toEqual({
      'entra: payments': [
        '~ payments-prod/dev on the role’s own terms -> mfa within 10m, ip 203.0.113.0/24, time Mon-Fri 07:00-20:00 Europe/Berlin, a reason, approval by entra: leads, for 4h at most, session policy inline aaaaaaaaaaaa + NoIam',
      ],
    })
    const [before, after] = [aPolicy(), aPolicy({ roles: [aRoleKind({ requires: [require], sessionPolicy })] })]
    const { roles, concerns } = diffPolicies(before, after)
    expect(roles.find(({ name }) => name === 'dev')?.keys.map(({ key }) => key)).toEqual(['requires', 'session_policy'])
    expect(concerns).toEqual([])
    expect(diffPolicies(after, before).concerns).toEqual([
      'role dev is to be had on easier terms: requires',
      'role dev is to be had on easier terms: session_policy',
    ])
  })

  it('keeps to the ARN: a role under another key, in an account under another alias, is the same (threats.md R1)', () => {
    const before = ruled(aRule())
    const after = aPolicy({
      accounts: [anAccount({ alias: 'pay' })],
      roles: [aRoleKind({ key: 'developer' })],
      rules: [aRule({ accounts: ['pay'], roles: ['developer'] })],
    })
    expect(accessOf(before, after)).toEqual({})
  })

  it('sees an alias that became another account', () => {
    const after = aPolicy({ accounts: [anAccount({ id: '999999999999' })] })
    expect(accessOf(aPolicy(), after)).toEqual({
      'entra: payments': ['+ payments-prod/dev by payments-team', '- payments-prod/dev'],
    })
  })

  it('is worked out by the real decision, for every group alone', () => {
    const idps = ['entra', 'okta']
    const groups = ['a', 'b', 'c']
    const aliases = ['prod', 'dev']
    const keys = ['ro', 'admin']
    const some = (values: readonly string[], minLength = 0) => fc.subarray([...values], { minLength })
    const idp = fc.constantFrom(...idps)
    const ruleParts = fc.record({
      match: fc.oneof(
        fc.record({ idp, groups: some(groups, 1) }),
        fc.record({ idp, everyone: fc.constant(true as const) }),
        fc.record({ groups: some(groups, 1) }),
        fc.record({ everyone: fc.constant(true as const) }),
      ),
      isDeny: fc.boolean(),
      accounts: some(aliases),
      roles: some(keys),
    })
    const mappings = fc.array(ruleParts, { maxLength: 5 }).map((parts) =>
      aMapping({
        accounts: aliases.map((alias, n) => anAccount({ alias, id: `00000000000${n}` })),
        roles: keys.map((key) => aRoleKind({ key, roleName: key })),
        rules: parts.map(({ match, isDeny, accounts, roles }, n) => ({
          ...aRule({ id: `rule-${n}`, accounts, roles }),
          match,
          effect: isDeny || !('idp' in match) ? 'deny' : 'grant',
        })),
      }),
    )
    const heldBy = (mapping: Mapping, at: string, names: readonly string[]) =>
      entitlementsOf(compileRules(mapping), aPrincipal({ idp: at, groups: names }), aMoment()).map(
        ({ target }) => target.name,
      )
    const vouchers = { entra: {}, okta: {} }
    const parts = { vouchers, settings: {}, staff: NO_STAFF, tests: [] }
    fc.assert(
      fc.property(mappings, mappings, (before, after) => {
        const { access } = diffPolicies({ mapping: before, ...parts }, { mapping: after, ...parts })
        const gainsOf = (who: string) => access.find((one) => one.who === who)?.gains.map(({ role }) => role) ?? []
        for (const at of idps) {
          const everyones = gainsOf(`${at}: everyone`)
          const came = (names: readonly string[]) => {
            const held = heldBy(before, at, names)
            return heldBy(after, at, names).filter((role) => !held.includes(role))
          }
          expect(everyones.toSorted()).toEqual(came([]).toSorted())
          for (const group of groups) {
            const own = came([group]).filter((role) => !everyones.includes(role))
            expect(gainsOf(`${at}: ${group}`).toSorted()).toEqual(own.toSorted())
          }
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('denies that came and went', () => {
  it('are said of themselves: what they close for whoever else is met by them', () => {
    const contractors = deny({ match: { idp: 'entra', groups: ['contractors'] }, roles: ['dev', 'admin'] })
    expect(deniesOf(ruled(aRule()), ruled(aRule(), contractors))).toEqual([
      ['entra: contractors', ['payments-prod/dev', 'payments-prod/admin'], []],
    ])
    expect(accessOf(ruled(aRule()), ruled(aRule(), contractors))).toEqual({})
  })

  it('take from everyone what everyone loses', () => {
    const all = deny({ match: { everyone: true } })
    expect(accessOf(ruled(aRule()), ruled(aRule(), all))).toEqual({ 'entra: payments': ['- payments-prod/dev'] })
    expect(deniesOf(ruled(aRule(), all), ruled(aRule()))).toEqual([['any IdP: everyone', [], ['payments-prod/dev']]])
  })

  it('of every IdP, of a pattern and of jobs are told apart', () => {
    const denies = [
      deny({ id: 'a', match: { groups: ['out'] } }),
      deny({ id: 'b', match: { workload: 'ci', claims: {} } }),
    ]
    expect(deniesOf(ruled(), ruled(...denies)).map(([who]) => who)).toEqual(['any IdP: out', 'ci: jobs'])
  })
})

describe('why a second person should look (threats.md R14)', () => {
  const concerns = (before: Policy, after: Policy) => diffPolicies(before, after).concerns
  const dev = { accounts: ['payments-dev'], roles: ['readonly'] }

  it.each([
    ['a role in production is gained', ruled(), ruled(aRule()), ['entra: payments gains payments-prod/dev']],
    [
      'an elevated role is gained, wherever',
      ruled(),
      ruled(aRule({ ...dev, roles: ['admin'] })),
      ['entra: payments gains payments-dev/admin'],
    ],
    ['nothing of either is gained', ruled(), ruled(aRule(dev)), []],
    ['something is lost', ruled(aRule()), ruled(), []],
    [
      'a deny of production goes',
      ruled(aRule(dev), deny({ match: { idp: 'entra', groups: ['out'] } })),
      ruled(aRule(dev)),
      ['nothing keeps entra: out from payments-prod/dev any more'],
    ],
    [
      'a rule lasts longer in production',
      ruled(aRule({ maxSeconds: HOUR })),
      ruled(aRule()),
      ['entra: payments has payments-prod/dev on easier terms'],
    ],
    ['a rule lasts shorter in production', ruled(aRule()), ruled(aRule({ maxSeconds: HOUR })), []],
    [
      'a rule asks for more in production',
      ruled(aRule()),
      ruled({ ...aRule(), require: { mfaWithin: 600 } } as Rule),
      [],
    ],
    [
      'an account leaves production, and nothing else is said',
      aPolicy(),
      aPolicy({ accounts: [anAccount({ environment: 'dev' })] }),
      ['entra: payments has payments-prod/dev on easier terms', '012345678901 no longer counts as production'],
    ],
    [
      'an account leaves production under another alias',
      aPolicy({ rules: [] }),
      aPolicy({ accounts: [anAccount({ alias: 'sandbox', environment: 'dev' })], rules: [] }),
      ['012345678901 no longer counts as production'],
    ],
    [
      'a role is no longer elevated',
      aPolicy({ roles: [aRoleKind({ key: 'admin', elevated: true })], rules: [] }),
      aPolicy({ roles: [aRoleKind({ key: 'admin' })], rules: [] }),
      ['role admin is to be had on easier terms: elevated'],
    ],
    [
      'an elevated role becomes a plain one of another key',
      aPolicy({ roles: [aRoleKind({ key: 'admin', elevated: true })], rules: [aRule({ ...dev, roles: ['admin'] })] }),
      aPolicy({ roles: [aRoleKind({ key: 'ops' })], rules: [aRule({ ...dev, roles: ['ops'] })] }),
      ['entra: payments has payments-dev/ops on easier terms'],
    ],
    [
      'a role in production lasts longer',
      aPolicy(),
      aPolicy({ roles: [aRoleKind({ maxSeconds: 12 * HOUR })] }),
      ['role dev is to be had on easier terms: max_seconds'],
    ],
    [
      'a role nobody has in production lasts longer',
      aPolicy({ rules: [aRule(dev)] }),
      aPolicy({
        roles: [aRoleKind({ key: 'readonly', roleName: 'rolegate/ReadOnly', maxSeconds: HOUR })],
        rules: [aRule(dev)],
      }),
      [],
    ],
    [
      'an IdP is another’s now',
      aPolicy({ vouchers: { entra: { issuer: 'https://a', subject: 'oid' } } }),
      aPolicy({ vouchers: { entra: { issuer: 'https://b', subject: 'oid' } } }),
      ['entra takes other people’s word: issuer'],
    ],
    [
      'somebody becomes operator',
      aPolicy(),
      aPolicy({ staff: { operators: [{ idp: 'entra', groups: ['platform'] }], auditors: [] } }),
      ['entra: platform becomes operator'],
    ],
    [
      'a cannot goes with what it forbade',
      aPolicy({ tests: [{ as: 'entra: x', expects: 'cannot', role: 'payments-prod/admin' }] }),
      aPolicy(),
      ['no test says any more that entra: x cannot take payments-prod/admin'],
    ],
    [
      'a can goes, a cannot comes',
      aPolicy({ tests: [{ as: 'entra: x', expects: 'can', role: 'payments-prod/dev' }] }),
      aPolicy({ tests: [{ as: 'entra: x', expects: 'cannot', role: 'payments-prod/dev' }] }),
      [],
    ],
  ])('%s', (_what, before, after, expected) => {
    expect(concerns(before, after)).toEqual(expected)
  })
})
