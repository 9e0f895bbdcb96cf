import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { Store } from '../../../src/usecases/ports/store.ts'
import { aClock } from '../../support/store-contract.ts'

type Login = { readonly name: string; readonly tries: number; readonly startedAt: Date; readonly endedAt: Date | null }

const startedAt = new Date('2030-01-01T09:00:00.123Z')
const aLogin = (more: Partial<Login> = {}): Login => ({ name: 'alice', tries: 0, startedAt, endedAt: null, ...more })

function aTable(change: (store: Store) => Partial<Store> = () => ({})) {
  const clock = aClock()
  const raw = makeMemoryStore({ now: clock.now })
  const logins = makeTable<Login>({ ...raw, ...change(raw) }, 'logins', ['startedAt', 'endedAt'])
  return { logins, raw, clock }
}

describe('a table', () => {
  it('gives values back as they were, dates as dates and null as null', async () => {
    const { logins } = aTable()
    await logins.put('k', aLogin())
    expect(await logins.get('k')).toEqual(aLogin())
    await logins.put('k', aLogin({ endedAt: startedAt }))
    expect(await logins.take('k')).toEqual(aLogin({ endedAt: startedAt }))
    expect(await logins.get('k')).toBeUndefined()
  })

  it('reads a long list by and by, so that others have their turn', async () => {
    const { logins } = aTable()
    for (let at = 0; at < 1_000; at += 1) await logins.put(`k${at}`, aLogin({ tries: at }), { owner: 'all' })
    let [turns, isRead] = [0, false]
    const takeTurns = () => {
      turns += 1
      if (!isRead) setImmediate(takeTurns)
    }
    setImmediate(takeTurns)
    const read = await logins.listByOwner('all')
    isRead = true
    expect(read.map(({ tries }) => tries).toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 1_000 }, (_, at) => at),
    )
    expect(turns).toBeGreaterThanOrEqual(4)
  })

  it('writes nothing where an update changes nothing', async () => {
    let writes = 0
    const { logins } = aTable((raw) => ({
      compareAndSet: (...row) => ((writes += 1), raw.compareAndSet(...row)),
    }))
    await logins.put('k', aLogin())
    expect(await logins.update('k', (kept) => ({ next: kept, answer: 'as it was' }))).toBe('as it was')
    expect(writes).toBe(0)
    expect(await logins.update('k', (kept) => ({ next: { ...kept }, answer: 'anew' }))).toBe('anew')
    expect(writes).toBe(1)
  })

  it('makes no date of what only looks like one', async () => {
    const { logins } = aTable()
    await logins.put('k', aLogin({ name: '2030-01-01T09:00:00.000Z' }))
    expect((await logins.get('k'))?.name).toBe('2030-01-01T09:00:00.000Z')
  })

  it('keeps a member called __proto__ as a member', async () => {
    const rows = makeTable<Record<string, unknown>>(makeMemoryStore(aClock()), 'rows')
    await rows.put('k', JSON.parse('{"__proto__":{"admin":true}}') as Record<string, unknown>)
    const read = await rows.get('k')
    expect(
      read !== undefined && Object.hasOwn(read, '__proto__') && (read as { admin?: boolean }).admin === undefined,
    ).toBe(true)
  })

  it('creates once', async () => {
    const { logins } = aTable()
    expect(await logins.createIfAbsent('k', aLogin())).toBe(true)
    expect(await logins.createIfAbsent('k', aLogin({ name: 'bob' }))).toBe(false)
    expect((await logins.get('k'))?.name).toBe('alice')
  })

  it('hands on expiry and owner', async () => {
    const { logins, clock } = aTable()
    await logins.put('brief', aLogin(), { expiresAt: clock.in(10) })
    await logins.put('owned', aLogin(), { owner: 'alice' })
    clock.advance(10_000)
    expect([await logins.get('brief'), await logins.deleteByOwner('alice'), await logins.get('owned')]).toEqual([
      undefined,
      1,
      undefined,
    ])
  })

  it('lists the values of an owner as they were, dates as dates', async () => {
    const { logins } = aTable()
    await logins.put('one', aLogin({ tries: 1 }), { owner: 'alice' })
    await logins.put('two', aLogin({ tries: 2, endedAt: startedAt }), { owner: 'alice' })
    await logins.put('three', aLogin({ tries: 3 }), { owner: 'bob' })
    const listed = await logins.listByOwner('alice')
    expect(listed.toSorted((a, b) => a.tries - b.tries)).toEqual([
      aLogin({ tries: 1 }),
      aLogin({ tries: 2, endedAt: startedAt }),
    ])
    expect(await logins.listByOwner('nobody')).toEqual([])
  })
})

describe('update', () => {
  const addOne = (login: Login) => ({ next: { ...login, tries: login.tries + 1 }, answer: login.tries + 1 })

  it('answers what the change answered, and nothing for a row that is not there', async () => {
    const { logins } = aTable()
    await logins.put('k', aLogin())
    expect([await logins.update('k', addOne), await logins.update('other', addOne)]).toEqual([1, undefined])
    expect(await logins.get('k')).toEqual(aLogin({ tries: 1 }))
  })

  it('sees dates as dates', async () => {
    const { logins } = aTable()
    await logins.put('k', aLogin())
    expect(await logins.update('k', (login) => ({ next: login, answer: login.startedAt.getTime() }))).toBe(
      startedAt.getTime(),
    )
  })

  it('loses no change of twenty who race', async () => {
    const { logins } = aTable()
    await logins.put('k', aLogin())
    const answers = await Promise.all(Array.from({ length: 20 }, () => logins.update('k', addOne)))
    expect(answers.toSorted((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
    expect((await logins.get('k'))?.tries).toBe(20)
  })

  it('runs again over what somebody quicker wrote', async () => {
    const { logins, raw } = aTable()
    await logins.put('k', aLogin())
    const theirs = makeTable<Login>(raw, 'logins', ['startedAt', 'endedAt'])
    const seen: string[] = []
    let meddled: Promise<void> | undefined
    await logins.update('k', (login) => {
      seen.push(login.name)
      meddled ??= theirs.put('k', aLogin({ name: 'bob' }))
      return { next: { ...login, tries: 9 }, answer: true }
    })
    await meddled
    expect(seen).toEqual(['alice', 'bob'])
    expect(await logins.get('k')).toEqual(aLogin({ name: 'bob', tries: 9 }))
  })

  it('deletes by null', async () => {
    const { logins, raw } = aTable()
    await logins.put('k', aLogin(), { owner: 'alice' })
    expect(await logins.update('k', () => ({ next: null, answer: 'gone' }))).toBe('gone')
    expect(await logins.get('k')).toBeUndefined()
    expect(await logins.createIfAbsent('k', aLogin({ name: 'bob' }))).toBe(true)
    expect(await raw.sweep()).toBe(0)
  })

  it('deletes by null only the version it saw', async () => {
    const { logins, raw } = aTable()
    await logins.put('k', aLogin())
    const theirs = makeTable<Login>(raw, 'logins')
    let meddled: Promise<void> | undefined
    const answer = await logins.update('k', (login) => {
      meddled ??= theirs.put('k', aLogin({ name: 'bob' }))
      return login.name === 'alice'
        ? { next: null, answer: 'deleted alice' }
        : { next: login, answer: `kept ${login.name}` }
    })
    await meddled
    expect(answer).toBe('kept bob')
    expect((await logins.get('k'))?.name).toBe('bob')
  })

  it('gives up with store_unavailable when it never wins', async () => {
    const { logins } = aTable(() => ({ compareAndSet: async () => false }))
    await logins.put('k', aLogin())
    let rounds = 0
    const changed = logins.update('k', (login) => ({ next: { ...login }, answer: (rounds += 1) }))
    await expect(changed).rejects.toMatchObject({ code: 'store_unavailable' })
    expect(rounds).toBe(50)
  })

  it('changes nothing when the change throws', async () => {
    const { logins } = aTable()
    await logins.put('k', aLogin())
    const changed = logins.update('k', () => {
      throw new Error('no')
    })
    await expect(changed).rejects.toThrow('no')
    expect(await logins.get('k')).toEqual(aLogin())
  })

  it('sets a new expiry when it is told one', async () => {
    const { logins, clock } = aTable()
    await logins.put('k', aLogin())
    await logins.update('k', (login) => ({ next: login, answer: true, keep: { expiresAt: clock.in(5) } }))
    clock.advance(5_000)
    expect(await logins.get('k')).toBeUndefined()
  })
})
