import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeLimitRate } from '../../../src/adapters/store/limit-rate.ts'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { parseRoleArn, type RoleArn } from '../../../src/domain/aws/arn.ts'
import { makeLimitHandOvers, type HandOverLimits } from '../../../src/usecases/hand-over/limit-hand-overs.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aClock, aRequest, aSession } from '../../support/a-session.ts'

const ADMIN = parseRoleArn('arn:aws:iam::123456789012:role/rolegate/Admin')
const OTHER = parseRoleArn('arn:aws:iam::210987654321:role/rolegate/Admin')

function aLimit(limits: Partial<HandOverLimits> = {}) {
  const clock = aClock()
  const recorded: AuditEvent[] = []
  const counted: string[] = []
  const world = { fails: undefined as RolegateError | undefined }
  const limitRate = makeLimitRate({ store: makeMemoryStore({ now: clock.now }), now: clock.now })
  const { limitHandOvers, limitRole } = makeLimitHandOvers({
    limits: { person: 3, workload: 5, ...limits },
    limitShared: (...asked) => (world.fails === undefined ? limitRate(...asked) : Promise.reject(world.fails)),
    onLimited: (of) => void counted.push(of),
    audit: async (event) => void recorded.push(event),
  })
  const ask = (principal = aPrincipal(), session = aSession({ principal })) =>
    limitHandOvers('credentials', { session, role: 'payments-prod/dev', request: aRequest() })
  const take = (arn: RoleArn, subject = 'oid-1') => {
    const session = aSession({ principal: aPrincipal({ subject }) })
    return limitRole('credentials', { session, role: 'payments-prod/admin', request: aRequest() }, arn)
  }
  return { clock, recorded, counted, world, ask, take }
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

describe('how often a minute one role is handed over (threats.md P7)', () => {
  it('is counted over everybody, each role for itself', async () => {
    const { take, counted, clock } = aLimit({ role: 2 })
    await take(ADMIN, 'alice')
    await take(ADMIN, 'bob')
    expect(await codeFrom(take(ADMIN, 'carol'))).toBe('rate_limited')
    expect(await codeFrom(take(OTHER, 'carol'))).toBeUndefined()
    expect(counted).toEqual(['role'])
    clock.pass(60)
    expect(await codeFrom(take(ADMIN, 'carol'))).toBeUndefined()
  })

  it('leaves one record a minute for each person who is refused', async () => {
    const { take, recorded } = aLimit({ role: 1 })
    await take(ADMIN)
    for (const subject of ['alice', 'bob']) expect(await refusedOf(20, () => take(ADMIN, subject))).toBe(20)
    const record = { event: 'refused', code: 'rate_limited', reason: 'too_many_of_role', role: 'payments-prod/admin' }
    expect(recorded).toMatchObject([
      { ...record, principal: { subject: 'alice' } },
      { ...record, principal: { subject: 'bob' } },
    ])
  })

  it('has no limit of its own unless the file says one', async () => {
    const { take, world } = aLimit()
    world.fails = new RolegateError('store_unavailable')
    expect(await refusedOf(1000, () => take(ADMIN))).toBe(0)
  })
})
