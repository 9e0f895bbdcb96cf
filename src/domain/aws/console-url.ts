import { consoleHostOf, PARTITIONS } from './partition.ts'

/** What the address of a console page says by itself: the account, where it names one, and the page without it. */
export type ConsolePage = { readonly accountId?: string; readonly destination: string }

/**
 * Reads an address somebody copied from a browser: a console page, one of a browser that holds several sessions
 * (`<account>-<session>.<region>.console…`), or a shortcut of AWS's own access portal. Nothing is checked here but its form:
 * where it may lead, `parseDestination` decides. Undefined for what is none of these.
 */
export function readConsoleUrl(text: string): ConsolePage | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined
  return shortcut(url) ?? withoutSession(url) ?? { destination: url.href }
}

/** `https://x.awsapps.com/start/#/console?account_id=…&role_name=…&destination=…` */
function shortcut({ hostname, pathname, hash }: URL): ConsolePage | undefined {
  if (!hostname.endsWith('.awsapps.com') || !/^\/start\/?$/.test(pathname) || !hash.startsWith('#/console?')) return
  const asked = new URLSearchParams(hash.slice('#/console?'.length))
  const accountId = asked.get('account_id') ?? ''
  return {
    destination: asked.get('destination') ?? '',
    ...(/^\d{12}$/.test(accountId) && { accountId }),
  }
}

function withoutSession(url: URL): ConsolePage | undefined {
  const [, accountId = '', rest = ''] = /^(\d{12})-[a-z0-9]+\.(.+)$/.exec(url.hostname) ?? []
  const console = PARTITIONS.map(consoleHostOf).find((host) => rest === host || rest.endsWith(`.${host}`))
  if (console === undefined) return undefined
  const plain = new URL(url.href)
  plain.hostname = rest
  return { accountId, destination: plain.href }
}
