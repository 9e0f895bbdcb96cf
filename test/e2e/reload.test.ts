import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import request from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aPersonAt, aTerminalOf } from '../support/a-person.ts'
import { aServedGateway, noSqlite } from '../support/a-served-gateway.ts'

const closed = (text: string) =>
  text.replace('\nsts:', '  - { id: frozen, match: { everyone: true }, deny: { accounts: "*", roles: "*" } }\n\nsts:')
/** What is polled here is counted. */
const withoutTests = (text: string) => text.replace(/\ntests:[\s\S]*$/, '\nlimits: { hand_overs: { person: 6000 } }\n')
/** The file is looked at every two seconds, and must have kept still. */
const SOON = { timeout: 20_000, interval: 200 }

describe.skipIf(noSqlite)(`a reload of serve${noSqlite === undefined ? '' : ` (${noSqlite})`}`, () => {
  let gateway: Awaited<ReturnType<typeof aServedGateway>>
  let access: string
  beforeAll(async () => void (gateway = await aServedGateway()))
  afterAll(() => gateway.close())
  beforeEach(async () => {
    gateway.write(withoutTests)
    await gateway.stop('SIGTERM')
    expect(await gateway.start()).toBeUndefined()
    access = (await aTerminalOf(gateway, await aPersonAt(gateway, 'alice'))).accessToken
  }, 60_000)

  const take = async () => {
    const { status } = await request(gateway.url)
      .post('/v1/credentials')
      .set('authorization', `Bearer ${access}`)
      .send({ role: 'payments-dev/readonly' })
    return status
  }
  const ready = async () => (await request(gateway.managementUrl).get('/readyz')).body as { degraded: string[] }
  const events = () => gateway.audit().map(({ event, reason }) => [event, reason])

  it('SIGHUP: what is on disk is in force, secrets of the environment and all', async () => {
    expect(await take()).toBe(200)
    gateway.write((text) => closed(withoutTests(text)))
    gateway.hangUp()
    await expect.poll(take, SOON).toBe(403)
    expect(events()).toContainEqual(['config_loaded', 'signal'])
  }, 60_000)

  it('a file that is wrong changes nothing, and one that is right again is taken without being asked to', async () => {
    gateway.write((text) => `${withoutTests(text)}\nnonsense: true\n`)
    gateway.hangUp()
    await expect.poll(ready, SOON).toMatchObject({ degraded: ['config'] })
    expect(await take()).toBe(200)
    gateway.write((text) => closed(withoutTests(text)))
    await expect.poll(take, SOON).toBe(403)
    expect(events()).toContainEqual(['config_refused', 'signal'])
    expect(events()).toContainEqual(['config_loaded', 'file'])
    expect(await ready()).toMatchObject({ degraded: [] })
  }, 60_000)

  it('a file that changes is taken by itself', async () => {
    gateway.write((text) => closed(withoutTests(text)))
    await expect.poll(take, SOON).toBe(403)
    gateway.write(withoutTests)
    await expect.poll(take, SOON).toBe(200)
  }, 60_000)

  it('a secret, or the metadata of an IdP, in a file of its own is taken by itself when it is another', async () => {
    const put = (name: string, text: string) => writeFileSync(join(gateway.folder, name), text, { mode: 0o600 })
    const before = gateway.audit().length
    const metadata = await (await fetch(/metadata_url: (.*)/.exec(gateway.world.configText)?.[1] ?? '')).text()
    put('idp.secret', gateway.world.env['DEMO_CLIENT_SECRET'] ?? '')
    put('contractors.xml', metadata)
    gateway.write((text) =>
      withoutTests(text)
        .replace('client_secret_env: DEMO_CLIENT_SECRET', 'client_secret_file: idp.secret')
        .replace(/metadata_url: .*/, 'metadata_file: contractors.xml'),
    )
    gateway.hangUp()
    const changes = () =>
      gateway
        .audit()
        .slice(before)
        .flatMap(({ event, reason, changes: all }) => (event === 'config_loaded' ? [[reason, all]] : []))
    await expect.poll(changes, SOON).toHaveLength(1)
    const signIn = async () => (await aPersonAt(gateway, 'alice')).get('/').then(({ status }) => status)
    expect(await signIn()).toBe(200)
    put('idp.secret', 'rotated-at-the-idp')
    await expect.poll(changes, SOON).toContainEqual(['file', ['idp demo changed']])
    await expect(signIn()).rejects.toThrow()
    put('idp.secret', gateway.world.env['DEMO_CLIENT_SECRET'] ?? '')
    await expect.poll(() => changes().length, SOON).toBe(3)
    expect(await signIn()).toBe(200)
    put('contractors.xml', `${metadata}\n`)
    await expect.poll(changes, SOON).toContainEqual(['file', ['idp contractors changed']])
    // Half of it, as while it is written: refused by itself, and nothing else is the worse for it.
    put('idp.secret', '')
    await expect.poll(ready, SOON).toMatchObject({ degraded: ['config'] })
    expect(await take()).toBe(200)
    put('idp.secret', gateway.world.env['DEMO_CLIENT_SECRET'] ?? '')
    await expect.poll(ready, SOON).toMatchObject({ degraded: [] })
  }, 120_000)

  it('a file without operators waits for a word from the host (threats.md R8)', async () => {
    gateway.write((text) => withoutTests(text).replace(/^admin:\n( .*\n)+/m, ''))
    await expect.poll(ready, SOON).toMatchObject({ degraded: ['config'] })
    const named = expect.stringMatching(/^rolegate\.yaml:1:1 .*rolegate admin reload --accept-lockout/)
    await expect.poll(() => gateway.audit().at(-1), SOON).toMatchObject({ event: 'config_refused', faults: [named] })
    for (const wrong of [
      ['reload', 'now'],
      ['list', '--accept-lockout'],
    ])
      expect(await gateway.admin(...wrong)).toMatchObject({ exit: 2 })
    expect(await gateway.admin('reload', '--accept-lockout')).toMatchObject({
      exit: 0,
      out: expect.stringContaining('even if it leaves no operator'),
    })
    await expect.poll(ready, SOON).toMatchObject({ degraded: [] })
    // It is in force before it is on record.
    await expect
      .poll(() => gateway.audit().slice(-2), SOON)
      .toMatchObject([
        { event: 'config_asked', accepts_lockout: true },
        { event: 'config_loaded', reason: 'asked', lockout_accepted_by: expect.stringMatching(/./) },
      ])
    gateway.write((text) => `${withoutTests(text)}\nnonsense: true\n`)
    expect(await gateway.admin('reload')).toMatchObject({ exit: 3, err: expect.stringContaining('nonsense') })
  }, 60_000)

  it('a file that comes into a folder of rules is taken, whatever it is called', async () => {
    const rules = join(gateway.folder, 'rules')
    mkdirSync(rules)
    writeFileSync(join(rules, 'a.team'), 'rules: []\n')
    const fence = '{ idps: [demo], accounts: payments-dev, roles: [readonly] }'
    gateway.write((text) => `${withoutTests(text)}\ninclude: [{ files: rules/*.team, within: ${fence} }]\n`)
    gateway.hangUp()
    await expect.poll(() => events().filter(([event]) => event === 'config_loaded'), SOON).not.toEqual([])
    expect(await take()).toBe(200)
    const deny = '{ idp: demo, everyone: true }, deny: { accounts: payments-dev, roles: readonly }'
    writeFileSync(join(rules, 'b.team'), `rules:\n  - { id: team-says-no, match: ${deny} }\n`)
    await expect.poll(take, SOON).toBe(403)
  }, 60_000)

  it('a folder that is swapped behind a symbolic link is taken, as Kubernetes does with a ConfigMap', async () => {
    const file = join(gateway.folder, 'rolegate.yaml')
    const place = (folder: string, change: (text: string) => string) => {
      mkdirSync(join(gateway.folder, folder))
      gateway.write((text) => change(withoutTests(text)))
      copyFileSync(file, join(gateway.folder, folder, 'rolegate.yaml'))
    }
    place('..first', (text) => text)
    place('..second', closed)
    await gateway.stop('SIGTERM')
    rmSync(file)
    symlinkSync('..first', join(gateway.folder, '..data'))
    symlinkSync(join('..data', 'rolegate.yaml'), file)
    expect(await gateway.start()).toBeUndefined()
    access = (await aTerminalOf(gateway, await aPersonAt(gateway, 'alice'))).accessToken
    expect(await take()).toBe(200)
    symlinkSync('..second', join(gateway.folder, '..new'))
    renameSync(join(gateway.folder, '..new'), join(gateway.folder, '..data'))
    await expect.poll(take, SOON).toBe(403)
    rmSync(file)
    writeFileSync(file, '')
  }, 60_000)
})
