import { closeSync, openSync } from 'node:fs'
import { createRequire } from 'node:module'
import { RolegateError } from '../../domain/errors.ts'
import type { Journal, Keep, Row, Store } from '../../usecases/ports/store.ts'

/** What both drivers can do: `node:sqlite` where the runtime has it, better-sqlite3 on Node 20. */
type Statement = {
  get(...values: readonly SqlValue[]): unknown
  all(...values: readonly SqlValue[]): unknown[]
  run(...values: readonly SqlValue[]): { changes: number | bigint }
}
type Database = { exec(sql: string): unknown; prepare(sql: string): Statement; close(): void }
type OpensDatabase = new (path: string) => Database
type SqlValue = string | number | Uint8Array | null
type Stored = { value: Uint8Array; version: number }

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS rows (
    tbl TEXT NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, version INTEGER NOT NULL,
    expires_at INTEGER, owner TEXT, PRIMARY KEY (tbl, key)
  ) WITHOUT ROWID, STRICT;
  CREATE INDEX IF NOT EXISTS rows_by_owner ON rows (tbl, owner) WHERE owner IS NOT NULL;
  CREATE INDEX IF NOT EXISTS rows_by_expiry ON rows (expires_at) WHERE expires_at IS NOT NULL;
`
const BUSY_MS = 20
const BETWEEN_TRIES_MS = 10
/** About five seconds in all. */
const MOST_TRIES = 170
const MOST_SWEPT = 5_000
const LIVE = '(expires_at IS NULL OR expires_at > ?)'
/** A row made anew starts at another version than the one before it, so that compareAndSet cannot mistake the two. */
const FIRST_VERSION = 'abs(random() >> 12)'

/** The embedded store: one file, several processes. Every call is one statement, so SQLite makes it atomic. */
export function makeSqliteStore({ path, now }: { path: string; now: () => Date }): Store & Journal {
  // 0600, which SQLite gives the files beside it too: audit records hold people's names (threats.md P8).
  guarded(() => closeSync(openSync(path, 'a', 0o600)))
  const database = guarded(() => openDatabase(path))
  // FULL: a row that was acknowledged survives a power cut; a forgotten single-use mark would be a replay.
  guarded(() => database.exec('PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;'))
  guarded(() => database.exec(SCHEMA))
  // The driver waits for a lock synchronously and so blocks the process: from here on it waits a moment only, and we
  // retry.
  guarded(() => database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`))

  const prepare = (sql: string): Statement => guarded(() => database.prepare(sql))
  const selectRow = prepare(`SELECT value, version FROM rows WHERE tbl = ? AND key = ? AND ${LIVE}`)
  const upsert = prepare(`
    INSERT INTO rows (tbl, key, value, version, expires_at, owner) VALUES (?, ?, ?, ${FIRST_VERSION}, ?, ?)
    ON CONFLICT (tbl, key) DO UPDATE SET
      value = excluded.value, version = rows.version + 1, expires_at = excluded.expires_at, owner = excluded.owner`)
  const insert = prepare(`
    INSERT INTO rows (tbl, key, value, version, expires_at, owner) VALUES (?, ?, ?, ${FIRST_VERSION}, ?, ?)
    ON CONFLICT (tbl, key) DO UPDATE SET
      value = excluded.value, version = rows.version + 1, expires_at = excluded.expires_at, owner = excluded.owner
      WHERE rows.expires_at <= ?`)
  const replace = prepare(`
    UPDATE rows SET value = ?, version = version + 1, expires_at = ?, owner = ?
    WHERE tbl = ? AND key = ? AND version = ? AND ${LIVE}`)
  const takeRow = prepare(`DELETE FROM rows WHERE tbl = ? AND key = ? AND ${LIVE} RETURNING value, version`)
  const deleteRow = prepare('DELETE FROM rows WHERE tbl = ? AND key = ?')
  const count = prepare(`
    INSERT INTO rows (tbl, key, value, version, expires_at) VALUES (?, ?, x'', 1, ?)
    ON CONFLICT (tbl, key) DO UPDATE SET
      version = CASE WHEN rows.expires_at <= ? THEN 1 ELSE rows.version + 1 END,
      expires_at = CASE WHEN rows.expires_at <= ? THEN excluded.expires_at ELSE rows.expires_at END
    RETURNING version`)
  const selectOwned = prepare(`SELECT key, value, version FROM rows WHERE tbl = ? AND owner = ? AND ${LIVE}`)
  const deleteOwned = prepare('DELETE FROM rows WHERE tbl = ? AND owner = ?')
  const deleteExpired = prepare(
    `DELETE FROM rows WHERE (tbl, key) IN (SELECT tbl, key FROM rows WHERE expires_at <= ? LIMIT ${MOST_SWEPT})`,
  )

  const selectFirst = prepare('SELECT key FROM rows WHERE tbl = ? ORDER BY key LIMIT 1')
  const selectAfter = prepare('SELECT key, value, version FROM rows WHERE tbl = ? AND key > ? ORDER BY key LIMIT ?')
  const deleteFirst = prepare(
    'DELETE FROM rows WHERE tbl = ? AND key IN (SELECT key FROM rows WHERE tbl = ? AND key < ? ORDER BY key LIMIT ?)',
  )

  const at = () => now().getTime()
  const kept = ({ expiresAt, owner }: Keep = {}): [number | null, string | null] => [
    expiresAt?.getTime() ?? null,
    owner ?? null,
  ]
  const changed = (statement: Statement, ...values: SqlValue[]): number => Number(statement.run(...values).changes)

  return {
    get: (table, key) => settled(() => rowOf(selectRow.get(table, key, at()))),
    put: (table, key, value, keep) => settled(() => void upsert.run(table, key, value, ...kept(keep))),
    createIfAbsent: (table, key, value, keep) =>
      settled(() => changed(insert, table, key, value, ...kept(keep), at()) === 1),
    compareAndSet: (table, key, version, value, keep) =>
      settled(() => changed(replace, value, ...kept(keep), table, key, version, at()) === 1),
    take: (table, key) => settled(() => rowOf(takeRow.get(table, key, at()))),
    delete: (table, key) => settled(() => void deleteRow.run(table, key)),
    increment: (table, key, expiresAt) =>
      settled(() => (count.get(table, key, expiresAt.getTime(), at(), at()) as { version: number }).version),
    listByOwner: (table, owner) =>
      settled(() => (selectOwned.all(table, owner, at()) as (Stored & { key: string })[]).map((row) => ({ ...row }))),
    deleteByOwner: (table, owner) => settled(() => changed(deleteOwned, table, owner)),
    firstKey: (table) => settled(() => (selectFirst.get(table) as { key: string } | undefined)?.key),
    rowsAfter: (table, key, most) =>
      settled(() => (selectAfter.all(table, key, most) as (Stored & { key: string })[]).map((row) => ({ ...row }))),
    deleteBefore: (table, key, most) => settled(() => changed(deleteFirst, table, table, key, most)),
    async sweep() {
      let [all, swept] = [0, MOST_SWEPT]
      // In bites, so that requests are answered between them.
      while (swept === MOST_SWEPT) {
        swept = await settled(() => changed(deleteExpired, at()))
        all += swept
        await new Promise((resolve) => setImmediate(resolve))
      }
      return all
    },
    close: () => settled(() => database.close()),
  }
}

const rowOf = (row: unknown): Row | undefined => {
  const stored = row as Stored | undefined
  return stored && { value: stored.value, version: stored.version }
}

/**
 * A driver's synchronous call as a promise that fails with `store_unavailable` and nothing else. While another process
 * holds the lock it is tried again, and between the tries other requests are answered (security.md V-3, V-10).
 */
async function settled<Value>(run: () => Value): Promise<Value> {
  for (let tries = 1; ; tries += 1) {
    try {
      return run()
    } catch (cause) {
      if (!isBusy(cause) || tries >= MOST_TRIES) throw new RolegateError('store_unavailable', {}, { cause })
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES_MS))
    }
  }
}

/** SQLITE_BUSY, as better-sqlite3 (`code`) and node:sqlite (`errcode`) say it. */
const isBusy = (thrown: unknown): boolean => {
  const { code, errcode } = thrown as { code?: unknown; errcode?: unknown }
  return (
    (typeof code === 'string' && code.startsWith('SQLITE_BUSY')) ||
    (typeof errcode === 'number' && (errcode & 0xff) === 5)
  )
}

function guarded<Value>(run: () => Value): Value {
  try {
    return run()
  } catch (cause) {
    throw new RolegateError('store_unavailable', {}, { cause })
  }
}

const require = createRequire(import.meta.url)

function openDatabase(path: string): Database {
  const builtIn = optional('node:sqlite') as { DatabaseSync: OpensDatabase } | undefined
  if (builtIn !== undefined) return new builtIn.DatabaseSync(path)
  const BetterSqlite3 = optional('better-sqlite3') as OpensDatabase | undefined
  if (BetterSqlite3 !== undefined) return new BetterSqlite3(path)
  throw new Error(
    'store.driver sqlite needs Node 22 or later, or the optional package better-sqlite3 built for this Node: npm rebuild better-sqlite3',
  )
}

/** A module if this runtime or installation has it. */
function optional(name: string): unknown {
  try {
    return require(name)
  } catch (cause) {
    const { code } = cause as { code?: string }
    if (code === 'MODULE_NOT_FOUND' || code === 'ERR_UNKNOWN_BUILTIN_MODULE') return undefined
    throw cause
  }
}
