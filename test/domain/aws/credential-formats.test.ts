import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import {
  CREDENTIAL_FORMATS,
  environmentOf,
  printCredentials,
  type CredentialFormat,
} from '../../../src/domain/aws/credential-formats.ts'
import type { Credentials } from '../../../src/domain/aws/credentials.ts'
import { NINE } from '../../support/a-session.ts'

/** As AWS makes them. */
const lent: Credentials = {
  accessKeyId: 'ASIAEXAMPLE000000000',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  sessionToken: 'IQoJb3JpZ2luX2Vj+//abc==',
  expiresAt: NINE,
}
/** As nobody makes them, and a shell should stand it. */
const nasty: Credentials = {
  accessKeyId: `it's "quoted"`,
  secretAccessKey: "$HOME `id` $(id) ${PATH} !! \\ \\\\ '' ; & | > < * ? ~ # %PATH% é 🦊",
  sessionToken: ' two  spaces and a tab\tand a\nline feed ',
  expiresAt: NINE,
}
const environment = (credentials: Credentials) => environmentOf(credentials, 'eu-central-1')
const print = (format: CredentialFormat, credentials: Credentials, region: string | undefined = 'eu-central-1') =>
  printCredentials(format, credentials, { profile: 'payments-prod-dev', ...(region !== undefined && { region }) })

/** What a shell that ran the text then holds, as itself (set) or for its children (env). */
function afterBash(script: string, names: readonly string[], seenBy: 'shell' | 'child'): Record<string, string> {
  const show = names.map((name) => `"\${${name}-unset}"`).join(' ')
  const ask = seenBy === 'shell' ? `printf '%s\\0' ${show}` : `bash -c 'printf "%s\\0" ${show}'`
  const out = execFileSync('bash', ['-c', `${script}\n${ask}`], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const values = out.split('\0')
  return Object.fromEntries(names.map((name, n) => [name, values[n] ?? '']))
}

/** fish: inside single quotes only \\ and \' are special. */
const readFish = (text: string) =>
  [...text.matchAll(/^set -gx (\w+) '((?:[^\\']|\\[\\'])*)'$/gms)].map(([, name = '', value = '']) => [
    name,
    value.replace(/\\([\\'])/g, '$1'),
  ])
/** PowerShell: inside single quotes only '' is special. */
const readPowershell = (text: string) =>
  [...text.matchAll(/^\$Env:(\w+)='((?:[^']|'')*)'$/gms)].map(([, name = '', value = '']) => [
    name,
    value.replaceAll("''", "'"),
  ])
const readCmd = (text: string) => [...text.matchAll(/^set "(\w+)=(.*)"$/gm)].map(([, name, value]) => [name, value])
/** As docker's --env-file reads it: everything after the first `=`, quotes and all. */
const readEnvFile = (text: string) => [...text.matchAll(/^(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value])

describe('environmentOf', () => {
  it('names the variables that every AWS SDK reads', () => {
    expect(environmentOf(lent, 'eu-central-1')).toEqual({
      AWS_ACCESS_KEY_ID: lent.accessKeyId,
      AWS_SECRET_ACCESS_KEY: lent.secretAccessKey,
      AWS_SESSION_TOKEN: lent.sessionToken,
      AWS_CREDENTIAL_EXPIRATION: '2030-01-07T09:00:00.000Z',
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
    })
  })

  it('names no region where none is known', () => {
    expect(Object.keys(environmentOf(lent)).filter((name) => name.includes('REGION'))).toEqual([])
  })
})

describe('printCredentials', () => {
  it.each(CREDENTIAL_FORMATS)('ends in one line feed: %s', (format) => {
    expect(print(format, lent)).toMatch(/[^\n]\n$/)
  })

  it.each([
    ['as AWS makes them', lent],
    ['with quotes, $, blanks and line feeds', nasty],
  ])('env: bash exports the very values %s', (_, credentials) => {
    const wanted = environment(credentials)
    expect(afterBash(print('env', credentials), Object.keys(wanted), 'child')).toEqual(wanted)
  })

  it('env: runs nothing that a value says', () => {
    const evil = { ...lent, sessionToken: `'; AWS_REGION=evil; echo '` }
    expect(afterBash(print('env', evil), ['AWS_REGION', 'AWS_SESSION_TOKEN'], 'child')).toEqual({
      AWS_REGION: 'eu-central-1',
      AWS_SESSION_TOKEN: evil.sessionToken,
    })
  })

  it('env-no-export: bash sets the very values and exports none', () => {
    const wanted = environment(lent)
    const names = Object.keys(wanted)
    expect(afterBash(print('env-no-export', lent), names, 'shell')).toEqual(wanted)
    expect(afterBash(print('env-no-export', lent), ['AWS_SECRET_ACCESS_KEY'], 'child')).toEqual({
      AWS_SECRET_ACCESS_KEY: 'unset',
    })
  })

  it('env-no-export: an env file holds the very values, without quotes', () => {
    const text = print('env-no-export', { ...lent, secretAccessKey: `a 'b' "c" $d` })
    expect(Object.fromEntries(readEnvFile(text))).toEqual({
      ...environment(lent),
      AWS_SECRET_ACCESS_KEY: `a 'b' "c" $d`,
    })
  })

  it.each([
    ['fish', readFish, lent],
    ['fish', readFish, nasty],
    ['powershell', readPowershell, lent],
    ['powershell', readPowershell, nasty],
    ['windows-cmd', readCmd, lent],
  ] as const)('%s: reads back as it was', (format, read, credentials) => {
    expect(Object.fromEntries(read(print(format, credentials)))).toEqual(environment(credentials))
  })

  it.each([lent, nasty])('process: is the document an SDK reads, on one line', (credentials) => {
    const text = print('process', credentials)
    expect(text.trimEnd()).not.toContain('\n')
    expect(JSON.parse(text)).toEqual({
      Version: 1,
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: '2030-01-07T09:00:00.000Z',
    })
  })

  it.each([lent, nasty])('json: is the environment', (credentials) => {
    expect(JSON.parse(print('json', credentials))).toEqual(environment(credentials))
  })

  it('ini: is a profile of a credentials file', () => {
    expect(print('ini', lent)).toBe(
      `[payments-prod-dev]
aws_access_key_id = ${lent.accessKeyId}
aws_secret_access_key = ${lent.secretAccessKey}
aws_session_token = ${lent.sessionToken}
# expires 2030-01-07T09:00:00.000Z
`,
    )
  })
})
