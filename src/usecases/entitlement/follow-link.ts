import { isRegion } from '../../domain/aws/partition.ts'
import { readConsoleUrl } from '../../domain/aws/console-url.ts'
import type { Destination } from '../../domain/aws/destination.ts'
import type { Account } from '../../domain/entitlement/rule.ts'
import { RolegateError } from '../../domain/errors.ts'
import { NAME } from '../../domain/name.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { PrepareConsole } from '../hand-over/prepare-console.ts'
import type { AskedFrom } from './circumstances.ts'
import type { ListedAccount } from './list-accounts.ts'
import type { ListWithRequests } from './list-with-requests.ts'

/** What a link asks for. Anybody may have made it, and whoever opens it has roles of their own. */
export type Link = {
  /** Alias or twelve digits. */
  readonly account?: string | undefined
  readonly role?: string | undefined
  readonly destination?: string | undefined
  readonly region?: string | undefined
  /** A console page's address, in place of account and destination. */
  readonly url?: string | undefined
}

/** `destination`: only if the link names a page. It is the same for all roles of an account. */
export type Way = ListedAccount & { readonly destination?: Destination }

type Followed = {
  /** The roles of the opener that lead there, by account. */
  readonly ways: readonly Way[]
  /**
   * The role (`alias/role`) that the link named and the opener does not have; `ways` are then other roles of that
   * account.
   */
  readonly missing?: string
}

export type FollowLink = (session: GatewaySession, from: AskedFrom, link: Link) => Promise<Followed>

/**
 * Where a link leads the one who opens it (threats.md H1): only ever a look, nothing is taken. Fails with
 * `destination_refused` when none of their consoles has that page, and with `not_entitled` when no role of theirs leads
 * there; an account that does not exist and one that is not theirs are the same (threats.md P3).
 */
export function makeFollowLink(deps: {
  listAccounts: ListWithRequests['accounts']
  prepareConsole: Pick<PrepareConsole, 'destinationIn'>
}): FollowLink {
  return async function followLink(session, from, link) {
    const { account: inAccount, role, destination, region } = asked(link)
    const held = (await deps.listAccounts(session, from)).filter(
      ({ account }) => inAccount === undefined || [account.alias, account.id].includes(inAccount),
    )
    const named = role === undefined ? held : held.flatMap((listed) => onlyRole(listed, role))
    const chosen = named.length > 0 ? named : held
    const [first] = chosen
    // In the words for links, which leave open whether such a role exists (threats.md P3): no page may explain it.
    if (first === undefined) throw new RolegateError('not_entitled', { role: wordsFor(inAccount, role), by: 'link' })

    const missing = named.length === 0 && role !== undefined ? { missing: wordsFor(inAccount, role) } : {}
    if (destination === undefined && region === undefined) return { ways: chosen, ...missing }
    const pageIn = onceEachConsole((account) => deps.prepareConsole.destinationIn({ account }, destination, region))
    const ways = chosen.flatMap((listed) => {
      const page = pageIn(listed.account)
      return page instanceof RolegateError ? [] : [{ ...listed, destination: page }]
    })
    // None of their consoles has that page: the first says what it would have taken.
    const refusal = ways.length === 0 ? pageIn(first.account) : undefined
    if (refusal instanceof RolegateError) throw refusal
    return { ways, ...missing }
  }
}

function onlyRole({ account, roles }: ListedAccount, role: string): readonly ListedAccount[] {
  const found = roles.filter(({ kind }) => kind.key === role)
  return found.length > 0 ? [{ account, roles: found }] : []
}

/**
 * Accounts with the same partition, region and `sts` entry get one answer, so that a link to ten thousand accounts
 * costs no more than a link to one.
 */
function onceEachConsole(ask: (account: Account) => Destination): (account: Account) => Destination | RolegateError {
  const answers = new Map<string, Destination | RolegateError>()
  return (account) => {
    const console = `${account.partition} ${account.region} ${account.sts}`
    const answer = answers.get(console) ?? answerOf(() => ask(account))
    answers.set(console, answer)
    return answer
  }
}

/**
 * The link with its console address read. If the address and another parameter both answer one question, the link is
 * refused.
 */
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
