import { searchRoles } from '../domain/entitlement/search.ts'
import type { ListedAccount } from '../usecases/entitlement/list-accounts.ts'
import { accountCard, roleCardIn } from './cards.ts'
import type { Pages, Parts } from './pages.ts'
import { pageIn, pagingOf, questionIn } from './paging.ts'

/** Accounts on one page of the portal. */
const PAGE_SIZE = 50

type Query = Readonly<Record<string, unknown>>
type PortalList = Omit<Pages['portal'], 'groupsTruncated'>

/** What the portal shows of the list. */
export function portalList(
  listed: readonly ListedAccount[],
  query: Query,
): {
  readonly model: PortalList
  readonly accounts: () => Parts['partials/accounts']
  /** True for the first page without a search: it stays the same as long as the list does. */
  readonly isPlain: boolean
} {
  const { shown, ...model } = onePage(listed, query, '/', {})
  const { question, isWhole, pages } = model
  return {
    model,
    accounts: () => ({
      isWhole,
      accounts: shown.map(({ account, roles }) => ({
        ...accountCard(account),
        tags: account.tags,
        roles: roles.map((held) => roleCardIn(account, held)),
      })),
    }),
    isPlain: question === '' && (pages?.page ?? 1) === 1,
  }
}

/**
 * Of a list, the page asked for, of the accounts asked for (`?q=…&page=…`). Whatever else a query may hold, people get a
 * page. `carried` goes along to the next ones.
 */
export function onePage(
  listed: readonly ListedAccount[],
  query: Query,
  path: string,
  carried: Readonly<Record<string, string>>,
): PortalList & { readonly shown: readonly ListedAccount[] } {
  const question = questionIn(query)
  const found = searchRoles(listed, question)
  const pageCount = Math.max(1, Math.ceil(found.length / PAGE_SIZE))
  const page = Math.min(pageIn(query), pageCount)
  return {
    shown: found.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE),
    roleCount: found.reduce((sum, { roles }) => sum + roles.length, 0),
    accountCount: found.length,
    question,
    isWhole: question === '' && pageCount === 1,
    ...pagingOf({ page, pageCount }, path, { ...carried, ...(question !== '' && { q: question }) }),
  }
}
