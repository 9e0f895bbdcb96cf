import { searchRoles } from '../domain/entitlement/search.ts'
import type { ListedAccount } from '../usecases/entitlement/list-accounts.ts'
import { accountCard, roleCardIn } from './cards.ts'
import type { Pages } from './pages.ts'

/** Accounts on one page of the portal. */
const PAGE_SIZE = 50
const LONGEST_QUESTION = 100

type Query = Readonly<Record<string, unknown>>
type PortalList = Omit<Pages['portal'], 'groupsTruncated'>

/**
 * What the portal shows of the list: the page asked for, of the accounts asked for (`?q=…&page=…`). Whatever else a
 * query may hold, people get a page.
 */
export function portalList(listed: readonly ListedAccount[], query: Query): PortalList {
  const question = (typeof query['q'] === 'string' ? query['q'] : '').trim().slice(0, LONGEST_QUESTION)
  const found = searchRoles(listed, question)
  const pageCount = Math.max(1, Math.ceil(found.length / PAGE_SIZE))
  const page = Math.min(Math.max(1, pageIn(query)), pageCount)
  const shown = found.slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE)
  return {
    accounts: shown.map(({ account, roles }) => ({
      ...accountCard(account),
      tags: account.tags,
      roles: roles.map((held) => roleCardIn(account, held)),
    })),
    roleCount: found.reduce((sum, { roles }) => sum + roles.length, 0),
    accountCount: found.length,
    question,
    isWhole: question === '' && pageCount === 1,
    ...(pageCount > 1 && {
      pages: {
        page,
        pageCount,
        ...(page > 1 && { previous: hrefOf(question, page - 1) }),
        ...(page < pageCount && { next: hrefOf(question, page + 1) }),
      },
    }),
  }
}

const pageIn = ({ page }: Query): number => (typeof page === 'string' && /^\d{1,5}$/.test(page) ? Number(page) : 1)

function hrefOf(question: string, page: number): string {
  const query = new URLSearchParams({
    ...(question !== '' && { q: question }),
    ...(page > 1 && { page: String(page) }),
  })
  return query.size === 0 ? '/' : `/?${query.toString()}`
}
