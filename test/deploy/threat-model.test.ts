import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeSqliteStore } from '../../src/adapters/store/sqlite.ts'
import { openSql, sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'

const page = readFileSync('docs/explanation/threat-model.md', 'utf8')
const [, sql = ''] = /exec\('(DELETE .*?[^\\])'\)/.exec(page) ?? []
const wiring = readFileSync('src/compose/memory.ts', 'utf8')

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('docs/explanation/threat-model.md'), () => {
  it('ends every gateway session with its statement, and leaves the signing key', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolegate-threat-model-'))
    const path = join(folder, 'rolegate.db')
    const store = makeSqliteStore({ path, now: () => new Date(0) })
    const tables = ['sessions', 'signing-keys']
    for (const table of tables) await store.put(table, 'a', Buffer.of(1))

    const another = openSql(path)
    another.exec(sql.replaceAll("\\'", "'"))
    another.close()

    expect(await store.get('sessions', 'a')).toBeUndefined()
    expect(await store.get('signing-keys', 'a')).toBeDefined()
    await store.close()
    rmSync(folder, { recursive: true })
    for (const table of tables) expect(wiring).toContain(`'${table}'`)
  })
})
