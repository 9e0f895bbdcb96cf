import { isLoopback } from '../server-url.ts'
import type { Environment } from '../world.ts'
import { fail, ok, warn, type Finding } from './finding.ts'

const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_SECURITY_TOKEN']
const ROUTES = ['AWS_ENDPOINT_URL_SSO', 'AWS_ENDPOINT_URL_SSO_OIDC']
const PROXIES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy']

/**
 * Environment variables that make AWS's tools go elsewhere. They are named but never shown: their values can hold keys
 * and proxy passwords.
 */
export function checkVariables(env: Environment, origin: string, profiles: ReadonlySet<string>): readonly Finding[] {
  const among = (names: readonly string[]) => names.filter((name) => env[name])
  const found = [
    ...keyFindings(among(KEYS)),
    ...among(['AWS_PROFILE', 'AWS_DEFAULT_PROFILE']).flatMap((name) =>
      profileFindings(name, env[name] ?? '', profiles),
    ),
    ...routeFindings(env, origin),
    ...proxyFindings(among(PROXIES), env, origin),
  ]
  return found.length > 0 ? found : [ok('variables', 'No variable leads AWS tools elsewhere.')]
}

const keyFindings = (names: readonly string[]): readonly Finding[] =>
  names.length === 0
    ? []
    : [
        warn(
          'variables',
          `${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} set, and most tools take such keys before any profile.`,
          `unset ${names.join(' ')}`,
        ),
      ]

const profileFindings = (name: string, value: string, profiles: ReadonlySet<string>): readonly Finding[] =>
  profiles.has(value)
    ? []
    : [warn('variables', `${name} names a profile that is in none of your files.`, `unset ${name}, or name another.`)]

function routeFindings(env: Environment, origin: string): readonly Finding[] {
  const set = ROUTES.filter((name) => env[name])
  const elsewhere = set.filter((name) => env[name]?.replace(/\/$/, '') !== origin)
  return [
    ...(/^true$/i.test(env['AWS_IGNORE_CONFIGURED_ENDPOINT_URLS'] ?? '')
      ? [
          fail(
            'variables',
            'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS is set: tools ignore where your profiles send them, and go to AWS itself.',
            'unset AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
          ),
        ]
      : []),
    ...(env['AWS_ENDPOINT_URL']
      ? [
          warn(
            'variables',
            'AWS_ENDPOINT_URL leads every AWS service to one address.',
            'unset AWS_ENDPOINT_URL; your profiles say what is needed.',
          ),
        ]
      : []),
    ...elsewhere.map((name) =>
      fail('variables', `${name} leads sign-ins to another address than ${origin}.`, `unset ${name}`),
    ),
    ...(set.length === 1
      ? [
          warn(
            'variables',
            `${set[0]} is set and the other of the two is not.`,
            `Set ${ROUTES.join(' and ')}, or neither.`,
          ),
        ]
      : []),
  ]
}

function proxyFindings(names: readonly string[], env: Environment, origin: string): readonly Finding[] {
  if (names.length === 0) return []
  const url = new URL(origin)
  const says = `${names.join(', ')}: AWS tools go through that proxy; this program does, when HTTPS_PROXY is set.`
  const spared = isSpared(url.hostname, env['NO_PROXY'] ?? env['no_proxy'] ?? '')
  if (spared) return [ok('proxy', `${names.join(', ')} set, and NO_PROXY spares this gateway.`)]
  return isLoopback(url)
    ? [
        warn(
          'proxy',
          `${names.join(', ')}: AWS tools go through that proxy, which cannot reach this machine’s own gateway.`,
          `Add ${url.hostname} to NO_PROXY.`,
        ),
      ]
    : [warn('proxy', says, `If the gateway is inside your network, add ${url.hostname} to NO_PROXY.`)]
}

const isSpared = (host: string, list: string): boolean =>
  list
    .split(',')
    .map((entry) =>
      entry
        .trim()
        .replace(/^\*?\./, '')
        .replace(/:\d+$/, ''),
    )
    .some((entry) => entry === '*' || (entry !== '' && (host === entry || host.endsWith(`.${entry}`))))
