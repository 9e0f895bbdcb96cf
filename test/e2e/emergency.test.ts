import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import request from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aPersonAt, aTerminalOf, aVisitor, type Person } from '../support/a-person.ts'
import { aServedGateway, noSqlite } from '../support/a-served-gateway.ts'

const ROLE = 'payments-dev/readonly'

describe.skipIf(noSqlite)(`rolegate admin, beside a gateway${noSqlite === undefined ? '' : ` (${noSqlite})`}`, () => {
  let gateway: Awaited<ReturnType<typeof aServedGateway>>
  let alice: Person
  let access: string
  beforeAll(async () => {
    gateway = await aServedGateway()
    expect(await gateway.start()).toBeUndefined()
  }, 60_000)
  afterAll(() => gateway.close())
  beforeEach(async () => {
    alice = await aPersonAt(gateway, 'alice')
    access = (await aTerminalOf(gateway, alice)).accessToken
  }, 60_000)

  const take = async () =>
    request(gateway.url).post('/v1/credentials').set('authorization', `Bearer ${access}`).send({ role: ROLE })
  const because = ['--reason', 'laptop stolen']

  /** What opens the store where no file does. */
  function bare(): readonly string[] {
    const keyFile = join(gateway.folder, 'key')
    writeFileSync(keyFile, gateway.masterKey)
    const store = join(gateway.folder, 'rolegate.db')
    return ['--store', store, '--master-key-file', keyFile, '--issuer', gateway.world.urls.gateway]
  }

  it('closes a role at once and without a reload, says so to whoever asks, and opens it again', async () => {
    expect((await take()).status).toBe(200)
    expect(await gateway.admin('deny', `role:${ROLE}`, ...because)).toMatchObject({
      exit: 0,
      out: expect.stringContaining(`role:${ROLE} is closed`),
      err: '',
    })
    const refused = await take()
    expect([refused.status, refused.body]).toMatchObject([403, { code: 'denied_by_rule' }])
    const { body } = await request(gateway.url)
      .post('/v1/explain')
      .set('authorization', `Bearer ${access}`)
      .send({ role: ROLE })
    expect(body).toMatchObject({
      available: false,
      because: 'denied_by_rule',
      rules: expect.arrayContaining([expect.objectContaining({ rule: 'emergency', effect: 'deny' })]),
    })
    expect(JSON.stringify(body)).toMatch(/emergency deny since \d{4}-\d\d-\d\d \d\d:\d\d UTC, by olga/)
    expect(JSON.stringify(body)).not.toContain('stolen')
    expect((await alice.get('/').expect(200)).text).not.toContain(`/roles/${ROLE}`)

    expect((await gateway.admin('list')).out).toMatch(
      new RegExp(`\nrole:${ROLE} {2}.* UTC {2}olga.* {2}laptop stolen\n$`),
    )
    expect(await gateway.admin('allow', `role:${ROLE}`)).toMatchObject({ exit: 0 })
    expect((await take()).status).toBe(200)
    expect((await gateway.admin('list')).out).toBe('nothing is closed.\n')
    expect(gateway.audit().map(({ event }) => event)).toEqual(
      expect.arrayContaining(['emergency_deny', 'emergency_allow']),
    )
    expect(gateway.audit().find(({ event }) => event === 'emergency_deny')).toMatchObject({
      aim: `role:${ROLE}`,
      by: expect.stringContaining('olga'),
      reason: 'laptop stolen',
    })
  }, 60_000)

  it('keeps somebody out until it is lifted, whatever they hold', async () => {
    expect((await gateway.admin('deny', 'person:u-alice', ...because)).exit).toBe(0)
    expect((await take()).status).toBe(401)
    await alice.get('/').expect(303)
    const visitor = aVisitor(gateway)
    const back = await visitor.fetch(await visitor.callbackUrl('alice'))
    expect(back.status).toBe(403)
    expect(await back.text()).not.toMatch(/emergency|stolen/)
    expect(gateway.audit().at(-1)).toMatchObject({ event: 'sign_in_refused', reason: 'emergency_deny' })
    expect((await gateway.admin('allow', 'person:u-alice')).exit).toBe(0)
    expect((await take()).status).toBe(401)
    await (await aPersonAt(gateway, 'alice')).get('/').expect(200)
  }, 60_000)

  it('prints nothing that steers a terminal (threats.md H10)', async () => {
    const reason = ['--reason', 'lost\u001b[1A\u001b[2K\u202e\u200bnothing is closed.']
    expect((await gateway.admin('deny', `role:${ROLE}`, ...reason)).exit).toBe(0)
    const { out } = await gateway.admin('list')
    expect(out).toContain('  lost\\u001b[1A\\u001b[2K\\u202e\\u200bnothing is closed.')
    expect((await gateway.admin('allow', `role:${ROLE}`)).exit).toBe(0)
    const unknown = await gateway.admin('deny', 'person:nobody\u001b[2K', ...reason)
    expect([unknown.exit, unknown.err.includes('\u001b')]).toEqual([6, false])
  }, 60_000)

  it('ends sessions and lets them sign in again', async () => {
    const { out } = await gateway.admin('revoke', 'person:demo/u-alice', ...because)
    expect(out).toContain('are over')
    expect((await take()).status).toBe(401)
    await (await aPersonAt(gateway, 'alice')).get('/').expect(200)
  }, 60_000)

  it('works while the file is broken, and with a key and a store alone', async () => {
    gateway.write((text) => `${text.replace('\nrules:', '\nruulz:')}\nnonsense: 1\n`)
    const aim = `role:${ROLE}`
    expect(await gateway.admin('deny', aim, ...because)).toMatchObject({ exit: 0, err: '' })
    expect((await take()).status).toBe(403)
    writeFileSync(gateway.file, '{ this is: [no YAML')
    expect(await gateway.admin('list')).toMatchObject({ exit: 3, err: expect.stringContaining('--master-key-file') })
    expect((await gateway.admin('list', ...bare())).out).toContain(aim)
    expect((await gateway.admin('allow', aim, ...bare())).exit).toBe(0)
    expect((await take()).status).toBe(200)
    gateway.write()
  }, 60_000)

  it('knows the names while the file is refused: what is in force has them (threats.md R8)', async () => {
    gateway.write((text) => text.replace('\nroles:', '\nrules: []\nroles:').replace('payments-dev:', '{ no YAML:'))
    try {
      for (const [aim, near] of [
        ['role:payments-dev/readonyl', 'role:payments-dev/readonly'],
        ['role:payments-dve/*', 'role:payments-dev/*'],
        ['idp:okta', 'idp:demo'],
      ] as const)
        expect(await gateway.admin('deny', aim, ...bare(), ...because)).toMatchObject({
          exit: 6,
          err: expect.stringContaining(`\n  ${near}\n`),
        })
    } finally {
      gateway.write()
    }
    gateway.write((text) => text.replace('\nroles:', '\nroles:\n  nonsense: { role_nmae: x }'))
    try {
      expect((await gateway.admin('deny', 'role:payments-dev/readonyl', ...because)).exit).toBe(6)
    } finally {
      gateway.write()
    }
    expect((await gateway.admin('list')).out).toBe('nothing is closed.\n')
  }, 60_000)

  it('says that a name could not be looked up, and later that it closes nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolegate-new-store-'))
    const store = join(folder, 'rolegate.db')
    writeFileSync(store, '')
    const onIt = [...bare(), '--store', store]
    try {
      expect(
        await gateway.admin('deny', 'role:payments-dev/readonyl', ...onIt, '--config', '/none', ...because),
      ).toMatchObject({
        exit: 0,
        out: expect.stringContaining('role:payments-dev/readonyl is on record as closed. Lift it'),
        err: expect.stringContaining('could not be looked up'),
      })
      expect((await gateway.admin('list', ...onIt)).out).toMatch(/^role:payments-dev\/readonyl .*\n {2}closes nothing/m)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }, 60_000)

  it('says how to lift it so that a shell takes it, and what AWS needs', async () => {
    const { out } = await gateway.admin('deny', 'role:payments-dev/*', ...because)
    expect(out).toContain("Lift it with: rolegate admin allow 'role:payments-dev/*'\n")
    expect(out).toMatch(/rolegate audit export[\s\S]*aws:SourceIdentity/)
    expect(out).not.toContain('docs/')
    expect((await gateway.admin('allow', 'role:payments-dev/*', '--reason', 'found again')).exit).toBe(0)
    expect(gateway.audit().at(-1)).toMatchObject({ event: 'emergency_allow', reason: 'found again' })
  }, 60_000)

  it('closes nothing that it cannot name', async () => {
    expect(await gateway.admin('deny', 'role:payments-dve/readonly', ...because)).toMatchObject({
      exit: 6,
      err: expect.stringContaining('did you mean "payments-dev"?\n  role:payments-dev/readonly'),
    })
    const { err } = await gateway.admin('deny', 'role:nope/x', ...because)
    expect(err).toContain('\n  role:payments-dev/ROLE\n')
    expect(err).not.toContain('/x\n')
    expect(await gateway.admin('deny', 'idp:demoo', ...because)).toMatchObject({
      exit: 6,
      err: expect.stringContaining('idp:demo'),
    })
    expect(await gateway.admin('deny', 'person:alic', ...because)).toMatchObject({
      exit: 6,
      err: expect.stringMatching(/nobody who signed in lately is called that\n {2}demo\/u-alice {2}alice@example.com/),
    })
    expect((await gateway.admin('list')).out).toBe('nothing is closed.\n')
  }, 60_000)

  it.each([
    ['say what to do', []],
    ['say whom or what', ['deny']],
    ['say why, with --reason', ['deny', `role:${ROLE}`]],
    ['say what to open again', ['allow']],
    [`“${ROLE}” is no AIM`, ['deny', ROLE, '--reason', 'x']],
    ['“alice@example.com” is no AIM: it is person:NAME', ['deny', 'alice@example.com', '--reason', 'x']],
    ['“role:payments-dev” is no AIM', ['deny', 'role:payments-dev', '--reason', 'x']],
    ['“shut” is none of deny', ['shut', `role:${ROLE}`]],
    ['“all” is one word too many', ['list', 'all']],
    ['“another” is one word too many', ['deny', `role:${ROLE}`, 'another', '--reason', 'x']],
    ['--accept-lockout goes with reload', ['list', '--accept-lockout']],
  ])('says in a line what is missing: %s', async (said, args) => {
    const { exit, err } = await gateway.admin(...args)
    expect(exit).toBe(2)
    expect(err).toContain(`error: ${said}`)
    expect(err.split('\n')).toHaveLength(3)
  })

  it.each([
    [
      'a store that is not there',
      ['--store', '/nowhere/rolegate.db', '--master-key-file', 'KEY', '--issuer', 'https://x'],
      'no store',
    ],
    ['half of what a store needs', ['--store', '/nowhere/rolegate.db'], 'go together'],
    ['a file that is not there', ['--config', '/nowhere/rolegate.yaml'], 'cannot be read'],
  ])('%s: nothing to be done', async (_what, flags, said) => {
    const keyFile = join(gateway.folder, 'key')
    writeFileSync(keyFile, gateway.masterKey)
    const { exit, err } = await gateway.admin('list', ...flags.map((flag) => (flag === 'KEY' ? keyFile : flag)))
    expect(exit).toBe(3)
    expect(err).toContain(said)
  })

  it('another master key opens nothing, and makes nothing', async () => {
    const keyFile = join(gateway.folder, 'other')
    writeFileSync(keyFile, Buffer.from('another key of thirty-two bytes!').toString('base64'))
    const bare = ['--store', join(gateway.folder, 'rolegate.db'), '--master-key-file', keyFile]
    expect(await gateway.admin('list', ...bare, '--issuer', gateway.world.urls.gateway)).toMatchObject({
      exit: 3,
      err: expect.stringContaining('another master key'),
    })
  })

  it('a store in memory is not to be reached', async () => {
    gateway.write((text) => text.replace(/store: \{ driver: sqlite.*/, 'store: { driver: memory }'))
    expect(await gateway.admin('list')).toMatchObject({
      exit: 3,
      err: expect.stringContaining('store.driver is memory'),
    })
    gateway.write()
  })
})
