import { RolegateError } from '../../domain/errors.ts'
import { MOST_GROUPS } from '../../domain/sign-in/claims.ts'
import type { Now } from '../../usecases/ports.ts'
import type { FetchDirectoryToken, LookAgain, LookUpGroups } from '../../usecases/ports/identity-provider.ts'
import { DirectoryFailure, makeAskDirectory, own, type JsonObject, type Said } from './ask.ts'
import { makeKeptToken } from './kept-token.ts'
import { inOurWords, makeOrElse } from './or-else.ts'
import { readPages } from './pages.ts'
import { unlessGone, whileThere } from './still-there.ts'

const GROUPS_SCOPE = 'https://www.googleapis.com/auth/admin.directory.group.readonly'
const USERS_SCOPE = 'https://www.googleapis.com/auth/admin.directory.user.readonly'

/** The scopes of our token: reading groups and their members, and, with rechecks, whether an account is suspended. */
export const googleScope = (rechecks: boolean): string => (rechecks ? `${GROUPS_SCOPE} ${USERS_SCOPE}` : GROUPS_SCOPE)

/** The most that Google puts on a page. */
const PAGE = 200
/** How many groups are asked at once for the groups they are in. */
const AT_ONCE = 10
const MOST_SECONDS = 15

type Group = { readonly id: string; readonly email: string }

/**
 * Google's ID tokens name no groups: its directory is asked for those of everybody who signs in, by the person's own id and not
 * the address. It lists only what somebody is in directly, so with `nested` each group is asked in its turn. What is not read
 * to the end refuses the sign-in (threats.md R5).
 */
export function makeGoogleDirectory(deps: {
  settings: {
    readonly id: string
    readonly endpoint: string
    readonly nested: boolean
    /** What rules know groups by. */
    readonly by: 'email' | 'id'
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
  const orElse = makeOrElse({ id: settings.id, else: 'fail', onFailure: deps.onFailure })

  function groupsOf(member: string): Promise<readonly Group[]> {
    const url = new URL('/admin/directory/v1/groups', settings.endpoint)
    url.searchParams.set('userKey', member)
    url.searchParams.set('maxResults', String(PAGE))
    url.searchParams.set('fields', 'kind,nextPageToken,groups(id,email)')
    return readPages({ first: url.href, ask, now }, (page) => ({ found: groupsIn(page), ...nextIn(page, url) }))
  }

  async function allGroupsOf(person: string): Promise<readonly Group[]> {
    const started = now().getTime()
    const found = new Map<string, Group>()
    let fresh = await groupsOf(person)
    while (fresh.length > 0) {
      const unseen = [...new Map(fresh.map((group) => [group.id, group])).values()].filter(({ id }) => !found.has(id))
      for (const group of unseen) found.set(group.id, group)
      // security.md M-15.
      if (found.size > MOST_GROUPS)
        throw new RolegateError('groups_truncated', { count: found.size, limit: MOST_GROUPS })
      if (!settings.nested) break
      const above: Group[] = []
      for (let at = 0; at < unseen.length; at += AT_ONCE) {
        if (now().getTime() - started > MOST_SECONDS * 1000) throw new DirectoryFailure('took_too_long')
        // oxlint-disable-next-line no-await-in-loop -- a few at once, so that one sign-in does not use up everybody's quota
        above.push(...(await Promise.all(unseen.slice(at, at + AT_ONCE).map(({ email }) => groupsOf(email)))).flat())
      }
      fresh = above
    }
    return [...found.values()]
  }

  const namesOf = async (person: string): Promise<readonly string[]> =>
    (await allGroupsOf(person)).map((group) => group[settings.by])

  async function maySignIn(person: string): Promise<boolean> {
    const url = new URL(`/admin/directory/v1/users/${person}`, settings.endpoint)
    url.searchParams.set('fields', 'id,suspended,archived')
    const user = await unlessGone(isUserUnknown, () => ask(url.href))
    if (user === undefined) return false
    const isSuspended = own(user, 'suspended')
    if (own(user, 'id') !== person || typeof isSuspended !== 'boolean')
      throw new DirectoryFailure('answered_no_account')
    return !isSuspended && own(user, 'archived') !== true
  }

  const groupsNow = (person: string) => whileThere(maySignIn(person), namesOf(person))

  return {
    lookUp({ claims }) {
      return orElse(async () => {
        const person = own(claims, 'sub')
        if (typeof person !== 'string' || !/^[0-9]{1,64}$/.test(person)) throw new DirectoryFailure('no_google_subject')
        const directoryGroups = await (settings.rechecks ? groupsNow(person) : namesOf(person))
        if (directoryGroups === undefined) throw new DirectoryFailure('nobody_there')
        return { directoryGroups, directoryId: person }
      })
    },
    lookAgain: (person) => inOurWords(settings.id, () => groupsNow(person)),
  }
}

/** Google answers a 404 `notFound` for whatever it does not find, even a whole domain: only the message says what. */
const isUserUnknown = ({ reason, message = '' }: Said): boolean =>
  reason === 'notFound' && /^Resource Not Found: userKey\.?$/.test(message)

/** None at all is left out by Google, so its kind tells the answer from another one. */
function groupsIn(page: JsonObject): readonly Group[] {
  const list = own(page, 'groups') ?? []
  if (own(page, 'kind') !== 'admin#directory#groups' || !Array.isArray(list))
    throw new DirectoryFailure('answered_no_list')
  return list.map((group: unknown) => {
    const [id, email] =
      typeof group === 'object' && group !== null
        ? [own(group as JsonObject, 'id'), own(group as JsonObject, 'email')]
        : []
    if (typeof id !== 'string' || id === '' || typeof email !== 'string' || !/^[^\s@]+@[^\s@]+$/.test(email))
      throw new DirectoryFailure('answered_no_list')
    return { id, email }
  })
}

function nextIn(page: JsonObject, first: URL): { readonly next?: string } {
  const token = own(page, 'nextPageToken')
  if (token === undefined || token === '') return {}
  if (typeof token !== 'string') throw new DirectoryFailure('answered_no_list')
  const next = new URL(first)
  next.searchParams.set('pageToken', token)
  return { next: next.href }
}
