import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openMemory } from '../../src/compose/memory.ts'
import { makeWitness } from '../../src/compose/witness.ts'
import { EMERGENCY_KEY } from '../../src/usecases/emergency/standing-emergency.ts'
import { openSql, sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { aHost } from '../support/a-host.ts'

const OLD = 'https://aws.example.com'
const NEW = 'https://aws.new.example.com'
const CLOSED = {
  denies: [{ aim: { kind: 'idp' as const, idp: 'entra' }, since: '2026-11-22T09:00:00.000Z', by: 'root', reason: '' }],
  revocations: [],
}

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('a store with denies from the host'), () => {
  let folder = ''
  const masterKeys = [randomBytes(32)]
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolegate-memory-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const open = (issuer: string, { acceptNewIssuer = false } = {}) => {
    const host = { ...aHost(() => new Date(0)), acceptNewIssuer }
    const store = { driver: 'sqlite' as const, path: join(folder, 'rolegate.db') }
    return openMemory(
      { masterKeys, store, issuer: { url: issuer } },
      host,
      makeWitness({ log: { level: 'error' } }, host),
    )
  }

  async function closeSome(): Promise<void> {
    const memory = await open(OLD)
    await memory.tables.emergencies.put(EMERGENCY_KEY, CLOSED)
    await memory.raw.close()
  }

  it('keeps them when the issuer gets another name (threats.md R8)', async () => {
    await closeSome()
    const accepted = await open(NEW, { acceptNewIssuer: true })
    expect(await accepted.tables.emergencies.get(EMERGENCY_KEY)).toEqual(CLOSED)
    await accepted.raw.close()
    const later = await open(NEW)
    expect(await later.tables.emergencies.get(EMERGENCY_KEY)).toEqual(CLOSED)
    await later.raw.close()
  })

  it.each([
    ['edited', "UPDATE rows SET value = zeroblob(100) WHERE tbl = 'emergencies'"],
    [
      'put in from another place',
      "UPDATE rows SET value = (SELECT value FROM rows WHERE tbl = 'installation') WHERE tbl = 'emergencies'",
    ],
  ])('is not opened with their row %s (threats.md K1)', async (_how, sql) => {
    await closeSome()
    const database = openSql(join(folder, 'rolegate.db'))
    database.exec(sql)
    database.close()
    await expect(open(OLD)).rejects.toMatchObject({ code: 'store_unavailable', reason: 'emergencies_unreadable' })
  })

  it('has the row from its first start on, so that a deny that is taken away is missed (threats.md K1)', async () => {
    const memory = await open(OLD)
    expect(await memory.tables.emergencies.get(EMERGENCY_KEY)).toEqual({ denies: [], revocations: [] })
    await memory.raw.close()
  })
})
