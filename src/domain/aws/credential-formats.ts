import type { Credentials } from './credentials.ts'

/** The printed forms, named with the AWS CLI's own words (`aws configure export-credentials --format`). */
export const CREDENTIAL_FORMATS = [
  'env',
  'env-no-export',
  'powershell',
  'windows-cmd',
  'fish',
  'process',
  'json',
  'ini',
] as const
export type CredentialFormat = (typeof CREDENTIAL_FORMATS)[number]

export type PrintedFor = {
  readonly profile: string
  readonly region?: string
  /** Variables that are no SDK's, for the shells that hand them on. */
  readonly beside?: Readonly<Record<string, string>>
}

/** Credentials as one text in the given form, ending in a line feed. It holds secrets: print it, never log it. */
export function printCredentials(
  format: CredentialFormat,
  credentials: Credentials,
  { profile, region, beside = {} }: PrintedFor,
): string {
  const variables = Object.entries(environmentOf(credentials, region))
  const lines = (line: (name: string, value: string) => string, all = variables) =>
    all.map(([name, value]) => `${line(name, value)}\n`).join('')

  const exported = (line: (name: string, value: string) => string) =>
    lines(line, [...variables, ...Object.entries(beside)])

  switch (format) {
    case 'env':
      return exported((name, value) => `export ${name}=${posixQuoted(value)}`)
    case 'env-no-export':
      return lines((name, value) => `${name}=${value}`)
    case 'powershell':
      return exported((name, value) => `$Env:${name}='${value.replaceAll("'", "''")}'`)
    case 'windows-cmd':
      return exported((name, value) => `set "${name}=${value}"`)
    case 'fish':
      return exported((name, value) => `set -gx ${name} ${fishQuoted(value)}`)
    case 'process':
      return `${JSON.stringify(processDocument(credentials))}\n`
    case 'json':
      return `${JSON.stringify(Object.fromEntries(variables), null, 2)}\n`
    case 'ini':
      return [
        `[${profile}]`,
        `aws_access_key_id = ${credentials.accessKeyId}`,
        `aws_secret_access_key = ${credentials.secretAccessKey}`,
        `aws_session_token = ${credentials.sessionToken}`,
        `# expires ${credentials.expiresAt.toISOString()}`,
        '',
      ].join('\n')
  }
}

/** The variables every AWS SDK reads, as `exec` sets them and `env` prints them (contract.md, CLI). */
export function environmentOf(credentials: Credentials, region?: string): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_SESSION_TOKEN: credentials.sessionToken,
    AWS_CREDENTIAL_EXPIRATION: credentials.expiresAt.toISOString(),
    ...(region !== undefined && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
  }
}

/** Source: AWS SDKs and Tools Reference Guide, "Process credential provider". */
const processDocument = (credentials: Credentials) => ({
  Version: 1,
  AccessKeyId: credentials.accessKeyId,
  SecretAccessKey: credentials.secretAccessKey,
  SessionToken: credentials.sessionToken,
  Expiration: credentials.expiresAt.toISOString(),
})

const posixQuoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`
const fishQuoted = (value: string): string => `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
