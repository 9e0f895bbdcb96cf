import { below, swap, swapAll, without, type Case } from './case.ts'

/** Our own addresses. */
export const SERVER: readonly Case[] = [
  swap('a path in the public URL', 'https://aws.example.com', 'https://aws.example.com/gate'),
  swap('a slash after the public URL', 'https://aws.example.com', 'https://aws.example.com/'),
  swap('plain http', 'https://aws.example.com', 'http://aws.example.com'),
  swap('a host without https://', 'https://aws.example.com', 'aws.example.com'),
  swap('a password in the public URL', 'https://aws.example.com', 'https://ops:hush@aws.example.com'),
  swap('loopback without --insecure-dev', 'https://aws.example.com', 'http://127.0.0.1:8420'),
  swap('localhost without --insecure-dev', 'https://aws.example.com', 'https://localhost'),
  swap('capitals in the public URL', 'https://aws.example.com', 'https://AWS.example.com'),
  swap(
    'a listener past loopback without a proxy',
    'https://aws.example.com',
    'https://aws.example.com\n  listen: { host: 0.0.0.0 }',
  ),
  swap(
    'management at the public door',
    'https://aws.example.com',
    'https://aws.example.com\n  management: { port: 8420 }',
  ),
  swap('a port that is none', 'https://aws.example.com', 'https://aws.example.com\n  listen: { port: 84200 }'),
  swap('a host with a port', 'https://aws.example.com', 'https://aws.example.com\n  listen: { host: "127.0.0.1/8" }'),
  swap(
    'a proxy without its prefix',
    'https://aws.example.com',
    'https://aws.example.com\n  trusted_proxies: [10.0.0.1]',
  ),
  swap(
    'all the internet for a proxy',
    'https://aws.example.com',
    'https://aws.example.com\n  trusted_proxies: [0.0.0.0/0]',
  ),
  below('an issuer with a slash at its end', 'issuer: { url: https://id.example.com/aws/ }\n'),
  below('a token that lives an hour', 'issuer: { token_lifetime: 1h }\n'),
  below('an algorithm AWS does not know', 'issuer: { algorithm: EdDSA }\n'),
  below('all the internet for a network of ours', 'networks: { office: [::/0] }\n'),
  swap('no master key file', '/run/secrets/master.key', '/run/secrets/mastre.key'),
  swap('a master key that is too short', '/run/secrets/master.key', '/run/secrets/short', {
    '/run/secrets/short': 'hunter2',
  }),
  swap('a master key of zeros', '/run/secrets/master.key', '/run/secrets/zeros', {
    '/run/secrets/zeros': '0'.repeat(64),
  }),
  swap(
    'a master key by two ways',
    'master_key_file: /run/secrets/master.key',
    'master_key_file: /run/secrets/master.key, master_key_env: IDP_SECRET',
  ),
]

const OKTA = 'client_secret_file: /run/secrets/okta'

/** Who vouches for people. */
export const IDPS: readonly Case[] = [
  swap('two IdPs of one id', '- id: okta', '- id: entra'),
  swap('a type that is none', 'type: saml', 'type: smal'),
  without('an IdP without its type', 'type: saml\n    '),
  swap('every tenant of Entra', 'https://login.example.com', 'https://login.microsoftonline.com/common/v2.0'),
  swap(
    'every organisation of Entra',
    'https://login.example.com',
    'https://login.microsoftonline.com/organizations/v2.0',
  ),
  swap('a place for a tenant', 'https://login.example.com', '"https://login.microsoftonline.com/{tenantid}/v2.0"'),
  swap('itself for an IdP', 'issuer: https://acme.okta.com', 'issuer: https://aws.example.com'),
  swap('an IdP by http', 'issuer: https://acme.okta.com', 'issuer: http://acme.okta.com'),
  swap('Google, for everybody', 'https://login.example.com', 'https://accounts.google.com'),
  swap(
    'Graph for groups by name',
    'groups: { claim: groups }',
    'groups: { claim: groups, kind: name, overage: { on: graph, endpoint: https://graph.example.com } }',
  ),
  swap(
    'Graph for people of others',
    'groups: { claim: groups }',
    'groups: { claim: groups, kind: id, overage: { on: graph } }',
  ),
  swapAll(
    'a cut list from Graph under a deny',
    [
      'groups: { claim: groups }',
      'groups: { claim: groups, kind: id, overage: { on: graph, else: warn, endpoint: https://graph.example.com } }',
    ],
    ['match: { idp: keycloak, everyone: true }', 'match: { group: 0d5f6a4e-1f2b-4c3d-8e9f-000000000001 }'],
  ),
  swap(
    'groups read again from a claim',
    'groups: { claim: groups }',
    'groups: { claim: groups }\n    recheck: { every: 15m }',
  ),
  swap(
    'groups read again to compare with a cut list',
    'groups: { claim: groups }',
    'groups: { claim: groups, kind: id, overage: { on: graph, else: warn, endpoint: https://graph.example.com } }\n    recheck: { every: 15m }',
  ),
  swap(
    'groups read again every moment',
    'groups: { claim: groups }',
    'groups: { claim: groups }\n    recheck: { every: 30s, else: ignore }',
  ),
  swap(
    'groups read again when the sign-in is over',
    'groups: { claim: groups }',
    'groups: { claim: groups, kind: id, overage: { on: graph, endpoint: https://graph.example.com } }\n    recheck: { every: 12h }',
  ),
  swap('groups read again by SAML', 'type: saml', 'type: saml\n    recheck: { every: 15m }'),
  swapAll(
    'names that any employee may choose',
    ['https://login.example.com', 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0'],
    ['groups: { claim: groups }', 'groups: { claim: groups, kind: name }'],
  ),
  swapAll(
    'a pattern over names that any employee may choose',
    ['https://acme.okta.com', 'https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0'],
    ['kind: name, limit', 'kind: email, limit'],
  ),
  swap(
    'Google’s directory without a key',
    'groups: { claim: groups }',
    'groups: { source: google_directory, claim: groups, impersonate: admin@example.com }',
  ),
  swap('the e-mail for a subject', 'subject: claims.oid', 'subject: claims.email'),
  swap('the e-mail for a subject by SAML', 'subject: attributes.uid', 'subject: attributes.mail'),
  swap('a subject without claims.', 'subject: claims.oid', 'subject: oid'),
  swap('a claim below a claim', 'subject: claims.oid', 'subject: "claims.user oid"'),
  swap('a domain of names in capitals', OKTA, `${OKTA}\n    username_domains: [acme.example, Acme.COM]`),
  swap('no domain of names', OKTA, `${OKTA}\n    username_domains: []`),
  swap(
    'a domain of names without a list',
    'username: attributes.email',
    'username: attributes.email\n    username_domains: acme.example',
  ),
  swap('a person’s key without claims.', OKTA, `${OKTA}\n    person_key: employee_id`),
  swap(
    'a person’s key by SAML without attributes.',
    'username: attributes.email',
    'username: attributes.email\n    person_key: claims.employee_id',
  ),
  swap('an unsigned token', OKTA, `${OKTA}\n    algorithms: [none]`),
  swap('a token signed with our own secret', OKTA, `${OKTA}\n    algorithms: [HS256]`),
  swap('scopes without openid', OKTA, `${OKTA}\n    scopes: [profile, groups]`),
  without('no secret', `    ${OKTA}\n`),
  swap('two secrets', OKTA, `${OKTA}\n    client_secret_env: IDP_SECRET`),
  swap('a secret in a variable that is not set', 'ENTRA_CLIENT_SECRET', 'ENTRA_CLIENT_SECERT'),
  swap('a secret in a file that is not there', '/run/secrets/okta', '/run/secrets/otka'),
  swap('a secret in a folder above', '/run/secrets/okta', '../okta', { '/etc/okta': 'kD9-fK2vq' }),
  swap('a secret from a tutorial', OKTA, 'client_secret: changeme'),
  swap('an empty secret', '/run/secrets/okta', '/run/secrets/empty', { '/run/secrets/empty': '\n' }),
  without('an IdP without groups', '    groups: { claim: groups }\n'),
  swap('a kind of group that is none', 'kind: name', 'kind: names'),
  swapAll(
    'cut lists taken while a deny reads groups',
    ['else: fail', 'else: warn'],
    ['idp: keycloak, everyone: true', 'idp: okta, group: Partners'],
  ),
  without('no metadata', '    metadata_file: keycloak.xml\n'),
  swap(
    'metadata by two ways',
    'metadata_file: keycloak.xml',
    'metadata_file: keycloak.xml\n    metadata_url: https://sso.example.org/metadata',
  ),
  swap(
    'requests signed with nothing',
    'metadata_file: keycloak.xml',
    'metadata_file: keycloak.xml\n    sign_requests: true',
  ),
  swap('itself for a SAML IdP', 'https://sso.example.org/realms/partners', 'https://aws.example.com/'),
  swap('a login way that is off', OKTA, `${OKTA}\n    login: [devise]`),
]

/** What is kept, for how long, and the ways to AWS. */
export const KEEPING: readonly Case[] = [
  swap('a driver misspelt', 'driver: sqlite', 'driver: sqlte'),
  swap(
    'a store that forgets',
    'store: { driver: sqlite, path: /var/lib/rolegate/rolegate.db }',
    'store: { driver: memory }',
  ),
  without('no store', 'store: { driver: sqlite, path: /var/lib/rolegate/rolegate.db }\n'),
  swap('a store without its path', 'driver: sqlite, path: /var/lib/rolegate/rolegate.db', 'driver: sqlite'),
  swap('an audit trail that does not last', '{ type: store }', '{ type: stdout }'),
  swap('no sinks', '[{ type: store }]', '[]'),
  swap('a sink of another kind', '{ type: store }', '{ type: syslog }'),
  swap('idle longer than the whole', 'idle: 1h', 'idle: 13h'),
  swap('a browser for a week', 'absolute: 12h', 'absolute: 168h'),
  swap('a device for a day', 'max: 8h', 'max: 24h'),
  swap('an access token that AWS clients always renew', 'refresh: 12h', 'refresh: 12h, access: 15m'),
  swap('a strategy misspelt', 'strategy: web_identity', 'strategy: web-identity'),
  swap('a key of another strategy', 'strategy: web_identity', 'strategy: web_identity, provider_name: rolegate'),
  swap(
    'an STS that is not AWS’s',
    'region: eu-central-1 }',
    'region: eu-central-1, endpoint: https://sts.ceph.example.com }',
  ),
  swap(
    'an STS that is not AWS’s, with AWS’s audience',
    'region: eu-central-1 }',
    'region: eu-central-1, endpoint: https://sts.ceph.example.com, audience: sts.amazonaws.com }',
  ),
  swap(
    'another thing accepted in place of a pin',
    'region: eu-central-1 }',
    'region: eu-central-1, accept: no-egress }',
  ),
  swap(
    'a pin that pass-through has none of',
    'strategy: web_identity, region: eu-central-1 }',
    'strategy: pass_through_saml, idp: keycloak, provider_name: kc, accept: no-egress-pin }',
  ),
  swap('a region of another partition', 'region: eu-central-1 }', 'region: us-gov-west-1 }'),
  swap(
    'the demo’s STS',
    'region: eu-central-1 }',
    'region: eu-central-1, endpoint: http://127.0.0.1:8422, audience: demo }',
  ),
]

/** How much one person may ask for. */
export const LIMITS: readonly Case[] = [
  below('no hand-over at all', 'limits: { hand_overs: { person: 0 } }\n'),
  below('hand-overs by the hour', 'limits: { hand_overs: { person: 60/h } }\n'),
  below('half a hand-over', 'limits: { hand_overs: { workload: 1.5 } }\n'),
  below('hand-overs without end', 'limits: { hand_overs: { workload: 10000000 } }\n'),
  below('no hand-over of a role', 'limits: { hand_overs: { role: 0 } }\n'),
  below('a limit misspelt', 'limits: { handovers: { person: 60 } }\n'),
]

/** The file's own tests. */
export const TESTS: readonly Case[] = [
  swap('a role that is not open', 'can: [pay-prod/readonly]', 'can: [pay-prod/readonly]\n    cannot: [pay-dev/admin]'),
  swap('a role nobody grants', 'groups: [Team] }', 'groups: [Taem] }'),
  swap('a role that a deny closes', 'cannot: [pay-prod/readonly]', 'can: [pay-prod/readonly]'),
  swap('a test about an account that is not there', 'can: [pay-prod/readonly]', 'can: [pay-prd/readonly]'),
  swap('a test about a role that is not there', 'cannot: [pay-prod/readonly]', 'cannot: [pay-prod/readonyl]'),
  swap('a test about an IdP that is not there', '- as: { idp: entra', '- as: { idp: entar'),
  swap('a test without a role', 'can: [pay-prod/readonly]', 'can: [pay-prod]'),
  swap('a test by ARN', 'can: [pay-prod/readonly]', 'can: ["arn:aws:iam::012345678901:role/ReadOnly"]'),
  swap('a test about nobody', 'as: { idp: entra, groups: [Team] }', 'as: { groups: [Team] }'),
  swap('a test that asks nothing', '\n    can: [pay-prod/readonly]', ''),
]
