import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeSealedStore } from '../../../src/adapters/store/sealed.ts'
import { makeSqliteStore } from '../../../src/adapters/store/sqlite.ts'
import type { Store } from '../../../src/usecases/ports/store.ts'
import { aClock, storeContract } from '../../support/store-contract.ts'
import { openSql, sqliteTitle, whyNoSqlite } from './sql.ts'

const newFolder = () => mkdtempSync(join(tmpdir(), 'rolegate-sqlite-'))

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('the SQLite store'), () => {
  storeContract('two replicas on one file', async (now) => {
    const folder = newFolder()
    const path = join(folder, 'store.db')
    const [first, second] = [makeSqliteStore({ path, now }), makeSqliteStore({ path, now })]
    return { first, second, close: () => closed(folder, first, second) }
  })

  storeContract('two replicas on one file, sealed', async (now) => {
    const folder = newFolder()
    const keys = [randomBytes(32)]
    const open = () =>
      makeSealedStore({
        store: makeSqliteStore({ path: join(folder, 'store.db'), now }),
        keys,
        issuer: 'https://aws.example.com',
        onTampered(table) {
          throw new Error(`an honest row of ${table} did not open`)
        },
      })
    const [first, second] = [open(), open()]
    return { first, second, close: () => closed(folder, first, second) }
  })

  describe('a file', () => {
    let folder = ''
    let path = ''
    beforeEach(() => {
      folder = newFolder()
      path = join(folder, 'store.db')
    })
    afterEach(() => rmSync(folder, { recursive: true, force: true }))

    it('keeps its rows when the process ends and another opens it', async () => {
      const { now } = aClock()
      const before = makeSqliteStore({ path, now })
      await before.put('t', 'k', Buffer.from('kept'))
      await before.close()
      const after = makeSqliteStore({ path, now })
      expect(Buffer.from((await after.get('t', 'k'))?.value ?? []).toString()).toBe('kept')
      await after.close()
    })

    it('is its owner’s alone, with the files beside it: audit records hold people’s names (threats.md P8)', async () => {
      const store = makeSqliteStore({ path, now: () => new Date() })
      await store.put('audit', 'one', Buffer.from('alice'))
      const modes = ['', '-wal', '-shm'].map((name) => (statSync(`${path}${name}`).mode & 0o777).toString(8))
      expect(modes).toEqual(['600', '600', '600'])
      await store.close()
    })

    it('can be read by others while somebody writes', async () => {
      const store = makeSqliteStore({ path, now: () => new Date() })
      const sql = openSql(path)
      expect(sql.prepare('PRAGMA journal_mode').all()).toEqual([{ journal_mode: 'wal' }])
      sql.close()
      await store.close()
    })

    it('sweeps everything that has expired, in bites', async () => {
      const clock = aClock()
      const store = makeSqliteStore({ path, now: clock.now })
      const sql = openSql(path)
      sql.exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
        INSERT INTO rows (tbl, key, value, version, expires_at) SELECT 't', 'k' || i, x'00', 1, 1 FROM n`)
      sql.close()
      expect([await store.sweep(), await store.sweep()]).toEqual([6000, 0])
      await store.close()
    })

    it('lets exactly one process win each compare-and-set, of three that race on one row', async () => {
      const racer = fileURLToPath(new URL('cas-racer.ts', import.meta.url))
      const wins = 150
      const run = () =>
        promisify(execFile)(process.execPath, ['--import', 'tsx', '--no-warnings', racer, path, String(wins)])
      const ended = await Promise.all([run(), run(), run()])
      const told = ended.map(({ stdout }) => JSON.parse(stdout) as { lost: number; mine: number; number: number })

      const store = makeSqliteStore({ path, now: () => new Date() })
      expect(Buffer.from((await store.get('race', 'row'))?.value ?? []).toString()).toBe(String(3 * wins))
      expect(told.filter(({ mine }) => mine === 1)).toHaveLength(1)
      expect(new Set(told.map(({ number }) => number))).toEqual(new Set([1, 2, 3]))
      await store.close()
    }, 60_000)
  })

  describe('a store that cannot answer fails with store_unavailable and nothing else', () => {
    const { now } = aClock()
    const calls: [string, (store: Store) => Promise<unknown>][] = [
      ['get', (store) => store.get('t', 'k')],
      ['put', (store) => store.put('t', 'k', Buffer.from('x'))],
      ['createIfAbsent', (store) => store.createIfAbsent('t', 'k', Buffer.from('x'))],
      ['compareAndSet', (store) => store.compareAndSet('t', 'k', 1, Buffer.from('x'))],
      ['take', (store) => store.take('t', 'k')],
      ['delete', (store) => store.delete('t', 'k')],
      ['increment', (store) => store.increment('t', 'k', now())],
      ['listByOwner', (store) => store.listByOwner('t', 'alice')],
      ['deleteByOwner', (store) => store.deleteByOwner('t', 'alice')],
      ['sweep', (store) => store.sweep()],
    ]

    it.each(calls)('%s on a closed file', async (_, call) => {
      const folder = newFolder()
      const store = makeSqliteStore({ path: join(folder, 'store.db'), now })
      await closed(folder, store)
      await expect(call(store)).rejects.toMatchObject({ name: 'RolegateError', code: 'store_unavailable' })
    })

    it.each(calls)('%s when the table is gone', async (_, call) => {
      const folder = newFolder()
      const path = join(folder, 'store.db')
      const store = makeSqliteStore({ path, now })
      const sql = openSql(path)
      sql.exec('DROP TABLE rows')
      sql.close()
      await expect(call(store)).rejects.toMatchObject({ name: 'RolegateError', code: 'store_unavailable' })
      await closed(folder, store)
    })

    it('a folder that is not there', () => {
      expect(() => makeSqliteStore({ path: '/nowhere/at/all/store.db', now })).toThrow(
        expect.objectContaining({ code: 'store_unavailable' }) as Error,
      )
    })

    it('a file that is no database', async () => {
      const folder = newFolder()
      const path = join(folder, 'store.db')
      writeFileSync(path, 'no database at all, and long enough to be taken for one'.repeat(100))
      expect(() => makeSqliteStore({ path, now })).toThrow(
        expect.objectContaining({ code: 'store_unavailable' }) as Error,
      )
      await closed(folder)
    })

    it('a folder in the place of the file', () => {
      expect(() => makeSqliteStore({ path: tmpdir(), now })).toThrow(
        expect.objectContaining({ code: 'store_unavailable' }) as Error,
      )
    })
  })
})

async function closed(folder: string, ...stores: Store[]): Promise<void> {
  for (const store of stores) await store.close()
  rmSync(folder, { recursive: true, force: true })
}
