import * as z from 'zod'
import { duration, label, oneOrMore } from './fields.ts'
import { loginWays } from './idp-schema.ts'

export const sessions = z.strictObject({
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
