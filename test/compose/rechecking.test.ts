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
function aHeldDirectory(otherwise: 'fail' | 'warn' = 'fail') {
  const clock = aClock()
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() }
  const memory = openRecheckMemory({ log }, clock.now)
  const held: { tell(): void; fail(thrown: unknown): void }[] = []
  let asked = 0
  const patience = new Set<{ readonly ms: number; readonly run: () => void }>()
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
      rechecks: new Map([['entra', { everySeconds: 900, else: otherwise, lookAgain }]]),
      endSignIn: async () => undefined,
      onRecheck: () => undefined,
      now: clock.now,
      later: (ms, run) => {
        const one = { ms, run }
        patience.add(one)
        return { cancel: () => void patience.delete(one) }
      },
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
    patience,
    asked: () => asked,
    somebody,
    all: (count: number, how?: Parameters<typeof recheck>[2]) =>
      Array.from({ length: count }, (_, number) => recheck(somebody(number), aRequest(), how)),
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

it.each([
  ['of somebody who waits ten seconds', {}, [4_000, 10_000], 10_000],
  ['of an SDK in a container', { isHurried: true }, [700, 700], 700],
])('gives nothing to whoever found no place, with else: warn neither: %s', async (_, how, waits, ms) => {
  const { all, patience, held } = aHeldDirectory('warn')
  const checks = all(9, how)
  const last = refusalFrom(checks.at(-1) ?? Promise.resolve())
  await settle()
  const [first, ...others] = [...patience].map((one) => one.ms).toSorted((one, other) => one - other)
  expect([first, others.at(-1)]).toEqual(waits)
  for (const one of patience) if (one.ms === ms) one.run()
  expect(await last).toMatchObject({ values: { why: 'groups_unread' }, reason: 'directory:too_many_at_once' })
  for (const { tell } of held) tell()
  await Promise.all(checks.slice(0, -1))
})

it('begins to count the directory’s slowness when it is asked, not when somebody begins to wait for a place', async () => {
  const { all, patience, held } = aHeldDirectory('warn')
  const checks = all(9)
  await settle()
  expect([...patience].map(({ ms }) => ms).filter((ms) => ms === 10_000)).toHaveLength(1)
  for (const { tell } of held.splice(0)) tell()
  await Promise.all(checks.slice(0, -1))
  await settle()
  const [left, ...none] = patience
  expect([left?.ms, none]).toEqual([4_000, []])
  // And then it is slow indeed.
  left?.run()
  await checks.at(-1)
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
