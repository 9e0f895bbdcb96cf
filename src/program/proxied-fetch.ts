import { failure } from '../cli/failure.ts'
import { isLoopback } from '../cli/server-url.ts'
import type { Environment } from '../cli/world.ts'

/**
 * fetch() by way of HTTPS_PROXY and past NO_PROXY: Node's own knows them from version 24 on only, and when told to. Its
 * package is loaded when the variable is set, and then for https alone: plain http is loopback, and its tokens are for no
 * proxy to read (threats.md D14).
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
