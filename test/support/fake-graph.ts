import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Json = Record<string, unknown>

export type GraphBend = {
  /** How many groups stand on a page, whatever is asked for. */
  readonly pageSize?: number
  /** What page `number`, from 1, says in place of the honest thing. */
  readonly page?: (honest: Json, number: number) => unknown
  /** What it says of an account in place of the honest thing. */
  readonly account?: (honest: Json) => unknown
  /** Answers page `number` in place of Graph; false leaves it to Graph. */
  readonly instead?: (req: IncomingMessage, res: ServerResponse, number: number) => boolean
}

type SeenRequest = { readonly path: string; readonly search: URLSearchParams; readonly bearer: string }

const ACCOUNT = /^\/v1\.0\/users\/([^/]+)$/
const ROUTE = /^\/v1\.0\/users\/([^/]+)\/transitiveMemberOf\/microsoft\.graph\.group$/

/** A group's object id by its number. */
export const groupId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

export const groupIds = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => groupId(n))

/**
 * Microsoft Graph on loopback, as far as it lists a person's groups: it takes only tokens that `takes` knows, only callers who say
 * that its index may lag, and hands out pages that each name the next. It also says whether their account is switched on.
 */
export async function startFakeGraph(options: {
  members: ReadonlyMap<string, readonly string[]>
  takes: (token: string) => boolean
  /** Whose account is switched off. */
  disabled?: ReadonlySet<string>
  bend?: GraphBend
}) {
  const seen: SeenRequest[] = []
  const state = { bend: options.bend ?? {}, origin: '' }

  function listFor(req: IncomingMessage, number: number): { status: number; body: Json } {
    const url = new URL(req.url ?? '', state.origin)
    const refused = (status: number, code: string) => ({ status, body: { error: { code, message: `no ${url.href}` } } })
    const [, bearer = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? []
    if (!options.takes(bearer)) return refused(401, 'InvalidAuthenticationToken')
    const [, account] = ACCOUNT.exec(url.pathname) ?? []
    if (account !== undefined && options.members.has(account)) {
      if (url.searchParams.get('$select')?.includes('accountEnabled') !== true)
        return { status: 200, body: { id: account } }
      const honest = { id: account, accountEnabled: options.disabled?.has(account) !== true }
      return { status: 200, body: (state.bend.account?.(honest) ?? honest) as Json }
    }
    const [, person = ''] = ROUTE.exec(url.pathname) ?? []
    const groups = options.members.get(person)
    if (req.method !== 'GET' || groups === undefined) return refused(404, 'Request_ResourceNotFound')
    if (req.headers['consistencylevel'] !== 'eventual' || url.searchParams.get('$count') !== 'true')
      return refused(400, 'Request_UnsupportedQuery')
    const top = Math.min(state.bend.pageSize ?? 999, Number(url.searchParams.get('$top') ?? 100))
    const from = Number(url.searchParams.get('$skiptoken') ?? 0)
    const next = new URL(url)
    next.searchParams.set('$skiptoken', String(from + top))
    const honest = {
      '@odata.context': `${state.origin}/v1.0/$metadata#groups(id)`,
      ...(from === 0 && { '@odata.count': groups.length }),
      ...(from + top < groups.length && { '@odata.nextLink': next.href }),
      value: groups.slice(from, from + top).map((id) => ({ id })),
    }
    return { status: 200, body: (state.bend.page?.(honest, number) ?? honest) as Json }
  }

  const server = createServer((req, res) => {
    const { pathname, searchParams } = new URL(req.url ?? '', state.origin)
    const bearer = (req.headers.authorization ?? '').replace(/^Bearer /, '')
    seen.push({ path: pathname, search: searchParams, bearer })
    if (state.bend.instead?.(req, res, seen.length) === true) return
    const { status, body } = listFor(req, seen.length)
    res.writeHead(status, { 'content-type': 'application/json;odata.metadata=minimal;odata.streaming=true' })
    res.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    origin: state.origin,
    seen,
    bend: (bend: GraphBend) => void (state.bend = bend),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
