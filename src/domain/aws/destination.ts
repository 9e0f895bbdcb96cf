import { RolegateError } from '../errors.ts'
import { consoleHostOf, type Partition } from './partition.ts'

/** The console pages one account's people may be sent to. */
export type ConsoleWorld = {
  readonly partition: Partition
  readonly region: string
  /** Exact `host` or `host:port` names in place of the partition's own: an AWS stand-in on loopback. */
  readonly hosts?: readonly string[]
}

/** A console URL rebuilt from checked parts. */
export type Destination = string & { readonly __destination: true }

const SERVICE = /^[a-z0-9][a-z0-9-]{0,40}$/
/** Pages that sign in, sign out or redirect: no destination of ours leads there (threats.md H2). */
const FORBIDDEN_PATH = /^\/(console\/)?(logout|oauth|signin|federation|switchrole)/i

/**
 * Where the console opens: nothing → its home, `s3` → that service's home, or a URL of the partition's console.
 * Everything else fails with `destination_refused` (security.md C-4): it is parsed, checked and built anew.
 */
export function parseDestination(text: string | undefined, world: ConsoleWorld): Destination {
  if (text === undefined || text === '') return homeOf(world)
  if (SERVICE.test(text)) return `${originOf(world)}/${text}/home?region=${world.region}` as Destination

  const url = text.length <= 2000 && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || url.username !== '' || url.password !== '' || !isConsoleHost(url, world)) {
    throw new RolegateError('destination_refused', { hosts: consoleHostsOf(world).join(', ') })
  }
  if (FORBIDDEN_PATH.test(url.pathname) || /%2f|%5c|\\|\/\//i.test(url.pathname)) {
    throw new RolegateError('destination_refused', { hosts: consoleHostsOf(world).join(', ') })
  }
  return `${url.protocol}//${url.host}${url.pathname}${url.search}${url.hash}` as Destination
}

/** The hosts a console page may have, for the `form-action` of a page that opens it. */
export const consoleHostsOf = ({ partition, hosts }: ConsoleWorld): readonly string[] =>
  hosts ?? [consoleHostOf(partition), `*.${consoleHostOf(partition)}`]

const homeOf = (world: ConsoleWorld): Destination =>
  `${originOf(world)}/console/home?region=${world.region}` as Destination

function originOf({ partition, region, hosts }: ConsoleWorld): string {
  const own = hosts?.[0]
  if (own === undefined) return `https://${region}.${consoleHostOf(partition)}`
  return `${isLoopback(own) ? 'http' : 'https'}://${own}`
}

function isConsoleHost(url: URL, { partition, hosts }: ConsoleWorld): boolean {
  if (hosts !== undefined) {
    return hosts.includes(url.host) && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.host)))
  }
  const console = consoleHostOf(partition)
  return url.protocol === 'https:' && url.port === '' && (url.host === console || isRegionOf(url.host, console))
}

const isRegionOf = (host: string, console: string): boolean =>
  host.endsWith(`.${console}`) && /^[a-z]{2,5}-[a-z-]+-\d{1,2}$/.test(host.slice(0, -console.length - 1))

const isLoopback = (host: string): boolean => /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host)
