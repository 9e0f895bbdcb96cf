import { describe, expect, it } from 'vitest'
import { printTimeWindow } from '../../src/domain/entitlement/time-window.ts'
import { changed, faultsOf, load } from './a-file.ts'

const ofRole = (require: string) =>
  changed(['admin: { role_name: team/Admin, elevated: true }', `admin: { role_name: A, require: ${require} }`])
const ofGrant = (require: string) =>
  changed(['roles: [readonly, admin] }', `roles: [readonly, admin], require: ${require} }`])
const withMfa = (text: string) =>
  text.replace('groups: { claim: groups }', (found) => `${found}\n    mfa: { claim: amr, any_of: [mfa] }`)
const messages = (text: string) => faultsOf(text).map((line) => line.replace(/^\d+:\d+ {2}/, ''))

describe('require', () => {
  it('is read of a role and of a grant', () => {
    const { config } = load(
      withMfa(
        ofRole(
          '{ mfa_within: 10m, ip: [203.0.113.0/24], time: ["Mon-Fri 07:00-20:00 Europe/Berlin", "22:00-06:00 UTC"] }',
        ).replace(
          'roles: [readonly, admin] }',
          () => `roles: [readonly, admin],
             require: { reason: { pattern: '^INC-[0-9]+$', hint: a ticket },
                        approval: { by: { idp: entra, any_of: [Leads, Leads] }, valid_for: 4h } } }`,
        ),
      ),
    )
    const role = config.mapping.roles.get('admin')?.requires?.[0]
    expect(role?.mfaSeconds).toBe(600)
    expect(role?.networks?.includes('203.0.113.9')).toBe(true)
    expect(role?.windows?.map(printTimeWindow)).toEqual(['Mon-Fri 07:00-20:00 Europe/Berlin', '22:00-06:00 UTC'])
    const grant = config.mapping.rules[0]?.require
    expect(grant?.approval).toEqual({ of: 'rule team', idp: 'entra', groups: ['Leads'], validSeconds: 14_400 })
    expect([grant?.reason?.fits('INC-1'), grant?.reason?.fits('INC-1\n'), grant?.reason?.hint]).toEqual([
      true,
      false,
      'a ticket',
    ])
  })

  it('takes one network or one window without a list, and any reason at all', () => {
    const { config } = load(ofRole('{ ip: 203.0.113.0/24, time: "09:00-10:00 UTC", reason: true }'))
    const role = config.mapping.roles.get('admin')?.requires?.[0]
    expect([role?.networks?.ranges, role?.windows?.length, role?.reason?.fits('because')]).toEqual([
      ['203.0.113.0/24'],
      1,
      true,
    ])
  })

  const AT = 'roles.admin.require'
  it.each([
    ['{}', `${AT}: must not be empty: it asks for nothing`],
    ['{ mfa: 10m }', `${AT}.mfa: unknown key`],
    ['{ time_of_day: x }', `${AT}.time_of_day: unknown key`],
    ['{ tme: "09:00-10:00 UTC" }', `${AT}.tme: unknown key; did you mean "time"?`],
    [
      '{ ip: [203.0.113.0] }',
      `${AT}.ip[0]: must be a network, as in 203.0.113.0/24 or 2001:db8::/48; did you mean "203.0.113.0/32"?`,
    ],
    ['{ ip: office }', `${AT}.ip: must be a network, as in 203.0.113.0/24 or 2001:db8::/48`],
    ['{ ip: [0.0.0.0/0] }', `${AT}.ip[0]: is the whole internet: it asks for nothing`],
    ['{ ip: ["::/0"] }', `${AT}.ip[0]: is the whole internet: it asks for nothing`],
    ['{ ip: ["::ffff:203.0.113.0/120"] }', `${AT}.ip[0]: is an IPv4 network in IPv6 clothes: write it as IPv4`],
    [
      '{ time: "Mon-Fri 7-20 Europe/Berlin" }',
      `${AT}.time: must be hours of days in a zone, as in Mon-Fri 07:00-20:00 Europe/Berlin; a whole day is 00:00-24:00`,
    ],
    [
      '{ time: "Mon-Fri 07:00-20:00 Europe/Berln" }',
      `${AT}.time: unknown time zone "Europe/Berln"; did you mean "Europe/Berlin"?`,
    ],
    ['{ time: "Mon-Fri 07:00-20:00 berlin" }', `${AT}.time: unknown time zone "berlin"; did you mean "Europe/Berlin"?`],
    ['{ time: "Mon-Fri 07:00-20:00 +01:00" }', `${AT}.time: unknown time zone "+01:00"`],
    ['{ reason: false }', `${AT}.reason: must be true, or { pattern, hint }`],
    [
      '{ reason: { pattern: "INC-[0-9]+", hint: a ticket } }',
      `${AT}.reason.pattern: must be anchored: it begins with ^ and ends with $, so that it means whole names`,
    ],
    ['{ approval: { by: { group: Leads }, valid_for: 4h } }', `${AT}.approval.by.idp: is missing`],
    [
      '{ approval: { by: { idp: entr, group: Leads }, valid_for: 4h } }',
      `${AT}.approval.by.idp: unknown IdP "entr"; did you mean "entra"?`,
    ],
    ['{ approval: { by: { idp: entra }, valid_for: 4h } }', `${AT}.approval.by: needs exactly one of group, any_of`],
    [
      '{ approval: { by: { idp: entra, group: "*" }, valid_for: 4h } }',
      `${AT}.approval.by.group: "*" is no group: name the groups whose people may approve`,
    ],
    [
      '{ approval: { by: { idp: entra, group: Leads }, valid_for: 48h } }',
      `${AT}.approval.valid_for: must be at most 24h, and is 48h`,
    ],
    [
      '{ approval: { by: { idp: entra, group: Leads }, valid_for: 15m } }',
      `${AT}.approval.valid_for: must be at least 30m, and is 15m: AWS lends for 15m at least, and nothing outlasts its approval`,
    ],
  ])('%s is refused', (require, message) => {
    expect(messages(ofRole(require))).toEqual([message])
  })

  it('says that nobody can meet a second factor where no IdP shows one (threats.md I6)', () => {
    expect(messages(ofRole('{ mfa_within: 10m }'))).toEqual([
      `${AT}.mfa_within: nobody can meet it: no IdP whose people are given this role has "mfa"`,
    ])
    expect(messages(ofGrant('{ mfa_within: 10m }'))).toEqual([
      'rules[0].grant.require.mfa_within: nobody can meet it: "entra" has no "mfa" that shows a second factor',
    ])
    expect(messages(withMfa(ofRole('{ mfa_within: 10m }')))).toEqual([])
  })

  it('says so of a variant that inherits it, where only the variant is given', () => {
    const variant = ofRole('{ mfa_within: 10m }')
      .replace('rules:\n', '  look: { role_name: A, variant_of: admin }\nrules:\n')
      .replace('roles: [readonly, admin] }', 'roles: [readonly, look] }')
    expect(messages(variant)).toEqual([
      'roles.look.variant_of: nobody can meet the mfa_within of "admin": no IdP whose people are given this role has "mfa"',
    ])
    expect(messages(withMfa(variant))).toEqual([])
  })

  it('belongs to no deny', () => {
    const text = changed([
      'grant: { accounts: [pay-prod, pay-dev], roles: [readonly, admin] }',
      'deny: { accounts: "*", require: { ip: [203.0.113.0/24] } }',
    ])
    expect(messages(text)).toContain('rules[0].deny.require: unknown key')
  })

  it('takes an approval without a word', () => {
    expect(load(ofGrant('{ approval: { by: { idp: entra, group: Leads }, valid_for: 4h } }')).warnings).toEqual([])
  })
})

describe('a laxer grant beside a stricter one (threats.md R11)', () => {
  const beside = (strict: string, laxer: string) =>
    load(withMfa(ofGrant(strict)).replace('store:', `  - id: other\n    ${laxer}\nstore:`)).warnings.filter((line) =>
      line.includes('rules[0]: asks for more than "other", where some of the same is open to the same people'),
    ).length
  const give = (match: string, require = '') =>
    `match: { idp: entra, ${match} }\n    grant: { accounts: [pay-prod], roles: [readonly]${require === '' ? '' : `, require: ${require}`} }`
  const STRICT = '{ mfa_within: 10m, ip: [203.0.113.0/24] }'

  it.each([
    { because: 'one that asks for nothing', laxer: give('group: Team') },
    { because: 'one for everyone', laxer: give('everyone: true') },
    { because: 'one of several groups', laxer: give('any_of: [X, Team]') },
    { because: 'one that asks for part of it', laxer: give('group: Team', '{ ip: [203.0.113.0/24] }') },
    { because: 'an older second factor', laxer: give('group: Team', '{ mfa_within: 1h, ip: [203.0.113.0/24] }') },
  ])('is named: $because', ({ laxer }) => {
    expect(beside(STRICT, laxer)).toBe(1)
  })

  it.each([
    { because: 'for other people', laxer: give('group: Others') },
    { because: 'that asks for the same', laxer: give('group: Team', STRICT) },
    {
      because: 'that asks for more',
      laxer: give('group: Team', '{ mfa_within: 5m, ip: [203.0.113.0/24], reason: true }'),
    },
    { because: 'that asks for something else in its place', laxer: give('group: Team', '{ reason: true }') },
  ])('is nothing to say of one $because', ({ laxer }) => {
    expect(beside(STRICT, laxer)).toBe(0)
  })
})

describe('in-file tests', () => {
  const asking = (require: string, as: string, question: string) =>
    messages(`${withMfa(ofGrant(require))}tests:\n  - as: { idp: entra, groups: [Team]${as} }\n    ${question}\n`)
  const EVERY = '{ mfa_within: 10m, ip: [203.0.113.0/24], time: "Mon-Fri 08:00-18:00 UTC", reason: true }'
  const CAN = 'can: [pay-dev/readonly]'
  const CANNOT = 'cannot: [pay-dev/readonly]'
  const wrong = (condition: string) => [
    `tests[0].can[0]: pay-dev/readonly is given to this person by rule team, and not open: it asks for ${condition}`,
  ]

  it('hold at any hour and from anywhere, where they say nothing of that', () => {
    expect(asking(EVERY, '', CAN)).toEqual([])
  })

  it.each([
    [', at: "2026-01-05T12:00:00Z"', []],
    [', at: "2026-01-04T12:00:00Z"', wrong('time')],
    [', at: "2026-01-05T19:30:00+02:00"', []],
    [', ip: 203.0.113.7', []],
    [', ip: 198.51.100.1', wrong('ip')],
    [', mfa: 10m', []],
    [', mfa: 11m', wrong('mfa_within')],
    [', mfa: false', wrong('mfa_within')],
    [', reason: because', []],
    [', reason: false', wrong('reason')],
  ])('say when, from where and how somebody asks:%s', (as, faults) => {
    expect(asking(EVERY, as, CAN)).toEqual(faults)
    expect(asking(EVERY, as, CANNOT)).toHaveLength(faults.length === 0 ? 1 : 0)
  })

  it('take a role that wants an approval for one they cannot have: there are none yet', () => {
    const require = '{ approval: { by: { idp: entra, group: Leads }, valid_for: 4h } }'
    expect(asking(require, '', CANNOT)).toEqual([])
    expect(asking(require, '', CAN)).toEqual(wrong('approval'))
  })

  it.each([
    [', at: "2026-01-05"', 'at: must be a moment such as 2026-03-02T08:00:00Z or 2026-03-02T09:00:00+01:00'],
    [', at: "2026-01-05T12:00:00"', 'at: must be a moment such as 2026-03-02T08:00:00Z or 2026-03-02T09:00:00+01:00'],
    [', ip: office', 'ip: must be an IP address'],
    [', mfa: true', 'mfa: must be a duration such as 5m, or false'],
    [', reason: ""', 'reason: must be one line of text, or false'],
  ])('refuse what says nothing:%s', (as, fault) => {
    expect(asking(EVERY, as, CAN)).toEqual([`tests[0].as.${fault}`])
  })
})

describe('default_duration and time_zone', () => {
  const usual = (text: string, zone = '') =>
    `${changed(['admin: { role_name: team/Admin, elevated: true }', `admin: { role_name: A, max_duration: 12h, default_duration: ${text} }`])}${zone}`

  it('may end at a time of day, by the clocks of a zone', () => {
    const kindIn = (text: string) => load(text).config.mapping.roles.get('admin')?.usual
    expect(kindIn(usual('until 19:00'))).toEqual({ until: 1140, timeZone: 'UTC' })
    expect(kindIn(usual('until 7:30', 'time_zone: Europe/Berlin\n'))).toEqual({ until: 450, timeZone: 'Europe/Berlin' })
    expect(kindIn(usual('2h'))).toEqual({ seconds: 7200 })
  })

  it.each([
    ['until 25:00', 'must be a time of day, as in until 19:00'],
    ['until', 'must be a time of day, as in until 19:00'],
    ['10m', 'must be at least 15m, and is 10m'],
    ['soon', 'must be a duration such as 15m, 3h or 1h30m'],
    ['60', 'must name its unit, as in 15m or 1h30m'],
  ])('%s is refused', (text, fault) => {
    expect(messages(usual(text))).toEqual([`roles.admin.default_duration: ${fault}`])
  })

  it('takes no zone that there is not', () => {
    expect(messages(usual('2h', 'time_zone: Europe/Berln\n'))).toEqual([
      'time_zone: unknown time zone "Europe/Berln"; did you mean "Europe/Berlin"?',
    ])
  })
})

describe('sessions.claims_max_age (threats.md I7)', () => {
  const oldest = (text: string) =>
    load(`${changed()}sessions: { claims_max_age: ${text} }\n`).config.sessions.oldestGroups

  it('is twelve hours, and one for elevated roles, unless the file says otherwise', () => {
    expect(load(changed()).config.sessions.oldestGroups).toEqual({
      usual: 43_200,
      elevated: 3600,
      byEnvironment: new Map(),
    })
    expect(oldest('{ elevated: 30m, env: { prod: 4h } }')).toEqual({
      usual: 43_200,
      elevated: 1800,
      byEnvironment: new Map([['prod', 14_400]]),
    })
  })

  it('names environments that there are', () => {
    expect(messages(`${changed()}sessions: { claims_max_age: { env: { prd: 4h } } }\n`)).toEqual([
      'sessions.claims_max_age.env.prd: no account has the env "prd"; did you mean "prod"?',
    ])
  })
})
