import { chmodSync, writeFileSync } from 'node:fs'
import request from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aPersonAt, aVisitor } from '../support/a-person.ts'
import { aServedGateway, noSqlite } from '../support/a-served-gateway.ts'

const LAST_GOOD = { args: ['--last-good'] }
const broken = (text: string) => `${text}\nnonsense: true\n`
const SOON = { timeout: 20_000, interval: 200 }

describe.skipIf(noSqlite)(`serve --last-good (threats.md R10)${noSqlite === undefined ? '' : ` (${noSqlite})`}`, () => {
  let gateway: Awaited<ReturnType<typeof aServedGateway>>
  beforeAll(async () => void (gateway = await aServedGateway()))
  afterAll(() => gateway.close())
  beforeEach(async () => {
    gateway.write()
    await gateway.stop('SIGTERM')
    expect(await gateway.start()).toBeUndefined()
    await gateway.stop('SIGTERM')
  }, 60_000)

  const because = ['--reason', 'laptop stolen']
  const page = async () => (await aVisitor(gateway).get('/sign-in?choose')).text

  it('uses what was in force last, and says so everywhere until the file is repaired', async () => {
    gateway.write(broken)
    expect(await gateway.start()).toBe(3)
    expect(gateway.said()).toContain('nonsense')
    expect(await gateway.start(LAST_GOOD)).toBeUndefined()
    expect(gateway.said()).toMatch(/is used in its place/)
    const alice = await aPersonAt(gateway, 'alice')
    for (const path of ['/', '/roles/payments-dev/readonly', '/me', '/nowhere'])
      expect((await alice.get(path)).text).toContain('OLD RULES')
    expect(await page()).toContain('OLD RULES')
    const { body } = await request(gateway.managementUrl).get('/readyz').expect(200)
    expect((body as { degraded: string[] }).degraded).toEqual(expect.arrayContaining(['config', 'config:last-good']))
    expect((await request(gateway.managementUrl).get('/metrics')).text).toContain(
      'rolegate_config_last_reload_successful 0',
    )
    expect(gateway.audit().find(({ event }) => event === 'config_last_good')).toMatchObject({
      config_hash: expect.stringMatching(/^[0-9a-f]{12}$/),
      faults: [expect.stringContaining('nonsense')],
    })
    gateway.write()
    await expect.poll(page, SOON).not.toContain('OLD RULES')
    const { body: after } = await request(gateway.managementUrl).get('/readyz')
    expect((after as { degraded: string[] }).degraded).toEqual([])
  }, 60_000)

  it('is no word against a file that is right', async () => {
    expect(await gateway.start(LAST_GOOD)).toBeUndefined()
    expect(await page()).not.toContain('OLD RULES')
  }, 60_000)

  it('does not start when something was closed since, or opened', async () => {
    expect((await gateway.admin('deny', 'role:payments-dev/readonly', ...because)).exit).toBe(0)
    gateway.write(broken)
    expect(await gateway.start(LAST_GOOD)).toBe(3)
    expect(gateway.said()).toContain('something was closed')
    expect((await gateway.admin('allow', 'role:payments-dev/readonly')).exit).toBe(0)
    expect(await gateway.start(LAST_GOOD)).toBe(3)
    expect(gateway.said()).toContain('something was closed')
  }, 60_000)

  it('does not start by a file that a stranger may write, whatever else is wrong with it (threats.md R7)', async () => {
    gateway.write(broken)
    chmodSync(gateway.file, 0o666)
    try {
      expect(await gateway.start(LAST_GOOD)).toBe(3)
      expect(gateway.said()).toMatch(/--last-good finds nothing to use: .*may be written by everybody/)
    } finally {
      chmodSync(gateway.file, 0o644)
    }
  }, 60_000)

  it('changes nothing on the store it looks in, and takes no new issuer (threats.md K6)', async () => {
    gateway.write((text) => broken(text).replace('public_url: http://127.0.0.1', 'public_url: http://localhost'))
    expect(await gateway.start({ args: ['--last-good', '--accept-new-issuer'] })).toBe(2)
    expect(gateway.said()).toContain('exclude each other')
    expect(await gateway.start(LAST_GOOD)).toBe(3)
    expect(gateway.said()).toContain('issuer_changed')
    gateway.write()
    expect(await gateway.start()).toBeUndefined()
  }, 60_000)

  it('does not start when an IdP was removed, or that cannot be known', async () => {
    gateway.write((text) => broken(text).replace('- id: contractors', '- id: others'))
    expect(await gateway.start(LAST_GOOD)).toBe(3)
    expect(gateway.said()).toContain('contractors is no longer trusted')
    gateway.write()
    writeFileSync(gateway.file, 'idps: [')
    expect(await gateway.start(LAST_GOOD)).toBe(3)
    expect(gateway.said()).toContain('--last-good finds nothing to use')
  }, 60_000)
})
