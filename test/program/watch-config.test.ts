import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { watchConfig } from '../../src/program/watch-config.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Files that are what `marks` says at each look, two seconds apart, and stay as the last of them. */
async function watching({
  marks,
  seconds,
  takes = true,
}: {
  marks: readonly string[]
  seconds: number
  takes?: boolean
}) {
  const start = Date.now()
  const mark = () => marks[Math.min(Math.round((Date.now() - start) / 2000), marks.length - 1)] ?? ''
  const reloads: number[] = []
  const watch = watchConfig({
    files: () => ['rolegate.yaml'],
    folders: () => [],
    fingerprint: async () => mark(),
    reload: async () => {
      reloads.push((Date.now() - start) / 1000)
      return takes
    },
  })
  await vi.advanceTimersByTimeAsync(seconds * 1000)
  watch.stop()
  return reloads
}

const MOVING = Array.from({ length: 100 }, (_, look) => String(look))

describe('watching the files', () => {
  it('reloads once they are others, and keep still', async () => {
    expect(await watching({ marks: ['a'], seconds: 60 })).toEqual([])
    expect(await watching({ marks: ['a', 'b', 'c'], seconds: 60 })).toEqual([6])
  })

  it('reloads files that never keep still, every ten seconds or so (threats.md R8)', async () => {
    expect(await watching({ marks: MOVING, seconds: 30 })).toEqual([12, 24])
    expect(await watching({ marks: MOVING, seconds: 30, takes: false })).toEqual([12, 24])
  })

  it('tries what was refused again after half a minute, though nothing moves', async () => {
    expect(await watching({ marks: ['a', 'b'], seconds: 70, takes: false })).toEqual([4, 34, 64])
  })
})
