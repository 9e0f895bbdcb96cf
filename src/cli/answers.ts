import { parseRoleArn } from '../domain/aws/arn.ts'
import type { Credentials } from '../domain/aws/credentials.ts'
import { TARGET_NAME } from '../domain/name.ts'
import { failure } from './failure.ts'
import { recordOf } from './record.ts'
import { oneLine } from './server-text.ts'
import { isLoopback } from './server-url.ts'

/** The gateway's answers, read field by field: it may be an older one, a newer one, or somebody else's server. */
export type Whoami = {
  readonly username: string
  readonly subject: string
  readonly idp: string
  readonly groupCount: number
  readonly groupsTruncated: boolean
  readonly via: string
  readonly expiresAt: Date
}

/** One row of `GET /v1/roles`; `role` is `alias/role`. */
export type ListedRole = {
  readonly role: string
  readonly arn: string
  readonly accountId: string
  readonly accountName: string
  readonly environment: string
  readonly maxSeconds: number
  readonly elevated: boolean
  readonly state: string
  /** An approval was asked for, and nobody has answered. */
  readonly isPending: boolean
}

export type Lent = {
  readonly credentials: Credentials
  readonly role: string
  readonly seconds: number
  readonly limitedBy: string
  /** The account's own, which older gateways do not say. */
  readonly region?: string
}

export type ConsoleLink = {
  readonly url: string
  readonly expiresAt: Date
  readonly seconds: number
  readonly limitedBy: string
}

/** The characters of AWS credentials. Some printed forms have no quotes, and `eval` would run anything else. */
const CREDENTIAL = /^[A-Za-z0-9+/=_.:@-]+$/
/** It goes into the environment of what is started. */
const REGION = /^[a-z0-9-]{1,40}$/
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/

export function readWhoami(body: unknown): Whoami {
  const { groups, session, ...person } = recordOf(body)
  const { count, truncated } = recordOf(groups)
  return {
    username: oneLine(textOf(person['username'], 'username')),
    subject: oneLine(textOf(person['subject'], 'subject')),
    idp: oneLine(textOf(person['idp'], 'idp')),
    groupCount: numberOf(count, 'groups.count'),
    groupsTruncated: truncated === true,
    via: oneLine(textOf(recordOf(session)['via'], 'session.via')),
    expiresAt: dateOf(recordOf(session)['expiresAt'], 'session.expiresAt'),
  }
}

export function readRoles(body: unknown): readonly ListedRole[] {
  const { roles } = recordOf(body)
  if (!Array.isArray(roles)) throw malformed('roles')
  return roles.map(readRole)
}

function readRole(body: unknown): ListedRole {
  const row = recordOf(body)
  const account = recordOf(row['account'])
  return {
    role: roleOf(row['role']),
    arn: arnOf(row['arn']),
    accountId: matching(account['id'], /^\d{12}$/, 'account.id'),
    accountName: lineOr(account['name']),
    environment: lineOr(account['environment']),
    maxSeconds: numberOf(row['maxSeconds'], 'maxSeconds'),
    elevated: row['elevated'] === true,
    state: oneLine(typeof row['state'] === 'string' ? row['state'] : 'available'),
    isPending: row['state'] === 'needs_approval' && row['pending'] !== undefined,
  }
}

export function readCredentials(body: unknown): Lent {
  const lent = recordOf(body)
  return {
    credentials: {
      accessKeyId: matching(lent['accessKeyId'], CREDENTIAL, 'accessKeyId'),
      secretAccessKey: matching(lent['secretAccessKey'], CREDENTIAL, 'secretAccessKey'),
      sessionToken: matching(lent['sessionToken'], CREDENTIAL, 'sessionToken'),
      expiresAt: dateOf(lent['expiration'], 'expiration'),
    },
    role: roleOf(lent['role']),
    seconds: numberOf(lent['seconds'], 'seconds'),
    limitedBy: oneLine(textOf(lent['limitedBy'], 'limitedBy')),
    ...(lent['region'] !== undefined && { region: matching(lent['region'], REGION, 'region') }),
  }
}

export function readConsoleLink(body: unknown): ConsoleLink {
  const link = recordOf(body)
  return {
    url: urlOf(link['url'], 'url').href,
    expiresAt: dateOf(link['expiration'], 'expiration'),
    seconds: numberOf(link['seconds'], 'seconds'),
    limitedBy: oneLine(textOf(link['limitedBy'], 'limitedBy')),
  }
}

/** One of the person's own sessions. `client` and `host` are what it says of itself. */
export type KeptSession = {
  readonly id: string
  readonly via: string
  readonly client: string
  readonly host: string
  readonly address: string
  readonly signedInAt: Date
  readonly expiresAt: Date
  readonly isCurrent: boolean
}

export function readSessions(body: unknown): readonly KeptSession[] {
  const { sessions } = recordOf(body)
  if (!Array.isArray(sessions)) throw malformed('sessions')
  return sessions.map((session) => {
    const row = recordOf(session)
    return {
      id: matching(row['id'], /^[A-Za-z0-9._~-]{1,200}$/, 'id'),
      via: lineOr(row['via']),
      client: lineOr(row['client']),
      host: lineOr(row['host']),
      address: lineOr(row['address']),
      signedInAt: dateOf(row['signedInAt'], 'signedInAt'),
      expiresAt: dateOf(row['expiresAt'], 'expiresAt'),
      isCurrent: row['current'] === true,
    }
  })
}

export type TokenAnswer = {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly expiresInSeconds: number
}

export function readTokens(body: unknown): TokenAnswer {
  const { access_token, refresh_token, expires_in } = recordOf(body)
  return {
    accessToken: matching(access_token, TOKEN, 'access_token'),
    expiresInSeconds: numberOf(expires_in, 'expires_in'),
    ...(refresh_token !== undefined && { refreshToken: matching(refresh_token, TOKEN, 'refresh_token') }),
  }
}

export type ContainerTokenAnswer = { readonly token: string; readonly expiresInSeconds: number }

/** A token for this role only: whatever else an older gateway might send is refused. */
export function readContainerToken(body: unknown, role: string): ContainerTokenAnswer {
  const { access_token, expires_in, scope } = recordOf(body)
  if (scope !== `container:${role}`) throw malformed('scope')
  return {
    token: matching(access_token, /^rgk_[\w-]+$/, 'access_token'),
    expiresInSeconds: numberOf(expires_in, 'expires_in'),
  }
}

export type DeviceStart = {
  readonly deviceCode: string
  readonly userCode: string
  readonly verificationUri: URL
  /** The same page with the code filled in, for a QR code. */
  readonly verificationUriComplete?: URL
  /** The number to pick on that page: whoever only was sent a code does not know it. */
  readonly matchNumber?: string
  readonly expiresInSeconds: number
  readonly intervalSeconds: number
}

export function readDeviceStart(body: unknown): DeviceStart {
  const start = recordOf(body)
  const { verification_uri_complete: complete, match_number: matchNumber } = start
  return {
    ...(complete !== undefined && { verificationUriComplete: urlOf(complete, 'verification_uri_complete') }),
    ...(matchNumber !== undefined && { matchNumber: matching(matchNumber, /^\d{2}$/, 'match_number') }),
    deviceCode: matching(start['device_code'], TOKEN, 'device_code'),
    userCode: matching(start['user_code'], /^[A-Za-z0-9-]{4,20}$/, 'user_code'),
    verificationUri: urlOf(start['verification_uri'], 'verification_uri'),
    expiresInSeconds: Math.min(numberOf(start['expires_in'], 'expires_in'), 1800),
    // RFC 8628 §3.2: five seconds when the server does not say.
    intervalSeconds: Math.min(Math.max(numberOf(start['interval'] ?? 5, 'interval'), 1), 60),
  }
}

const roleOf = (value: unknown): string => matching(value, TARGET_NAME, 'role')

function arnOf(value: unknown): string {
  try {
    return parseRoleArn(textOf(value, 'arn'))
  } catch {
    throw malformed('arn')
  }
}

/** On one line; empty when it is no text. */
const lineOr = (value: unknown): string => oneLine(typeof value === 'string' ? value : '')

function textOf(value: unknown, field: string): string {
  if (typeof value !== 'string' || value === '') throw malformed(field)
  return value
}

function matching(value: unknown, pattern: RegExp, field: string): string {
  const text = textOf(value, field)
  if (!pattern.test(text)) throw malformed(field)
  return text
}

function numberOf(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw malformed(field)
  return value
}

function dateOf(value: unknown, field: string): Date {
  const date = new Date(textOf(value, field))
  if (Number.isNaN(date.getTime())) throw malformed(field)
  return date
}

function urlOf(value: unknown, field: string): URL {
  const text = textOf(value, field)
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url))) return url
  throw malformed(field)
}

/** Names the field, never its value: it may be a secret. */
export const malformed = (field: string) =>
  failure('gateway_unreachable', {
    title: 'The gateway gave an answer that this version cannot read',
    detail: `Its field ${field} is missing or has an unexpected form.`,
  })
