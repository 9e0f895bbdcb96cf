import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digest, keyFor, makeCodeDigest, sealUnder } from '../../../src/adapters/store/keys.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeSealedStore } from '../../../src/adapters/store/sealed.ts'
import { makeSqliteStore } from '../../../src/adapters/store/sqlite.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { Row, Store } from '../../../src/usecases/ports/store.ts'
import { aClock } from '../../support/store-contract.ts'
import { openSql, sqliteTitle, whyNoSqlite, type Sql } from './sql.ts'

const issuer = 'https://aws.example.com'
const textOf = (row: Row | undefined) => row && Buffer.from(row.value).toString()

/** A sealed store over rows that the test can reach behind its back. */
function aWorld({
  keys = [randomBytes(32)],
  raw = makeMemoryStore({ now: aClock().now }),
  of = issuer,
}: { keys?: Buffer[]; raw?: Store; of?: string } = {}) {
  const tampered: string[] = []
  const rows = new Map<string, string>()
  /** Notes under which name the sealed store keeps each key. */
  let last = ''
  const watched: Store = { ...raw, put: (table, row, ...rest) => raw.put(table, (last = row), ...rest) }
  const store = makeSealedStore({ store: watched, keys, issuer: of, onTampered: (table) => tampered.push(table) })
  return {
    store,
    raw,
    keys,
    tampered,
    async put(table: string, key: string, value: string | Uint8Array) {
      await store.put(table, key, Buffer.from(value))
      rows.set(`${table}/${key}`, last)
    },
    rowOf: (table: string, key: string) => rows.get(`${table}/${key}`) ?? '',
    async sealed(table: string, key: string) {
      const found = await raw.get(table, rows.get(`${table}/${key}`) ?? '')
      if (found === undefined) throw new Error(`${table}/${key} is not there`)
      return Buffer.from(found.value)
    },
  }
}

describe('a row that was moved or touched grants nothing and is counted (threats.md K1)', () => {
  it('copied to another key of its table', async () => {
    const { store, raw, put, rowOf, sealed, tampered } = aWorld()
    await put('sessions', 'mallory', 'principal: mallory')
    await put('sessions', 'ceo', 'principal: ceo')
    await raw.put('sessions', rowOf('sessions', 'mallory'), await sealed('sessions', 'ceo'))
    expect(await store.get('sessions', 'mallory')).toBeUndefined()
    expect(textOf(await store.get('sessions', 'ceo'))).toBe('principal: ceo')
    expect(tampered).toEqual(['sessions'])
  })

  it('copied to another table under the same key', async () => {
    const { store, raw, put, rowOf, sealed, tampered } = aWorld()
    await put('user-codes', 'k', 'a value of one kind')
    await put('sessions', 'k', 'a value of another')
    await raw.put('sessions', rowOf('sessions', 'k'), await sealed('user-codes', 'k'))
    expect(await store.get('sessions', 'k')).toBeUndefined()
    expect(tampered).toEqual(['sessions'])
  })

  it('copied as it is into another table: the key has another name there', async () => {
    const { store, raw, put, rowOf, sealed } = aWorld()
    await put('sessions', 'k', 'value')
    await raw.put('signing-keys', rowOf('sessions', 'k'), await sealed('sessions', 'k'))
    expect(await store.get('signing-keys', 'k')).toBeUndefined()
  })

  it('brought from the store of another issuer with the same key', async () => {
    const theirs = aWorld({ of: 'https://other.example.com' })
    await theirs.put('sessions', 'k', 'value')
    const ours = aWorld({ keys: theirs.keys, raw: theirs.raw })
    expect(await ours.store.get('sessions', 'k')).toBeUndefined()
    expect(ours.tampered).toEqual(['sessions'])
  })

  it('taken: it is gone, and nobody gets it', async () => {
    const { store, raw, put, rowOf, tampered } = aWorld()
    await put('device-logins', 'k', 'value')
    await raw.put('device-logins', rowOf('device-logins', 'k'), Buffer.from('{"state":"approved"}'))
    expect([await store.take('device-logins', 'k'), await store.get('device-logins', 'k')]).toEqual([
      undefined,
      undefined,
    ])
    expect(tampered).toEqual(['device-logins'])
  })

  it.each<[string, (sealed: Buffer) => Uint8Array]>([
    ['emptied', () => Buffer.alloc(0)],
    ['cut to its nonce', (sealed) => sealed.subarray(0, 12)],
    ['cut to nonce and tag', (sealed) => Buffer.concat([sealed.subarray(0, 12), sealed.subarray(-16)])],
    ['cut by a byte at its end', (sealed) => sealed.subarray(0, -1)],
    ['cut by a byte at its start', (sealed) => sealed.subarray(1)],
    ['made longer', (sealed) => Buffer.concat([sealed, Buffer.of(0)])],
    ['given a shorter tag', (sealed) => sealed.subarray(0, -4)],
    ['written in clear', () => Buffer.from('{"principal":{"subject":"ceo"}}')],
    ['written as zeros', (sealed) => Buffer.alloc(sealed.length)],
    ['written as chance', (sealed) => randomBytes(sealed.length)],
  ])('%s', async (_, touch) => {
    const { store, raw, put, rowOf, sealed, tampered } = aWorld()
    await put('sessions', 'k', 'value')
    await raw.put('sessions', rowOf('sessions', 'k'), touch(await sealed('sessions', 'k')))
    expect(await store.get('sessions', 'k')).toBeUndefined()
    expect(tampered).toEqual(['sessions'])
  })

  it('with any one byte changed', async () => {
    const { store, raw, put, rowOf, sealed, tampered } = aWorld()
    await put('sessions', 'k', 'value')
    const whole = await sealed('sessions', 'k')
    for (let index = 0; index < whole.length; index += 1) {
      const touched = Buffer.from(whole)
      touched[index] = (touched[index] ?? 0) ^ 1
      await raw.put('sessions', rowOf('sessions', 'k'), touched)
      expect(await store.get('sessions', 'k')).toBeUndefined()
    }
    expect(tampered).toHaveLength(whole.length)
  })

  it('planted before its key was ever used: it opens nothing, and is not silently replaced either', async () => {
    const { store, raw, put, rowOf } = aWorld()
    await put('signing-keys', 'aws-oidc', 'ours')
    await raw.put('signing-keys', rowOf('signing-keys', 'aws-oidc'), Buffer.from('{"kty":"EC"}'))
    expect(await store.createIfAbsent('signing-keys', 'aws-oidc', Buffer.from('new'))).toBe(false)
    expect(await store.get('signing-keys', 'aws-oidc')).toBeUndefined()
  })

  it('put among an owner’s rows: it is not listed, and the owner’s own are', async () => {
    const { store, raw, put, sealed, tampered } = aWorld()
    await put('sessions', 'ceo', 'principal: ceo')
    await store.put('sessions', 'alice', Buffer.from('principal: alice'), { owner: 'alice' })
    await raw.put('sessions', 'planted', await sealed('sessions', 'ceo'), { owner: 'alice' })
    expect((await store.listByOwner('sessions', 'alice')).map(textOf)).toEqual(['principal: alice'])
    expect(tampered).toEqual(['sessions'])
  })

  it('is not counted when it is only absent', async () => {
    const { store, tampered } = aWorld()
    expect([await store.get('t', 'k'), await store.take('t', 'k')]).toEqual([undefined, undefined])
    expect(tampered).toEqual([])
  })
})

describe('sealing keys', () => {
  it('another key opens nothing (threats.md K2)', async () => {
    const { put, raw } = aWorld()
    await put('sessions', 'k', 'value')
    const stranger = aWorld({ raw })
    expect(await stranger.store.get('sessions', 'k')).toBeUndefined()
    expect(stranger.tampered).toEqual(['sessions'])
  })

  it('a former key still opens; the first one seals (threats.md K2)', async () => {
    const [former, current] = [randomBytes(32), randomBytes(32)]
    const before = aWorld({ keys: [former] })
    await before.put('sessions', 'old', 'sealed before')
    const between = aWorld({ keys: [current, former], raw: before.raw })
    expect(textOf(await between.store.get('sessions', 'old'))).toBe('sealed before')
    await between.store.put('sessions', 'new', Buffer.from('sealed since'))
    const after = aWorld({ keys: [current], raw: before.raw })
    expect(textOf(await after.store.get('sessions', 'new'))).toBe('sealed since')
    expect(await after.store.get('sessions', 'old')).toBeUndefined()
    expect([before.tampered, between.tampered, after.tampered]).toEqual([[], [], ['sessions']])
  })

  it('none at all is no sealed store', () => {
    expect(() => aWorld({ keys: [] })).toThrow('needs a key')
  })

  it('never seal the same value to the same bytes', async () => {
    const { put, sealed } = aWorld()
    await put('t', 'k', 'value')
    const one = await sealed('t', 'k')
    await put('t', 'k', 'value')
    expect((await sealed('t', 'k')).equals(one)).toBe(false)
  })
})

describe('large values', () => {
  const groups = JSON.stringify(Array.from({ length: 900 }, (_, i) => `CN=AWS-Team-${i},OU=Groups,DC=example,DC=com`))

  it('are kept at a fraction of their size and come back whole', async () => {
    const { put, sealed, store } = aWorld()
    await put('sessions', 'k', groups)
    expect((await sealed('sessions', 'k')).length).toBeLessThan(groups.length / 5)
    expect(textOf(await store.get('sessions', 'k'))).toBe(groups)
  })

  it.each([599, 600, 601, 65_536, 1_000_000])('of %d bytes of chance come back whole', async (length) => {
    const { put, store } = aWorld()
    const value = randomBytes(length)
    await put('t', 'k', value)
    expect(Buffer.from((await store.get('t', 'k'))?.value ?? []).equals(value)).toBe(true)
  })

  it('cannot be planted as a bomb without the key: nothing is inflated before it opened (threats.md K1)', async () => {
    const bomb = deflateRawSync(Buffer.alloc(64 * 1024 * 1024))
    const plain = Buffer.concat([randomBytes(12), Buffer.of(1), bomb, randomBytes(16)])
    const { store, raw, put, rowOf, tampered } = aWorld()
    await put('sessions', 'k', 'value')
    await raw.put('sessions', rowOf('sessions', 'k'), plain)
    const before = process.memoryUsage().arrayBuffers
    expect(await store.get('sessions', 'k')).toBeUndefined()
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024)
    expect(tampered).toEqual(['sessions'])
  })
})

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('somebody who writes to the SQLite file'), () => {
  let folder = ''
  let store: Store
  let sql: Sql
  const tampered: string[] = []
  const keys = [randomBytes(32)]
  const { now, ...clock } = aClock()

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolegate-sealed-'))
    const path = join(folder, 'store.db')
    store = makeSealedStore({
      store: makeSqliteStore({ path, now }),
      keys,
      issuer,
      onTampered: (table) => tampered.push(table),
    })
    sql = openSql(path)
    tampered.length = 0
  })
  afterEach(async () => {
    sql.close()
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each([
    [
      'copies a row over another',
      `UPDATE rows SET value = (SELECT value FROM rows WHERE owner = 'ceo') WHERE owner = 'mallory'`,
    ],
    [
      'renames a row to another key',
      `UPDATE OR REPLACE rows SET key = (SELECT key FROM rows WHERE owner = 'mallory') WHERE owner = 'ceo'`,
    ],
    ['edits a value', `UPDATE rows SET value = zeroblob(length(value)) WHERE owner = 'mallory'`],
    ['cuts a value', `UPDATE rows SET value = substr(value, 1, length(value) - 1) WHERE owner = 'mallory'`],
    [
      'writes a value of his own',
      `UPDATE rows SET value = CAST('{"principal":{"subject":"ceo"}}' AS BLOB) WHERE owner = 'mallory'`,
    ],
  ])('gets nothing when he %s (threats.md K1)', async (_, statement) => {
    await store.put('sessions', 'mallory', Buffer.from('mallory'), { owner: 'mallory' })
    await store.put('sessions', 'ceo', Buffer.from('ceo'), { owner: 'ceo' })
    sql.exec(statement)
    expect(await store.get('sessions', 'mallory')).toBeUndefined()
    expect(tampered).toEqual(['sessions'])
  })

  it('gets nothing by a row under the digest of his own token (threats.md K1)', async () => {
    const row = createHash('sha256')
      .update(`access-tokens\0${digest('rga_mine')}`)
      .digest('base64url')
    sql
      .prepare(`INSERT INTO rows (tbl, key, value, version) VALUES ('access-tokens', ?, ?, 1)`)
      .run(row, Buffer.from('{"sessionId":"ceo"}'))
    const accessTokens = makeTable<{ sessionId: string }>(store, 'access-tokens')
    expect(await accessTokens.get(digest('rga_mine'))).toBeUndefined()
    expect(tampered).toEqual(['access-tokens'])
  })

  it('finds in a copy of the file nothing that he could use, nor who the people are (threats.md K9)', async () => {
    const accessToken = `rga_${randomBytes(32).toString('base64url')}`
    const refreshToken = `rgr_${randomBytes(32).toString('base64url')}`
    const successor = `rgr_${randomBytes(32).toString('base64url')}`
    const deviceCode = `rgd_${randomBytes(32).toString('base64url')}`
    const cookie = randomBytes(32).toString('base64url')
    const userCode = 'BCDFGHJK'
    const codeDigest = makeCodeDigest(keyFor(randomBytes(32), 'user-code'))
    const privateMember = randomBytes(32).toString('base64url')
    const group = 'CN=AWS-PAY-PROD-ADMINS'
    const expiresAt = clock.in(600)

    await makeTable(store, 'access-tokens').put(digest(accessToken), { sessionId: 's1', expiresAt })
    await makeTable(store, 'refresh-tokens').put(digest(refreshToken), {
      successor: sealUnder.seal(refreshToken, successor),
    })
    await makeTable(store, 'device-logins').put(digest(deviceCode), { userCode })
    await makeTable(store, 'user-codes').put(codeDigest(userCode), { deviceCode: digest(deviceCode) })
    await makeTable(store, 'sessions').put(
      digest(cookie),
      { username: 'alice@example.com', groups: Array(50).fill(group) },
      { owner: 's1' },
    )
    await makeTable(store, 'signing-keys').put('aws-oidc', { privateJwk: { d: privateMember } })
    await store.increment('rates', `device/${userCode}`, expiresAt)

    const dump = Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name)))).toString('latin1')
    expect(dump).toContain('access-tokens')
    const planted = {
      accessToken,
      refreshToken,
      successor,
      deviceCode,
      cookie,
      userCode,
      privateMember,
      group,
      person: 'alice@example.com',
    }
    for (const [what, secret] of Object.entries(planted)) {
      for (const spelt of [
        secret,
        digest(secret),
        Buffer.from(secret).toString('base64url'),
        Buffer.from(secret).toString('hex'),
        encodeURIComponent(secret),
        secret.slice(4, 24),
      ]) {
        expect(dump.includes(spelt), `${what} stands in the file`).toBe(false)
      }
    }
    // 34 bits fall to guessing: no plain hash of the code may name a row.
    expect(
      dump.includes(
        createHash('sha256')
          .update(`user-codes\0${digest(userCode)}`)
          .digest('base64url'),
      ),
    ).toBe(false)
  })
})
