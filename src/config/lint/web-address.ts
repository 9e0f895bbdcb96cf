import { isOffLimits } from '../../domain/off-limits.ts'
import type { Findings, Path } from '../faults.ts'

/** `localhost`, 127.0.0.0/8, ::1, and the wildcard addresses that lead there too. */
export const isLoopback = (hostname: string): boolean =>
  /^(?:(?:.+\.)?localhost\.?|127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1?\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]{1,4}\])$/.test(
    hostname,
  )

/** What to say of a loopback address without `--insecure-dev` (threats.md P5, security.md K-5). */
export const LOOPBACK_REFUSED = 'is on loopback, which is for development only: start with --insecure-dev'

/** threats.md P2; that a name leads there is seen when it is asked. */
const OFF_LIMITS_REFUSED = 'is a link-local address, or one of a cloud’s metadata service: nothing there is asked'

/**
 * A URL that may be talked to or answered under: https, or loopback while `--insecure-dev` is given. No password, query
 * or fragment. Anything else is reported, and undefined comes back.
 */
export function requireUrl(text: string, path: Path, findings: Findings, insecureDev: boolean): URL | undefined {
  const fault = faultOf(text, insecureDev)
  if (fault === undefined) return new URL(text)
  findings.fault(path, fault)
  return undefined
}

function faultOf(text: string, insecureDev: boolean): string | undefined {
  if (/\s/.test(text) || !URL.canParse(text)) return 'must be a URL that starts with https://'
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'must be a URL that starts with https://'
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or a password'
  if (/[?#]/.test(text)) return 'must have no query and no fragment'
  if (isOffLimits(url.hostname.replace(/^\[(.*)\]$/, '$1'))) return OFF_LIMITS_REFUSED
  if (isLoopback(url.hostname)) return insecureDev ? undefined : LOOPBACK_REFUSED
  return url.protocol === 'https:' ? undefined : 'must be https'
}

/** Two spellings of one address compare equal: case of the host, default port, slashes at the end. */
export const sameAddress = (one: string, other: string): boolean => bare(one) === bare(other)

const bare = (text: string): string => (URL.canParse(text) ? new URL(text).href : text).replace(/\/+$/, '')
