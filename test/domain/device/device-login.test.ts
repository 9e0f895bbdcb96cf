import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { poll, settle, type DeviceLogin, type Poll } from '../../../src/domain/device/device-login.ts'
import { NINE, secondsAfter } from '../../support/a-session.ts'

const approved = { status: 'approved', sessionId: 'session-9' } as const
const denied = { status: 'denied' } as const
const at = (seconds: number) => secondsAfter(NINE, seconds)

function aDeviceLogin(changes: Partial<DeviceLogin> = {}): DeviceLogin {
  return {
    clientId: 'rolegate-cli',
    clientName: 'rolegate',
    numbers: null,
    shownTo: null,
    shownAt: null,
    polls: 2,
    startedAt: NINE,
    expiresAt: at(300),
    address: '203.0.113.7',
    claims: {},
    intervalSeconds: 5,
    lastPolledAt: null,
    state: { status: 'pending' },
    ...changes,
  }
}

describe('poll (RFC 8628 §3.5, security.md D-16)', () => {
  it.each([
    { because: 'the first poll may come at once', login: {}, now: 0, answer: 'authorization_pending', interval: 5 },
    {
      because: 'a poll after the interval waits on',
      login: { lastPolledAt: at(0) },
      now: 5,
      answer: 'authorization_pending',
      interval: 5,
    },
    {
      because: 'a poll before the interval slows down by five',
      login: { lastPolledAt: at(0) },
      now: 4.999,
      answer: 'slow_down',
      interval: 10,
    },
    {
      because: 'a slowed one that hurries slows down more',
      login: { lastPolledAt: at(0), intervalSeconds: 10 },
      now: 9,
      answer: 'slow_down',
      interval: 15,
    },
    {
      because: 'a slowed one that waits recovers',
      login: { lastPolledAt: at(0), intervalSeconds: 10 },
      now: 10,
      answer: 'authorization_pending',
      interval: 10,
    },
    {
      because: 'a clock that went back slows down',
      login: { lastPolledAt: at(10) },
      now: 3,
      answer: 'slow_down',
      interval: 10,
    },
  ])('$because', ({ login, now, answer, interval }) => {
    const before = aDeviceLogin(login)
    expect(poll(before, at(now))).toEqual({
      answer,
      next: { ...before, polls: 3, intervalSeconds: interval, lastPolledAt: at(now) },
    })
  })

  it('notes no more of one that has to wait longer than it lives (threats.md D7)', () => {
    const hasty = aDeviceLogin({ lastPolledAt: at(0), intervalSeconds: 300 })
    const { answer, next } = poll(hasty, at(299))
    expect(answer).toBe('slow_down')
    expect(next).toBe(hasty)
    expect(poll({ ...hasty, state: approved }, at(299)).answer).toBe('granted')
  })

  it('grants what was approved, and forgets the login', () => {
    expect(poll(aDeviceLogin({ state: approved }), at(1))).toEqual({
      answer: 'granted',
      sessionId: 'session-9',
      next: null,
    })
  })

  it('grants at once, however soon the terminal asks again', () => {
    expect(poll(aDeviceLogin({ state: approved, lastPolledAt: at(1) }), at(1)).answer).toBe('granted')
  })

  it('says that it was denied, and forgets the login (security.md D-12)', () => {
    expect(poll(aDeviceLogin({ state: denied }), at(1))).toEqual({ answer: 'device_denied', next: null })
  })

  it.each([{ status: 'pending' } as const, approved, denied])('lets expiry win over $status', (state) => {
    for (const now of [300, 301, 1e6]) {
      expect(poll(aDeviceLogin({ state }), at(now))).toEqual({ answer: 'device_code_expired', next: null })
    }
    expect(poll(aDeviceLogin({ state }), at(299.999)).answer).not.toBe('device_code_expired')
  })
})

describe('the AWS CLI’s habit', () => {
  it('is let ask twice at once at the start, and no third time (aws-cli, measured)', () => {
    const first = poll(aDeviceLogin({ polls: 0 }), at(0))
    const second = poll(first.next ?? aDeviceLogin(), at(0.005))
    const third = poll(second.next ?? aDeviceLogin(), at(0.01))
    expect([first, second, third].map(({ answer }) => answer)).toEqual([
      'authorization_pending',
      'authorization_pending',
      'slow_down',
    ])
  })
})

describe('settle', () => {
  it.each([approved, denied] as const)('keeps a person’s word: $status', (word) => {
    expect(settle(aDeviceLogin(), word, at(1))).toEqual(aDeviceLogin({ state: word }))
  })

  it.each([
    { because: 'already approved', login: { state: approved }, now: 1 },
    { because: 'already denied', login: { state: denied }, now: 1 },
    { because: 'expired', login: {}, now: 300 },
  ])('has nothing to decide when it is $because', ({ login, now }) => {
    expect(settle(aDeviceLogin(login), { status: 'approved', sessionId: 'other' }, at(now))).toBeUndefined()
    expect(settle(aDeviceLogin(login), { status: 'denied' }, at(now))).toBeUndefined()
  })
})

describe('a device login, whatever happens in whatever order', () => {
  type Step = { readonly does: 'poll' | 'approve' | 'deny'; readonly after: number }
  const steps = fc.array(
    fc.record<Step>({
      does: fc.constantFrom('poll', 'poll', 'poll', 'approve', 'deny'),
      after: fc.integer({ min: 0, max: 40 }),
    }),
    { minLength: 1, maxLength: 40 },
  )

  /** RFC 8628 retold: what a terminal must hear, from the whole history of its login. */
  function aModel() {
    let clock = 0
    let word: 'approve' | 'deny' | undefined
    let last: number | undefined
    let wait = 5
    let isOver = false
    return {
      pass: (seconds: number) => void (clock += seconds),
      clock: () => clock,
      decide(said: 'approve' | 'deny'): boolean {
        if (isOver || word !== undefined || clock >= 300) return false
        word = said
        return true
      },
      poll(): string {
        if (isOver) return 'gone'
        if (clock >= 300 || word !== undefined) isOver = true
        if (clock >= 300) return 'device_code_expired'
        if (word !== undefined) return word === 'approve' ? 'granted' : 'device_denied'
        const tooSoon = last !== undefined && clock - last < wait
        if (tooSoon) wait += 5
        last = clock
        return tooSoon ? 'slow_down' : 'authorization_pending'
      },
    }
  }

  it('answers as the protocol says, and grants at most once', () => {
    let granted = 0
    fc.assert(
      fc.property(steps, (history) => {
        const model = aModel()
        let kept: DeviceLogin | null = aDeviceLogin()
        let grants = 0
        for (const { does, after } of history) {
          model.pass(after)
          const now = at(model.clock())
          if (does === 'poll') {
            const heard: Poll | undefined = kept === null ? undefined : poll(kept, now)
            expect(heard?.answer ?? 'gone').toBe(model.poll())
            if (heard?.answer === 'granted') grants += 1
            kept = heard === undefined ? null : heard.next
          } else {
            const word =
              does === 'approve' ? { status: 'approved' as const, sessionId: 's' } : { status: 'denied' as const }
            const settled: DeviceLogin | undefined = kept === null ? undefined : settle(kept, word, now)
            expect(settled !== undefined).toBe(model.decide(does))
            kept = settled ?? kept
          }
        }
        expect(grants).toBeLessThanOrEqual(1)
        granted += grants
      }),
      { numRuns: 10_000 },
    )
    expect(granted).toBeGreaterThan(500)
  })
})
