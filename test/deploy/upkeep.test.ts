import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeSealedStore } from '../../src/adapters/store/sealed.ts'
import { makeSqliteStore } from '../../src/adapters/store/sqlite.ts'
import { loadSigningKey, type StoredKey } from '../../src/adapters/issuer/signing-keys.ts'
import { makeTable } from '../../src/adapters/store/table.ts'
import { openSql, sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'

const page = readFileSync('docs/how-to/upkeep.md', 'utf8')
const statements = [...page.matchAll(/rolegate\.db "((?:VACUUM|DELETE) [^"]*)"/g)].map(([, sql = '']) => sql)
const inContainer = /\.exec\('(VACUUM .*)'\)"/.exec(page)?.[1]?.replaceAll("\\'", "'")

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('docs/how-to/upkeep.md'), () => {
  let folder = ''
  const first = randomBytes(32)
  const second = randomBytes(32)
  const at = (name: string) => join(folder, name)

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolegate-upkeep-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** The id of the key that a gateway on this store signs with, as its start finds or makes it. */
  async function kidOf(path: string, keys: readonly Uint8Array[]): Promise<string> {
    const raw = makeSqliteStore({ path, now: () => new Date(0) })
    const store = makeSealedStore({ store: raw, keys, issuer: 'https://aws.example.com', onTampered: () => undefined })
    try {
      const rows = makeTable<StoredKey>(store, 'signing-keys')
      return (await loadSigningKey({ keys: rows, issuer: 'https://aws.example.com', algorithm: 'ES256' })).kid
    } finally {
      await raw.close()
    }
  }

  function run(path: string, sql: string): void {
    const database = openSql(path)
    database.exec(sql)
    database.close()
  }

  it('says of each statement what it is, once', () => {
    expect(statements.map((sql) => sql.split("'")[0])).toEqual([
      'VACUUM INTO ',
      'DELETE FROM rows WHERE tbl = ',
      'DELETE FROM rows WHERE tbl = ',
    ])
    expect(inContainer).toBe(statements[0])
  })

  it('backs up a store that is open, and the copy signs with the same key', async () => {
    const open = makeSqliteStore({ path: at('rolegate.db'), now: () => new Date(0) })
    const kid = await kidOf(at('rolegate.db'), [first])
    run(at('rolegate.db'), (statements[0] ?? '').replace('/var/lib/rolegate/backup.db', at('backup.db')))
    await open.close()
    expect(await kidOf(at('backup.db'), [first])).toBe(kid)
  })

  it('a new master key opens the old rows while the former is among `previous`, and not without it', async () => {
    const kid = await kidOf(at('rolegate.db'), [first])
    expect(await kidOf(at('rolegate.db'), [second, first])).toBe(kid)
    await expect(kidOf(at('rolegate.db'), [second])).rejects.toMatchObject({ reason: 'sealing_key_mismatch' })
  })

  it('makes a new signing key by the statement for that', async () => {
    const kid = await kidOf(at('rolegate.db'), [first])
    run(at('rolegate.db'), statements[2] ?? '')
    expect(await kidOf(at('rolegate.db'), [second])).not.toBe(kid)
  })

  it('ends sessions by the statement for that, and leaves the signing key', async () => {
    const kid = await kidOf(at('rolegate.db'), [first])
    const store = makeSqliteStore({ path: at('rolegate.db'), now: () => new Date(0) })
    await store.put('sessions', 'a', Buffer.of(1))
    run(at('rolegate.db'), statements[1] ?? '')
    expect(await store.get('sessions', 'a')).toBeUndefined()
    await store.close()
    expect(await kidOf(at('rolegate.db'), [first])).toBe(kid)
  })
})
