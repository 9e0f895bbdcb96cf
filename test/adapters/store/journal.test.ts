import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeSqliteStore } from '../../../src/adapters/store/sqlite.ts'
import type { Journal, Store } from '../../../src/usecases/ports/store.ts'
import { aClock } from '../../support/store-contract.ts'

const folder = mkdtempSync(join(tmpdir(), 'rolegate-journal-'))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0

describe.each([
  ['in memory', () => makeMemoryStore(aClock())],
  ['in SQLite', () => makeSqliteStore({ path: join(folder, `${(files += 1)}.db`), now: aClock().now })],
])('a journal %s', (_, open) => {
  let store: Store & Journal
  beforeEach(async () => {
    store = open()
    for (const key of ['2030-01-03/a', '2030-01-01/b', '2030-01-02/a', '2030-01-01/a'])
      await store.put('audit', key, Buffer.from(key))
    await store.put('sessions', '2029', Buffer.from('another table'))
  })

  it('knows its first row, and of no row in a table that has none', async () => {
    expect([await store.firstKey('audit'), await store.firstKey('none')]).toEqual(['2030-01-01/a', undefined])
  })

  it('gives what comes after, in order, and no more than so many', async () => {
    const after = async (key: string, most: number, table = 'audit') =>
      (await store.rowsAfter(table, key, most)).map((row) => [row.key, Buffer.from(row.value).toString()])
    const both = (key: string) => [key, key]
    expect(await after('', 9)).toEqual(['2030-01-01/a', '2030-01-01/b', '2030-01-02/a', '2030-01-03/a'].map(both))
    expect(await after('2030-01-01/a', 2)).toEqual(['2030-01-01/b', '2030-01-02/a'].map(both))
    expect(await after('2030-01-03/a', 9)).toEqual([])
    expect(await after('', 9, 'none')).toEqual([])
  })

  it('deletes what is before, the first rows first, and no more than so many', async () => {
    expect(await store.deleteBefore('audit', '2030-01-03', 1)).toBe(1)
    expect(await store.firstKey('audit')).toBe('2030-01-01/b')
    expect(await store.deleteBefore('audit', '2030-01-03', 9)).toBe(2)
    expect(await store.firstKey('audit')).toBe('2030-01-03/a')
    expect(await store.deleteBefore('audit', '2030-01-03', 9)).toBe(0)
  })

  it('leaves the row of that very key, and other tables', async () => {
    await store.deleteBefore('audit', '2030-01-03/a', 9)
    expect([await store.firstKey('audit'), await store.firstKey('sessions')]).toEqual(['2030-01-03/a', '2029'])
  })
})
