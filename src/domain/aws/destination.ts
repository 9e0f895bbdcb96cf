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

/** A service’s name as its page’s address has it: AWS alone knows which there are. */
export const isService = (text: string): boolean => SERVICE.test(text)

/** Pages that sign in, sign out or redirect: no destination of ours leads there (threats.md H2). */
const FORBIDDEN_PATH = /^\/(console\/)?(logout|oauth|signin|federation|switchrole)/i

/**
 * Where the console opens: nothing → its home, `s3` → that service's home, or a URL of the partition's console.
 * Everything else fails with `destination_refused` (security.md C-4): it is parsed, checked and built anew.
 */
export function parseDestination(text: string | undefined, world: ConsoleWorld): Destination {
  if (text === undefined || text === '') return homeOf(world)
  const address = isService(text) ? `${originOf(world)}/${text}/home?region=${world.region}` : text

  const url = address.length <= 2000 && URL.canParse(address) ? new URL(address) : undefined
  if (
    url === undefined ||
    url.username !== '' ||
    url.password !== '' ||
    !isConsoleHost(url, world) ||
    !isPage(url.pathname)
  ) {
    throw new RolegateError('destination_refused', { hosts: consoleHostsOf(world).join(', ') })
  }
  return `${url.protocol}//${url.host}${url.pathname}${url.search}${url.hash}` as Destination
}

/** Read as whoever serves it may read it: `%6cogout` is `logout`. */
const isPage = (path: string): boolean =>
  !FORBIDDEN_PATH.test(
    path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  ) && !/%2f|%5c|\\|\/\//i.test(path)

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
