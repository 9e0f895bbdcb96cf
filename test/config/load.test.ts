import { describe, expect, it } from 'vitest'
import { ConfigFaults, printFaults } from '../../src/config/load.ts'
import { nameNetworkBy } from '../../src/config/networks.ts'
import { A_FILE, aWorld, changed, faultsOf, load } from './a-file.ts'

const IDPS = A_FILE.slice(A_FILE.indexOf('idps:'), A_FILE.indexOf('accounts:'))
const ISSUER = 'issuer: https://idp.example.com'
const SERVER = 'public_url: https://aws.example.com'
const PROD = 'id: "111111111111"'
const MATCH = 'match: { idp: entra, group: Team }'
const GRANT = 'grant: { accounts: [pay-prod, pay-dev], roles: [readonly, admin] }'
const STORE = 'store: { driver: sqlite, path: /var/lib/rolegate/rolegate.db }'
const CLIENT = 'client_secret_env: IDP_SECRET'

type Case = { because: string; text: string; faults: readonly string[]; insecureDev?: true }

const check = (cases: readonly Case[]) =>
  it.each(cases)('$because', ({ text, faults, insecureDev }) => {
    expect(faultsOf(text, aWorld({ insecureDev: insecureDev ?? false }))).toEqual(faults)
  })

/** A_FILE with more below it: what is added begins on line 22. */
const adding = (text: string): string => `${A_FILE}${text}`

const issuedBy = (url: string, more = '') => changed([ISSUER, `issuer: ${url}${more}`])
const EVERY_TENANT = '7:13  idps[0].issuer: lets in people of every tenant; name one tenant, by its id'

const adminWith = (text: string) => changed(['elevated: true', text])

const withRule = (text: string) => changed([STORE, `  - ${text}\n${STORE}`])

const withSts = (more: string) => adding(`sts:\n  default: {}\n  other: { ${more} }\n`)
const LOOPBACK = 'is on loopback, which is for development only: start with --insecure-dev'

describe('the text', () => {
  check([
    { because: 'refuses an empty file', text: '', faults: ['1:1  the file is empty'] },
    { because: 'refuses a file of comments', text: '# nothing\n', faults: ['1:1  the file is empty'] },
    { because: 'refuses text that is no mapping', text: 'hello', faults: ['1:1  must be a mapping'] },
    {
      because: 'refuses a second document',
      text: adding('---\nversion: 1\n'),
      faults: ['22:1  a second document begins here; the file holds one'],
    },
    {
      because: 'refuses a key that stands twice (security.md K-1)',
      text: adding('version: 1\n'),
      faults: ['22:1  the key "version" stands twice in one mapping'],
    },
    {
      because: 'refuses an account that stands twice (threats.md R1)',
      text: changed(['  pay-dev:', '  pay-prod: { id: "333333333333" }\n  pay-dev:']),
      faults: ['13:3  the key "pay-prod" stands twice in one mapping'],
    },
    {
      because: 'refuses a tab that indents',
      text: 'server:\n\thost: x\n',
      faults: ['2:1  a tab indents here; YAML takes spaces only'],
    },
    {
      because: 'refuses an alias without its anchor',
      text: changed([PROD, 'id: *other']),
      faults: ['12:19  no anchor "&other" stands before this alias'],
    },
    {
      because: 'refuses an alias bomb (security.md K-1)',
      text: adding(`a: &a [${'x,'.repeat(20)}]\nb: &b [${'*a,'.repeat(20)}]\nc: &c [${'*b,'.repeat(20)}]\nd: [*c]\n`),
      faults: ['23:8  aliases repeat more than a file may hold'],
    },
    {
      because: 'refuses a tag of its own',
      text: adding('tests: !js []\n'),
      faults: ['22:8  a value takes no tag (!…) here; remove it'],
    },
    {
      because: 'refuses a nesting that could end the process',
      text: '['.repeat(20_000),
      faults: ['1:1  the nesting is too deep here'],
    },
    {
      because: 'refuses it in block form too',
      text: `a: 1\nb:\n ${'- '.repeat(20_000)}`,
      faults: ['3:1  the nesting is too deep here'],
    },
  ])
})

describe('keys and kinds', () => {
  check([
    {
      because: 'names an unknown key with its neighbour, and says one mistake once',
      text: changed(['issuer: https', 'isuer: https']),
      faults: ['7:5  idps[0].isuer: unknown key; did you mean "issuer"?'],
    },
    {
      because: 'collects every fault at once, in the order of the file',
      text: changed(
        ['version: 1', 'version: 2'],
        ['type: oidc', 'type: odic'],
        ['  readonly: {', '  ReadOnly: {'],
        [STORE, 'store: { driver: sqlte }\ncolour: 1'],
      ),
      faults: [
        '1:10  version: must be 1',
        '6:11  idps[0].type: must be one of oidc, saml; did you mean "oidc"?',
        '15:3  roles.ReadOnly: must be a name: lower-case letters, digits and "-", at most 63 characters',
        '21:18  store.driver: must be one of memory, sqlite; did you mean "sqlite"?',
        '22:1  colour: unknown key',
      ],
    },
    {
      because: 'places what is missing where its parent stands',
      text: changed(['    client_id: rolegate\n', '']),
      faults: ['5:5  idps[0].client_id: is missing'],
    },
    { because: 'wants an IdP', text: changed([IDPS, 'idps: []\n']), faults: ['4:7  idps: must not be empty'] },
    {
      because: 'says which value is empty',
      text: changed([SERVER, 'public_url:']),
      faults: ['3:14  server.public_url: is empty'],
    },
    {
      because: 'asks for quotes where a number stands for text',
      text: changed(['group: Team', 'group: 4711']),
      faults: ['19:33  rules[0].match.group: must be text; put it in quotes'],
    },
    {
      because: 'says what stands wrong inside a list',
      text: changed(['roles: [readonly, admin]', 'roles: [readonly, 7]']),
      faults: ['20:63  rules[0].grant.roles[1]: must be text; put it in quotes'],
    },
    {
      because: 'says what a selector may be',
      text: changed(['roles: [readonly, admin]', 'roles: { a: b }']),
      faults: ['20:52  rules[0].grant.roles: must be a role key, "*", or a list of them'],
    },
    {
      because: 'refuses keys of a later version until they work',
      text: changed([GRANT, `${GRANT}\n    approval: { by: Team }`]),
      faults: ['21:5  rules[0].approval: unknown key'],
    },
    {
      because: 'refuses control characters in what people read',
      text: changed([PROD, `${PROD}, name: "Pay\\u001b[2J"`]),
      faults: ['12:41  accounts.pay-prod.name: must not hold control characters'],
    },
    {
      because: 'refuses names that are too long to read',
      text: changed([PROD, `${PROD}, owner: ${'x'.repeat(201)}`]),
      faults: ['12:42  accounts.pay-prod.owner: must be at most 200 characters'],
    },
    {
      because: 'refuses a role that is no IAM role name',
      text: changed(['role_name: ReadOnly', 'role_name: "Read:Only"']),
      faults: [
        '15:26  roles.readonly.role_name: must be an IAM role name, with its path if it has one, as in team/Developer',
      ],
    },
    {
      because: 'takes no unsigned and no shared-secret signatures (security.md O-2)',
      text: changed([ISSUER, `${ISSUER}\n    algorithms: [none, HS256]`]),
      faults: ['none', 'HS256'].map(
        (_, index) =>
          `8:${index === 0 ? 18 : 24}  idps[0].algorithms[${index}]: must be one of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA` +
          (index === 0 ? '' : '; did you mean "RS256"?'),
      ),
    },
    {
      because: 'asks for the scope without which there is no ID token',
      text: changed([ISSUER, `${ISSUER}\n    scopes: [profile]`]),
      faults: ['8:13  idps[0].scopes: must include openid'],
    },
  ])
})

describe('durations', () => {
  const cli = (text: string) => adding(`sessions: { cli: { ${text} } }\n`)
  check([
    {
      because: 'want their unit',
      text: cli('refresh: 900'),
      faults: ['22:29  sessions.cli.refresh: must name its unit, as in 15m or 1h30m'],
    },
    {
      because: 'are written one way',
      text: cli('refresh: 1 day'),
      faults: ['22:29  sessions.cli.refresh: must be a duration such as 15m, 3h or 1h30m'],
    },
    {
      because: 'tell why an access token lives twenty minutes at least',
      text: cli('access: 15m'),
      faults: [
        '22:28  sessions.cli.access: must be at least 20m, and is 15m: AWS clients refresh a token in the last 15 minutes of its life, so a shorter one is always due',
      ],
    },
    {
      because: 'end a device session after eight hours',
      text: cli('device: { max: 9h }'),
      faults: ['22:35  sessions.cli.device.max: must be at most 8h, and is 9h'],
    },
    {
      because: 'keep a token toward AWS to two minutes (threats.md F2)',
      text: adding('issuer: { token_lifetime: 3m }\n'),
      faults: ['22:27  issuer.token_lifetime: must be at most 2m, and is 3m'],
    },
    {
      because: 'end a role session after twelve hours',
      text: changed(['elevated: true', 'max_duration: 13h']),
      faults: ['16:49  roles.admin.max_duration: must be at most 12h, and is 13h'],
    },
    {
      because: 'keep default_duration below max_duration',
      text: changed(['elevated: true', 'default_duration: 2h']),
      faults: ['16:53  roles.admin.default_duration: is longer than max_duration (1h)'],
    },
    {
      because: 'keep idle below absolute',
      text: adding('sessions: { browser: { idle: 2h, absolute: 1h } }\n'),
      faults: ['22:30  sessions.browser.idle: is longer than absolute (1h)'],
    },
  ])
})

describe('our own addresses', () => {
  check([
    {
      because: 'refuses plain http',
      text: changed([SERVER, 'public_url: http://aws.example.com']),
      faults: ['3:15  server.public_url: must be https'],
    },
    {
      because: 'refuses a slash at the end of public_url',
      text: changed([SERVER, `${SERVER}/`]),
      faults: [
        '3:15  server.public_url: must be an origin without a path or a slash at the end: "https://aws.example.com"',
      ],
    },
    {
      because: 'refuses a path in public_url',
      text: changed([SERVER, `${SERVER}/gate`]),
      faults: [
        '3:15  server.public_url: must be an origin without a path or a slash at the end: "https://aws.example.com"',
      ],
    },
    {
      because: 'refuses a query in public_url',
      text: changed([SERVER, `${SERVER}?a=b`]),
      faults: ['3:15  server.public_url: must have no query and no fragment'],
    },
    {
      because: 'refuses another protocol',
      text: changed([SERVER, 'public_url: ftp://aws.example.com']),
      faults: ['3:15  server.public_url: must be a URL that starts with https://'],
    },
    {
      because: 'refuses loopback without --insecure-dev (threats.md P5)',
      text: changed([SERVER, 'public_url: http://127.0.0.1:8420']),
      faults: ['3:15  server.public_url: is on loopback, which is for development only: start with --insecure-dev'],
    },
    {
      because: 'takes loopback with --insecure-dev',
      text: changed([SERVER, 'public_url: http://127.0.0.1:8420']),
      faults: [],
      insecureDev: true,
    },
    {
      because: 'refuses a slash at the end of issuer.url',
      text: adding('issuer: { url: "https://id.example.com/a/" }\n'),
      faults: ['22:16  issuer.url: must not end with a slash'],
    },
    {
      because: 'refuses a listener past loopback that no trusted proxy stands before (threats.md K11)',
      text: changed([SERVER, `${SERVER}\n  listen: { host: 0.0.0.0 }`]),
      faults: [
        '4:19  server.listen.host: is reachable from other machines while TLS ends elsewhere: name your proxy under trusted_proxies, or every request is refused',
      ],
    },
    {
      because: 'keeps management off the public listener',
      text: changed([SERVER, `${SERVER}\n  management: { port: 8420 }`]),
      faults: ['4:15  server.management: must not be the public listener: give it another port'],
    },
    {
      because: 'believes no whole internet of proxies',
      text: changed([SERVER, `${SERVER}\n  trusted_proxies: [0.0.0.0/0, "::/0", 10.0.0.1, 300.1.1.1/24, fd00::/129]`]),
      faults: [
        '4:21  server.trusted_proxies[0]: is the whole internet: every client could say who it is',
        '4:32  server.trusted_proxies[1]: is the whole internet: every client could say who it is',
        '4:40  server.trusted_proxies[2]: must be a network, as in 10.20.0.0/16 or fd00::/64',
        '4:50  server.trusted_proxies[3]: must be a network, as in 10.20.0.0/16 or fd00::/64',
        '4:64  server.trusted_proxies[4]: must be a network, as in 10.20.0.0/16 or fd00::/64',
      ],
    },
  ])
})

describe('identity providers', () => {
  check([
    {
      because: 'refuses http',
      text: issuedBy('http://idp.example.com'),
      faults: ['7:13  idps[0].issuer: must be https'],
    },
    {
      because: 'refuses http on loopback without --insecure-dev (security.md K-5)',
      text: issuedBy('http://localhost:8421', '\n    allow: { http: true }'),
      faults: [
        '7:13  idps[0].issuer: is on loopback, which is for development only: start with --insecure-dev',
        '8:20  idps[0].allow.http: is for development only: start with --insecure-dev',
      ],
    },
    {
      because: 'refuses http on loopback without allow.http',
      text: issuedBy('http://localhost:8421'),
      faults: ['7:13  idps[0].issuer: is http: set allow.http beside it, for development only'],
      insecureDev: true,
    },
    {
      because: 'takes http on loopback with both',
      text: issuedBy('http://localhost:8421', '\n    allow: { http: true }'),
      faults: [],
      insecureDev: true,
    },
    {
      because: 'refuses allow.http for an issuer elsewhere',
      text: issuedBy('https://idp.example.com', '\n    allow: { http: true }'),
      faults: ['8:20  idps[0].allow.http: is for an issuer on loopback only'],
      insecureDev: true,
    },
    {
      because: 'refuses itself as an IdP (threats.md F4)',
      text: issuedBy('https://aws.example.com/'),
      faults: ['7:13  idps[0].issuer: is Rolegate itself: an IdP must be somebody else'],
    },
    {
      because: 'refuses its issuer URL as an IdP (threats.md F4)',
      text: `${issuedBy('https://ID.example.com:443/aws')}issuer: { url: https://id.example.com/aws }\n`,
      faults: ['7:13  idps[0].issuer: is Rolegate itself: an IdP must be somebody else'],
    },
    {
      because: 'refuses every Entra tenant at once (threats.md I2)',
      text: issuedBy('https://login.microsoftonline.com/common/v2.0'),
      faults: [EVERY_TENANT],
    },
    {
      because: 'refuses every organisation at once (threats.md I2)',
      text: issuedBy('https://login.microsoftonline.com/organizations/v2.0'),
      faults: [EVERY_TENANT],
    },
    {
      because: 'refuses private Microsoft accounts (threats.md I2)',
      text: issuedBy('https://login.microsoftonline.us/Consumers/v2.0'),
      faults: [EVERY_TENANT],
    },
    {
      because: 'refuses their tenant by its id too (threats.md I2)',
      text: issuedBy('https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0'),
      faults: [EVERY_TENANT],
    },
    {
      because: 'refuses an issuer template (threats.md I2)',
      text: issuedBy('"https://login.microsoftonline.com/{tenantid}/v2.0"'),
      faults: [EVERY_TENANT],
    },
    {
      because: 'takes a realm that is only called common',
      text: issuedBy('https://idp.example.com/common'),
      faults: [],
    },
    {
      because: 'refuses the e-mail address as subject (threats.md I2)',
      text: issuedBy('https://idp.example.com', '\n    subject: claims.email'),
      faults: ['8:14  idps[0].subject: must not be the e-mail address, which passes from one person to another'],
    },
    {
      because: 'reads claims by one form',
      text: issuedBy('https://idp.example.com', '\n    subject: sub'),
      faults: ['8:14  idps[0].subject: must name one claim, as in claims.sub'],
    },
    {
      because: 'refuses two IdPs of one id',
      text: changed([IDPS, `${IDPS}${IDPS.replace('idps:\n', '').replace('idp.example.com', 'other.example.com')}`]),
      faults: ['11:9  idps[1].id: "entra" is the id of idps[0] too'],
    },
    {
      because: 'refuses a cut list while a deny reads groups (threats.md R5)',
      text: changed(
        ['groups: { claim: groups }', 'groups: { claim: groups, limit: { count: 100, else: warn } }'],
        [STORE, `  - { id: no, match: { group: Out }, deny: { accounts: "*" } }\n${STORE}`],
      ),
      faults: [
        '10:57  idps[0].groups.limit.else: must be fail: the deny "no" reads groups, and a cut list may lack them',
      ],
    },
    {
      because: 'takes a cut list while denies meet everyone',
      text: changed(
        ['groups: { claim: groups }', 'groups: { claim: groups, limit: { count: 100, else: warn } }'],
        [STORE, `  - { id: no, match: { everyone: true }, deny: { accounts: "*", roles: admin } }\n${STORE}`],
      ),
      faults: [],
    },
  ])
})

describe('accounts', () => {
  check([
    {
      because: 'refuses two aliases for one account (threats.md R1)',
      text: changed(['222222222222', '111111111111']),
      faults: ['13:18  accounts.pay-dev.id: 111111111111 is "pay-prod" already; an account has one alias'],
    },
    {
      because: 'wants twelve digits',
      text: changed(['"222222222222"', '22222222222']),
      faults: ['13:18  accounts.pay-dev.id: must be twelve digits, and has 11: was a zero lost at its beginning?'],
    },
    {
      because: 'names a missing way to AWS',
      text: changed([PROD, `${PROD}, sts: defualt`]),
      faults: ['12:40  accounts.pay-prod.sts: unknown sts entry "defualt"; did you mean "default"?'],
    },
    {
      because: 'refuses a region of another partition',
      text: changed([PROD, `${PROD}, region: cn-north-1`]),
      faults: ['12:43  accounts.pay-prod.region: cn-north-1 is a region of aws-cn, not of aws'],
    },
    {
      because: 'refuses an alias that looks like an account id',
      text: changed(['  pay-dev:', '  "333333333333": { id: "333333333333" }\n  pay-dev:']),
      faults: ['13:3  accounts.333333333333: an alias must not look like an account id'],
    },
  ])
})

describe('roles', () => {
  check([
    {
      because: 'refuses two keys for one IAM role, whatever case and path (threats.md R2)',
      text: changed(['role_name: ReadOnly', 'role_name: other/ADMIN']),
      faults: [
        '16:23  roles.admin.role_name: is the IAM role of "readonly" already; IAM ignores case and path. A narrower form of it says "variant_of: readonly"',
      ],
    },
    {
      because: 'refuses a role name too long for the subject (threats.md F1)',
      text: changed(['team/Admin', `${'p'.repeat(100)}/${'q'.repeat(100)}/${'r'.repeat(30)}`]),
      faults: ['16:23  roles.admin.role_name: is 17 characters too long for the subject of our token'],
    },
    {
      because: 'refuses the tags AWS keeps for itself (threats.md I5)',
      text: adminWith('session_tags: { "aws:team": x }'),
      faults: [
        '16:63  roles.admin.session_tags["aws:team"]: the key "aws:team" starts with "aws:", which AWS keeps for itself',
      ],
    },
    {
      because: 'refuses a tag that stands twice by case (threats.md I5)',
      text: adminWith('session_tags: { Team: x, team: y }'),
      faults: ['16:60  roles.admin.session_tags.team: is the tag "Team" already; AWS ignores case in keys'],
    },
    {
      because: 'refuses a tag value AWS does not take (threats.md I5)',
      text: adminWith('session_tags: { Team: "a*b" }'),
      faults: ['16:57  roles.admin.session_tags.Team: the value of "Team" is not one AWS accepts'],
    },
    {
      because: 'refuses an empty tag (threats.md I5)',
      text: adminWith('session_tags: { Team: "" }'),
      faults: ['16:57  roles.admin.session_tags.Team: must not be empty'],
    },
    {
      because: 'refuses a claim without a name',
      text: adminWith('session_tags: { Team: claims. }'),
      faults: ['16:57  roles.admin.session_tags.Team: must name one claim, as in claims.department'],
    },
    {
      because: 'passes on only tags that are set',
      text: adminWith('session_tags: { Team: x }, transitive_tags: [Taem]'),
      faults: ['16:80  roles.admin.transitive_tags[0]: "Taem" is none of session_tags; did you mean "Team"?'],
    },
  ])
})

describe('rules', () => {
  check([
    {
      because: 'refuses a grant that trusts no IdP in particular (threats.md R3)',
      text: changed([MATCH, 'match: { group: Team }']),
      faults: ['19:12  rules[0].match.idp: is missing: a grant names the IdP it trusts'],
    },
    {
      because: 'names an IdP that is not there',
      text: changed([MATCH, 'match: { idp: entar, group: Team }']),
      faults: ['19:19  rules[0].match.idp: unknown IdP "entar"; did you mean "entra"?'],
    },
    {
      because: 'proposes everyone for the group "*" (threats.md R4)',
      text: changed(['group: Team', 'group: "*"']),
      faults: ['19:33  rules[0].match.group: "*" is no group; whoever signs in is "everyone: true"'],
    },
    {
      because: 'finds it in any_of too (threats.md R4)',
      text: changed(['group: Team', 'any_of: [Team, "*"]']),
      faults: ['19:41  rules[0].match.any_of[1]: "*" is no group; whoever signs in is "everyone: true"'],
    },
    {
      because: 'wants one way to match',
      text: changed(['group: Team', 'group: Team, everyone: true']),
      faults: ['19:12  rules[0].match: needs exactly one of group, any_of, pattern, everyone, workload'],
    },
    {
      because: 'wants a way to match',
      text: changed(['{ idp: entra, group: Team }', '{ idp: entra }']),
      faults: ['19:12  rules[0].match: needs exactly one of group, any_of, pattern, everyone, workload'],
    },
    {
      because: 'knows no everyone: false',
      text: changed(['group: Team', 'everyone: false']),
      faults: ['19:36  rules[0].match.everyone: must be true'],
    },
    {
      because: 'wants an effect',
      text: withRule('{ id: x, match: { everyone: true } }'),
      faults: ['21:5  rules[1]: "x" needs exactly one of grant, deny'],
    },
    {
      because: 'wants one effect',
      text: withRule(
        '{ id: x, match: { everyone: true, idp: entra }, grant: { accounts: pay-dev, roles: admin }, deny: { accounts: pay-dev } }',
      ),
      faults: ['21:5  rules[1]: "x" needs exactly one of grant, deny'],
    },
    {
      because: 'gives each rule an id of its own',
      text: withRule('{ id: team, match: { everyone: true }, deny: { accounts: pay-dev, roles: admin } }'),
      faults: ['21:11  rules[1].id: "team" is the id of rules[0] too'],
    },
    {
      because: 'names an account that is not there',
      text: changed(['[pay-prod, pay-dev]', '[pay-prd, pay-dev]']),
      faults: ['20:25  rules[0].grant.accounts[0]: unknown account "pay-prd"; did you mean "pay-prod"?'],
    },
    {
      because: 'names accounts by alias',
      text: changed(['[pay-prod, pay-dev]', '"222222222222"']),
      faults: ['20:24  rules[0].grant.accounts: unknown account "222222222222"; that account is "pay-dev" here'],
    },
    {
      because: 'names a role that is not there',
      text: changed(['[readonly, admin]', '[readonyl, admin]']),
      faults: ['20:53  rules[0].grant.roles[0]: unknown role "readonyl"; did you mean "readonly"?'],
    },
    {
      because: 'wants wildcard: true for "*" in a grant (threats.md R4)',
      text: changed(['[pay-prod, pay-dev], roles: [readonly, admin]', '"*", roles: "*"']),
      faults: [
        '20:24  rules[0].grant.accounts: "*" in a grant needs "wildcard: true" beside it',
        '20:36  rules[0].grant.roles: "*" in a grant needs "wildcard: true" beside it',
      ],
    },
    {
      because: 'keeps "*" out of lists',
      text: changed(['[readonly, admin]', '[readonly, "*"], wildcard: true']),
      faults: ['20:63  rules[0].grant.roles[1]: "*" stands alone, not in a list'],
    },
    {
      because: 'refuses a deny that closes nothing by a typo (threats.md R4)',
      text: withRule('{ id: no, match: { everyone: true }, deny: { accounts: "env:prdo" } }'),
      faults: ['21:60  rules[1].deny.accounts: selects nothing: no account has the env "prdo"; did you mean "prod"?'],
    },
    {
      because: 'refuses a tag nobody has (threats.md R4)',
      text: withRule('{ id: no, match: { everyone: true }, deny: { accounts: [tag:pcl] } }'),
      faults: ['21:61  rules[1].deny.accounts[0]: selects nothing: no account has the tag "pcl"; did you mean "pci"?'],
    },
    {
      because: 'takes a deny without an IdP, and "*" in it freely',
      text: withRule('{ id: no, match: { group: Out }, deny: { accounts: "*", roles: "*" } }'),
      faults: [],
    },
    {
      because: 'refuses a deny where nothing can be closed (threats.md R4)',
      text: changed(
        [A_FILE.slice(A_FILE.indexOf('accounts:'), A_FILE.indexOf('roles:')), 'accounts: {}\n'],
        [`    ${MATCH}\n    ${GRANT}`, '    match: { everyone: true }\n    deny: { accounts: "*" }'],
      ),
      faults: ['18:11  rules[0].deny: closes nothing: there is no account or no role'],
    },
  ])
})

describe('ways to AWS', () => {
  const ceph = 'endpoint: https://sts.ceph.example.com'
  check([
    {
      because: 'wants an audience of its own for an endpoint that is not AWS’s (threats.md F5)',
      text: withSts(ceph),
      faults: ['24:10  sts.other.audience: is missing: an endpoint that is not AWS’s has an audience of its own'],
    },
    {
      because: 'keeps AWS’s audience to AWS (threats.md F5)',
      text: withSts(`${ceph}, audience: sts.amazonaws.com`),
      faults: [
        '24:62  sts.other.audience: "sts.amazonaws.com" is AWS’s; an endpoint that is not AWS’s has one of its own',
      ],
    },
    {
      because: 'takes no customer’s host below amazonaws.com for AWS (threats.md F5)',
      text: withSts('endpoint: https://sts.s3.amazonaws.com'),
      faults: ['24:10  sts.other.audience: is missing: an endpoint that is not AWS’s has an audience of its own'],
    },
    {
      because: 'refuses one audience for two partitions (threats.md F5)',
      text: withSts('partition: aws-cn, audience: sts.amazonaws.com'),
      faults: ['24:41  sts.other.audience: "sts.amazonaws.com" is the audience of "default" too, which is another STS'],
    },
    { because: 'takes another region of one partition', text: withSts('region: eu-central-1'), faults: [] },
    {
      because: 'takes AWS’s own regional and VPC endpoints',
      text: `${withSts('endpoint: https://sts.eu-central-1.amazonaws.com')}  vpc: { endpoint: "https://vpce-0a1-b2.sts.eu-central-1.vpce.amazonaws.com" }\n`,
      faults: [],
    },
    ...(
      [
        ['egress: { cidrs: [52.94.76.0/28, "2600:1f18::/64"] }', undefined],
        ['egress: { vpce: [vpce-0a1b2c3d] }', undefined],
        ['egress: {}', 'sts.other.egress: needs exactly one of cidrs, vpce'],
        [
          'egress: { cidrs: [52.94.76.0/28], vpce: [vpce-0a1b2c3d] }',
          'sts.other.egress: needs exactly one of cidrs, vpce',
        ],
        ['egress: { cidrs: [52.94.76.7] }', 'sts.other.egress.cidrs[0]: "52.94.76.7" is not a network such as'],
        ['egress: { cidrs: [0.0.0.0/0] }', 'sts.other.egress.cidrs[0]: is every address there is'],
        ['egress: { cidrs: ["::/0"] }', 'sts.other.egress.cidrs[0]: is every address there is'],
        ['egress: { cidrs: [10.0.0.0/8] }', 'sts.other.egress.cidrs[0]: is no public network'],
        ['egress: { cidrs: [127.0.0.0/8] }', 'sts.other.egress.cidrs[0]: is no public network'],
        ['egress: { cidrs: [198.18.0.0/15] }', 'sts.other.egress.cidrs[0]: is no public network'],
        ['egress: { cidrs: [203.0.113.0/28] }', 'sts.other.egress.cidrs[0]: is no public network'],
        ['egress: { cidrs: [] }', 'sts.other.egress.cidrs: must not be empty'],
        ['egress: { vpce: [vpc-0a1b2c3d] }', 'sts.other.egress.vpce[0]: must be the id of a VPC endpoint'],
        ['egress: [52.94.76.0/28]', 'sts.other.egress: must be'],
      ] as const
    ).map(([egress, fault]) => ({
      because: `${fault === undefined ? 'takes' : 'refuses'} ${egress} (threats.md F3)`,
      text: withSts(egress),
      faults: fault === undefined ? [] : [expect.stringContaining(fault) as string],
    })),
    {
      because: 'refuses plain http (threats.md P5)',
      text: withSts('audience: ceph, endpoint: http://sts.ceph.example.com'),
      faults: ['24:38  sts.other.endpoint: must be https'],
    },
    ...['https://169.254.169.254', 'https://2852039166', 'https://[fe80::1]', 'https://[::ffff:a9fe:a9fe]'].map(
      (endpoint) => ({
        because: `refuses ${endpoint}, where a machine is told its own credentials (threats.md P2)`,
        text: withSts(`audience: ceph, endpoint: "${endpoint}"`),
        faults: [
          '24:38  sts.other.endpoint: is a link-local address, or one of a cloud’s metadata service: nothing there is asked',
        ],
      }),
    ),
    {
      because: 'refuses loopback without --insecure-dev (threats.md P5)',
      text: withSts(
        'audience: demo, endpoint: http://127.0.0.1:8422, federation_endpoint: "http://[::1]:8422/federation", console_hosts: ["localhost:8423"]',
      ),
      faults: [
        `24:38  sts.other.endpoint: ${LOOPBACK}`,
        `24:82  sts.other.federation_endpoint: ${LOOPBACK}`,
        `24:130  sts.other.console_hosts[0]: ${LOOPBACK}`,
      ],
    },
    {
      because: 'refuses a region of another partition',
      text: withSts('region: us-gov-west-1'),
      faults: ['24:20  sts.other.region: us-gov-west-1 is a region of aws-us-gov, not of aws'],
    },
    {
      because: 'names strategies that are there',
      text: withSts('strategy: ambient'),
      faults: ['24:22  sts.other.strategy: must be one of web_identity, saml, pass_through_saml, pass_through_oidc'],
    },
  ])
})

describe('pass-through (threats.md F7)', () => {
  const PARTNERS = `idps:
  - id: partners
    type: saml
    metadata_file: partners.xml
    username: attributes.mail
    groups: { attribute: groups }
`
  const RISK = 'accept_risk: "the vendor knows no other way"'
  const SAML = 'strategy: pass_through_saml, idp: partners, provider_name: partners'
  const OIDC = 'strategy: pass_through_oidc, idp: entra, client_id: rolegate-aws, client_secret_env: IDP_SECRET'
  /** pay-dev by `way`; line 18 is the account, line 29 the way. */
  const passing = (way: string, account = `, ${RISK}`) =>
    `${changed(['idps:\n', PARTNERS], ['env: dev }', `env: dev, sts: other${account} }`])}sts:\n  default: {}\n  other: { ${way} }\n`
  check([
    { because: 'takes SAML with all it needs', text: passing(SAML), faults: [] },
    { because: 'takes OIDC with all it needs', text: passing(OIDC), faults: [] },
    {
      because: 'wants the risk accepted, account by account',
      text: passing(SAML, ''),
      faults: [
        '18:12  accounts.pay-dev.accept_risk: is missing: "other" passes the IdP’s own assertion through, and whoever holds one opens every role that trusts it; say why that is accepted here',
      ],
    },
    {
      because: 'wants a reason, not a word',
      text: passing(OIDC, ', accept_risk: "  because   "'),
      faults: ['18:69  accounts.pay-dev.accept_risk: must be a reason, of at least 10 characters'],
    },
    {
      because: 'refuses a risk where there is none',
      text: changed([PROD, `${PROD}, ${RISK}`]),
      faults: [
        '12:48  accounts.pay-prod.accept_risk: goes with an sts entry that passes the IdP’s assertion through; "default" does not',
      ],
    },
    {
      because: 'wants to know whose assertion',
      text: passing('strategy: pass_through_saml, provider_name: partners'),
      faults: ['29:10  sts.other.idp: is missing: "strategy: pass_through_saml" names the IdP'],
    },
    {
      because: 'wants an IdP that is there',
      text: passing(SAML.replace('idp: partners', 'idp: partner')),
      faults: ['29:46  sts.other.idp: unknown IdP "partner"; did you mean "partners"?'],
    },
    {
      because: 'wants an IdP of its protocol',
      text: passing(SAML.replace('idp: partners', 'idp: entra')),
      faults: ['29:46  sts.other.idp: "entra" is of type oidc; "strategy: pass_through_saml" needs one of type saml'],
    },
    {
      because: 'wants the IAM provider named that stands for the IdP',
      text: passing('strategy: pass_through_saml, idp: partners'),
      faults: ['29:10  sts.other.provider_name: is missing: the IAM SAML provider that stands for the IdP'],
    },
    {
      because: 'refuses the client id that people sign in with',
      text: passing(OIDC.replace('rolegate-aws', 'rolegate')),
      faults: [
        '29:64  sts.other.client_id: "rolegate" is what people sign in with at "entra"; AWS needs a client id of its own',
      ],
    },
    {
      because: 'refuses it under another name of the same IdP too',
      text: passing(OIDC.replace('rolegate-aws', 'second')).replace(
        '  - id: partners\n',
        `  - { id: again, type: oidc, ${ISSUER}/, client_id: second, ${CLIENT}, groups: { claim: groups } }\n  - id: partners\n`,
      ),
      faults: [
        '30:64  sts.other.client_id: "second" is what people sign in with at "again"; AWS needs a client id of its own',
      ],
    },
    {
      because: 'wants a client id, and one secret',
      text: passing('strategy: pass_through_oidc, idp: entra'),
      faults: [
        '29:10  sts.other.client_id: is missing: the client id whose ID tokens AWS takes, and which nobody signs in with',
        '29:10  sts.other: needs exactly one of client_secret_file, client_secret_env, private_key_file',
      ],
    },
    {
      because: 'refuses one client id for two partitions (threats.md F5)',
      text: `${passing(OIDC)}  china: { ${OIDC}, partition: aws-cn }\n`,
      faults: ['30:64  sts.china.client_id: "rolegate-aws" is the audience of "other" too, which is another STS'],
    },
    {
      because: 'refuses the keys of other strategies',
      text: passing(`${SAML}, audience: x, client_id: y, saml_encryption_cert_file: z.pem`),
      faults: [
        '29:91  sts.other.audience: goes with "strategy: web_identity" only',
        '29:105  sts.other.client_id: goes with "strategy: pass_through_oidc" only',
        '29:135  sts.other.saml_encryption_cert_file: goes with "strategy: saml" only',
        '29:135  sts.other.saml_encryption_cert_file: there is no /etc/rolegate/z.pem',
      ],
    },
    {
      because: 'refuses its keys where our own assertions go',
      text: withSts('idp: entra, client_secret_env: IDP_SECRET'),
      faults: [
        '24:17  sts.other.idp: goes with "strategy: pass_through_saml" or "strategy: pass_through_oidc" only',
        '24:43  sts.other.client_secret_env: goes with "strategy: pass_through_oidc" only',
      ],
    },
    {
      because: 'has no console that the browser posts our assertion to',
      text: passing(SAML, `, ${RISK}, console: saml_post`),
      faults: ['18:111  accounts.pay-dev.console: needs an sts entry with "strategy: saml"; "other" has none'],
    },
  ])

  it('says which IdP’s assertion an account takes, and what AWS knows it by', () => {
    const { config } = load(passing(OIDC))
    expect(config.mapping.accounts.get('pay-dev')?.passThroughIdp).toBe('entra')
    expect(config.mapping.accounts.get('pay-prod')).not.toHaveProperty('passThroughIdp')
    expect(config.sts.get('other')?.passThrough).toEqual({
      type: 'oidc',
      idp: 'entra',
      clientId: 'rolegate-aws',
      authentication: { method: 'client_secret_basic', secret: 'kD9-fK2vq' },
    })
  })
})

describe('store and audit', () => {
  const memory = changed([STORE, 'store: { driver: memory }'])
  check([
    {
      because: 'refuses a store that forgets the key AWS knows (threats.md K3)',
      text: memory,
      faults: [
        '21:18  store.driver: memory forgets the signing key that AWS knows; take sqlite (or start with --insecure-dev)',
      ],
    },
    { because: 'takes it with --insecure-dev', text: memory, faults: [], insecureDev: true },
    {
      because: 'takes it toward an STS that is not AWS’s',
      text: `${memory}sts: { default: { endpoint: "https://sts.ceph.example.com", audience: ceph } }\n`,
      faults: [],
    },
    { because: 'wants a store', text: changed([`${STORE}\n`, '']), faults: ['1:1  store: is missing'] },
    {
      because: 'wants a path for the database',
      text: changed([', path: /var/lib/rolegate/rolegate.db', '']),
      faults: ['21:8  store.path: is missing'],
    },
    {
      because: 'wants an audit sink that lasts',
      text: adding('audit: { sinks: [{ type: stdout }] }\n'),
      faults: ['22:17  audit.sinks: no sink lasts: add { type: store } or { type: file, path: … }'],
    },
    {
      because: 'knows the kinds of sink',
      text: adding('audit: { sinks: [{ type: strout }] }\n'),
      faults: ['22:26  audit.sinks[0].type: must be one of file, store, stdout; did you mean "stdout"?'],
    },
    {
      because: 'wants one store sink',
      text: adding('audit: { sinks: [{ type: store }, { type: store, retain: 400d }] }\n'),
      faults: ['22:35  audit.sinks[1]: is the store a second time: its records would stand there twice'],
    },
    {
      because: 'counts what is kept in days',
      text: adding('audit: { sinks: [{ type: store, retain: 9600h }] }\n'),
      faults: ['22:41  audit.sinks[0].retain: must be a number of days, as in 400d'],
    },
    {
      because: 'wants the unit of days too',
      text: adding('audit: { sinks: [{ type: store, retain: 400 }] }\n'),
      faults: ['22:41  audit.sinks[0].retain: must name its unit, as in 400d'],
    },
    {
      because: 'keeps records for a day at least',
      text: adding('audit: { sinks: [{ type: store, retain: 0d }] }\n'),
      faults: ['22:41  audit.sinks[0].retain: must be at least 1d'],
    },
    {
      because: 'keeps records for ten years at most, or for ever',
      text: adding('audit: { sinks: [{ type: store, retain: 3661d }] }\n'),
      faults: ['22:41  audit.sinks[0].retain: must be at most 3660d; leave it out to keep everything'],
    },
    {
      because: 'deletes from no file of ours',
      text: adding('audit: { sinks: [{ type: file, path: a.jsonl, retain: 1d }] }\n'),
      faults: ['22:47  audit.sinks[0].retain: unknown key'],
    },
    {
      because: 'knows what can be redacted',
      text: adding('audit: { redact: [client_ipp, subject] }\n'),
      faults: [
        '22:19  audit.redact[0]: must be one of client_ip, user_agent, username; did you mean "client_ip"?',
        '22:31  audit.redact[1]: must be one of client_ip, user_agent, username',
      ],
    },
    {
      because: 'writes its log as JSON, and in no other way',
      text: adding('telemetry: { metrics: yes, log: { format: text } }\n'),
      faults: ['22:23  telemetry.metrics: must be true or false', '22:43  telemetry.log.format: must be json'],
    },
  ])
})

describe('in-file tests', () => {
  const asking = (text: string, groups = 'Team') =>
    adding(`tests:\n  - as: { idp: entra, groups: [${groups}] }\n    ${text}\n`)
  check([
    {
      because: 'fail when a role is open that must not be',
      text: asking('cannot: [pay-dev/readonly, pay-prod/admin]'),
      faults: [
        '24:14  tests[0].cannot[0]: pay-dev/readonly is open to this person by rule team',
        '24:32  tests[0].cannot[1]: pay-prod/admin is open to this person by rule team',
      ],
    },
    {
      because: 'fail when nobody opens the role',
      text: asking('can: [pay-prod/admin]', 'team'),
      faults: ['24:11  tests[0].can[0]: pay-prod/admin is not open to this person: no rule grants it'],
    },
    {
      because: 'fail when a deny closes the role',
      text: changed([
        STORE,
        `  - { id: no, match: { group: Out }, deny: { accounts: "*" } }\n${STORE}\ntests: [{ as: { idp: entra, groups: [Team, Out] }, can: [pay-prod/admin] }]`,
      ]),
      faults: ['23:58  tests[0].can[0]: pay-prod/admin is closed to this person by rule no'],
    },
    {
      because: 'ask about things that exist',
      text: asking('cannot: [pay-prdo/admin, pay-prod/admim]'),
      faults: [
        '24:14  tests[0].cannot[0]: unknown account "pay-prdo"; did you mean "pay-prod"?',
        '24:30  tests[0].cannot[1]: unknown role "admim"; did you mean "admin"?',
      ],
    },
    {
      because: 'ask about people of an IdP that exists',
      text: adding('tests: [{ as: { idp: okta }, can: [pay-dev/readonly] }]\n'),
      faults: ['22:22  tests[0].as.idp: unknown IdP "okta"'],
    },
    {
      because: 'name roles as people do',
      text: asking('can: [pay-prod]'),
      faults: ['24:11  tests[0].can[0]: must be alias/role, as in payments-prod/readonly'],
    },
    { because: 'pass when the answers are right', text: asking('can: [pay-prod/admin]'), faults: [] },
    {
      because: 'meet nobody by a group literally called "*" (threats.md R4)',
      text: asking('cannot: [pay-prod/admin]', '"*"'),
      faults: [],
    },
  ])
})

describe('names JavaScript knows', () => {
  check([
    {
      because: 'refuses __proto__ as an alias',
      text: changed(['  pay-dev:', '  __proto__: { id: "333333333333" }\n  pay-dev:']),
      faults: ['13:3  accounts.__proto__: unknown key'],
    },
    {
      because: 'refuses __proto__ as a key, in quotes too',
      text: adding('"__proto__": { version: 1 }\n'),
      faults: ['22:1  __proto__: unknown key'],
    },
    {
      because: 'refuses __proto__ as a session tag',
      text: changed(['elevated: true', 'session_tags: { __proto__: x }']),
      faults: ['16:51  roles.admin.session_tags.__proto__: unknown key'],
    },
    {
      because: 'refuses them as selectors',
      text: changed(['[pay-prod, pay-dev]', '[__proto__, constructor]']),
      faults: [
        '20:25  rules[0].grant.accounts[0]: unknown account "__proto__"',
        '20:36  rules[0].grant.accounts[1]: unknown account "constructor"',
      ],
    },
    {
      because: 'takes __proto__ as the group it is',
      text: `${changed(['group: Team', 'group: __proto__'])}tests:\n  - { as: { idp: entra, groups: [__proto__] }, can: [pay-dev/admin] }\n  - { as: { idp: entra, groups: [constructor] }, cannot: [pay-dev/admin] }\n`,
      faults: [],
    },
  ])

  it('takes "constructor" for an alias like any other', () => {
    const { config } = load(changed(['  pay-dev:', '  constructor: { id: "333333333333" }\n  pay-dev:']))
    expect(config.mapping.accounts.get('constructor')?.id).toBe('333333333333')
  })
})

describe('a file with very many faults', () => {
  const many = (count: number) =>
    faultsOf(
      changed([
        'roles:\n',
        `roles:\n${Array.from({ length: count }, (_, n) => `  r${n}: { role_nam: R${n} }\n`).join('')}`,
      ]),
    )

  it('says the first two hundred, and how many more there are', () => {
    const faults = many(300)
    expect(faults).toHaveLength(201)
    expect(faults.at(-1)).toMatch(/^\d+:\d+ {2}and \d+ more from here on; mend those above first$/)
  })
})

describe('warnings', () => {
  it.each([
    {
      because: 'a secret in the file',
      text: changed([CLIENT, 'client_secret: kD9-fK2vq']),
      warning:
        '9:20  idps[0].client_secret: stands in the file; client_secret_file or client_secret_env keeps it out [secret-in-file]',
    },
    {
      because: 'a wide network of proxies',
      text: changed([SERVER, `${SERVER}\n  trusted_proxies: [10.0.0.0/8, 10.1.1.0/24, "fd00::/64"]`]),
      warning:
        '4:21  server.trusted_proxies[0]: is wide: every machine in 10.0.0.0/8 could say who its client is [wide-proxies]',
    },
    {
      because: 'a role no rule grants',
      text: changed(['roles: [readonly, admin]', 'roles: readonly']),
      warning: '16:3  roles.admin: no rule grants this role [ungranted-role]',
    },
    {
      because: 'an account no rule reaches',
      text: changed(['[pay-prod, pay-dev]', '[env:prod]']),
      warning: '13:3  accounts.pay-dev: no rule reaches this account [unreachable-account]',
    },
    {
      because: 'a group of another kind',
      text: changed(['claim: groups', 'claim: groups, kind: id']),
      warning:
        '19:33  rules[0].match.group: does not look like a group of kind id, which "entra" sends; groups match exactly [group-unlike-kind]',
    },
    {
      because: 'a subject that may change hands',
      text: changed([ISSUER, `${ISSUER}\n    subject: claims.upn`]),
      warning:
        '8:14  idps[0].subject: claims.upn can change and pass to another person; take claims.sub or claims.oid [mutable-claim]',
    },
    {
      because: 'an issuer with a port',
      text: adding('issuer: { url: "https://id.example.com:8443" }\n'),
      warning: '22:16  issuer.url: has a port, which AWS does not take [issuer-port]',
    },
  ])('name $because', ({ text, warning }) => {
    expect(load(text).warnings).toEqual([`/etc/rolegate/rolegate.yaml:${warning}`])
  })

  it('name the memory store and an audit trail that ends with it', () => {
    const text = `${changed([STORE, 'store: { driver: memory }'])}audit: { sinks: [{ type: stdout }] }\n`
    expect(load(text, aWorld({ insecureDev: true })).warnings).toEqual([
      '/etc/rolegate/rolegate.yaml:21:18  store.driver: memory: sessions, keys and the audit trail end with the process [memory-store]',
      '/etc/rolegate/rolegate.yaml:22:17  audit.sinks: no sink lasts: add { type: store } or { type: file, path: … } [audit-not-kept]',
    ])
  })
})

describe('values', () => {
  it.each([
    { written: '012345678901', id: '012345678901' },
    { written: '"012345678901"', id: '012345678901' },
    { written: "'000000000001'", id: '000000000001' },
    { written: '000000000000', id: '000000000000' },
    { written: '123456789012', id: '123456789012' },
    { written: '&id 012345678901', id: '012345678901' },
  ])('read the account id $written as it is written', ({ written, id }) => {
    expect(load(changed(['"111111111111"', written])).config.mapping.accounts.get('pay-prod')?.id).toBe(id)
  })

  it.each(['0x1f', '1e11', '1_2345678901', '12345678901.', '+12345678901'])(
    'take no other number for an account id: %s',
    (written) => {
      expect(faultsOf(changed(['"111111111111"', written]))).toEqual([
        '12:19  accounts.pay-prod.id: must be twelve digits and nothing else',
      ])
    },
  )

  it('resolve selectors, tags and limits to what the file holds', () => {
    const { mapping, idps, sts } = load(
      `${changed(
        ['elevated: true', 'session_tags: { Team: claims.department, Path: rolegate }, transitive_tags: [Team]'],
        [
          STORE,
          `  - { id: all, match: { idp: entra, any_of: [A, B, A] }, grant: { accounts: ["env:dev", tag:pci], roles: "*", wildcard: true, max_duration: 30m } }\n  - { id: no, match: { everyone: true }, deny: { accounts: env:prod } }\n${STORE}`,
        ],
        [PROD, `${PROD}, region: eu-west-1, sts: cn`],
      )}sts: { default: {}, cn: { region: eu-central-1 } }\n`,
    ).config
    expect(mapping.rules.slice(1)).toEqual([
      {
        id: 'all',
        match: { idp: 'entra', groups: ['A', 'B'] },
        effect: 'grant',
        accounts: new Set(['pay-dev', 'pay-prod']),
        roles: new Set(['readonly', 'admin']),
        maxSeconds: 1800,
      },
      {
        id: 'no',
        match: { everyone: true },
        effect: 'deny',
        accounts: new Set(['pay-prod']),
        roles: new Set(['readonly', 'admin']),
      },
    ])
    expect(mapping.roles.get('admin')).toMatchObject({
      sessionTags: { Team: { claim: 'department' }, Path: { constant: 'rolegate' } },
      transitiveTags: ['Team'],
    })
    expect(idps[0]?.mapping.keep).toEqual(['department'])
    expect(mapping.accounts.get('pay-prod')).toMatchObject({ sts: 'cn', region: 'eu-west-1' })
    expect(sts.get('cn')).toEqual({
      name: 'cn',
      partition: 'aws',
      region: 'eu-central-1',
      audience: 'sts.amazonaws.com',
    })
  })

  it('fill in what is not written', () => {
    const { config } = load(A_FILE)
    expect(config).toMatchObject({
      server: {
        listen: { host: '127.0.0.1', port: 8420 },
        management: { host: '127.0.0.1', port: 9464 },
        trustedProxies: [],
      },
      masterKeys: [],
      issuer: { url: 'https://aws.example.com', algorithm: 'ES256', tokenSeconds: 120 },
      sessions: {
        browser: { idleSeconds: 3600, absoluteSeconds: 43_200 },
        cli: {
          accessSeconds: 2700,
          refreshSeconds: 43_200,
          crossNetwork: 'downgrade',
          device: { maxSeconds: 28_800, crossNetwork: 'retype', console: true, except: new Set() },
        },
      },
      audit: { sinks: [{ type: 'store' }], redact: [] },
      metrics: true,
      log: { level: 'info' },
    })
    expect(config.mapping.roles.get('readonly')).toMatchObject({ maxSeconds: 3600, summary: '', sourceIdentity: true })
  })

  it('say how long records stay, and what of them', () => {
    const { config } = load(
      `${A_FILE}audit: { sinks: [{ type: store, retain: 400d }, { type: stdout }], redact: [client_ip, client_ip] }\ntelemetry: { metrics: false, log: { level: warn, format: json } }\n`,
    )
    expect(config.audit).toEqual({
      sinks: [{ type: 'store', retainSeconds: 400 * 24 * 3600 }, { type: 'stdout' }],
      redact: ['client_ip'],
    })
    expect([config.metrics, config.log]).toEqual([false, { level: 'warn' }])
  })

  it('start relative paths at the folder of the file', () => {
    const { config } = load(
      `${changed(['path: /var/lib/rolegate/rolegate.db', 'path: data/rolegate.db'])}audit: { sinks: [{ type: file, path: ../log/audit.jsonl }] }\n`,
    )
    expect(config.store).toEqual({ driver: 'sqlite', path: '/etc/rolegate/data/rolegate.db' })
    expect(config.audit.sinks).toEqual([{ type: 'file', path: '/etc/log/audit.jsonl' }])
  })

  it('switch the ways of terminals off for everybody, or for one IdP', () => {
    const waysOf = (text: string) => [...load(text).config.sessions.cli.login.values()].map((ways) => [...ways])
    expect(waysOf(adding(''))).toEqual([['pkce', 'device']])
    expect(waysOf(adding('sessions: { cli: { login: [] } }\n'))).toEqual([[]])
    expect(waysOf(changed(['type: oidc', 'type: oidc\n    login: [pkce]']))).toEqual([['pkce']])
    expect(
      faultsOf(`${changed(['type: oidc', 'type: oidc\n    login: [device]'])}sessions: { cli: { login: [pkce] } }\n`),
    ).toEqual([expect.stringContaining('"device" is switched off by sessions.cli.login')])
  })

  it('name networks, and refuse what is none (threats.md D2)', () => {
    const { config } = load(adding('networks: { office: [203.0.113.0/24, "2001:db8::/48"], vpn: [10.0.0.0/8] }\n'))
    expect(
      ['203.0.113.9', '2001:db8:0:1::1', '10.9.9.9', '198.51.100.1', '', 'x'].map(nameNetworkBy(config.networks)),
    ).toEqual(['office', 'office', 'vpn', undefined, undefined, undefined])
    expect(faultsOf(adding('networks: { all: [0.0.0.0/0], odd: [10.0.0.1] }\n'))).toEqual([
      expect.stringContaining('is the whole internet'),
      expect.stringContaining('must be a network'),
    ])
  })

  it('keep accounts from terminals that began with a code (threats.md D4)', () => {
    const { config } = load(adding('sessions: { cli: { device: { except: "*", console: false } } }\n'))
    expect(config.sessions.cli.device).toMatchObject({
      console: false,
      except: new Set(config.mapping.accounts.keys()),
    })
    expect(faultsOf(adding('sessions: { cli: { device: { except: nowhere } } }\n'))).toEqual([
      expect.stringContaining('unknown account "nowhere"'),
    ])
  })

  it('lead stock clients to a name nobody can register (threats.md D8)', () => {
    expect(load(adding('')).config.identityCenter.startHost).toBe('rolegate.invalid.awsapps.com')
    expect(
      load(adding('identity_center: { start_host: d-1234567890.awsapps.com }\n')).config.identityCenter.startHost,
    ).toBe('d-1234567890.awsapps.com')
    for (const host of ['acme.awsapps.com', 'evil.example', 'invalid.awsapps.com', 'd-12.awsapps.com'])
      expect(faultsOf(adding(`identity_center: { start_host: ${host} }\n`))).toHaveLength(1)
  })
})

describe('ConfigFaults', () => {
  it('prints a line for each fault, as compilers do', () => {
    const text = changed(['issuer: https', 'isuer: https'], ['version: 1', 'version: one'])
    expect.assertions(3)
    try {
      load(text)
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ConfigFaults)
      expect(thrown).toMatchObject({
        code: 'config_invalid',
        values: { faults: ['1:10  version: must be 1', '7:5  idps[0].isuer: unknown key; did you mean "issuer"?'] },
      })
      expect(thrown instanceof ConfigFaults && printFaults('rolegate.yaml', thrown.faults)).toBe(
        'rolegate.yaml:1:10  version: must be 1\nrolegate.yaml:7:5  idps[0].isuer: unknown key; did you mean "issuer"?\n',
      )
    }
  })
})

describe('what shows that an OIDC IdP asked for a second factor', () => {
  const withMfa = (mfa: string) => changed(['groups: { claim: groups }', `groups: { claim: groups }\n    mfa: ${mfa}`])

  it('is a claim, and the values that mean one', () => {
    const [idp] = load(withMfa('{ claim: amr, any_of: [mfa, ngcmfa] }'), aWorld()).config.idps
    expect(idp?.mapping.mfa).toEqual({ claim: 'amr', anyOf: ['mfa', 'ngcmfa'] })
  })

  it.each([
    { mfa: '{ claim: amr }', faults: ['11:10  idps[0].mfa.any_of: is missing'] },
    { mfa: '{ claim: amr, any_of: [] }', faults: ['11:32  idps[0].mfa.any_of: must not be empty'] },
    { mfa: '{ claim: amr, any_of: mfa }', faults: ['11:32  idps[0].mfa.any_of: must be a list'] },
    { mfa: 'true', faults: ['11:10  idps[0].mfa: must be a mapping'] },
  ])('is nothing less: $mfa', ({ mfa, faults }) => {
    expect(faultsOf(withMfa(mfa), aWorld())).toEqual(faults)
  })
})

it('finds keys that stand twice among thousands at once', () => {
  const many = Array.from({ length: 40_000 }, (_, n) => `key-${n % 20_000}: 1\n`).join('')
  expect(() => load(`${A_FILE}${many}`)).toThrow(/the key "key-0" stands twice in one mapping/)
}, 30_000)
