import { describe, expect, it } from 'vitest'
import { unmetWhy } from '../../src/http/reasons.ts'

describe('why somebody may not approve (threats.md I3)', () => {
  it.each([
    ['identity', 'you asked for it yourself'],
    ['name', 'your user name or e-mail address is the same as the requester’s'],
    ['key', 'is the same for you as for the requester'],
  ])('is told by what they may be whoever asked: %s', (by, words) =>
    expect(unmetWhy({ condition: 'own_request', by })).toContain(words),
  )
})
