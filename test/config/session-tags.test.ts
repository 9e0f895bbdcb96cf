import { describe, expect, it } from 'vitest'
import { sessionTagsFor } from '../../src/domain/aws/session-tags.ts'
import { changed, faultsOf, load } from './a-file.ts'

const admin = (tags: string, more = '') => changed(['elevated: true', `session_tags: { ${tags} }${more}`])
const claim = (limits: string) => admin(`Team: { claim: claims.department, ${limits} }`)
const faults = (text: string) => faultsOf(text).map((fault) => fault.replace(/^\d+:\d+ {2}roles\.admin\./, ''))

describe('a session tag from a claim with limits (threats.md I5)', () => {
  it('is read, and only the claim it names is kept from the sign-in', () => {
    const { config, warnings } = load(claim('idps: [entra], any_of: [Payments, Platform], optional: true'))
    expect(config.mapping.roles.get('admin')?.sessionTags).toEqual({
      Team: { claim: 'department', idps: ['entra'], values: { anyOf: ['Payments', 'Platform'] }, optional: true },
    })
    expect(config.idps[0]?.mapping.keep).toEqual(['department'])
    expect(warnings).toEqual([])
  })

  it('takes the whole value by its pattern', () => {
    const { config } = load(claim(`idps: [entra], pattern: '^team-(?:a|b)+$'`))
    const { sessionTags = {} } = config.mapping.roles.get('admin') ?? {}
    const tagsOf = (department: string) => sessionTagsFor(sessionTags, { idp: 'entra', claims: { department } })
    expect(tagsOf('team-ab')).toEqual({ Team: 'team-ab' })
    expect(() => tagsOf('my-team-ab')).toThrow('condition')
  })

  it('may be a job’s', () => {
    const jobs = `workloads:\n  - { id: builds, issuer: "https://ci.example.com", require: { project: "74" } }\n`
    const text = claim('idps: [builds], any_of: [Payments]').replace('accounts:\n', `${jobs}accounts:\n`)
    expect(faultsOf(text)).toEqual([])
  })

  it.each([
    ['whose word counts', 'any_of: [x]', 'session_tags.Team.idps: is missing'],
    ['anybody whose word counts', 'idps: [], any_of: [x]', 'session_tags.Team.idps: must not be empty'],
    [
      'an IdP that there is',
      'idps: [entar], any_of: [x]',
      'session_tags.Team.idps[0]: unknown IdP or workload "entar"; did you mean "entra"?',
    ],
    ['values', 'idps: [entra]', 'session_tags.Team: needs exactly one of any_of, pattern'],
    [
      'one kind of values',
      "idps: [entra], any_of: [x], pattern: '^x$'",
      'session_tags.Team: needs exactly one of any_of, pattern',
    ],
    ['any value', 'idps: [entra], any_of: []', 'session_tags.Team.any_of: must not be empty'],
    [
      'values AWS takes',
      'idps: [entra], any_of: [x, "*"]',
      'session_tags.Team.any_of[1]: the value of "Team" is not one AWS accepts',
    ],
    [
      'a pattern of whole values',
      "idps: [entra], pattern: 'x'",
      'session_tags.Team.pattern: must be anchored: it begins with ^ and ends with $, so that it means whole names',
    ],
    [
      'a pattern that is linear',
      "idps: [entra], pattern: '^(?=x)x$'",
      'session_tags.Team.pattern: is no RE2 pattern: it looks ahead or back, as in (?=…) (?!…) (?<=…) (?<!…); say what the name holds instead',
    ],
    [
      'a pattern that captures nothing',
      "idps: [entra], pattern: '^(?P<team>x+)$'",
      'session_tags.Team.pattern: captures "team", and nothing asks for it; write (?:…)',
    ],
    ['known limits', 'idps: [entra], anyof: [x]', 'session_tags.Team.anyof: unknown key; did you mean "any_of"?'],
  ])('wants %s', (_, limits, fault) => {
    expect(faults(claim(limits))).toEqual([fault])
  })

  it.each([
    [
      'a claim',
      'Team: { claim: department, idps: [entra], any_of: [x] }',
      'Team.claim: must name one claim, as in claims.sub',
    ],
    [
      'a key AWS does not keep',
      '"aws:x": { claim: claims.x, idps: [entra], any_of: [x] }',
      '["aws:x"]: the key "aws:x" starts with "aws:", which AWS keeps for itself',
    ],
    ['text or a claim', 'Team: 7', 'Team: must be text, or a claim and its limits in {}'],
    [
      'each key once, in whatever form',
      'Team: x, team: { claim: claims.x, idps: [entra], any_of: [x] }',
      'team: is the tag "Team" already; AWS ignores case in keys',
    ],
  ])('wants %s', (_, tags, fault) => {
    expect(faults(admin(tags))).toEqual([fault.startsWith('[') ? `session_tags${fault}` : `session_tags.${fault}`])
  })
})

describe('a session tag from a claim without limits', () => {
  it('loads with a warning: people may edit it', () => {
    expect(load(admin('Team: claims.department, Path: rolegate')).warnings).toEqual([
      expect.stringContaining(
        'roles.admin.session_tags.Team: takes whatever any IdP says, and people may edit it there: { claim: claims.department, idps: […], any_of: […] } says whose word counts, and which',
      ),
    ])
  })
})
