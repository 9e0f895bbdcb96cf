import * as z from 'zod'
import { account } from './account-schema.ts'
import { duration, label, line, name, oneOrMore, region } from './fields.ts'
import { idp } from './idp-schema.ts'
import { audit, issuer, secrets, server, store, telemetry } from './installation-schema.ts'
import { role } from './role-schema.ts'
import { rule } from './rule-schema.ts'
import { sessions } from './session-schema.ts'
import { admin } from './staff-schema.ts'
import { sts } from './sts-schema.ts'
import { inFileTest } from './test-schema.ts'
import { workload } from './workload-schema.ts'

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

const aMinute = z.int().min(1, 'must be at least 1').max(1_000_000, 'must be at most 1000000')

const limits = z.strictObject({
  hand_overs: z
    .strictObject({
      person: aMinute.default(60).describe('Of one person, whatever browsers and terminals they use.'),
      workload: aMinute
        .default(600)
        .describe('Of one identity of jobs or containers: every pod of a service account is one.'),
      role: aMinute.optional().describe('Of one IAM role, whoever takes it; default no limit but theirs.'),
    })
    .prefault({})
    .describe(
      'Credentials, consoles and container tokens asked for in a minute, at most; past that 429 `rate_limited`.',
    ),
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
  environments: z
    .array(label)
    .min(1, 'must not be empty')
    .optional()
    .describe('The words that `accounts.<name>.env` may be. Where they stand, each account has one of them.'),
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
  limits: limits.prefault({}).describe('How much one person, or one job, may ask for.'),
  store,
  audit: audit.prefault({}).describe('Where every decision is written before it takes effect.'),
  telemetry: telemetry.prefault({}).describe('What operators see.'),
  reload: z
    .strictObject({
      max_stale: duration('5m', '24h')
        .prefault('1h')
        .describe('Elevated roles are not given once what is on disk has been refused for so long.'),
    })
    .prefault({})
    .describe('What happens while the file on disk cannot be used.'),
  admin: admin.prefault({}).describe('Who runs and who audits Rolegate itself. Nobody, unless named here.'),
  time_zone: line
    .default('UTC')
    .describe('IANA zone of `until 19:00`, where neither a browser nor our command line says its own.'),
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
