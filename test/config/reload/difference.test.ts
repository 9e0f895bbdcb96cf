import { describe, expect, it } from 'vitest'
import { differenceOf } from '../../../src/config/reload/difference.ts'
import { A_FILE, changed, load } from '../a-file.ts'

const SECOND =
  '\n  - id: second\n    match: { idp: entra, group: Team }\n    grant: { accounts: [pay-dev], roles: [readonly] }'
const between = async (before: string, after: string) => differenceOf(load(before).config, load(after).config)
const rule = (group: string) => changed(['group: Team', `group: ${group}`])

describe('the difference between two configurations', () => {
  it.each([
    ['nothing', A_FILE, []],
    ['a rule that came', changed(['\nstore:', `${SECOND}\nstore:`]), ['rule second came']],
    ['a rule that says something else', rule('Others'), ['rule team changed']],
    ['a rule by another name', changed(['id: team', 'id: crew']), ['rule crew came', 'rule team went']],
    ['a role that says something else', changed(['ReadOnly', 'Reader']), ['role readonly changed']],
    [
      'an account that went',
      changed(['  pay-dev: { id: "222222222222", env: dev }\n', ''], ['[pay-prod, pay-dev]', '[pay-prod]']),
      ['rule team changed', 'account pay-dev went'],
    ],
    ['an IdP that says something else', changed(['client_id: rolegate', 'client_id: other']), ['idp entra changed']],
    [
      'a proxy',
      changed(['aws.example.com', 'aws.example.com\n  trusted_proxies: [10.1.2.0/24]']),
      ['server.trusted_proxies changed'],
    ],
    ['how long a refused file may last', `${A_FILE}reload: { max_stale: 5m }\n`, ['reload changed']],
    ['a network by name', `${A_FILE}networks: { office: [203.0.113.0/24] }\n`, ['networks changed']],
    [
      'a test',
      `${A_FILE}tests: [{ as: { idp: entra, groups: [Team] }, can: [pay-dev/readonly] }]\n`,
      ['tests changed'],
    ],
    ['a longer session', `${A_FILE}sessions: { browser: { absolute: 8h } }\n`, ['sessions changed']],
  ])('%s', async (_what, after, said) => {
    expect(await between(A_FILE, after)).toEqual(said)
  })

  it('the order of rules, by which the first of two equal grants is used', async () => {
    const [one, two] = [
      changed(['\nstore:', `${SECOND}\nstore:`]),
      changed(['\n  - id: team', `${SECOND}\n  - id: team`]),
    ]
    expect(await between(one, two)).toEqual(['order of rules changed'])
  })

  it('a pattern that says something else', async () => {
    const withPattern = (pattern: string) =>
      changed([
        'match: { idp: entra, group: Team }\n    grant: { accounts: [pay-prod, pay-dev], roles: [readonly, admin] }',
        `match: { idp: entra, pattern: '${pattern}' }\n    grant: { accounts: [pay-dev], roles: [readonly] }\n    within: { accounts: [pay-dev], roles: [readonly] }`,
      ])
    expect(await between(withPattern('^team-a$'), withPattern('^team-a$'))).toEqual([])
    expect(await between(withPattern('^team-a$'), withPattern('^team-b$'))).toEqual(['rule team changed'])
  })

  it('names a secret’s holder and never the secret', async () => {
    const [before, after] = [load(A_FILE), load(A_FILE)]
    const idps = after.config.idps.map((idp) =>
      idp.type === 'oidc'
        ? { ...idp, authentication: { method: 'client_secret_basic' as const, secret: 'another' } }
        : idp,
    )
    expect(await differenceOf(before.config, { ...after.config, idps })).toEqual(['idp entra changed'])
  })
})
