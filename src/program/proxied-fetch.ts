import { failure } from '../cli/failure.ts'
import { isLoopback } from '../cli/server-url.ts'
import type { Environment } from '../cli/world.ts'

/**
 * fetch() that honours HTTPS_PROXY and NO_PROXY. Node's own does so only from version 24 on, and only when told to. The
 * proxy package is loaded only if the variable is set, and used for https only: plain http is loopback, and no proxy
 * may read its tokens (threats.md D14).
 */
export function proxiedFetch(env: Environment): typeof fetch {
  const proxy = env['https_proxy'] || env['HTTPS_PROXY']
  if (!proxy) return fetch
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.protocol !== 'https:' || isLoopback(url)) return fetch(input, init)
    requireProxyUrl(proxy)
    const { EnvHttpProxyAgent, fetch: fetchBy } = await import('undici')
    const dispatcher = new EnvHttpProxyAgent({
      httpProxy: '',
      httpsProxy: proxy,
      noProxy: env['no_proxy'] ?? env['NO_PROXY'] ?? '',
    })
    try {
      return (await fetchBy(url, { ...init, dispatcher } as Parameters<typeof fetchBy>[1])) as unknown as Response
    } catch (thrown) {
      throw refusedByProxy(thrown) ?? thrown
    }
  }
}

/** Nothing of it is shown: a proxy's address may hold a password. */
function requireProxyUrl(proxy: string): void {
  if (URL.canParse(proxy) && /^https?:$/.test(new URL(proxy).protocol)) return
  throw failure('config_invalid', {
    title: 'The proxy named by HTTPS_PROXY cannot be used',
    detail: 'It must be a URL, such as http://proxy.example.com:3128.',
  })
}

/** undici says it in words alone, wrapped once or twice. */
function refusedByProxy(thrown: unknown) {
  let words = ''
  for (let error = thrown; error instanceof Error; error = error.cause) words += ` ${error.message}`
  const [, status] = /Proxy response \((\d{3})\)/.exec(words) ?? []
  if (status === undefined) return undefined
  const next = 'To go past it for this gateway, add its name to NO_PROXY.'
  return failure('gateway_unreachable', { title: `The proxy named by HTTPS_PROXY answered ${status}`, next })
}
