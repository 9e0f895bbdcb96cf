import { describe, expect, it } from 'vitest'
import { checkVariables } from '../../../src/cli/doctor/environment.ts'

const ORIGIN = 'https://aws.example.com'
const profiles = new Set(['default', 'payments-dev.readonly'])
const checked = (env: Record<string, string>, origin = ORIGIN) => checkVariables(env, origin, profiles)
const said = (env: Record<string, string>, origin?: string) =>
  checked(env, origin).map(({ state, says, next }) => `${state}: ${says}${next === undefined ? '' : ` → ${next}`}`)

describe('what the doctor says of variables', () => {
  it.each([
    [{}],
    [{ AWS_PROFILE: 'payments-dev.readonly', AWS_REGION: 'eu-central-1' }],
    [{ AWS_ENDPOINT_URL_SSO: ORIGIN, AWS_ENDPOINT_URL_SSO_OIDC: `${ORIGIN}/` }],
    [{ AWS_ACCESS_KEY_ID: '', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'false' }],
  ])('%j is well', (env) => {
    expect(said(env)).toEqual(['ok: No variable leads AWS tools elsewhere.'])
  })

  it.each([
    [
      { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'x' },
      'warn: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY are set',
    ],
    [{ AWS_SESSION_TOKEN: 'x' }, 'warn: AWS_SESSION_TOKEN is set'],
    [{ AWS_PROFILE: 'gone' }, 'warn: AWS_PROFILE names a profile that is in none of your files'],
    [{ AWS_DEFAULT_PROFILE: 'gone' }, 'warn: AWS_DEFAULT_PROFILE names'],
    [{ AWS_ENDPOINT_URL: ORIGIN }, 'warn: AWS_ENDPOINT_URL leads every AWS service'],
    [{ AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' }, 'fail: AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'],
    [{ AWS_ENDPOINT_URL_SSO: ORIGIN }, 'warn: AWS_ENDPOINT_URL_SSO is set and the other'],
    [
      { AWS_ENDPOINT_URL_SSO: ORIGIN, AWS_ENDPOINT_URL_SSO_OIDC: 'https://evil.example' },
      'fail: AWS_ENDPOINT_URL_SSO_OIDC leads sign-ins to another address',
    ],
  ] as [Record<string, string>, string][])('%j', (env, finding) => {
    expect(said(env)).toEqual([expect.stringContaining(finding)])
    expect(checked(env)[0]?.next).toBeTruthy()
  })

  it.each([
    [{ HTTPS_PROXY: 'http://p' }, ORIGIN, 'warn'],
    [{ https_proxy: 'http://p', NO_PROXY: 'other.example, localhost' }, ORIGIN, 'warn'],
    [{ HTTPS_PROXY: 'http://p', NO_PROXY: 'xexample.com' }, ORIGIN, 'warn'],
    [{ HTTPS_PROXY: 'http://p', NO_PROXY: '.example.com' }, ORIGIN, 'ok'],
    [{ HTTPS_PROXY: 'http://p', no_proxy: 'aws.example.com:443' }, ORIGIN, 'ok'],
    [{ HTTP_PROXY: 'http://p', NO_PROXY: '*' }, ORIGIN, 'ok'],
    [{ http_proxy: 'http://p' }, 'http://127.0.0.1:8420', 'warn'],
  ] as [Record<string, string>, string, string][])('of the proxy in %j, for %s: %s', (env, origin, state) => {
    expect(checked(env, origin).map((finding) => [finding.check, finding.state])).toEqual([['proxy', state]])
  })

  it('shows no value: they hold keys, and the passwords of proxies', () => {
    const secret = 's3cr3t-value'
    const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE', 'AWS_ENDPOINT_URL']
    const more = ['AWS_ENDPOINT_URL_SSO', 'AWS_ENDPOINT_URL_SSO_OIDC', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY']
    const env = Object.fromEntries([...names, ...more].map((name) => [name, secret]))
    expect(JSON.stringify(checked(env))).not.toContain(secret)
  })
})
