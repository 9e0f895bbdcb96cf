import { readAwsConfig, type AwsConfig } from './aws-config/read-answer.ts'
import { readConsoleLink, readCredentials, readRoles, readSessions, readWhoami } from './answers.ts'
import type { ConsoleLink, KeptSession, Lent, ListedRole, Whoami } from './answers.ts'
import { inFull } from './compact-roles.ts'
import { readExplained, type Explained } from './explained.ts'
import { readRequest, readRequests, type RoleRequest } from './role-requests.ts'
import type { Somebody } from './world.ts'
import { asRolegateError } from '../domain/errors.ts'
import { failure } from './failure.ts'
import { failureOf, type Ask, type Send } from './send.ts'

export type Gateway = {
  readonly whoami: () => Promise<Read<Whoami>>
  readonly roles: () => Promise<Read<readonly ListedRole[]>>
  readonly awsConfig: () => Promise<Read<AwsConfig>>
  readonly credentials: (ask: {
    role: string
    seconds?: number
    timeZone?: string
    reason?: string
    stepUp?: string
  }) => Promise<Lent>
  readonly sessions: () => Promise<Read<readonly KeptSession[]>>
  /** Of whoever asks, by their clock, or of somebody else: that is for operators and auditors. */
  readonly explain: (role: string, somebody: Somebody | { readonly timeZone?: string }) => Promise<Read<Explained>>
  readonly ask: (wish: { role: string; reason: string; seconds?: number }) => Promise<Read<RoleRequest>>
  readonly request: (id: string) => Promise<Read<RoleRequest>>
  readonly requests: (asked?: {
    search?: string
    page?: number
    answered?: number
  }) => Promise<Read<ReturnType<typeof readRequests>>>
  readonly cancelRequest: (id: string) => Promise<void>
  readonly endSession: (id: string) => Promise<void>
  readonly console: (ask: {
    role: string
    seconds?: number
    timeZone?: string
    reason?: string
    destination?: string
    region?: string
    stepUp?: string
  }) => Promise<Read<ConsoleLink>>
}

/** An answer as this client understands it, and as it came, for `--json`. */
type Read<T> = { readonly read: T; readonly json: unknown }

/** The gateway's `/v1`. Each request asks for the token anew: it may have been renewed meanwhile. */
export function makeGateway(origin: string, send: Send, accessToken: () => Promise<string>): Gateway {
  const ask = async (request: Omit<Ask, 'bearer'>): Promise<unknown> => {
    const answer = await send({ ...request, bearer: await accessToken() })
    if (![200, 201, 204].includes(answer.status)) throw failureOf(answer)
    return answer.body
  }
  const readBy = async <T>(read: (json: unknown) => T, request: Omit<Ask, 'bearer'>): Promise<Read<T>> => {
    const json = await ask(request)
    return { read: read(json), json }
  }

  return {
    whoami: () => readBy(readWhoami, { method: 'GET', path: '/v1/whoami' }),
    async roles() {
      const json = inFull(await ask({ method: 'GET', path: '/v1/roles?form=compact' }))
      return { read: readRoles(json), json }
    },
    awsConfig: () => readBy((json) => readAwsConfig(json, origin), { method: 'GET', path: '/v1/aws-config' }),
    credentials: async (json) => readCredentials(await ask({ method: 'POST', path: '/v1/credentials', json })),
    sessions: () => readBy(readSessions, { method: 'GET', path: '/v1/sessions' }),
    explain: (role, somebody) =>
      readBy(readExplained, { method: 'POST', path: '/v1/explain', json: { role, ...somebody } }),
    ask: (json) => readBy(readRequest, { method: 'POST', path: '/v1/requests', json }),
    request: (id) => readBy(readRequest, { method: 'GET', path: `/v1/requests/${id}` }).catch(unknownId('request', id)),
    requests({ search, page, answered } = {}) {
      const asked = {
        ...(search !== undefined && { q: search }),
        ...(page !== undefined && { page: String(page) }),
        ...(answered !== undefined && { answered: String(answered) }),
      }
      const query = new URLSearchParams(asked).toString()
      return readBy(readRequests, { method: 'GET', path: `/v1/requests${query === '' ? '' : `?${query}`}` })
    },
    async cancelRequest(id) {
      await ask({ method: 'POST', path: `/v1/requests/${id}/cancel`, json: {} }).catch(unknownId('request', id))
    },
    async endSession(id) {
      await ask({ method: 'POST', path: '/v1/sessions/end', json: { id } }).catch(unknownId('session', id))
    },
    console: (json) => readBy(readConsoleLink, { method: 'POST', path: '/v1/console', json }),
  }
}

/**
 * `not_found` means an address to the gateway, but whoever typed an id saw no address: says that there is no such id.
 */
const unknownId =
  (what: 'request' | 'session', id: string) =>
  (thrown: unknown): never => {
    const { code, values } = asRolegateError(thrown)
    if (code !== 'not_found') throw thrown
    const { requestId } = values
    throw failure('not_found', {
      title: `There is no ${what} ${id} that you may see`,
      next: `See: rolegate ${what}s`,
      ...(typeof requestId === 'string' && { requestId }),
    })
  }
