import { describe, expect, it } from 'vitest'
import { compileRules } from '../../src/domain/entitlement/compile.ts'
import { entitlementsOf } from '../../src/domain/entitlement/decide.ts'
import { aPrincipal } from '../support/a-principal.ts'
import { aMoment } from '../support/a-session.ts'
import { aWorld, changed, faultsOf, load } from './a-file.ts'

const TEAM = '11111111-aaaa-4aaa-8aaa-111111111111'
const LEADS = '22222222-aaaa-4aaa-8aaa-222222222222'
const NAMES = `${TEAM}: Team\n${LEADS}: Team-Leads\n`

const GROUPS = 'groups: { claim: groups }'
const NAMED = 'groups: { claim: groups, kind: id, names_file: groups/entra.yaml }'
const named = (...changes: readonly (readonly [string, string])[]) => changed([GROUPS, NAMED], ...changes)
const withNames = (names: string) => aWorld({ files: { '/etc/rolegate/groups/entra.yaml': names } })
const faults = (text: string, names = NAMES) => faultsOf(text, withNames(names))

const withDeny = (match: string) =>
  named(['rules:\n', `rules:\n  - { id: no, ${match}, deny: { accounts: pay-prod } }\n`])

const opensTo = (text: string, ...groups: readonly string[]) => {
  const { mapping } = load(text, withNames(NAMES)).config
  return entitlementsOf(compileRules(mapping), aPrincipal({ idp: 'entra', groups }), aMoment()).map(
    ({ target }) => target.name,
  )
}

describe('groups.names_file', () => {
  it('lets rules say what people call a group, or its id', () => {
    const [byName] = load(named(), withNames(NAMES)).config.mapping.rules
    const [byId] = load(named(['group: Team', `group: ${TEAM}`]), withNames(NAMES)).config.mapping.rules
    expect(byName?.match).toEqual({ idp: 'entra', groups: [TEAM] })
    expect(byId?.match).toEqual({ idp: 'entra', groups: [TEAM] })
    const both = named(['group: Team', `any_of: [Team-Leads, ${TEAM}, Team]`])
    expect(load(both, withNames(NAMES)).config.mapping.rules[0]?.match).toEqual({ idp: 'entra', groups: [LEADS, TEAM] })
  })

  it('opens nothing to a group that somebody called by a friendly name (threats.md R6)', () => {
    expect(opensTo(named(), 'Team')).toEqual([])
    expect(opensTo(named(), TEAM)).toHaveLength(4)
  })

  it('is what denies, tests and admin selectors go by too', () => {
    const text = `${named(['rules:\n', 'rules:\n  - { id: not-leads, match: { idp: entra, any_of: [Team-Leads] }, deny: { accounts: pay-prod } }\n'])}admin:
  operators: { idp: entra, group: Team-Leads }
  auditors: [{ idp: entra, any_of: [Team] }]
tests:
  - as: { idp: entra, groups: [Team] }
    can: [pay-prod/admin]
  - as: { idp: entra, groups: [Team, Team-Leads] }
    can: [pay-dev/admin]
    cannot: [pay-prod/admin]
`
    const { admin } = load(text, withNames(NAMES)).config
    expect(admin).toEqual({
      operators: [{ idp: 'entra', groups: [LEADS] }],
      auditors: [{ idp: 'entra', groups: [TEAM] }],
    })
    expect(opensTo(text, TEAM, LEADS)).toHaveLength(2)
  })

  it('is part of the hash, and kept for people to read', () => {
    const one = load(named(), withNames(NAMES))
    const other = load(named(), withNames(`${LEADS}: Team\n`))
    expect(one.hash).not.toBe(other.hash)
    expect(one.files).toContain('/etc/rolegate/groups/entra.yaml')
    expect(one.config.groupNames.get('entra')?.get(TEAM)).toBe('Team')
  })

  it('knows groups by an id that the file does not name', () => {
    const other = '33333333-aaaa-4aaa-8aaa-333333333333'
    expect(faults(named(['group: Team', `group: ${other}`]))).toEqual([])
  })
})

describe('an id in another case than the names file has it (threats.md R4)', () => {
  const SPELT = `is spelt "${TEAM}" in the names_file of "entra"; ids match as they are spelt`
  const UPPER = TEAM.toUpperCase()

  it.each([
    [named(['group: Team', `group: ${UPPER}`]), `19:33  rules[0].match.group: ${SPELT}`],
    [named(['group: Team', `any_of: [Team-Leads, ${UPPER}]`]), `19:47  rules[0].match.any_of[1]: ${SPELT}`],
    [withDeny(`match: { idp: entra, group: ${UPPER} }`), `18:43  rules[0].match.group: ${SPELT}`],
    [withDeny(`match: { group: ${UPPER} }`), `18:31  rules[0].match.group: ${SPELT}`],
  ])('is refused', (text, fault) => {
    expect(faults(text)).toEqual([fault])
  })

  it.each([
    ['of the IdP', 'match: { idp: entra, group: 33333333-aaaa-4aaa-8aaa-333333333333 }', 1],
    ['of any IdP', 'match: { group: 33333333-aaaa-4aaa-8aaa-333333333333 }', 1],
    ['that the file has', `match: { group: ${TEAM} }`, 0],
  ])('is advised of in a deny by an id %s which the file lacks', (_, match, count) => {
    const { warnings } = load(withDeny(match), withNames(NAMES))
    expect(warnings.filter((warning) => warning.includes('[deny-of-unnamed-group]'))).toHaveLength(count)
  })
})

describe('a name that no names file knows', () => {
  const UNKNOWN = '"entra" has no group of that name or id in its names_file'

  it.each([
    [named(['group: Team', 'group: Taem']), `19:33  rules[0].match.group: ${UNKNOWN}; did you mean "Team"?`],
    [named(['group: Team', 'any_of: [Team, Staff]']), `19:41  rules[0].match.any_of[1]: ${UNKNOWN}`],
    // Names match as they are written: a reviewer reads one of them.
    [named(['group: Team', 'group: team']), `19:33  rules[0].match.group: ${UNKNOWN}; did you mean "Team"?`],
    [named(['group: Team', 'group: AbCdEfGhIjKlMnOp']), `19:33  rules[0].match.group: ${UNKNOWN}`],
    [
      `${named()}tests: [{ as: { idp: entra, groups: [Teams] }, can: [pay-dev/readonly] }]\n`,
      `22:38  tests[0].as.groups[0]: ${UNKNOWN}; did you mean "Team"?`,
    ],
    [`${named()}admin: { operators: { idp: entra, group: Ops } }\n`, `22:42  admin.operators.group: ${UNKNOWN}`],
    [
      `${named()}admin: { auditors: [{ idp: entra, any_of: [Ops] }] }\n`,
      `22:44  admin.auditors[0].any_of[0]: ${UNKNOWN}`,
    ],
  ])('is refused', (text, fault) => {
    expect(faults(text)).toEqual([fault])
  })

  it('is refused in a deny that names no IdP: to others it is no name (threats.md R4)', () => {
    const text = named([
      'rules:\n',
      'rules:\n  - { id: no, match: { group: Team-Leads }, deny: { accounts: pay-prod } }\n',
    ])
    expect(faults(text)).toEqual([
      '18:31  rules[0].match.group: is what the names_file of "entra" calls a group: name the IdP beside it',
    ])
  })
})

describe('a names file (threats.md R6)', () => {
  it.each([
    ['an id twice', `${NAMES}${TEAM}: Others\n`, `3:1  the key "${TEAM}" stands twice in one mapping`],
    [
      'an id twice but for case',
      `${NAMES}${TEAM.toUpperCase()}: Others\n`,
      `3:1  ${TEAM.toUpperCase()}: differs from ${TEAM} in case only`,
    ],
    ['a name twice', `${TEAM}: Team\n${LEADS}: Team\n`, `2:39  ${LEADS}: is the name of ${TEAM} too`],
    ['a name twice but for case', `${TEAM}: Team\n${LEADS}: TEAM\n`, `2:39  ${LEADS}: is the name of ${TEAM} too`],
    ['a name twice but for width', `${TEAM}: Team\n${LEADS}: Ｔeam\n`, `2:39  ${LEADS}: is the name of ${TEAM} too`],
    ['a name twice but for blanks', `${TEAM}: Team\n${LEADS}: "Team "\n`, `2:39  ${LEADS}: is the name of ${TEAM} too`],
    [
      'a name that is another’s id',
      `${TEAM}: ${LEADS}\n${LEADS}: Team\n`,
      `1:39  ${TEAM}: is an id, not a name: a rule could mean either group`,
    ],
    [
      'a name that looks like an id',
      `${TEAM}: 99999999-aaaa-4aaa-8aaa-999999999999\n`,
      `1:39  ${TEAM}: is an id, not a name: a rule could mean either group`,
    ],
    ['a star for a name', `${TEAM}: "*"\n`, `1:39  ${TEAM}: "*" is no name of a group; no rule may say it`],
    [
      'a name twice but for what nobody sees',
      `${TEAM}: Team\n${LEADS}: "Team\\u200b"\n`,
      `2:39  ${LEADS}: holds signs that nobody sees; take them out`,
    ],
    ['an invisible letter', `${TEAM}: "Team\\u3164"\n`, `1:39  ${TEAM}: holds signs that nobody sees; take them out`],
    [
      'a name twice but for its alphabet',
      `${TEAM}: AWS-Admins\n${LEADS}: \u0410WS-Admins\n`,
      `2:39  ${LEADS}: mixes alphabets in "\u0410WS": letters that look alike are not the same`,
    ],
    ['an id that is none', 'Team: Team-Leads\n', '1:1  Team: does not look like the id of a group'],
    ['a number for a name', `${TEAM}: 4711\n`, `1:39  ${TEAM}: must be text; put it in quotes`],
    ['a list', `- ${TEAM}: Team\n`, '1:1  must be a mapping'],
    ['nothing', '# none yet\n', '1:1  is empty'],
    ['no YAML', `${TEAM}: [\n`, '2:1  '],
    ['an unreadable sign', `${TEAM}: "Te\\u202Eam"\n`, `1:39  ${TEAM}: must not hold control characters`],
    ['Windows’ line ends', `${TEAM}: Team\r\n${LEADS}: Team\r\n`, `2:39  ${LEADS}: is the name of ${TEAM} too`],
  ])('does not hold %s', (_, names, fault) => {
    const found = faults(named(), names)
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(`groups/entra.yaml:${fault}`)
  })

  it.each([
    ['groups: { claim: groups, names_file: groups/entra.yaml }', 'goes with "kind: id" (or sid) beside it'],
    ['groups: { claim: groups, kind: name, names_file: groups/entra.yaml }', 'goes with "kind: id" (or sid) beside it'],
    ['groups: { claim: groups, kind: id, names_file: groups/okta.yaml }', 'there is no /etc/rolegate/groups/okta.yaml'],
    ['groups: { claim: groups, kind: id, names_file: ../entra.yaml }', 'leads out of the configuration folder'],
    ['groups: { claim: groups, kind: id, names_file: /srv/entra.yaml }', 'leads out of the configuration folder'],
  ])('is not taken with %s', (groups, message) => {
    const files = { '/etc/rolegate/groups/entra.yaml': NAMES, '/etc/entra.yaml': NAMES, '/srv/entra.yaml': NAMES }
    const found = faultsOf(changed([GROUPS, groups]), aWorld({ files }))
    expect(found).toHaveLength(1)
    expect(found[0]).toContain(`idps[0].groups.names_file: ${message}`)
  })

  it('is refused where strangers may write it (threats.md R7)', () => {
    const world = {
      ...withNames(NAMES),
      fileMode: (path: string) => (path.endsWith('entra.yaml') ? 0o100664 : 0o100600),
    }
    expect(faultsOf(named(), world)).toEqual([
      expect.stringMatching(/^groups\/entra\.yaml:1:1 {2}may be written by its group \(mode 0664\)/),
    ])
  })
})
