import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { aGateway, LENT, type Reply, someTokens } from '../cli/fake-gateway.ts'
import { readTokens, writeTokens } from '../cli/kept-files.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'

const DIST = new URL('../../dist/', import.meta.url)
const DOOR = fileURLToPath(new URL('rolegate.cjs', DIST))
const LONG_AGO = '2020-01-01T00:00:00.000Z'
const twenty = Array.from({ length: 20 }, (_, index) => index)

describe('twenty programs at once, at the demo', () => {
  let demo: Demo
  let alice: Person
  beforeAll(async () => {
    demo = await aDemo()
    alice = await aPersonAt(demo, 'alice')
  })
  afterAll(() => demo.close())

  const handOvers = () => demo.audit().filter(({ event }) => event === 'issued').length
  const renewals = () =>
    demo
      .printed()
      .split('\n')
      .filter((line) => /"route":"\/oauth\/token"/.test(line)).length

  it('renew the sign-in once, make one hand-over for each role, and open no tab', async () => {
    const machine = aMachine(demo.url)
    writeTokens(machine.folder, { [demo.url]: { ...(await aTerminalOf(demo, alice)), expiresAt: LONG_AGO } })
    const [before, renewed] = [handOvers(), renewals()]
    const roles = ['payments-dev/developer', 'payments-dev/readonly']
    const ran = await Promise.all(
      twenty.map((index) => machine.start('credential-process', roles[index % 2] ?? '').ended),
    )
    expect(ran.map(({ code, err }) => ({ code, err }))).toEqual(twenty.map(() => ({ code: 0, err: '' })))
    expect(new Set(ran.map(({ out }) => out)).size).toBe(2)
    expect(handOvers() - before).toBe(2)
    expect(renewals() - renewed).toBe(1)
    expect(machine.tabs()).toEqual([])
    expect(readdirSync(machine.folder).filter((file) => file.endsWith('.lock'))).toEqual([])
  }, 120_000)

  it('with --auto-login wait for one tab, and share its sign-in', async () => {
    const machine = aMachine(demo.url)
    writeFileSync(join(machine.folder, 'settings.json'), JSON.stringify({ version: 1, server: demo.url }))
    const before = handOvers()
    const waiting = twenty.map(() =>
      machine.startAtDesktop('credential-process', 'payments-dev/developer', '--auto-login'),
    )
    await expect.poll(machine.tabs, { timeout: 60_000 }).toHaveLength(1)
    await approve(machine.tabs()[0] ?? '')
    const ran = await Promise.all(waiting.map(({ ended }) => ended))
    expect(ran.map(({ code, err }) => ({ code, err }))).toEqual(twenty.map(() => ({ code: 0, err: '' })))
    expect(new Set(ran.map(({ out }) => out)).size).toBe(1)
    expect(machine.tabs()).toHaveLength(1)
    expect(handOvers() - before).toBe(1)
  }, 120_000)

  it('without it are told to sign in, each for itself, and open nothing', async () => {
    const machine = aMachine(demo.url)
    const ran = await Promise.all(
      [1, 2, 3].map(() => machine.startAtDesktop('credential-process', 'payments-dev/x').ended),
    )
    expect(ran.map(({ code, out }) => ({ code, out }))).toEqual([1, 2, 3].map(() => ({ code: 4, out: '' })))
    expect(machine.tabs()).toEqual([])
  }, 60_000)

  /** What a browser does with the page of that address: the form, by its button, and the way back to the terminal. */
  async function approve(address: string): Promise<void> {
    const page = await (await alice.fetch(address)).text()
    const fields = [...page.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)]
    const said = fields.map(([, name = '', value = '']) => [name, value.replaceAll('&amp;', '&')])
    const sent = await alice.submit('/oauth/authorize', { ...Object.fromEntries(said), decision: 'approve' })
    await fetch(sent.headers.get('location') ?? 'nowhere')
  }
})

describe('a program that holds the lock', () => {
  it('and is killed while it asks for credentials holds up nobody', async () => {
    const gateway = await aGateway()
    const machine = aMachine(gateway.origin)
    writeTokens(machine.folder, { [gateway.origin]: inAnHour('kept') })
    gateway.on('POST /v1/credentials', never(), { json: inAnHourLent() })
    const first = machine.start('credential-process', LENT.role)
    await expect.poll(() => gateway.askedFor('POST /v1/credentials').length, { timeout: 20_000 }).toBe(1)
    const second = machine.start('credential-process', LENT.role)
    first.child.kill('SIGKILL')
    expect(await second.ended).toMatchObject({ code: 0, err: '' })
    expect((await machine.start('credential-process', LENT.role).ended).code).toBe(0)
    expect(gateway.askedFor('POST /v1/credentials')).toHaveLength(2)
  }, 60_000)

  it('and is killed while it renews the sign-in holds up nobody', async () => {
    const gateway = await aGateway()
    const machine = aMachine(gateway.origin)
    writeTokens(machine.folder, { [gateway.origin]: { ...inAnHour('kept'), expiresAt: LONG_AGO } })
    gateway.on('POST /oauth/token', never(), someTokens('new'))
    gateway.on('POST /v1/credentials', { json: inAnHourLent() })
    const first = machine.start('credential-process', LENT.role)
    await expect.poll(() => gateway.askedFor('POST /oauth/token').length, { timeout: 20_000 }).toBe(1)
    first.child.kill('SIGKILL')
    const others = await Promise.all([1, 2, 3].map(() => machine.start('credential-process', LENT.role).ended))
    expect(others.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(gateway.askedFor('POST /oauth/token')).toHaveLength(2)
  }, 60_000)

  it('and renews is waited for by logout, which ends what was renewed', async () => {
    const gateway = await aGateway()
    const machine = aMachine(gateway.origin)
    writeTokens(machine.folder, { [gateway.origin]: { ...inAnHour('kept'), expiresAt: LONG_AGO } })
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    gateway.on('POST /oauth/token', { ...someTokens('new'), after: held })
    gateway.on('POST /v1/credentials', { json: inAnHourLent() })
    const renewing = machine.start('credential-process', LENT.role)
    await expect.poll(() => gateway.askedFor('POST /oauth/token').length, { timeout: 20_000 }).toBe(1)
    const logout = machine.start('logout')
    await once(logout.child, 'spawn')
    release()
    expect(await logout.ended).toMatchObject({ code: 0 })
    await renewing.ended
    expect(gateway.askedFor('POST /oauth/revoke').map(({ body }) => body)).toEqual([
      'client_id=rolegate-cli&token=rgr_new',
    ])
    expect(readTokens(machine.folder)).toEqual({})
    expect(await machine.start('credential-process', LENT.role).ended).toMatchObject({ code: 4, out: '' })
  }, 60_000)

  const never = (): Reply => ({ after: new Promise(() => undefined) })
  const inAnHour = (mark: string) => ({
    accessToken: `rga_${mark}`,
    refreshToken: `rgr_${mark}`,
    expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
  })
  const inAnHourLent = () => ({ ...LENT, expiration: inAnHour('').expiresAt })
})

type Started = { readonly child: ChildProcess; readonly ended: Promise<{ code: number; out: string; err: string }> }

/** A person's machine: its folder, and a browser that only writes down what it was opened with. */
function aMachine(origin: string) {
  const home = mkdtempSync(join(tmpdir(), 'rolegate-machine-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const folder = join(home, 'config')
  mkdirSync(folder, { mode: 0o700 })
  const opened = join(home, 'tabs')
  writeFileSync(join(home, 'xdg-open'), `#!/bin/sh\nprintf '%s\\n' "$1" >>'${opened}'\n`, { mode: 0o755 })
  const env = {
    HOME: home,
    PATH: `${home}:/usr/bin:/bin`,
    DISPLAY: ':0',
    ROLEGATE_URL: origin,
    ROLEGATE_CONFIG_DIR: folder,
    ROLEGATE_TOKEN_STORE: 'file',
  }
  const startNode = (args: readonly string[]): Started => {
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    onTestFinished(() => void child.kill('SIGKILL'))
    const ended = Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)])
    return { child, ended: ended.then(([[code], out, err]) => ({ code: Number(code ?? -1), out, err })) }
  }
  return {
    folder,
    tabs: () => (existsSync(opened) ? readFileSync(opened, 'utf8').trimEnd().split('\n') : []),
    start: (...argv: string[]) => startNode([DOOR, ...argv]),
    /** The same program on a machine that is no container: there, --auto-login opens nothing. */
    startAtDesktop: (...argv: string[]) => startNode(['--input-type=module', '-e', AT_DESKTOP, '--', ...argv]),
  }
}

const AT_DESKTOP = `
import { run } from '${new URL('cli/run.js', DIST).href}'
import { cliWorld } from '${new URL('program/cli.js', DIST).href}'
process.exitCode = await run(process.argv.slice(1), { ...cliWorld(new AbortController()), exists: () => false })
`
