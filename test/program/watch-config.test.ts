import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Outcome } from '../../src/compose/reload.ts'
import { watchConfig } from '../../src/program/watch-config.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Files that stand as `marks` says at each look, two seconds apart, and stay as the last of them. Each reload ends as `ends` says, then well. */
async function watching({
  marks,
  seconds,
  ends = [],
  askedAt,
}: {
  marks: readonly string[]
  seconds: number
  ends?: readonly Outcome[]
  askedAt?: number
}) {
  const start = Date.now()
  const mark = () => marks[Math.min(Math.round((Date.now() - start) / 2000), marks.length - 1)] ?? ''
  let read = marks[0] ?? ''
  const reloads: number[] = []
  const reasons: string[] = []
  const watch = watchConfig({
    lookedAt: () => ({ asRead: read, now: async () => mark() }),
    isAsked: async () => Date.now() - start === (askedAt ?? -1) * 1000,
    reload: async (why) => {
      reasons.push(why)
      reloads.push((Date.now() - start) / 1000)
      read = mark()
      return ends[reloads.length - 1] ?? 'in_force'
    },
  })
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  watch.stop()
  expect(reasons).toEqual(reloads.map((at) => (at === askedAt ? 'asked' : 'file')))
  return reloads
}

const MOVING = Array.from({ length: 100 }, (_, look) => String(look))

describe('watching the files', () => {
  it('reloads once they are others, and keep still', async () => {
    expect(await watching({ marks: ['a'], seconds: 60 })).toEqual([])
    expect(await watching({ marks: ['a', 'b', 'c'], seconds: 60 })).toEqual([6])
  })

  it('leaves alone what is as it was read', async () => {
    expect(await watching({ marks: ['a', 'b', 'a'], seconds: 60 })).toEqual([])
  })

  it('reloads files that never keep still, every ten seconds or so (threats.md R8)', async () => {
    expect(await watching({ marks: MOVING, seconds: 30 })).toEqual([12, 24])
    expect(await watching({ marks: MOVING, seconds: 30, ends: ['refused', 'refused'] })).toEqual([12, 24])
  })

  it('reads what was refused again when it has changed, and not before', async () => {
    expect(await watching({ marks: ['a', 'b'], seconds: 300, ends: ['refused'] })).toEqual([4])
    const mended = ['a', 'b', 'b', 'b', 'b', 'c']
    expect(await watching({ marks: mended, seconds: 60, ends: ['refused'] })).toEqual([4, 12])
  })

  it('reads at once when somebody asks for it, whatever stands there', async () => {
    expect(await watching({ marks: ['a'], seconds: 60, askedAt: 20 })).toEqual([20])
    expect(await watching({ marks: ['a', 'b'], seconds: 60, ends: ['refused'], askedAt: 20 })).toEqual([4, 20])
  })

  it('tries again after half a minute what failed for another reason than the files', async () => {
    expect(await watching({ marks: ['a', 'b'], seconds: 100, ends: ['failed', 'failed'] })).toEqual([4, 34, 64])
  })
})

describe('a change while it is being read', () => {
  it('is read as well: what counts is how it stood then', async () => {
    const reloads: number[] = []
    const watch = watchConfig({
      // As if somebody wrote between the reading and now: the first two looks see that already.
      isAsked: async () => false,
      lookedAt: () => ({ asRead: reloads.length === 0 ? 'a' : 'b', now: async () => 'b' }),
      reload: async () => {
        reloads.push(1)
        return 'in_force'
      },
    })
    await vi.advanceTimersByTimeAsync(60_000)
    watch.stop()
    expect(reloads).toHaveLength(1)
  })
})
