import { afterEach, expect, it, vi } from 'vitest'
import { openRecheckMemory } from '../../src/compose/rechecking.ts'
import { RolegateError } from '../../src/domain/errors.ts'
import { ofEverybody } from '../../src/domain/sign-in/groups-again.ts'
import { makeRecheckGroups } from '../../src/usecases/sign-in/recheck-groups.ts'
import { aPrincipal } from '../support/a-principal.ts'
import { refusalFrom } from '../support/a-refusal.ts'
import { aClock, aRequest, aSession } from '../support/a-session.ts'

afterEach(() => void vi.useRealTimers())

const GROUPS = ['payments']

/** A directory that holds every question until it is let go, and what a configuration makes of it. */
function aHeldDirectory() {
  const clock = aClock()
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const memory = openRecheckMemory({ log }, clock.now)
  const held: { tell(): void; fail(thrown: unknown): void }[] = []
  let asked = 0
  const lookAgain = () => {
    asked += 1
    return new Promise<readonly string[]>((resolve, reject) => {
      held.push({ tell: () => resolve(GROUPS), fail: reject })
    })
  }
  /** Of one configuration; all share what lasts. */
  const aGeneration = () =>
    makeRecheckGroups({
      ...memory,
      rechecks: new Map([['entra', { everySeconds: 900, else: 'fail', lookAgain }]]),
      endSignIn: async () => undefined,
      onRecheck: () => undefined,
      now: clock.now,
      later: () => ({ cancel: () => undefined }),
    })
  const recheck = aGeneration()
  const somebody = (number: number) =>
    aSession({
      id: `session-${number}`,
      principal: aPrincipal({ groups: GROUPS }),
      directoryId: `oid-${number}`,
    })
  clock.pass(901)
  return {
    clock,
    log,
    held,
    aGeneration,
    asked: () => asked,
    somebody,
    all: (count: number) => Array.from({ length: count }, (_, number) => recheck(somebody(number), aRequest())),
  }
}

/** Until nothing that could go on by itself is left. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))

it('asks a directory about eight people at once, and about the others as soon as it has answered (security.md V-15)', async () => {
  const { all, held, asked } = aHeldDirectory()
  const checks = all(100)
  let most = 0
  await settle()
  while (held.length > 0) {
    most = Math.max(most, held.length)
    for (const { tell } of held.splice(0)) tell()
    // oxlint-disable-next-line no-await-in-loop -- a round after the other
    await settle()
  }
  await Promise.all(checks)
  expect([most, asked()]).toEqual([8, 100])
})

it('keeps nobody waiting for one person, however many sign-ins of theirs are slow to ask about', async () => {
  const { held, asked, aGeneration, somebody } = aHeldDirectory()
  const recheck = aGeneration()
  const theirs = Array.from({ length: 20 }, (_, number) =>
    recheck(aSession({ ...somebody(number), directoryId: 'oid-slow' }), aRequest()),
  )
  await settle()
  const other = recheck(somebody(100), aRequest())
  await settle()
  expect(asked()).toBe(2)
  held.at(-1)?.tell()
  await other
  while (held.length > 0) {
    for (const { tell } of held.splice(0)) tell()
    // oxlint-disable-next-line no-await-in-loop -- one after the other
    await settle()
  }
  await Promise.all(theirs)
})

it('asks about nobody of those who wait once it is throttled', async () => {
  const { all, held, asked } = aHeldDirectory()
  const refusals = Promise.all(all(100).map(refusalFrom))
  await settle()
  const throttled = new RolegateError('idp_unavailable', { retryAfterSeconds: 9, ...ofEverybody(true) })
  for (const { fail } of held.splice(0)) fail(throttled)
  const reasons = (await refusals).map(({ reason }) => reason)
  expect(reasons.filter((reason) => reason === 'directory:left_alone')).toHaveLength(92)
  expect(asked()).toBe(8)
})

it('lets nobody wait for ever, and whoever waited too long says nothing against the directory', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const { all, held, log } = aHeldDirectory()
  const checks = all(9)
  const last = refusalFrom(checks.at(-1) ?? Promise.resolve())
  await settle()
  vi.advanceTimersByTime(30_000)
  expect(await last).toMatchObject({ values: { why: 'groups_unread' }, reason: 'directory:too_many_at_once' })
  expect([...log.error.mock.calls, ...log.warn.mock.calls]).toEqual([])
  for (const { tell } of held) tell()
  await Promise.all(checks.slice(0, -1))
})

it('remembers over a reload who was checked, and asks about nobody once more for it', async () => {
  const { all, held, asked, aGeneration, somebody, clock } = aHeldDirectory()
  const checks = all(2)
  await settle()
  for (const { tell } of held.splice(0)) tell()
  await Promise.all(checks)
  clock.pass(60)
  const next = aGeneration()
  await next(somebody(0), aRequest())
  await next(somebody(1), aRequest())
  expect(asked()).toBe(2)
})
