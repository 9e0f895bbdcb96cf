import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeGate, type GateLimits } from '../../../src/adapters/aws/gate.ts'
import type { RolegateError } from '../../../src/domain/errors.ts'

const LIMITS: GateLimits = { inAll: 4, ofOne: { person: 2, account: 3 }, mostWaiting: 3, longestWaitMs: 2_000 }

function aGate(limits = LIMITS) {
  const timers = new Set<() => void>()
  const gate = makeGate(limits, (_ms, run) => {
    timers.add(run)
    return { cancel: () => void timers.delete(run) }
  })
  const inside: string[] = []
  const log: string[] = []
  const endings = new Map<string, () => void>()
  const ask = (what: string, person = what, account = what): Promise<void> =>
    gate
      .through({ person, account }, () => {
        inside.push(what)
        return new Promise<void>((resolve) => endings.set(what, resolve))
      })
      .then(
        () => void log.push(`${what} done`),
        ({ code, reason }: RolegateError) => void log.push(`${what} ${code} ${reason}`),
      )
      .finally(() => inside.includes(what) && inside.splice(inside.indexOf(what), 1))
  const settled = () => new Promise<void>((resolve) => void setImmediate(resolve))
  return {
    ask,
    log,
    inside: async () => (await settled(), inside.join(' ')),
    end: (what: string) => endings.get(what)?.(),
    runOut: () => timers.forEach((run) => run()),
    waits: () => timers.size,
  }
}

describe('how many ask AWS at once (threats.md P7, security.md V-15)', () => {
  it('one person takes two places and no more, and others pass them by', async () => {
    const { ask, inside, end } = aGate()
    for (const what of ['a', 'b', 'c']) void ask(what, 'mallory', what)
    void ask('d', 'alice')
    expect(await inside()).toBe('a b d')
    end('a')
    expect(await inside()).toBe('b d c')
  })

  it('one account takes three, whoever asks', async () => {
    const { ask, inside } = aGate()
    for (const what of ['a', 'b', 'c', 'd']) void ask(what, what, 'payments')
    void ask('e')
    expect(await inside()).toBe('a b c e')
  })

  it('those who wait go in by their arrival, when all places were taken', async () => {
    const { ask, inside, end } = aGate()
    for (const what of ['a', 'b', 'c', 'd', 'e', 'f']) void ask(what)
    expect(await inside()).toBe('a b c d')
    end('b')
    end('c')
    expect(await inside()).toBe('a d e f')
  })

  it('waits no longer than a moment, and lets only so many wait', async () => {
    const { ask, inside, log, runOut, end, waits } = aGate()
    for (const what of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) void ask(what)
    await inside()
    expect(log).toEqual(['h aws_unavailable too_many_at_once'])
    runOut()
    await inside()
    expect(log.slice(1)).toEqual(['e', 'f', 'g'].map((what) => `${what} aws_unavailable too_many_at_once`))
    end('a')
    void ask('i')
    expect([await inside(), waits()]).toEqual(['b c d i', 3])
  })

  it('a place is free again however the call ended', async () => {
    const gate = makeGate({ ...LIMITS, inAll: 1 })
    const names = { person: 'a', account: 'a' }
    const failing = gate.through(names, () => Promise.reject(new Error('AWS says no')))
    await expect(failing).rejects.toThrow('AWS says no')
    expect(await gate.through(names, async () => 'credentials')).toBe('credentials')
  })

  it('never lets more in than each limit says, and in the end everybody', async () => {
    const asks = fc.array(fc.record({ person: fc.constantFrom('a', 'b', 'c'), account: fc.constantFrom('x', 'y') }), {
      maxLength: 60,
    })
    await fc.assert(
      fc.asyncProperty(asks, async (all) => {
        const gate = makeGate({ ...LIMITS, mostWaiting: 60 })
        const now = new Map<string, number>()
        const count = (name: string, by: number) => {
          now.set(name, (now.get(name) ?? 0) + by)
          return now.get(name) ?? 0
        }
        let served = 0
        await Promise.all(
          all.map((names) =>
            gate.through(names, async () => {
              const counts = [count('all', 1), count(names.person, 1), count(names.account, 1)]
              expect(counts.every((one, at) => one <= ([4, 2, 3][at] ?? 0))).toBe(true)
              await Promise.resolve()
              for (const name of ['all', names.person, names.account]) count(name, -1)
              served += 1
            }),
          ),
        )
        expect(served).toBe(all.length)
      }),
    )
  })
})
