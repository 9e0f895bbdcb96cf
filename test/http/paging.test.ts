import { expect, it } from 'vitest'
import { answeredPageIn, pageIn, pagingOf } from '../../src/http/paging.ts'

it('two lists on one page are paged each by its own name', () => {
  const query = { page: '3', answered: '2' }
  expect([pageIn(query), answeredPageIn(query)]).toEqual([3, 2])
  expect(pagingOf({ page: 2, pageCount: 3 }, '/approvals', {}, 'answered')).toEqual({
    pages: { page: 2, pageCount: 3, previous: '/approvals', next: '/approvals?answered=3' },
  })
})
