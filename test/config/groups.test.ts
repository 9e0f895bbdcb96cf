import { describe, expect, it } from 'vitest'
import { keysFor } from '../support/fake-idp.ts'
import { A_FILE, aWorld, changed, faultsOf, load, type Read } from './a-file.ts'

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

  it('refuses a cut list while somebody’s word there is asked for, by a grant or by a role (threats.md R5)', () => {
    const warned = '{ claim: groups, kind: id, overage: { on: graph, else: warn } }'
    const approval = `require: { approval: { by: { idp: entra, group: ${TEAM} }, valid_for: 4h } }`
    const message = (what: string) =>
      `idps[0].groups.overage.else: must be fail: the approval of ${what} reads groups, and a cut list may lack them`
    expect(faults(warned, [['roles: [readonly, admin] }', `roles: [readonly, admin], ${approval} }`]])).toEqual([
      message('"team"'),
    ])
    expect(faults(warned, [['elevated: true }', `elevated: true, ${approval} }`]])).toEqual([
      message('the role "admin"'),
    ])
  })

  it('takes loopback in development, plain http only where the IdP has it too', () => {
    const world = aWorld({ insecureDev: true })
    const text = entra('{ claim: groups, kind: id, overage: { on: graph, endpoint: "http://127.0.0.1:8425" } }')
    expect(faultsOf(text, world).map((fault) => fault.replace(/^\d+:\d+ {2}/, ''))).toEqual([
      'idps[0].groups.overage.endpoint: is http: set allow.http for this IdP, for development only',
    ])
  })
})

describe('groups.source: google_directory', () => {
  const KEY = {
    type: 'service_account',
    project_id: 'project',
    private_key_id: 'key-1',
    private_key: keysFor('service-account').privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'rolegate@project.iam.gserviceaccount.com',
    token_uri: 'https://evil.example/token',
  }
  const withKey = (key: unknown = KEY, changes: Parameters<typeof aWorld>[0] = {}) =>
    aWorld({ files: { '/run/secrets/google.json': typeof key === 'string' ? key : JSON.stringify(key) }, ...changes })
  const MINIMAL =
    '{ source: google_directory, service_account_file: /run/secrets/google.json, impersonate: admin@example.com }'
  const google = (groups = MINIMAL, more: readonly (readonly [string, string])[] = []) =>
    changed(
      ['https://idp.example.com', 'https://accounts.google.com\n    hosted_domain: example.com'],
      [GROUPS, `groups: ${groups}`],
      ['group: Team', 'group: team@example.com'],
      ...more,
    )
  const faults = (text: string, world = withKey()) =>
    faultsOf(text, world).map((fault) => fault.replace(/^\d+:\d+ {2}/, ''))

  it('asks Google itself, groups of groups too, for the key of the file and nothing it says of addresses', () => {
    const { config, warnings } = load(google(), withKey())
    expect(config.idps[0]).toMatchObject({
      hostedDomains: ['example.com'],
      googleDirectory: {
        endpoint: 'https://admin.googleapis.com',
        tokenEndpoint: 'https://oauth2.googleapis.com/token',
        impersonate: 'admin@example.com',
        nested: true,
        by: 'email',
        account: { email: KEY.client_email, keyId: 'key-1', pem: KEY.private_key },
      },
    })
    expect(warnings).toEqual([])
  })

  it('knows groups by id where that is asked for, and direct ones alone', () => {
    const text = google(MINIMAL.replace(' }', ', kind: id, nested: false }'), [
      ['team@example.com', '"01abcdefgh12345"'],
    ])
    expect(load(text, withKey()).config.idps[0]).toMatchObject({ googleDirectory: { by: 'id', nested: false } })
  })

  it.each([
    [
      'neither key nor administrator',
      '{ source: google_directory }',
      [
        'idps[0].groups: "source: google_directory" needs "service_account_file"',
        'idps[0].groups: "source: google_directory" needs "impersonate"',
      ],
    ],
    [
      'keys of a claim',
      MINIMAL.replace(' }', ', claim: groups, from: userinfo, limit: { count: 9 } }'),
      [
        'idps[0].groups.claim: goes with "source: claim"',
        'idps[0].groups.from: goes with "source: claim"',
        'idps[0].groups.limit: goes with "source: claim"',
      ],
    ],
    [
      'groups by name, which anybody may choose',
      MINIMAL.replace(' }', ', kind: name }'),
      ['idps[0].groups.kind: must be email or id: that is what Google’s directory knows groups by'],
    ],
    [
      'an administrator who is no address',
      MINIMAL.replace('admin@example.com', 'admin'),
      ['idps[0].groups.impersonate: must be an e-mail address'],
    ],
    [
      'other addresses than https',
      MINIMAL.replace(' }', ', endpoint: "http://google.example", token_endpoint: "https://user@google.example/" }'),
      [
        'idps[0].groups.endpoint: must be https',
        'idps[0].groups.token_endpoint: must not hold a user name or a password',
      ],
    ],
    [
      'a Directory API with a path',
      MINIMAL.replace(' }', ', endpoint: "https://google.example/admin" }'),
      ['idps[0].groups.endpoint: must be an origin, without a path: https://google.example'],
    ],
    [
      'keys of the directory with a claim',
      '{ claim: groups, impersonate: a@example.com, nested: false }',
      [
        'idps[0].groups.impersonate: goes with "source: google_directory"',
        'idps[0].groups.nested: goes with "source: google_directory"',
      ],
    ],
    [
      'a claim that is not named',
      '{ kind: name }',
      ['idps[0].groups: "claim" is missing: the claim that lists the groups'],
    ],
  ])('refuses %s', (_, groups, expected) => {
    expect(faults(google(groups))).toEqual(expected)
  })

  const HERE = 'idps[0].groups.service_account_file'
  const NO_KEY = `${HERE}: holds no key of a service account: it must be the JSON file that Google gives, unchanged`
  it.each([
    ['no JSON', '{', NO_KEY],
    ['no object', '[]', NO_KEY],
    ['the key of a person', { ...KEY, type: 'authorized_user' }, NO_KEY],
    ['no address', { ...KEY, client_email: undefined }, NO_KEY],
    ['no key', { ...KEY, private_key: undefined }, NO_KEY],
    [
      'a key that is none',
      { ...KEY, private_key: 'x' },
      `${HERE}: holds a private key that is no RSA key of 2048 bits or more`,
    ],
    [
      'a short key',
      { ...KEY, private_key: keysFor('short', 'rsa-1024').privateKey.export({ type: 'pkcs8', format: 'pem' }) },
      `${HERE}: holds a private key that is no RSA key of 2048 bits or more`,
    ],
  ])('refuses a key file with %s, and repeats nothing of it', (_, key, fault) => {
    expect(faults(google(), withKey(key))).toEqual([fault])
  })

  it('is not asked for its key by whoever only looks at the rules', () => {
    const unread = aWorld({ withoutSecrets: true })
    expect(load(google(), unread).config.mapping.rules).toHaveLength(1)
  })

  it('refuses a key file that is not there, and warns of one that everybody may read', () => {
    expect(faults(google(), aWorld())).toEqual([`${HERE}: there is no /run/secrets/google.json`])
    expect(load(google(), withKey(KEY, { fileMode: () => 0o100644 })).warnings.join()).toContain(
      `${HERE}: may be read by everybody on this machine`,
    )
  })
})

describe('hosted_domain', () => {
  const googleWith = (more: string) => changed(['https://idp.example.com', `https://accounts.google.com${more}`])

  it('must be named for Google, who signs for everybody (threats.md I2)', () => {
    expect(faultsOf(googleWith(''))).toEqual([
      '7:13  idps[0].issuer: lets in everybody with a Google account: name your "hosted_domain" beside it',
    ])
    expect(faultsOf(googleWith('\n    hosted_domain: example.com'))).toEqual([])
  })

  it('may be several', () => {
    const [idp] = load(googleWith('\n    hosted_domain: [example.com, example.org]')).config.idps
    expect(idp).toMatchObject({ hostedDomains: ['example.com', 'example.org'] })
  })

  it.each(['"*"', 'Example.com', 'com', '"@example.com"', '[]', '""', '[example.com, "*"]'])(
    'is never %s',
    (domain) => {
      expect(faultsOf(googleWith(`\n    hosted_domain: ${domain}`))).toHaveLength(1)
    },
  )
})

describe('limits that IdPs are known for', () => {
  const at = (issuer: string, groups: string) =>
    load(changed(['https://idp.example.com', issuer], [GROUPS, `groups: ${groups}`], ['group: Team', `group: ${TEAM}`]))
  const warned = ({ warnings }: Read) => warnings.filter((line) => line.includes('sends at most'))
  const most = ({ config }: Read) => config.idps[0]?.mapping.groups.most

  it.each([
    [
      TENANT,
      200,
      'leaves out the groups of people in more; set "overage: { on: graph }" or "limit: { count: 200 }" [group-limit-unset]',
    ],
    [
      'https://acme.okta.com',
      100,
      'sends no more than these, or fails the sign-in; set "limit: { count: 100 }" [group-limit-unset]',
    ],
    [
      'https://acme.okta.com/oauth2/default',
      100,
      'sends no more than these, or fails the sign-in; set "limit: { count: 100 }" [group-limit-unset]',
    ],
    [
      'https://acme.oktapreview.com',
      100,
      'sends no more than these, or fails the sign-in; set "limit: { count: 100 }" [group-limit-unset]',
    ],
  ])('are warned of where nothing is said about them: %s', (issuer, count, what) => {
    const loaded = at(issuer, '{ claim: groups }')
    expect(warned(loaded)).toEqual([
      `/etc/rolegate/rolegate.yaml:10:13  idps[0].groups: this IdP sends at most ${count} groups: it ${what}`,
    ])
    expect(most(loaded)).toBe(count)
  })

  it('are settled by a limit, which counts from then on', () => {
    const loaded = at('https://acme.okta.com', '{ claim: groups, limit: { count: 90 } }')
    expect([warned(loaded), most(loaded)]).toEqual([[], 90])
  })

  it('are no matter where the directory is asked beyond them', () => {
    const loaded = at(TENANT, '{ claim: groups, kind: id, limit: { count: 200 }, overage: { on: graph } }')
    expect([warned(loaded), most(loaded)]).toEqual([[], undefined])
  })

  it.each(['https://idp.example.com', 'https://okta.com.evil.example', 'https://notokta.example.com'])(
    'are nobody’s else: %s',
    (issuer) => {
      const loaded = at(issuer, '{ claim: groups }')
      expect([warned(loaded), most(loaded)]).toEqual([[], undefined])
    },
  )

  it.each([
    ['https://sts.windows.net/11111111-2222-3333-4444-555555555555/', 150],
    ['https://accounts.google.com/o/saml2?idpid=C01abc', 75],
    ['https://idp.example.com/saml', undefined],
  ])('by SAML are those of the entity id: %s', (entityId, count) => {
    const text = changed([
      / {4}type: oidc[\s\S]*?groups: \{ claim: groups \}/.exec(A_FILE)?.[0] ?? '',
      `    type: saml\n    metadata_file: idp.xml\n    entity_id: ${entityId}\n    subject: attributes.uid\n    username: attributes.name\n    groups: { attribute: groups }`,
    ])
    const loaded = load(text)
    expect(most(loaded)).toBe(count)
    expect(warned(loaded)).toHaveLength(count === undefined ? 0 : 1)
  })
})

describe('an IdP that is known for its kind of groups', () => {
  const warnings = (text: string, world = aWorld()) =>
    load(text, world)
      .warnings.map((line) => line.replace(/^\S+ {2}/, ''))
      .filter((line) => line.includes('does not look like'))

  it('warns of a rule that names none: Entra sends object ids unless it is told otherwise', () => {
    const limited = [GROUPS, 'groups: { claim: groups, limit: { count: 200 } }'] as const
    expect(warnings(changed(['https://idp.example.com', TENANT], limited))).toEqual([
      'rules[0].match.group: does not look like a group of kind id, which "entra" sends; groups match exactly [group-unlike-kind]',
    ])
    expect(warnings(changed(['https://idp.example.com', TENANT], limited, ['group: Team', `group: ${TEAM}`]))).toEqual(
      [],
    )
  })

  describe('warns of a deny without an IdP too (threats.md R4)', () => {
    const denying = (group: string, ...changes: readonly (readonly [string, string])[]) =>
      changed(
        ['https://idp.example.com', TENANT],
        ['groups: { claim: groups }', 'groups: { claim: groups, kind: id, limit: { count: 200 } }'],
        ['group: Team', `group: ${TEAM}`],
        ['rules:\n', `rules:\n  - { id: no, match: { group: "${group}" }, deny: { accounts: "*" } }\n`],
        ...changes,
      )
    const OTHER = (groups: string) => ['accounts:\n', OKTA.replace('GROUPS', groups)] as const
    const OKTA = `  - { id: okta, type: oidc, issuer: "https://okta.example.com", client_id: rolegate, client_secret_env: IDP_SECRET, groups: GROUPS }\naccounts:\n`

    it('that nobody of the one IdP can be met by', () => {
      expect(warnings(denying('contractors'))).toEqual([
        'rules[0].match.group: does not look like a group of kind id, which "entra" sends; groups match exactly [group-unlike-kind]',
      ])
      expect(warnings(denying(TEAM))).toEqual([])
    })

    it('that nobody of any IdP can be met by, where there are several', () => {
      expect(warnings(denying('contractors', OTHER('{ claim: groups, kind: path }')))).toEqual([
        'rules[0].match.group: does not look like a group of kind id or path, which the IdPs here send; groups match exactly [group-unlike-kind]',
      ])
    })

    it.each(['{ claim: groups, kind: name }', '{ claim: groups }'])(
      'but not where another IdP may send such groups: %s',
      (groups) => {
        expect(warnings(denying('contractors', OTHER(groups)))).toEqual([])
      },
    )
  })
})

describe('names that anybody may choose (threats.md R6)', () => {
  const ACCEPT = 'accept: names-anybody-may-create'
  const at = (issuer: string, groups: string, rule = '') =>
    changed(
      ['https://idp.example.com', issuer],
      [GROUPS, `groups: ${groups}`],
      ['store:', `${rule === '' ? '' : `  - ${rule}\n`}store:`],
    )
  const told = (text: string) => faultsOf(text).map((fault) => fault.replace(/^\d+:\d+ {2}/, ''))
  const GRANT =
    '{ id: p, match: { idp: entra, pattern: "^aws-(?P<role>[a-z]+)$" }, grant: { accounts: pay-dev, roles: "${role}" }, within: { accounts: pay-dev, roles: readonly } }'
  const DENY = '{ id: p, match: { idp: entra, pattern: "^out-.*$" }, deny: { accounts: "*" } }'

  it('are no groups of Entra, unless somebody says so', () => {
    expect(told(at(TENANT, '{ claim: groups, kind: name }'))).toEqual([
      'idps[0].groups.kind: in Entra anybody may make a group of any name, yours too; take "kind: id", or write "accept: names-anybody-may-create" beside it',
    ])
    expect(told(at(TENANT, `{ claim: groups, kind: name, ${ACCEPT} }`))).toEqual([])
  })

  it('are none by SAML either', () => {
    const text = changed([
      / {4}type: oidc[\s\S]*?groups: \{ claim: groups \}/.exec(A_FILE)?.[0] ?? '',
      `    type: saml\n    metadata_file: idp.xml\n    entity_id: https://sts.windows.net/t/\n    subject: attributes.uid\n    username: attributes.name\n    groups: { attribute: groups, kind: name }`,
    ])
    expect(told(text)).toEqual([expect.stringContaining('idps[0].groups.kind: in Entra anybody may make')])
    expect(told(text.replace('kind: name', `kind: name, ${ACCEPT}`))).toEqual([])
  })

  it('fit no pattern that grants', () => {
    const fault =
      'rules[1].match.pattern: in Entra’s directory anybody may make a group that fits; name groups one by one, or write "accept: names-anybody-may-create" in the groups of "entra"'
    expect(told(at(TENANT, '{ claim: groups }', GRANT))).toEqual([fault])
    expect(told(at(TENANT, '{ claim: groups, kind: path }', GRANT))).toEqual([fault])
    expect(told(at(TENANT, `{ claim: groups, ${ACCEPT} }`, GRANT))).toEqual([])
  })

  it.each(['id', 'domain_name', 'dn', 'sid'])('are not what %s is, which no employee chooses', (kind) => {
    expect(told(at(TENANT, `{ claim: groups, kind: ${kind} }`, GRANT))).toEqual([])
  })

  it('may fit a pattern that denies: it shuts out whoever makes such a group', () => {
    expect(told(at(TENANT, '{ claim: groups }', DENY))).toEqual([])
  })

  it('are the addresses of Google’s groups as well', () => {
    const google = `https://accounts.google.com\n    hosted_domain: example.com`
    expect(told(at(google, '{ claim: groups }', GRANT))).toEqual([expect.stringContaining('in Google’s directory')])
    expect(told(at(google, `{ claim: groups, ${ACCEPT} }`, GRANT))).toEqual([])
    expect(told(at(google, '{ claim: groups }'))).toEqual([])
  })

  it.each(['https://acme.okta.com', 'https://idp.example.com'])('are of no concern at %s', (issuer) => {
    expect(told(at(issuer, '{ claim: groups, kind: name }', GRANT))).toEqual([])
  })

  it('are warned of when they are accepted for nothing, and ADFS when names lack their domain', () => {
    const warnings = (text: string) => load(text).warnings.map((line) => line.replace(/^\S+ {2}/, ''))
    expect(warnings(at('https://idp.example.com', `{ claim: groups, ${ACCEPT} }`))).toEqual([
      'idps[0].groups.accept: accepts what is not there: no rule here reads names that anybody may choose [needless-accept]',
    ])
    expect(warnings(at('https://fs.example.com/adfs', '{ claim: groups, kind: name }'))).toEqual([
      'idps[0].groups.kind: names without their domain clash between domains; have ADFS send them with it: "kind: domain_name" [names-without-domain]',
    ])
  })
})

describe('recheck', () => {
  const recheckOf = (text: string) => {
    const [idp] = load(text).config.idps
    return idp?.type === 'oidc' ? idp.recheck : undefined
  }
  const GRAPH = '{ claim: groups, kind: id, overage: { on: graph } }'
  const asking = (recheck: string, groups = GRAPH) =>
    entra(groups).replace(`groups: ${groups}`, `groups: ${groups}\n    ${recheck}`)

  it('is off by default, and fails where nothing else is said', () => {
    expect(recheckOf(entra(GRAPH))).toBeUndefined()
    expect(recheckOf(asking('recheck: { every: 15m }'))).toEqual({ everySeconds: 900, else: 'fail' })
    expect(recheckOf(asking('recheck: { every: 11h59m }'))?.everySeconds).toBe(43_140)
    expect(recheckOf(asking('recheck: { every: 1m, else: warn }'))).toEqual({ everySeconds: 60, else: 'warn' })
  })

  it.each([
    [asking('recheck: { every: 59s }'), /recheck\.every: must be at least 1m/],
    [asking('recheck: { every: 13h }'), /recheck\.every: must be at most 12h/],
    [asking('recheck: { else: warn }'), /recheck\.every/],
    [asking('recheck: { every: 12h }'), /every: must be less than a sign-in lasts, which is 12h/],
    [
      `${asking('recheck: { every: 8h }')}sessions: { claims_max_age: { default: 4h, env: { dev: 8h } } }\n`,
      /every: must be less than a sign-in lasts, which is 8h/,
    ],
    [asking('recheck: { every: 15m }', '{ claim: groups }'), /recheck: needs a directory that Rolegate asks by itself/],
    [
      asking('recheck: { every: 15m }', '{ claim: groups, kind: id, overage: { on: graph, else: warn } }'),
      /overage\.else: must be fail where "recheck" reads groups again/,
    ],
  ])('is refused where it could not be meant', (text, fault) => {
    expect(faultsOf(text).join('\n')).toMatch(fault)
  })
})
