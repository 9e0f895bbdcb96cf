import { isRegion } from '../../domain/aws/partition.ts'
import { readConsoleUrl } from '../../domain/aws/console-url.ts'
import type { Destination } from '../../domain/aws/destination.ts'
import type { Entitlement } from '../../domain/entitlement/decide.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { PrepareConsole } from '../hand-over/prepare-console.ts'
import type { ListRoles } from './list-roles.ts'

/** What a link asks for. Whoever made it may have been anybody, and the one who opens it has their own roles. */
export type Link = {
  /** Alias or twelve digits. */
  readonly account?: string | undefined
  readonly role?: string | undefined
  readonly destination?: string | undefined
  readonly region?: string | undefined
  /** A console page's address, in place of account and destination. */
  readonly url?: string | undefined
}

export type Followed = {
  /** The roles of the opener that lead there; `destination` only where the link named a page. */
  readonly ways: readonly { readonly entitlement: Entitlement; readonly destination?: Destination }[]
  /** `alias/role` that the link named and the opener does not have: the ways are others of that account. */
  readonly missing?: string
}

export type FollowLink = (session: GatewaySession, link: Link) => Followed

/**
 * Where a link leads the one who opens it (threats.md H1): only ever a look, nothing is taken. Fails with
 * `destination_refused` when none of their consoles has that page, and with `not_entitled` when no role of theirs leads
 * there; an account that does not exist and one that is not theirs are the same (threats.md P3).
 */
export function makeFollowLink(deps: {
  listRoles: ListRoles
  prepareConsole: Pick<PrepareConsole, 'destinationIn'>
}): FollowLink {
  return function followLink(session, link) {
    const { account, role, destination, region } = asked(link)
    const held = deps
      .listRoles(session)
      .map(({ entitlement }) => entitlement)
      .filter(({ target }) => account === undefined || [target.account.alias, target.account.id].includes(account))
    const named = role === undefined ? held : held.filter(({ target }) => target.kind.key === role)
    const chosen = named.length > 0 ? named : held
    if (chosen.length === 0) throw new RolegateError('not_entitled', { role: wordsFor(account, role) })

    const hasPage = destination !== undefined || region !== undefined
    const ways = chosen.flatMap((entitlement) => {
      if (!hasPage) return [{ entitlement }]
      const page = answerOf(() => deps.prepareConsole.destinationIn(entitlement.target, destination, region))
      return page instanceof RolegateError ? [] : [{ entitlement, destination: page }]
    })
    // None of their consoles has that page: the first says what it would have taken.
    if (ways.length === 0 && chosen[0] !== undefined) {
      deps.prepareConsole.destinationIn(chosen[0].target, destination, region)
    }
    return { ways, ...(named.length === 0 && role !== undefined && { missing: wordsFor(account, role) }) }
  }
}

/** The link with its address read; two answers to one question are refused rather than weighed. */
function asked({ url, ...link }: Link): Omit<Link, 'url'> {
  if (link.region !== undefined && !isRegion(link.region))
    throw new RolegateError('invalid_request', { field: 'region' })
  if (url === undefined) return link
  const page = readConsoleUrl(url)
  if (page === undefined || link.destination !== undefined || link.region !== undefined)
    throw new RolegateError('invalid_request', { field: 'url' })
  // threats.md H2: an account in the address must be the one that is opened.
  if (link.account !== undefined && page.accountId !== undefined && link.account !== page.accountId)
    throw new RolegateError('invalid_request', { field: 'account' })
  return { ...link, account: link.account ?? page.accountId, destination: page.destination }
}

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/
const wordsFor = (account = '', role = ''): string => {
  const [inAccount, named] = [NAME.test(account) ? account : 'that account', NAME.test(role) ? role : 'such a role']
  return role === '' ? `a role in ${inAccount}` : account === '' ? named : `${inAccount}/${named}`
}

function answerOf<T>(ask: () => T): T | RolegateError {
  try {
    return ask()
  } catch (thrown) {
    if (thrown instanceof RolegateError && thrown.code === 'destination_refused') return thrown
    throw thrown
  }
}
