import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Store } from '../../src/usecases/ports/store.ts'

/** A clock that stands still until it is moved. */
export function aClock(start = '2030-01-01T09:00:00Z') {
  let at = new Date(start).getTime()
  return {
    now: () => new Date(at),
    /** The date so many seconds from now. */
    in: (seconds: number) => new Date(at + seconds * 1000),
    advance: (milliseconds: number) => void (at += milliseconds),
  }
}

/** Two replicas' views of the same rows; for a store of one process both are the same. */
export type Replicas = { readonly first: Store; readonly second: Store; readonly close: () => Promise<void> }

const bytes = (text: string): Uint8Array => Buffer.from(text)
const textOf = (row: { value: Uint8Array } | undefined) => row && Buffer.from(row.value).toString()
const times = <Value>(count: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: count }, (_, i) => make(i))

/** What every store promises (usecases/ports.ts, `Store`): one suite, whatever keeps the rows. */
export function storeContract(name: string, open: (now: () => Date) => Promise<Replicas>): void {
  describe(name, () => {
    let clock = aClock()
    let world: Replicas
    let store: Store
    let other: Store

    beforeEach(async () => {
      clock = aClock()
      world = await open(clock.now)
      store = world.first
      other = world.second
    })
    afterEach(() => world.close())

    const read = async (key: string, table = 't') => textOf(await other.get(table, key))

    describe('get and put', () => {
      it('answer nothing for a key nobody wrote', async () => {
        expect(await store.get('t', 'k')).toBeUndefined()
      })

      it('give a row back to every replica', async () => {
        await store.put('t', 'k', bytes('value'))
        expect([textOf(await store.get('t', 'k')), await read('k')]).toEqual(['value', 'value'])
      })

      it('keep the last value, under a new version each time', async () => {
        await store.put('t', 'k', bytes('one'))
        const one = await other.get('t', 'k')
        await store.put('t', 'k', bytes('two'))
        const two = await other.get('t', 'k')
        expect(textOf(two)).toBe('two')
        expect(two?.version).not.toBe(one?.version)
      })

      it('keep tables apart', async () => {
        await store.put('a', 'k', bytes('of a'))
        await store.put('b', 'k', bytes('of b'))
        expect([await read('k', 'a'), await read('k', 'b')]).toEqual(['of a', 'of b'])
      })

      it('keep a value whole whatever its bytes', async () => {
        const value = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 590, maxLength: 2000 }))
        await fc.assert(
          fc.asyncProperty(value, async (written) => {
            await store.put('t', 'k', written)
            expect([...((await other.get('t', 'k'))?.value ?? [])]).toEqual([...written])
          }),
          { numRuns: 30 },
        )
      })

      it('keep a value nobody can change by changing the bytes he wrote or read', async () => {
        const written = bytes('value')
        await store.put('t', 'k', written)
        written.fill(0)
        const row = await store.get('t', 'k')
        row?.value.fill(0)
        expect(await read('k')).toBe('value')
      })

      it.each([
        '',
        ' ',
        '__proto__',
        'constructor',
        'a\0b',
        'a\0',
        'ключ',
        '鍵',
        '🗝',
        "'; DROP TABLE rows; --",
        '%',
        'K',
        'k',
        'é',
        'e\u0301',
        'x'.repeat(4000),
      ])('take %j as a key', async (key) => {
        await store.put('t', key, bytes('value'))
        expect(await read(key)).toBe('value')
        expect(await other.get('t', `${key}.`)).toBeUndefined()
      })

      it('tell any two keys apart', async () => {
        const keys = fc.uniqueArray(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 2, maxLength: 8 })
        let run = 0
        await fc.assert(
          fc.asyncProperty(keys, async (names) => {
            const table = `keys-${(run += 1)}`
            for (const [index, key] of names.entries()) await store.put(table, key, bytes(String(index)))
            for (const [index, key] of names.entries()) expect(await read(key, table)).toBe(String(index))
          }),
          { numRuns: 10 },
        )
      })
    })

    describe('createIfAbsent', () => {
      it('creates once and then leaves the row alone', async () => {
        expect(await store.createIfAbsent('t', 'k', bytes('one'))).toBe(true)
        expect(await other.createIfAbsent('t', 'k', bytes('two'))).toBe(false)
        expect(await read('k')).toBe('one')
      })

      it.each<[string, (key: string) => Promise<unknown>]>([
        ['deleted', (key) => store.delete('t', key)],
        ['taken', (key) => store.take('t', key)],
        ['out of date', async () => clock.advance(10_000)],
      ])('creates again once the row is %s', async (_, end) => {
        await store.createIfAbsent('t', 'k', bytes('one'), { expiresAt: clock.in(10) })
        await end('k')
        expect(await other.createIfAbsent('t', 'k', bytes('two'))).toBe(true)
        expect(await read('k')).toBe('two')
      })

      it('is won by exactly one of fifty who race', async () => {
        const won = await Promise.all(
          times(50, (i) => (i % 2 ? store : other).createIfAbsent('t', 'k', bytes(String(i)))),
        )
        expect(won.filter(Boolean)).toHaveLength(1)
        expect(await read('k')).toBe(String(won.indexOf(true)))
      })

      it('is won by exactly one of fifty who race for a row that has expired', async () => {
        await store.put('t', 'k', bytes('old'), { expiresAt: clock.in(1) })
        clock.advance(1000)
        const won = await Promise.all(
          times(50, (i) => (i % 2 ? store : other).createIfAbsent('t', 'k', bytes(String(i)))),
        )
        expect(won.filter(Boolean)).toHaveLength(1)
      })
    })

    describe('compareAndSet', () => {
      const versionOf = async (key: string) => (await store.get('t', key))?.version ?? Number.NaN

      it('sets a row that still has the version that was read', async () => {
        await store.put('t', 'k', bytes('one'))
        expect(await other.compareAndSet('t', 'k', await versionOf('k'), bytes('two'))).toBe(true)
        expect(await read('k')).toBe('two')
      })

      it('leaves a row that somebody changed meanwhile', async () => {
        await store.put('t', 'k', bytes('one'))
        const version = await versionOf('k')
        await other.put('t', 'k', bytes('theirs'))
        expect(await store.compareAndSet('t', 'k', version, bytes('mine'))).toBe(false)
        expect(await read('k')).toBe('theirs')
      })

      it('takes one version once', async () => {
        await store.put('t', 'k', bytes('one'))
        const version = await versionOf('k')
        expect(await store.compareAndSet('t', 'k', version, bytes('two'))).toBe(true)
        expect(await store.compareAndSet('t', 'k', version, bytes('three'))).toBe(false)
      })

      it('creates nothing', async () => {
        expect(await store.compareAndSet('t', 'k', 1, bytes('one'))).toBe(false)
        expect(await store.get('t', 'k')).toBeUndefined()
      })

      it('does not revive a row that has expired', async () => {
        await store.put('t', 'k', bytes('one'), { expiresAt: clock.in(10) })
        const version = await versionOf('k')
        clock.advance(10_000)
        expect(await store.compareAndSet('t', 'k', version, bytes('two'), { expiresAt: clock.in(10) })).toBe(false)
        expect(await store.get('t', 'k')).toBeUndefined()
      })

      it.each<[string, (key: string) => Promise<unknown>]>([
        ['deleted', (key) => other.delete('t', key)],
        ['taken', (key) => other.take('t', key)],
      ])('does not mistake a row made anew for the one that was %s', async (_, end) => {
        await store.createIfAbsent('t', 'k', bytes('former'))
        const version = await versionOf('k')
        await end('k')
        await other.createIfAbsent('t', 'k', bytes('new'))
        expect(await store.compareAndSet('t', 'k', version, bytes('mine'))).toBe(false)
        expect(await read('k')).toBe('new')
      })

      it('is won by exactly one of twenty who read the same version', async () => {
        await store.put('t', 'k', bytes('start'))
        const version = await versionOf('k')
        const won = await Promise.all(
          times(20, (i) => (i % 2 ? store : other).compareAndSet('t', 'k', version, bytes(String(i)))),
        )
        expect(won.filter(Boolean)).toHaveLength(1)
        expect(await read('k')).toBe(String(won.indexOf(true)))
      })

      it('takes over the expiry and the owner it is told, and no former ones', async () => {
        await store.put('t', 'k', bytes('one'), { expiresAt: clock.in(10), owner: 'alice' })
        await store.compareAndSet('t', 'k', await versionOf('k'), bytes('two'))
        clock.advance(10_000)
        expect(await store.deleteByOwner('t', 'alice')).toBe(0)
        expect(await read('k')).toBe('two')
      })
    })

    describe('take and delete', () => {
      it('take gives the row and removes it', async () => {
        await store.put('t', 'k', bytes('once'))
        expect(textOf(await other.take('t', 'k'))).toBe('once')
        expect([await store.take('t', 'k'), await store.get('t', 'k')]).toEqual([undefined, undefined])
      })

      it('take gives the row to exactly one of fifty who race', async () => {
        await store.put('t', 'k', bytes('once'))
        const taken = await Promise.all(times(50, (i) => (i % 2 ? store : other).take('t', 'k')))
        expect(taken.filter((row) => row !== undefined).map(textOf)).toEqual(['once'])
      })

      it('delete removes the row, this one only, and minds no absence', async () => {
        await store.put('t', 'k', bytes('gone'))
        await store.put('t', 'l', bytes('stays'))
        await store.put('u', 'k', bytes('stays too'))
        await other.delete('t', 'k')
        await other.delete('t', 'k')
        expect([await read('k'), await read('l'), await read('k', 'u')]).toEqual([undefined, 'stays', 'stays too'])
      })
    })

    describe('increment', () => {
      it('counts from one, for all replicas', async () => {
        const expiresAt = clock.in(60)
        const counts = [store, other, store].map((each) => () => each.increment('t', 'k', expiresAt))
        const seen: number[] = []
        for (const count of counts) seen.push(await count())
        expect(seen).toEqual([1, 2, 3])
      })

      it('gives fifty who race fifty different numbers', async () => {
        const counts = await Promise.all(times(50, (i) => (i % 2 ? store : other).increment('t', 'k', clock.in(60))))
        expect(counts.toSorted((a, b) => a - b)).toEqual(times(50, (i) => i + 1))
      })

      it('keeps the expiry of the first call, and then counts from one again', async () => {
        await store.increment('t', 'k', clock.in(10))
        clock.advance(9_000)
        expect(await store.increment('t', 'k', clock.in(10))).toBe(2)
        clock.advance(1_000)
        expect(await other.increment('t', 'k', clock.in(10))).toBe(1)
        expect(await store.increment('t', 'k', clock.in(10))).toBe(2)
      })

      it('counts keys and tables apart', async () => {
        await store.increment('t', 'k', clock.in(60))
        expect([await store.increment('t', 'l', clock.in(60)), await store.increment('u', 'k', clock.in(60))]).toEqual([
          1, 1,
        ])
      })
    })

    describe('owners', () => {
      const owned = async (owner: string): Promise<readonly string[]> =>
        (await other.listByOwner('t', owner)).map((row) => textOf(row) ?? '').toSorted()

      it('lose their rows of one table together, and nobody else loses any', async () => {
        await store.put('t', 'a1', bytes('1'), { owner: 'alice' })
        await store.createIfAbsent('t', 'a2', bytes('2'), { owner: 'alice', expiresAt: clock.in(60) })
        await store.put('t', 'b', bytes('3'), { owner: 'bob' })
        await store.put('t', 'none', bytes('4'))
        await store.put('u', 'a', bytes('5'), { owner: 'alice' })
        expect(await other.deleteByOwner('t', 'alice')).toBe(2)
        expect(await other.deleteByOwner('t', 'alice')).toBe(0)
        const left = [await read('a1'), await read('a2'), await read('b'), await read('none'), await read('a', 'u')]
        expect(left).toEqual([undefined, undefined, '3', '4', '5'])
      })

      it('are asked for their live rows of one table, each under its name, by every replica', async () => {
        await store.put('t', 'a1', bytes('1'), { owner: 'alice' })
        await store.createIfAbsent('t', 'a2', bytes('2'), { owner: 'alice', expiresAt: clock.in(60) })
        await store.put('t', 'brief', bytes('3'), { owner: 'alice', expiresAt: clock.in(10) })
        await store.put('t', 'b', bytes('4'), { owner: 'bob' })
        await store.put('t', 'none', bytes('5'))
        await store.put('u', 'a', bytes('6'), { owner: 'alice' })
        expect(await owned('alice')).toEqual(['1', '2', '3'])
        clock.advance(10_000)
        expect([await owned('alice'), await owned('bob'), await owned('nobody')]).toEqual([['1', '2'], ['4'], []])
        const rows = await other.listByOwner('t', 'alice')
        expect(new Set(rows.map(({ key }) => key)).size).toBe(2)
        const one = rows.find((row) => textOf(row) === '1')
        expect(one?.version).toBe((await store.get('t', 'a1'))?.version)
      })

      it('list a row no longer once it is deleted, taken or somebody else’s', async () => {
        for (const key of ['a', 'b', 'c', 'd', 'e']) await store.put('t', key, bytes(key), { owner: 'alice' })
        await other.delete('t', 'a')
        await other.take('t', 'b')
        await other.put('t', 'c', bytes('c'), { owner: 'bob' })
        await other.compareAndSet('t', 'd', (await store.get('t', 'd'))?.version ?? Number.NaN, bytes('d'))
        expect([await owned('alice'), await owned('bob')]).toEqual([['e'], ['c']])
        await other.deleteByOwner('t', 'alice')
        expect(await owned('alice')).toEqual([])
      })

      it.each(['', ' ', '__proto__', "'; DROP TABLE rows; --", '%', 'ключ', 'x'.repeat(4000)])(
        'may be called %j',
        async (owner) => {
          await store.put('t', 'k', bytes('1'), { owner })
          await store.put('t', 'l', bytes('2'), { owner: `${owner}.` })
          expect(await owned(owner)).toEqual(['1'])
        },
      )

      it('list rows nobody can change by changing the bytes he read', async () => {
        await store.put('t', 'k', bytes('value'), { owner: 'alice' })
        for (const row of await store.listByOwner('t', 'alice')) row.value.fill(0)
        expect([await owned('alice'), await read('k')]).toEqual([['value'], 'value'])
      })

      it('own a row until a put without owner', async () => {
        await store.put('t', 'k', bytes('1'), { owner: 'alice' })
        await store.put('t', 'k', bytes('2'))
        expect(await store.deleteByOwner('t', 'alice')).toBe(0)
      })
    })

    describe('expiry', () => {
      it('ends a row at its very millisecond, though nobody sweeps', async () => {
        await store.put('t', 'k', bytes('brief'), { expiresAt: clock.in(10) })
        clock.advance(9_999)
        expect(await read('k')).toBe('brief')
        clock.advance(1)
        expect([await store.get('t', 'k'), await other.take('t', 'k')]).toEqual([undefined, undefined])
      })

      it('is forgotten by a put without one', async () => {
        await store.put('t', 'k', bytes('brief'), { expiresAt: clock.in(10) })
        await store.put('t', 'k', bytes('for good'))
        clock.advance(3_600_000)
        expect(await read('k')).toBe('for good')
      })

      it('lets sweep forget what is out of date, and nothing else', async () => {
        await store.put('t', 'old', bytes('1'), { expiresAt: clock.in(10) })
        await store.put('u', 'old', bytes('2'), { expiresAt: clock.in(11) })
        await store.put('t', 'young', bytes('3'), { expiresAt: clock.in(12) })
        await store.put('t', 'for good', bytes('4'))
        expect(await store.sweep()).toBe(0)
        clock.advance(11_000)
        expect([await other.sweep(), await other.sweep()]).toEqual([2, 0])
        expect([await read('young'), await read('for good')]).toEqual(['3', '4'])
      })
    })
  })
}
