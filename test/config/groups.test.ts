import { describe, expect, it } from 'vitest'
import { A_FILE, aWorld, changed, faultsOf, load } from './a-file.ts'

const TENANT = 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0'
const TEAM = '9d1f6a4e-0000-4000-8000-000000000001'
const GROUPS = 'groups: { claim: groups }'

/** A_FILE at an Entra tenant, with these groups. */
const entra = (groups: string, more: readonly (readonly [string, string])[] = []) =>
  changed(
    ['https://idp.example.com', TENANT],
    [GROUPS, `groups: ${groups}`],
    ['group: Team', `group: ${TEAM}`],
    ...more,
  )

const overageOf = (text: string, world = aWorld()) => {
  const [idp] = load(text, world).config.idps
  return idp?.type === 'oidc' ? idp.overage : undefined
}

describe('groups.overage', () => {
  it('asks the Graph of the issuer’s cloud, and refuses when it does not tell all', () => {
    const text = entra('{ claim: groups, kind: id, overage: { on: graph } }')
    expect(overageOf(text)).toEqual({ endpoint: 'https://graph.microsoft.com', else: 'fail' })
    expect(load(text).config.idps[0]?.mapping.groups).toMatchObject({ overage: { else: 'fail' } })
  })

  it.each([
    ['login.microsoftonline.us', 'https://graph.microsoft.us'],
    ['login.partner.microsoftonline.cn', 'https://microsoftgraph.chinacloudapi.cn'],
    ['sts.windows.net', 'https://graph.microsoft.com'],
  ])('at %s it is %s', (host, endpoint) => {
    const text = entra('{ claim: groups, kind: id, overage: { on: graph } }').replace('login.microsoftonline.com', host)
    expect(overageOf(text)?.endpoint).toBe(endpoint)
  })

  it('takes another address for Graph, and is absent by default', () => {
    const text = entra(
      '{ claim: groups, kind: id, overage: { on: graph, else: warn, endpoint: "https://dod-graph.microsoft.us" } }',
    )
    expect(overageOf(text)).toEqual({ endpoint: 'https://dod-graph.microsoft.us', else: 'warn' })
    expect(overageOf(A_FILE)).toBeUndefined()
  })

  const faults = (groups: string, more: readonly (readonly [string, string])[] = []) =>
    faultsOf(entra(groups, more)).map((fault) => fault.replace(/^\d+:\d+ {2}/, ''))

  it.each([
    [
      'nobody but Graph',
      '{ claim: groups, kind: id, overage: { on: _claim_sources } }',
      ['idps[0].groups.overage.on: must be graph'],
    ],
    [
      'an address that is no origin',
      '{ claim: groups, kind: id, overage: { on: graph, endpoint: "https://graph.microsoft.com/v1.0" } }',
      ['idps[0].groups.overage.endpoint: must be an origin, without a path: https://graph.microsoft.com'],
    ],
    [
      'an address with a slash at its end',
      '{ claim: groups, kind: id, overage: { on: graph, endpoint: "https://graph.microsoft.com/" } }',
      ['idps[0].groups.overage.endpoint: must be an origin, without a path: https://graph.microsoft.com'],
    ],
    [
      'plain http',
      '{ claim: groups, kind: id, overage: { on: graph, endpoint: "http://graph.microsoft.com" } }',
      ['idps[0].groups.overage.endpoint: must be https'],
    ],
    [
      'loopback outside development',
      '{ claim: groups, kind: id, overage: { on: graph, endpoint: "https://127.0.0.1" } }',
      ['idps[0].groups.overage.endpoint: is on loopback, which is for development only: start with --insecure-dev'],
    ],
    [
      'names: Graph would answer with ids, and a deny by name would meet nobody',
      '{ claim: groups, kind: domain_name, overage: { on: graph } }',
      [
        'idps[0].groups.overage: needs "kind: id" beside it: Graph lists object ids, and a rule by any other name would miss them',
      ],
    ],
    [
      'groups of no kind',
      '{ claim: groups, overage: { on: graph } }',
      [
        'idps[0].groups.overage: needs "kind: id" beside it: Graph lists object ids, and a rule by any other name would miss them',
      ],
    ],
    [
      'groups from userinfo',
      '{ claim: groups, kind: id, from: userinfo, overage: { on: graph } }',
      ['idps[0].groups.overage: goes with groups from the ID token: that is where Entra says it left them out'],
    ],
  ])('refuses %s', (_, groups, expected) => {
    expect(faults(groups)).toEqual(expected)
  })

  it('refuses to ask Microsoft of another company’s people, unless told where', () => {
    const text = changed(
      [GROUPS, 'groups: { claim: groups, kind: id, overage: { on: graph } }'],
      ['group: Team', `group: ${TEAM}`],
    )
    expect(faultsOf(text)).toEqual([
      '10:49  idps[0].groups.overage: asks Microsoft Graph, and the issuer is not Microsoft’s: name the "endpoint" to ask',
    ])
  })

  it('refuses a cut list while a deny reads groups, by name or by pattern (threats.md R5)', () => {
    const warned = '{ claim: groups, kind: id, overage: { on: graph, else: warn } }'
    const deny = (match: string) =>
      [['store:', `  - { id: no, match: ${match}, deny: { accounts: "*" } }\nstore:`]] as const
    const message =
      'idps[0].groups.overage.else: must be fail: the deny "no" reads groups, and a cut list may lack them'
    expect(faults(warned, deny(`{ group: ${TEAM} }`))).toEqual([message])
    expect(faults(warned, deny('{ idp: entra, pattern: "^9d1f.*$" }'))).toEqual([message])
    expect(faults(warned, deny('{ everyone: true }'))).toEqual([])
  })

  it('takes loopback in development, plain http only where the IdP has it too', () => {
    const world = aWorld({ insecureDev: true })
    const text = entra('{ claim: groups, kind: id, overage: { on: graph, endpoint: "http://127.0.0.1:8425" } }')
    expect(faultsOf(text, world).map((fault) => fault.replace(/^\d+:\d+ {2}/, ''))).toEqual([
      'idps[0].groups.overage.endpoint: is http: set allow.http for this IdP, for development only',
    ])
  })
})
