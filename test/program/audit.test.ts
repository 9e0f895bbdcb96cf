import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeStoreSink } from '../../src/adapters/audit/audit.ts'
import { makeSqliteStore } from '../../src/adapters/store/sqlite.ts'
import { sqliteTitle, whyNoSqlite } from '../adapters/store/sql.ts'
import { A_FILE } from '../config/a-file.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const decision = (username: string, second: number) =>
  JSON.stringify({
    stream: 'audit',
    event: 'decision',
    time: `2030-01-07T09:00:${String(second).padStart(2, '0')}.000Z`,
    idp: 'entra',
    issuer: 'https://idp.example.com',
    subject: `u-${username}`,
    username,
    groups: ['Team'],
    groups_count: 1,
  })

describe.skipIf(whyNoSqlite !== undefined)(sqliteTitle('rolegate audit export'), () => {
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-audit-'))
  const at = (name: string) => join(folder, name)
  const file = (name: string, change: (text: string) => string) =>
    writeFileSync(at(name), change(A_FILE.replace('/var/lib/rolegate/rolegate.db', 'rolegate.db')))
  const written = Array.from({ length: 1_207 }, (_, row) => decision(row % 2 === 0 ? 'alice' : 'bob', row % 60))
  const sh = (line: string) =>
    spawnSync('sh', ['-c', line.replaceAll('rolegate ', `'${process.execPath}' '${PROGRAM}' `)], {
      cwd: folder,
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin' },
      timeout: 30_000,
      maxBuffer: 16 * 1024 * 1024,
    })

  beforeAll(async () => {
    file('rolegate.yaml', (text) => `${text}audit: { sinks: [{ type: file, path: other.jsonl }, { type: store }] }\n`)
    file('by-file.yaml', (text) => `${text}audit: { sinks: [{ type: file, path: audit.jsonl }] }\n`)
    file('memory.yaml', (text) => text.replace(/store: \{.*/, 'store: { driver: memory }'))
    file('new.yaml', (text) => text.replace('roles: [readonly, admin]', 'roles: [readonly]'))
    writeFileSync(at('broken.yaml'), 'store: { driver: sqlite }\n')
    const store = makeSqliteStore({ path: at('rolegate.db'), now: () => new Date() })
    let key = 0
    const sink = makeStoreSink({
      store,
      newKey: () => `2030-01-07T09:00:00.000Z/${String((key += 1)).padStart(6, '0')}`,
    })
    for (const line of written.slice(0, 1_200)) await sink.write(line)
    // What is written at once shares a row.
    await Promise.all(written.slice(1_200).map((line) => sink.write(line)))
    await store.close()
    writeFileSync(at('audit.jsonl'), `${written.slice(0, 3).join('\n')}\n`)
  }, 60_000)
  afterAll(() => rmSync(folder, { recursive: true }))

  it('prints what the store holds, in the order of time, with no secret at hand', () => {
    for (const where of ['', ' --config rolegate.yaml', ' --store rolegate.db']) {
      const { status, stdout, stderr } = sh(`rolegate audit export${where}`)
      expect([status, stderr]).toEqual([0, ''])
      expect(stdout.split('\n')).toEqual([...written, ''])
    }
  })

  it('prints the file where the records are in one', () => {
    expect(sh('rolegate audit export --config by-file.yaml').stdout).toBe(`${written.slice(0, 3).join('\n')}\n`)
  })

  it('is what check-config --people reads, in one line', () => {
    const line = 'rolegate audit export | rolegate check-config new.yaml --diff rolegate.yaml --people /dev/stdin'
    const { stdout } = sh(line)
    expect(stdout).toContain('people: 2 of the 2 that were seen\n')
    expect(stdout).toMatch(/alice[^]*pay-prod\/admin/)
  })

  it('lets its reader leave early', () => {
    expect(sh('rolegate audit export | head -n 1')).toMatchObject({ status: 0, stdout: `${written[0]}\n`, stderr: '' })
  })

  it.each([
    ['rolegate audit', 2, /^error: say what to do: rolegate audit export\nSee: /],
    ['rolegate audit verify', 2, /^error: there is no “verify”: say rolegate audit export/],
    ['rolegate audit export --config a.yaml --store b.db', 2, /^error: .* --config or --store, not both/],
    ['rolegate audit export --config memory.yaml', 3, /no sink of type file, and no store on disk/],
    ['rolegate audit export --config broken.yaml', 3, /cannot be read from broken\.yaml[^]*store\.path/],
    ['rolegate audit export --config none.yaml', 3, /cannot be read from none\.yaml/],
    ['rolegate audit export --store none.db', 3, /there are no records at none\.db/],
    ['rolegate audit export --store new.yaml', 1, /new\.yaml cannot be read/],
  ])('%s: exit %d', (line, exit, says) => {
    expect(sh(line)).toMatchObject({ status: exit, stdout: '', stderr: expect.stringMatching(says) })
  })
})
