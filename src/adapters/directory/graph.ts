import { groupStatementFrom, type ClaimMapping } from '../../domain/sign-in/claims.ts'
import type { Now } from '../../usecases/ports.ts'
import type { FetchDirectoryToken, LookAgain, LookUpGroups } from '../../usecases/ports/identity-provider.ts'
import { DirectoryFailure, makeAskDirectory, own, type JsonObject } from './ask.ts'
import { makeKeptToken } from './kept-token.ts'
import { inOurWords, makeOrElse } from './or-else.ts'
import { readPages } from './pages.ts'
import { unlessGone, whileThere } from './still-there.ts'

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** The most that Graph puts on a page. */
const PAGE = 999

/** What our token must be for, so that Graph takes it. */
export const graphScope = (endpoint: string): string => `${endpoint}/.default`

/**
 * Entra leaves the groups out of a token that would hold too many. Then Microsoft Graph is asked for them at the configured
 * address, by our own client and never with what the token says of addresses (security.md M-13): all groups the person is in,
 * through other groups too. Only what Graph itself counts as all of them is an answer (threats.md R5). With `rechecks` it is asked at
 * each sign-in: a token's own list is filtered by settings of the application that we do not see, and would differ from Graph's.
 */
export function makeGraphDirectory(deps: {
  settings: {
    readonly id: string
    /** Graph's origin. */
    readonly endpoint: string
    readonly else: 'fail' | 'warn'
    readonly groups: ClaimMapping['groups']
    /** They are to be read again between sign-ins. */
    readonly rechecks: boolean
  }
  fetchToken: FetchDirectoryToken
  fetch: typeof fetch
  now: Now
  onFailure: (reason: string, cause: unknown) => void
}): { readonly lookUp: LookUpGroups; readonly lookAgain: LookAgain } {
  const { settings, now } = deps
  const ask = makeAskDirectory({ fetch: deps.fetch, token: makeKeptToken(deps) })
  const orElse = makeOrElse({ ...settings, onFailure: deps.onFailure })

  async function groupsOf(person: string): Promise<readonly string[]> {
    const first = new URL(`/v1.0/users/${person}/transitiveMemberOf/microsoft.graph.group`, settings.endpoint)
    first.search = `?$count=true&$select=id&$top=${PAGE}`
    let counted: unknown
    const found = await readPages(
      // Graph counts only in its index, which it asks callers to say they know of.
      { first: first.href, ask: (url) => ask(url, { consistencylevel: 'eventual' }), now },
      (page) => {
        counted ??= own(page, '@odata.count')
        return { found: idsIn(page), ...nextIn(page, settings.endpoint) }
      },
    )
    // Each group counts once: a page sent twice in place of another must not make up the number.
    if (counted !== new Set(found).size) throw new DirectoryFailure('count_differs')
    return found
  }

  async function maySignIn(person: string): Promise<boolean> {
    const url = new URL(`/v1.0/users/${person}?$select=id,accountEnabled`, settings.endpoint)
    const user = await unlessGone(
      ({ code }) => code === 'Request_ResourceNotFound',
      () => ask(url.href),
    )
    if (user === undefined) return false
    const [id, isEnabled] = [own(user, 'id'), own(user, 'accountEnabled')]
    if (typeof id !== 'string' || id.toLowerCase() !== person.toLowerCase() || typeof isEnabled !== 'boolean')
      throw new DirectoryFailure('answered_no_account')
    return isEnabled
  }

  const groupsNow = (person: string) => whileThere(maySignIn(person), groupsOf(person))

  return {
    async lookUp({ claims }) {
      if (!settings.rechecks && groupStatementFrom(claims, settings.groups).state !== 'truncated') return undefined
      return orElse(async () => {
        const person = own(claims, 'oid')
        if (typeof person !== 'string' || !GUID.test(person)) throw new DirectoryFailure('no_oid_claim')
        const directoryGroups = await (settings.rechecks ? groupsNow(person) : groupsOf(person))
        if (directoryGroups === undefined) throw new DirectoryFailure('nobody_there')
        return { directoryGroups, directoryId: person }
      })
    },
    lookAgain: (person) => inOurWords(settings.id, () => groupsNow(person)),
  }
}

function idsIn(page: JsonObject): readonly string[] {
  const list = own(page, 'value')
  if (!Array.isArray(list)) throw new DirectoryFailure('answered_no_list')
  return list.map((group: unknown) => {
    const id = typeof group === 'object' && group !== null ? own(group as JsonObject, 'id') : undefined
    if (typeof id !== 'string' || !GUID.test(id)) throw new DirectoryFailure('answered_no_list')
    return id
  })
}

/** Our token goes to nobody but the configured Graph, wherever a page says the next one is. */
function nextIn(page: JsonObject, endpoint: string): { readonly next?: string } {
  const next = own(page, '@odata.nextLink')
  if (next === undefined) return {}
  if (typeof next !== 'string' || !URL.canParse(next) || new URL(next).origin !== new URL(endpoint).origin)
    throw new DirectoryFailure('next_page_elsewhere')
  return { next }
}
