/** A list shown page by page (`?q=…&page=…`). A malformed query still gives a page. */
export type Paging = {
  readonly page: number
  readonly pageCount: number
  readonly previous?: string
  readonly next?: string
}

type Query = Readonly<Record<string, unknown>>

const LONGEST_QUESTION = 100

export const questionIn = ({ q }: Query): string => (typeof q === 'string' ? q : '').trim().slice(0, LONGEST_QUESTION)

export const pageIn = ({ page }: Query): number => numberIn(page)

/** The page of what somebody answered, in the list that has both. */
export const answeredPageIn = ({ answered }: Query): number => numberIn(answered)

const numberIn = (page: unknown): number =>
  typeof page === 'string' && /^\d{1,5}$/.test(page) ? Math.max(1, Number(page)) : 1

/** The ways on and back; nothing where one page holds it all. `carried` goes along. */
export function pagingOf(
  { page, pageCount }: { readonly page: number; readonly pageCount: number },
  path: string,
  carried: Readonly<Record<string, string>>,
  name = 'page',
): { readonly pages?: Paging } {
  if (pageCount <= 1) return {}
  const hrefOf = (at: number): string => {
    const text = new URLSearchParams({ ...carried, ...(at > 1 && { [name]: String(at) }) }).toString()
    return text === '' ? path : `${path}?${text}`
  }
  return {
    pages: {
      page,
      pageCount,
      ...(page > 1 && { previous: hrefOf(page - 1) }),
      ...(page < pageCount && { next: hrefOf(page + 1) }),
    },
  }
}
