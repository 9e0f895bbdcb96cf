import { jwtVerify } from 'jose'
import { randomBytes, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'

type Json = Record<string, unknown>
export type GoogleGroup = { readonly id: string; readonly email: string }

export type GoogleBend = {
  readonly pageSize?: number
  /** What the `number`th list from 1 says in place of the honest thing. */
  readonly page?: (honest: Json, number: number) => unknown
  readonly token?: (honest: Json) => unknown
  /** What it says of an account in place of the honest thing. */
  readonly account?: (honest: Json) => unknown
  /** Answers in place of Google; false leaves it to Google. */
  readonly instead?: (req: IncomingMessage, res: ServerResponse) => boolean
}

/** Group by its number, as Google names and addresses them. */
export const aGroup = (number: number): GoogleGroup => ({
  id: `01abcdefgh${String(number).padStart(5, '0')}`,
  email: `group-${number}@example.com`,
})

export const someGroups = (count: number): readonly GoogleGroup[] => Array.from({ length: count }, (_, n) => aGroup(n))

/**
 * Google's token endpoint and its Directory API on loopback, as far as they tell whose groups are which: a token only for what a
 * known service account signed, for the delegated scope and administrator; groups that somebody is in directly, in pages; and whose
 * account is suspended, to whoever may read users.
 */
export async function startFakeGoogle(options: {
  account: { readonly email: string; readonly publicKey: KeyObject }
  /** The one whom domain-wide delegation lets the account act for, and with which scope. */
  administrator: string
  scope: string
  /** By a person's id or a group's address. */
  members: ReadonlyMap<string, readonly GoogleGroup[]>
  /** Whose account is suspended, and whose is put away. */
  suspended?: ReadonlySet<string>
  archived?: ReadonlySet<string>
  now: () => Date
  bend?: GoogleBend
}) {
  const state = { bend: options.bend ?? {}, origin: '', lists: 0 }
  const tokens = new Set<string>()
  const asked: string[] = []
  const assertions: Json[] = []

  async function tokenFor(body: URLSearchParams): Promise<[status: number, body: unknown]> {
    const refused = (error: string): [number, Json] => [400, { error, error_description: `not for ${body.toString()}` }]
    if (body.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer')
      return refused('unsupported_grant_type')
    const read = jwtVerify(body.get('assertion') ?? '', options.account.publicKey, {
      issuer: options.account.email,
      audience: `${state.origin}/token`,
      algorithms: ['RS256'],
      requiredClaims: ['exp', 'iat'],
      currentDate: options.now(),
    })
    const verified = await read.catch(() => undefined)
    if (verified === undefined) return refused('invalid_grant')
    assertions.push({ ...verified.protectedHeader, ...verified.payload })
    const { sub, scope, exp = 0, iat = 0 } = verified.payload
    if (exp - iat > 3600) return refused('invalid_grant')
    if (sub !== options.administrator || scope !== options.scope) return [401, { error: 'unauthorized_client' }]
    const token = randomBytes(24).toString('base64url')
    tokens.add(token)
    const honest = { access_token: token, expires_in: 3599, token_type: 'Bearer' }
    return [200, state.bend.token?.(honest) ?? honest]
  }

  function listFor(url: URL, bearer: string): [status: number, body: unknown] {
    const refused = (code: number, reason = 'forbidden', message = `no ${url.href}`): [number, Json] => [
      code,
      { error: { code, message, errors: [{ message, domain: 'global', reason }] } },
    ]
    const unknown = (what: string) => refused(404, 'notFound', `Resource Not Found: ${what}`)
    if (!tokens.has(bearer)) return refused(401)
    const [, account] = /^\/admin\/directory\/v1\/users\/([^/]+)$/.exec(url.pathname) ?? []
    if (account !== undefined) {
      if (!options.scope.includes('directory.user.readonly')) return refused(403)
      if (!options.members.has(account)) return unknown('userKey')
      const honest = {
        id: account,
        suspended: options.suspended?.has(account) === true,
        ...(options.archived?.has(account) === true && { archived: true }),
      }
      return [200, state.bend.account?.(honest) ?? honest]
    }
    const groups = options.members.get(url.searchParams.get('userKey') ?? '')
    if (url.pathname !== '/admin/directory/v1/groups' || groups === undefined) return unknown('userKey')
    const size = Math.min(state.bend.pageSize ?? 200, Number(url.searchParams.get('maxResults') ?? 200))
    const from = Number(Buffer.from(url.searchParams.get('pageToken') ?? '', 'base64url').toString() || 0)
    const page = groups.slice(from, from + size)
    const honest = {
      kind: 'admin#directory#groups',
      ...(page.length > 0 && { groups: page }),
      ...(from + size < groups.length && { nextPageToken: Buffer.from(String(from + size)).toString('base64url') }),
    }
    state.lists += 1
    return [200, state.bend.page?.(honest, state.lists) ?? honest]
  }

  const server = createServer((req, res) => void handle(req, res))
  async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '', state.origin)
    const chunks: Buffer[] = []
    for await (const chunk of req) chunks.push(chunk as Buffer)
    asked.push(
      url.pathname === '/token' ? 'token' : (url.searchParams.get('userKey') ?? `account of ${basename(url.pathname)}`),
    )
    if (state.bend.instead?.(req, res) === true) return
    const [, bearer = ''] = /^Bearer (.+)$/.exec(req.headers.authorization ?? '') ?? []
    const [status, body] =
      url.pathname === '/token'
        ? await tokenFor(new URLSearchParams(Buffer.concat(chunks).toString()))
        : listFor(url, bearer)
    res.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body))
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    origin: state.origin,
    tokenEndpoint: `${state.origin}/token`,
    tokens,
    /** What was asked for, in its order: `token`, whose groups, or whose account. */
    asked,
    assertions,
    bend: (bend: GoogleBend) => void (state.bend = bend),
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
