import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  afterStep,
  approvedUntil,
  grantableSeconds,
  isApproved,
  keptUntil,
  personIn,
  standingOf,
  type Answer,
  type RoleRequest,
  type Step,
} from '../../../src/domain/request/role-request.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aLead, anApproved, aRoleRequest } from '../../support/a-role-request.ts'
import { NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600
const lead = personIn(aLead())
const other = personIn(aLead({ subject: 'oid-3', username: 'otto@example.com' }))
const answerAt = (at: Date, by = lead): Answer => ({ answeredBy: by, groups: ['leads'], answeredAt: at })

describe('a request', () => {
  it('is asked, approved on record, and over when its time is', () => {
    const approving = afterStep(
      aRoleRequest(),
      { kind: 'approve', answer: answerAt(NINE), allGroups: ['leads'], seconds: HOUR },
      NINE,
    )
    expect(approving).toMatchObject({ status: 'approving', answeredBy: lead, grantedSeconds: HOUR })
    // What is not on record yet opens nothing.
    expect(approving && isApproved(approving, NINE)).toBe(false)
    expect(approving && standingOf(approving, NINE)).toBe('asked')
    const approved = approving && afterStep(approving, { kind: 'recorded', word: answerAt(NINE) }, NINE)
    expect(approved && standingOf(approved, secondsAfter(NINE, HOUR - 1))).toBe('approved')
    expect(approved && standingOf(approved, secondsAfter(NINE, HOUR))).toBe('ended')
  })

  it('is nobody’s to answer before it is on record', () => {
    const asking: RoleRequest = { ...aRoleRequest(), status: 'asking' }
    expect(afterStep(asking, { kind: 'asked' }, NINE)).toEqual(aRoleRequest())
    const approve = { kind: 'approve', answer: answerAt(NINE), allGroups: ['leads'], seconds: HOUR } as const
    for (const step of [approve, { kind: 'deny', answer: answerAt(NINE) } as const])
      expect(afterStep(asking, step, NINE)).toBeUndefined()
    // Whoever asked may think better of it, and then no record makes it wait.
    const cancelled = afterStep(asking, { kind: 'cancel' }, NINE)
    expect(cancelled?.status).toBe('cancelled')
    expect(cancelled && afterStep(cancelled, { kind: 'asked' }, NINE)).toBeUndefined()
  })

  it('waits as before when the word could not be put on record', () => {
    const approving = afterStep(
      aRoleRequest(),
      { kind: 'approve', answer: answerAt(NINE), allGroups: ['leads'], seconds: HOUR },
      NINE,
    )
    expect(approving && afterStep(approving, { kind: 'unrecorded', word: answerAt(NINE, other) }, NINE)).toBeUndefined()
    expect(approving && afterStep(approving, { kind: 'unrecorded', word: answerAt(NINE) }, NINE)).toEqual(
      aRoleRequest(),
    )
  })

  it('can be taken back even from between a word and its record, where a crash may have left it', () => {
    const approving = afterStep(
      aRoleRequest(),
      { kind: 'approve', answer: answerAt(NINE), allGroups: ['leads'], seconds: HOUR },
      NINE,
    )
    const cancelled = approving && afterStep(approving, { kind: 'cancel' }, NINE)
    expect(cancelled).toEqual({ ...aRoleRequest(), status: 'cancelled', endedAt: NINE })
    expect(cancelled && afterStep(cancelled, { kind: 'recorded', word: answerAt(NINE) }, NINE)).toBeUndefined()
  })

  it('is answered anew, a minute after a crash has kept a yes from its record; and denied at any time', () => {
    const word = { kind: 'approve', answer: answerAt(NINE), allGroups: ['leads'], seconds: HOUR } as const
    const approving = afterStep(aRoleRequest(), word, NINE) ?? aRoleRequest()
    const anew = (at: Date) => afterStep(approving, { ...word, answer: answerAt(at, other) }, at)
    expect(anew(secondsAfter(NINE, 60))).toBeUndefined()
    const again = anew(secondsAfter(NINE, 61))
    expect(again).toMatchObject({ status: 'approving', answeredBy: other })
    // The word that is late is not the one that counts now.
    expect(
      again && afterStep(again, { kind: 'recorded', word: answerAt(NINE) }, secondsAfter(NINE, 62)),
    ).toBeUndefined()
    // Nor of the same person, who has said something else since.
    const longer = { ...word, answer: answerAt(secondsAfter(NINE, 61)), seconds: 4 * HOUR }
    const second = afterStep(approving, longer, secondsAfter(NINE, 61))
    for (const kind of ['recorded', 'unrecorded'] as const)
      expect(second && afterStep(second, { kind, word: answerAt(NINE) }, secondsAfter(NINE, 62))).toBeUndefined()
    expect(
      second && afterStep(second, { kind: 'recorded', word: longer.answer }, secondsAfter(NINE, 62)),
    ).toMatchObject({
      status: 'approved',
      grantedSeconds: 4 * HOUR,
    })
    const denied = afterStep(approving, { kind: 'deny', answer: answerAt(NINE, other) }, NINE)
    expect(denied).toEqual({ ...aRoleRequest(), ...answerAt(NINE, other), status: 'denied' })
    expect(denied && afterStep(denied, { kind: 'recorded', word: answerAt(NINE) }, NINE)).toBeUndefined()
  })

  it('is forgotten an hour after it was taken back, so that nobody can pile them up', () => {
    const cancelled = afterStep(aRoleRequest(), { kind: 'cancel' }, NINE)
    expect(cancelled && keptUntil(cancelled)).toEqual(secondsAfter(NINE, HOUR))
  })

  it('expires when nobody has answered, and is answered by nobody after that', () => {
    const late = secondsAfter(NINE, 86_400)
    expect(standingOf(aRoleRequest(), late)).toBe('expired')
    for (const step of [
      { kind: 'approve', answer: answerAt(late), allGroups: ['leads'], seconds: HOUR },
      { kind: 'deny', answer: answerAt(late) },
      { kind: 'cancel' },
    ] satisfies Step[])
      expect(afterStep(aRoleRequest(), step, late)).toBeUndefined()
  })

  it('ends before its time when somebody says so, and only while it is approved', () => {
    const end: Step = { kind: 'end', by: other }
    const ended = afterStep(anApproved(), end, secondsAfter(NINE, HOUR))
    expect(ended).toMatchObject({ status: 'ended', endedBy: other, endedAt: secondsAfter(NINE, HOUR) })
    expect(ended && afterStep(ended, end, secondsAfter(NINE, HOUR))).toBeUndefined()
    expect(afterStep(anApproved(), end, secondsAfter(NINE, 4 * HOUR))).toBeUndefined()
    expect(afterStep(aRoleRequest(), end, NINE)).toBeUndefined()
  })

  const people = fc.constantFrom(lead, other)
  const steps: fc.Arbitrary<{ step: (now: Date, request: RoleRequest) => Step; after: number }> = fc.record({
    after: fc.integer({ min: 0, max: 40_000 }),
    step: fc.oneof(
      fc.tuple(people, fc.integer({ min: 900, max: 4 * HOUR })).map(([by, seconds]) => (now: Date): Step => ({
        kind: 'approve',
        answer: answerAt(now, by),
        allGroups: ['leads'],
        seconds,
      })),
      fc
        .tuple(fc.constantFrom('recorded' as const, 'unrecorded' as const), people, fc.boolean())
        .map(([kind, by, isOther]) => (now: Date, request: RoleRequest): Step => ({
          kind,
          word: answerAt('answeredAt' in request && !isOther ? request.answeredAt : now, by),
        })),
      fc.constant((): Step => ({ kind: 'asked' })),
      people.map((by) => (now: Date): Step => ({ kind: 'deny', answer: answerAt(now, by) })),
      fc.constant((): Step => ({ kind: 'cancel' })),
      people.map((by) => (): Step => ({ kind: 'end', by })),
    ),
  })

  it('stays what was asked, and never comes back from an end, whatever people do and when', () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 12 }), fc.boolean(), (doings, isNew) => {
        let [request, now]: [RoleRequest, Date] = [
          isNew ? { ...aRoleRequest(), status: 'asking' } : aRoleRequest(),
          NINE,
        ]
        const { status: _, ...wish } = aRoleRequest()
        for (const { step, after } of doings) {
          now = secondsAfter(now, after)
          const before = standingOf(request, now)
          const next = afterStep(request, step(now, request), now)
          if (next === undefined) continue
          expect(['asked', 'approved']).toContain(before)
          // Nobody's step says who asked, for what, why, or for how long at most.
          expect(next).toMatchObject(wish)
          // What was said and never came on record keeps nothing, nor what was taken back.
          if (request.status !== 'approving' && next.status !== 'cancelled')
            expect(keptUntil(next).getTime()).toBeGreaterThanOrEqual(keptUntil(request).getTime())
          // Approved is what somebody has said and what is on record, and nothing else.
          if (next.status === 'approved') expect(request.status).toBe('approving')
          // Nor is what was never asked for on record.
          if (next.status === 'approving') expect(request.status).not.toBe('asking')
          if (isApproved(next, now)) expect(now < approvedUntil(next)).toBe(true)
          request = next
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('how long', () => {
  it.each([
    [undefined, 4 * HOUR, 4 * HOUR],
    [HOUR, 4 * HOUR, HOUR],
    [8 * HOUR, 4 * HOUR, 4 * HOUR],
    [1800, 4 * HOUR, 1800],
  ])('%s asked where there are %s is %s', (asked, most, seconds) => {
    expect(grantableSeconds(asked, most)).toBe(seconds)
  })

  it('is never so short that AWS lends nothing under it by the time of the first click (threats.md H4)', () => {
    expect(refusalOf(() => grantableSeconds(1799, 4 * HOUR))).toMatchObject({
      code: 'invalid_request',
      values: { field: 'seconds', leastApproval: '30m' },
    })
  })
})
