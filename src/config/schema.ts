import * as z from 'zod'
import { isRoleName } from '../domain/aws/arn.ts'
import { PARTITIONS } from '../domain/aws/partition.ts'
import { isManagedPolicy, MOST_POLICY_ARNS } from '../domain/aws/session-policy.ts'
import { isReason } from '../domain/entitlement/conditions.ts'
import { TARGET_NAME } from '../domain/name.ts'
import { REDACTABLE, type Redactable } from '../domain/audit/redact.ts'
import {
  address,
  claimPath,
  days,
  duration,
  environmentName,
  freeText,
  group,
  host,
  label,
  line,
  moment,
  name,
  oneOrMore,
  port,
  region,
  usualDuration,
} from './fields.ts'
import { clientAuthentication, idp, loginWays } from './idp-schema.ts'
import { requirement } from './require-schema.ts'
import { claimValues, statedClaims, workload } from './workload-schema.ts'

const listenAt = (defaultPort: number) =>
  z.strictObject({
    host: host.default('127.0.0.1').describe('Address to listen on.'),
    port: port.default(defaultPort).describe('Port to listen on.'),
  })

const server = z.strictObject({
  public_url: line.describe(
    'The origin people and AWS see: https, no path, no trailing slash. All other URLs derive from it.',
  ),
  listen: listenAt(8420).prefault({}).describe('The public listener.'),
  trusted_proxies: z
    .array(line)
    .default([])
    .describe('Networks (CIDR) whose X-Forwarded-* headers are believed. Empty: nobody’s.'),
  management: listenAt(9464).prefault({}).describe('Health, readiness and metrics; never on the public listener.'),
})

const masterKey = {
  master_key_file: line
    .optional()
    .describe('File with 32 bytes as base64, base64url, hex or raw; readable by its owner alone.'),
  master_key_env: environmentName.optional().describe('Environment variable that holds the key, in place of a file.'),
}

const secrets = z.strictObject({
  ...masterKey,
  previous: z
    .array(z.strictObject(masterKey))
    .default([])
    .describe('Earlier master keys: they still open what they sealed, and seal nothing new.'),
})

const issuer = z.strictObject({
  url: line
    .optional()
    .describe('What AWS knows us by (`iss`); default `server.public_url`. No trailing slash. Fixed for life.'),
  algorithm: z.enum(['ES256', 'RS256']).default('ES256').describe('Signs our tokens toward AWS.'),
  token_lifetime: duration('30s', '2m').prefault('2m').describe('Life of one token toward AWS, at most 2m.'),
})

function whatItIs(input: unknown): string {
  if (typeof input !== 'string' || !/^[0-9]+$/.test(input)) return ' and nothing else'
  return `, and has ${input.length}${input.length === 11 ? ': was a zero lost at its beginning?' : ''}`
}

const account = z.strictObject({
  id: z
    .string()
    .regex(/^[0-9]{12}$/, { error: ({ input }) => `must be twelve digits${whatItIs(input)}` })
    .describe('The twelve digits of the AWS account.'),
  name: freeText.optional().describe('What people read; default the alias.'),
  env: label.optional().describe('Environment, for the selector `env:NAME` and for display.'),
  tags: z.array(label).default([]).describe('Words of your own, for the selector `tag:NAME`.'),
  color: z
    .enum(['red', 'orange', 'yellow', 'green', 'blue', 'purple', 'grey'])
    .optional()
    .describe('Colour of the environment’s mark on pages.'),
  owner: freeText.optional().describe('Whom to ask, shown to people.'),
  sts: name.default('default').describe('Key of the `sts` entry that reaches it.'),
  region: region.optional().describe('Where STS is asked and the console opens; default that of the `sts` entry.'),
  console: z
    .enum(['federation', 'saml_post'])
    .default('federation')
    .describe('How its console is opened: a sign-in URL, or the browser posting our assertion to AWS (strategy saml).'),
  accept_risk: freeText
    .optional()
    .describe('Why the IdP’s own assertion may open this account. Needed where its `sts` entry passes that through.'),
})

const sessionPolicy = {
  session_policy_file: line
    .optional()
    .describe('JSON file with an IAM policy: a session may do what the IAM role may and this policy allows too.'),
  policy_arns: z
    .array(
      z
        .string()
        .refine(
          isManagedPolicy,
          'must be the ARN of an IAM policy, or the path and name of one that each account has, as in team/Boundary',
        ),
    )
    .max(MOST_POLICY_ARNS, `must be at most ${MOST_POLICY_ARNS}`)
    .default([])
    .describe('IAM policies that narrow a session, by ARN or by path and name: it may do what at least one allows.'),
}

const claimTag = z.strictObject({
  claim: claimPath.describe('The claim whose text is the value.'),
  idps: z
    .array(name)
    .min(1, 'must not be empty')
    .describe('Whose word counts: ids of `idps` and `workloads`. From all others there is no value.'),
  any_of: z.array(line).min(1, 'must not be empty').optional().describe('The values that count, exactly.'),
  pattern: z
    .string()
    .min(1, 'must not be empty')
    .optional()
    .describe('In place of `any_of`: an RE2 pattern that the whole value fits.'),
  optional: z
    .boolean()
    .default(false)
    .describe('Whether the tag may be left out where there is no such value; else the role is refused.'),
})

const role = z.strictObject({
  role_name: z
    .string()
    .refine(isRoleName, 'must be an IAM role name, with its path if it has one, as in team/Developer')
    .describe('Path and name of the IAM role, the same in every account.'),
  variant_of: name
    .optional()
    .describe(
      'Key of the role whose narrower form this is: the same IAM role, and all that is said of that one holds.',
    ),
  summary: freeText.or(z.literal('')).default('').describe('One line for people.'),
  max_duration: duration('15m', '12h').prefault('1h').describe('Longest role session; the IAM role must allow it too.'),
  default_duration: usualDuration('15m', '12h')
    .optional()
    .describe(
      'Role session when nobody asks for a length, as `2h` or `until 19:00`; default 1h. Never longer than `max_duration`.',
    ),
  elevated: z.boolean().default(false).describe('Marked on pages; not offered to people who lack it.'),
  discoverable: z
    .boolean()
    .optional()
    .describe('Whether people who lack it may see which groups lead to it; default yes, and no for elevated roles.'),
  source_identity: z.boolean().default(true).describe('Sends the source identity. Off for a role that cannot take it.'),
  session_tags: z
    .record(z.string(), z.union([z.string(), claimTag], { error: 'must be text, or a claim and its limits in {}' }))
    .default({})
    .describe(
      'Session tags by key: a claim with its limits, `"claims.x"` for one without, anything else is a constant.',
    ),
  transitive_tags: z.array(z.string()).default([]).describe('Keys of `session_tags` that survive role chaining.'),
  ...sessionPolicy,
  require: requirement.optional().describe('What it asks for beside groups, whatever grants it.'),
})

const rule = z.strictObject({
  id: name.describe('Unique; stands in every decision and in the audit trail.'),
  owner: freeText.optional().describe('Who answers for the rule.'),
  match: z
    .strictObject({
      idp: name
        .optional()
        .describe('The IdP whose people it meets. A grant must name it; a deny without it meets everyone’s.'),
      group: group.optional().describe('Members of this group.'),
      any_of: z
        .array(group)
        .min(1, 'must not be empty')
        .optional()
        .describe('Members of at least one of these groups.'),
      pattern: z
        .string()
        .min(1, 'must not be empty')
        .optional()
        .describe('Groups whose whole name fits this RE2 pattern. A grant by it needs `within`.'),
      everyone: z.literal(true).optional().describe('Whoever signs in, with or without groups.'),
      workload: name
        .optional()
        .describe(
          'Jobs and containers of this entry of `workloads`. Nothing else meets them, but a deny for everyone.',
        ),
      claims: claimValues.optional().describe('With `workload`: claims and the exact values they must have besides.'),
    })
    .describe('Whom the rule meets: exactly one of `group`, `any_of`, `pattern`, `everyone`, `workload`.'),
  grant: z
    .strictObject({
      accounts: oneOrMore('an alias, "env:NAME", "tag:NAME", "*"').describe(
        'Which accounts: aliases, `env:NAME`, `tag:NAME`, or `"*"`; with a pattern also `${NAME}` of what it captures.',
      ),
      roles: oneOrMore('a role key, "*"').describe(
        'Which role keys, or `"*"`; with a pattern also `${NAME}` of what it captures.',
      ),
      max_duration: duration('15m', '12h')
        .optional()
        .describe('Longest role session by this rule; the role’s limit stays.'),
      wildcard: z.boolean().default(false).describe('Must be true for `"*"` in a grant.'),
      ...sessionPolicy,
      require: requirement.optional().describe('What this grant asks for beside groups; other grants are not bound.'),
    })
    .optional()
    .describe('Opens these roles. A rule has a grant or a deny.'),
  deny: z
    .strictObject({
      accounts: oneOrMore('an alias, "env:NAME", "tag:NAME", "*"').describe('Which accounts.'),
      roles: oneOrMore('a role key, "*"').optional().describe('Which role keys; default all.'),
    })
    .optional()
    .describe('Closes these roles, whatever grants them.'),
  within: z
    .strictObject({
      accounts: oneOrMore('an alias, "env:NAME", "tag:NAME", "*"').describe('Which accounts, at most.'),
      roles: oneOrMore('a role key, "*"').describe('Which role keys, at most.'),
    })
    .optional()
    .describe('The fence of a grant by pattern: whatever a group is called, it opens nothing else.'),
})

const sts = z.strictObject({
  strategy: z
    .enum(['web_identity', 'saml', 'pass_through_saml', 'pass_through_oidc'])
    .default('web_identity')
    .describe(
      'How credentials are had: with a token or a SAML assertion of ours, or with the IdP’s own (pass-through).',
    ),
  idp: name.optional().describe('Pass-through: the IdP whose own assertion or ID token goes to AWS.'),
  client_id: line
    .optional()
    .describe('Strategy pass_through_oidc: the client id AWS knows as audience; never one that people sign in with.'),
  ...clientAuthentication,
  audience: line
    .optional()
    .describe('`aud` of our tokens; default the partition’s own. One per partition and endpoint.'),
  region: region.optional().describe('Whose STS is asked; default the partition’s first region.'),
  partition: z.enum(PARTITIONS).default('aws').describe('Which of AWS’s separate worlds.'),
  endpoint: line.optional().describe('STS in place of AWS’s own. Needs an audience of its own unless it is AWS’s.'),
  federation_endpoint: line.optional().describe('The console’s sign-in endpoint in place of AWS’s own.'),
  provider_name: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be the name of an IAM SAML provider')
    .optional()
    .describe('Name of the IAM SAML provider in each account: ours (strategy saml; default `rolegate`), or the IdP’s.'),
  saml_endpoint: line
    .optional()
    .describe('Strategies with SAML: AWS’s SAML sign-in address (Recipient) in place of the partition’s own.'),
  saml_encryption_cert_file: line
    .optional()
    .describe('Strategy saml: PEM certificate the IAM SAML provider decrypts with; assertions are encrypted to it.'),
  console_hosts: z
    .array(
      z
        .string()
        .regex(
          /^([a-z0-9.-]{1,253}|\[[0-9a-f:]{2,39}\])(:[0-9]{1,5})?$/,
          'must be a host, or host:port, in lower case',
        ),
    )
    .min(1, 'must not be empty')
    .optional()
    .describe('Hosts the console may be on, in place of the partition’s own.'),
})

const identityCenter = z.strictObject({
  start_host: z
    .string()
    .regex(
      /^(?:(?:[a-z0-9-]{1,63}\.)+invalid|d-[0-9a-z]{10})\.awsapps\.com$/,
      'must be NAME.invalid.awsapps.com, which nobody can register, or your own d-xxxxxxxxxx.awsapps.com',
    )
    .default('rolegate.invalid.awsapps.com')
    .describe('The AWS-owned name that newer clients must be led to; nothing is ever sent there.'),
  region: region.optional().describe('`sso_region` in clients’ files; default the region of the `default` way to AWS.'),
})

const sessions = z.strictObject({
  browser: z
    .strictObject({
      idle: duration('5m', '24h').prefault('1h').describe('Ends a browser session that nobody uses.'),
      absolute: duration('15m', '24h')
        .prefault('12h')
        .describe('Ends every browser session; groups are as old as the sign-in.'),
    })
    .prefault({})
    .describe('Sign-ins in the browser.'),
  claims_max_age: z
    .strictObject({
      default: duration('15m', '24h').prefault('12h').describe('Of every role, where nothing else is said.'),
      elevated: duration('15m', '24h').prefault('1h').describe('Of elevated roles, at most.'),
      env: z
        .record(label, duration('15m', '24h'))
        .default({})
        .describe('Of roles in accounts of an environment, in place of `default`.'),
    })
    .prefault({})
    .describe('How old the groups may be by which somebody is given a role. Only a sign-in reads them anew.'),
  cli: z
    .strictObject({
      access: duration(
        '20m',
        '1h',
        'AWS clients refresh a token in the last 15 minutes of its life, so a shorter one is always due',
      )
        .prefault('45m')
        .describe('Life of an access token: 20m to 60m.'),
      refresh: duration('20m', '24h').prefault('12h').describe('Longest CLI session; never longer than its sign-in.'),
      login: loginWays
        .default(['pkce', 'device'])
        .describe('Ways a terminal may sign in: through a browser beside it (`pkce`), or with a code (`device`).'),
      cross_network: z
        .enum(['downgrade', 'refuse'])
        .default('downgrade')
        .describe(
          'A `pkce` sign-in that is taken up from another network than it was approved in counts as `device`, or is refused.',
        ),
      device: z
        .strictObject({
          max: duration('15m', '8h').prefault('8h').describe('Longest session begun with a device code.'),
          cross_network: z
            .enum(['retype', 'refuse'])
            .default('retype')
            .describe(
              'A code from another network than the browser’s needs a second look and ten seconds, or is refused.',
            ),
          console: z.boolean().default(true).describe('Whether such a session may open the console.'),
          except: oneOrMore('an alias, "env:NAME", "tag:NAME", "*"')
            .optional()
            .describe('Accounts that such a session may not enter: aliases, `env:NAME`, `tag:NAME`.'),
        })
        .prefault({})
        .describe('Device login.'),
    })
    .prefault({})
    .describe('Sign-ins of command lines.'),
})

const store = z
  .discriminatedUnion('driver', [
    z.strictObject({ driver: z.literal('memory').describe('Keeps nothing over a restart: demo and tests.') }),
    z.strictObject({
      driver: z.literal('sqlite').describe('One file on this machine.'),
      path: line.describe('The database file. Its folder must not hold the master key.'),
    }),
  ])
  .describe('Where sessions and keys are kept.')

const sink = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('file').describe('Appends JSON lines to a file.'),
    path: line.describe('The file.'),
  }),
  z.strictObject({
    type: z.literal('store').describe('Keeps the events in the store.'),
    retain: days
      .optional()
      .describe('How long, in days: older ones are deleted, and that is on record. Default: for ever.'),
  }),
  z.strictObject({ type: z.literal('stdout').describe('Prints JSON lines; not durable.') }),
])

const staffSelector = z.strictObject({
  idp: name.optional().describe('The IdP that states their groups. It must be named.'),
  group: group.optional().describe('Members of this group.'),
  any_of: z.array(group).min(1, 'must not be empty').optional().describe('Members of at least one of these groups.'),
})

const staff = z.union([staffSelector, z.array(staffSelector).min(1, 'must not be empty')], {
  error: 'must be { idp, group } or a list of them',
})

const admin = z.strictObject({
  operators: staff.optional().describe('Who sees the admin pages, tests IdPs and explains anybody’s roles.'),
  auditors: staff.optional().describe('Who sees the same and changes nothing.'),
})

const target = z.string().regex(TARGET_NAME, 'must be alias/role, as in payments-prod/readonly')

/** What an imagined person meets conditions with. Left out, the condition is met: but for an approval, which there is none of. */
const imagined = {
  at: moment.optional().describe('When they ask, as `2026-03-02T08:00:00Z`. Left out: whenever rules want.'),
  ip: address.optional().describe('Where they ask from. Left out: from where rules want.'),
  mfa: z
    .union([duration('0s', '24h'), z.literal(false, 'must be a duration such as 5m, or false')])
    .optional()
    .describe('How long ago they used a second factor; false: they did not. Left out: as rules want.'),
  reason: z
    .union([
      z.string().refine(isReason, 'must be one line of text, or false'),
      z.literal(false, 'must be one line of text, or false'),
    ])
    .optional()
    .describe('The reason they give; false: none. Left out: one that fits.'),
}

const inFileTest = z.strictObject({
  as: z
    .strictObject({
      idp: name.optional().describe('The IdP they sign in at.'),
      groups: z.array(group).default([]).describe('The groups it states.'),
      workload: name.optional().describe('In place of `idp`: a job of this entry of `workloads`.'),
      claims: statedClaims
        .default({})
        .describe('With `workload`: what its token states, beside what `require` leaves no choice in.'),
      ...imagined,
    })
    .describe('An imagined person, or an imagined job.'),
  can: z.array(target).default([]).describe('Roles (`alias/role`) that must be open to them.'),
  cannot: z.array(target).default([]).describe('Roles that must not be.'),
})

const include = z.strictObject({
  files: oneOrMore('a path such as rules/*.yaml').describe(
    'Files with `rules` and `tests`, by their path from this file; `*` stands in the last part of a path. At least one each.',
  ),
  within: z
    .strictObject({
      idps: z.array(name).describe('Whose people the rules may speak of.'),
      workloads: z.array(name).default([]).describe('Whose jobs the rules may speak of; default nobody’s.'),
      accounts: oneOrMore('an alias, "env:NAME", "tag:NAME", "*"').describe('Which accounts, at most.'),
      roles: oneOrMore('a role key, "*"').describe('Which role keys, at most.'),
    })
    .describe('The fence: a rule in these files that reaches further, grant or deny, is refused.'),
})

/** A file that the main file includes: it may hold these, and nothing else. */
export const IncludedFile = z.strictObject({
  rules: z.array(rule).default([]),
  tests: z.array(inFileTest).default([]),
})
export type IncludedFile = z.output<typeof IncludedFile>

/** The whole of rolegate.yaml: what it may hold, key by key. What the keys mean together is checked in lint/. */
export const ConfigFile = z.strictObject({
  version: z.literal(1).describe('The form of this file.'),
  server: server.describe('Where Rolegate is and listens.'),
  secrets: secrets.optional().describe('The master key, from which every key of our own is derived.'),
  issuer: issuer.prefault({}).describe('Rolegate as AWS sees it.'),
  networks: z
    .record(name, z.array(line).min(1, 'must not be empty'))
    .default({})
    .describe('Your own networks by name (CIDR): two addresses in one of them are one place.'),
  idps: z.array(idp).min(1, 'must not be empty').describe('Where people sign in.'),
  workloads: z.array(workload).default([]).describe('Whose tokens CI jobs and containers show in place of a sign-in.'),
  accounts: z.record(name, account).describe('AWS accounts by alias, the name people type.'),
  roles: z.record(name, role).describe('Kinds of role by key, the name people type.'),
  rules: z.array(rule).describe('Who may take what. Deny beats every grant.'),
  include: z
    .array(include)
    .default([])
    .describe('Rules and tests of other people, each within a fence. They come after the rules of this file.'),
  sts: z.record(name, sts).prefault({ default: {} }).describe('Ways to AWS by name.'),
  sessions: sessions.prefault({}).describe('How long sign-ins last.'),
  identity_center: identityCenter
    .prefault({})
    .describe('What the stock AWS CLI and SDKs are told, to whom we are an IAM Identity Center.'),
  store,
  audit: z
    .strictObject({
      sinks: z
        .array(sink)
        .min(1, 'must not be empty')
        .prefault([{ type: 'store' }])
        .describe('At least one that lasts: `file` or `store`.'),
      redact: z
        .array(z.enum(Object.keys(REDACTABLE) as [Redactable, ...Redactable[]]))
        .default([])
        .describe('What sinks get a keyed hash of in place of the text: equal texts stay equal.'),
    })
    .prefault({})
    .describe('Where every decision is written before it takes effect.'),
  telemetry: z
    .strictObject({
      metrics: z.boolean().default(true).describe('Whether `/metrics` answers, on the management listener.'),
      log: z
        .strictObject({
          level: z
            .enum(['debug', 'info', 'warn', 'error'])
            .default('info')
            .describe('The least important line that is written.'),
          format: z.enum(['json']).default('json').describe('How lines are written: JSON, one object each.'),
        })
        .prefault({})
        .describe('The log: JSON lines.'),
    })
    .prefault({})
    .describe('What operators see.'),
  reload: z
    .strictObject({
      max_stale: duration('5m', '24h')
        .prefault('1h')
        .describe('Elevated roles are not given once what is on disk has been refused for so long.'),
    })
    .prefault({})
    .describe('What happens while the file on disk cannot be used.'),
  admin: admin.prefault({}).describe('Who runs and who audits Rolegate itself. Nobody, unless named here.'),
  time_zone: line.default('UTC').describe('IANA zone of `until 19:00`, where a browser does not say its own.'),
  tests: z
    .array(inFileTest)
    .default([])
    .describe('Questions the rules must answer as written here, or the file does not load.'),
})

/** rolegate.yaml with its shape checked, defaults filled in and durations in seconds. */
export type ConfigFile = z.output<typeof ConfigFile>
export type Fence = ConfigFile['include'][number]['within']
export type RuleEntry = ConfigFile['rules'][number]
export type StsEntry = ConfigFile['sts'][string]
