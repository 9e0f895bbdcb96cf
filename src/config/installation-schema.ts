import * as z from 'zod'
import { REDACTABLE, type Redactable } from '../domain/audit/redact.ts'
import { days, duration, environmentName, host, line, port } from './fields.ts'

const listenAt = (defaultPort: number) =>
  z.strictObject({
    host: host.default('127.0.0.1').describe('Address to listen on.'),
    port: port.default(defaultPort).describe('Port to listen on.'),
  })

export const server = z.strictObject({
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

export const secrets = z.strictObject({
  ...masterKey,
  previous: z
    .array(z.strictObject(masterKey))
    .default([])
    .describe('Earlier master keys: they still open what they sealed, and seal nothing new.'),
})

export const issuer = z.strictObject({
  url: line
    .optional()
    .describe('What AWS knows us by (`iss`); default `server.public_url`. No trailing slash. Fixed for life.'),
  algorithm: z.enum(['ES256', 'RS256']).default('ES256').describe('Signs our tokens toward AWS.'),
  token_lifetime: duration('30s', '2m').prefault('2m').describe('Life of one token toward AWS, at most 2m.'),
})

export const store = z
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

export const audit = z.strictObject({
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

export const telemetry = z.strictObject({
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
