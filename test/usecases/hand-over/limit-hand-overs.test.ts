import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeLimitRate } from '../../../src/adapters/store/limit-rate.ts'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { makeLimitHandOvers } from '../../../src/usecases/hand-over/limit-hand-overs.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aClock, aRequest, aSession } from '../../support/a-session.ts'

function aLimit() {
  const clock = aClock()
  const recorded: AuditEvent[] = []
  const counted: string[] = []
  const world = { fails: undefined as RolegateError | undefined }
  const limitRate = makeLimitRate({ store: makeMemoryStore({ now: clock.now }), now: clock.now })
  const limit = makeLimitHandOvers({
    limits: { person: 3, workload: 5 },
    limitShared: (...asked) => (world.fails === undefined ? limitRate(...asked) : Promise.reject(world.fails)),
    onLimited: (of) => void counted.push(of),
    audit: async (event) => void recorded.push(event),
  })
  const ask = (principal = aPrincipal(), session = aSession({ principal })) =>
    limit('credentials', { session, role: 'payments-prod/dev', request: aRequest() })
  return { clock, recorded, counted, world, ask }
}

const codeFrom = (asked: Promise<void>) =>
  asked.then(
    () => undefined,
    (thrown: unknown) => (thrown instanceof RolegateError ? thrown.code : thrown),
  )

async function refusedOf(times: number, ask: () => Promise<void>): Promise<number> {
  let refused = 0
  for (let tries = 0; tries < times; tries += 1) {
    const code = await codeFrom(ask())
    if (code === 'rate_limited') refused += 1
    else expect(code).toBeUndefined()
  }
  return refused
}

describe('how many hand-overs there are a minute (threats.md P7)', () => {
  it('is counted for the person, whatever sessions they ask from', async () => {
    const { ask } = aLimit()
    for (const id of ['a', 'b', 'c']) await ask(aPrincipal(), aSession({ id }))
    expect(await codeFrom(ask(aPrincipal(), aSession({ id: 'd' })))).toBe('rate_limited')
    expect(await codeFrom(ask(aPrincipal({ subject: 'somebody-else' })))).toBeUndefined()
    expect(await codeFrom(ask(aPrincipal({ issuer: 'https://other.example.com' })))).toBeUndefined()
  })

  it('is another number for jobs and containers, and never the person’s of that name', async () => {
    const { ask, counted } = aLimit()
    expect(await refusedOf(8, () => ask(aPrincipal({ workload: true })))).toBe(3)
    expect(counted).toEqual(['workload', 'workload', 'workload'])
    expect(await codeFrom(ask())).toBeUndefined()
  })

  it('leaves one record a minute of what is refused (threats.md A4)', async () => {
    const { ask, recorded, clock } = aLimit()
    expect(await refusedOf(50, () => ask())).toBe(47)
    const record = { event: 'refused', code: 'rate_limited', reason: 'too_many_hand_overs', role: 'payments-prod/dev' }
    expect(recorded).toMatchObject([record])
    clock.pass(60)
    expect(await refusedOf(50, () => ask())).toBe(47)
    expect(recorded).toMatchObject([record, record])
  })

  it('is not known while the store does not answer: then nothing is handed over (security.md V-9)', async () => {
    const { ask, recorded, world } = aLimit()
    world.fails = new RolegateError('store_unavailable')
    expect(await codeFrom(ask())).toBe('store_unavailable')
    expect(recorded).toEqual([])
  })
})
