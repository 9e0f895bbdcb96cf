import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aBrowser, noBrowser, signInAs } from '../support/a-browser.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, approveTerminal } from '../support/a-person.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const ROLE = 'payments-prod/operator'

describe.skipIf(noBrowser)(`a role that somebody approves${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  let demo: Demo
  let browser: Browser
  const complaints: string[] = []
  beforeAll(async () => {
    demo = await aDemo()
    browser = await aBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await demo.close()
  })

  /** A browser of their own, signed in. */
  async function aBrowserOf(username: string): Promise<Page> {
    const page = await (await browser.newContext({ viewport: { width: 375, height: 700 } })).newPage()
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(demo.url)
    await signInAs(page, username)
    await page.waitForURL(`${demo.url}/`)
    return page
  }
  const seen = (page: Page) => expect.poll(() => page.locator('main').innerText())
  const isWide = (page: Page) =>
    page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')

  it('is asked for in one browser, approved in another, and opened in the first', async () => {
    const [gina, hugo] = [await aBrowserOf('gina'), await aBrowserOf('hugo')]
    await seen(gina).toContain('needs approval')
    await gina.getByRole('link', { name: 'operator' }).click()
    await gina.getByLabel('Why you need it').fill('INC-42: the queue is stuck')
    await gina.getByLabel('For how long').selectOption('3600')
    expect(await isWide(gina)).toBe(false)
    await gina.getByRole('button', { name: 'Ask for approval' }).click()
    await seen(gina).toContain('Members of payments-leads may give it')
    expect(await isWide(gina)).toBe(false)

    await hugo.getByRole('link', { name: 'approvals' }).click()
    await hugo.getByRole('link', { name: `gina@example.com asks for ${ROLE}` }).click()
    await seen(hugo).toContain('INC-42: the queue is stuck')
    expect(await isWide(hugo)).toBe(false)
    await hugo.getByLabel('Note').fill('go ahead')
    await hugo.getByRole('button', { name: 'Approve' }).click()
    await seen(hugo).toContain('Approved by hugo@example.com')

    await gina.reload()
    await seen(gina).toContain('go ahead')
    await gina.getByRole('link', { name: 'Take the role' }).click()
    await seen(gina).toContain('its approval ends then')
    await gina.getByRole('button', { name: 'Open the console' }).click()
    await gina.waitForURL(`${demo.consoleUrl}/**`)
    expect(await gina.locator('#role').innerText()).toContain('rolegate/Operator')

    // Taken back, it is gone from the portal's next page.
    await hugo.getByRole('button', { name: 'Take the approval back' }).click()
    await seen(hugo).toContain('Over.')
    await gina.goto(`${demo.url}/roles/${ROLE}`)
    await seen(gina).toContain('Ask for it')
    expect(complaints).toEqual([])
  }, 60_000)

  it('is asked for in a terminal that waits, and taken there', async () => {
    const home = mkdtempSync(join(tmpdir(), 'rolegate-home-'))
    const env = {
      HOME: home,
      PATH: '/usr/bin:/bin',
      ROLEGATE_URL: demo.url,
      ROLEGATE_CONFIG_DIR: join(home, 'config'),
      ROLEGATE_TOKEN_STORE: 'file',
      ROLEGATE_NO_BROWSER: '1',
      NO_COLOR: '1',
    }
    const rolegate = (...args: string[]) => aRun([PROGRAM, ...args], env)
    const login = rolegate('login', '--device')
    await expect.poll(() => /\b[B-Z]{4}-[B-Z]{4}\b/.exec(login.said())?.[0], { timeout: 20_000 }).toBeDefined()
    const code = /\b[B-Z]{4}-[B-Z]{4}\b/.exec(login.said())?.[0] ?? ''
    await approveTerminal(await aPersonAt(demo, 'gina'), code, /number (\d\d)/.exec(login.said())?.[1] ?? '')
    expect(await login.ended).toBe(0)

    const early = rolegate('exec', ROLE, '--', 'true')
    expect([await early.ended, early.said().includes('rolegate request')]).toEqual([7, true])

    const asking = rolegate('request', ROLE, '--reason', 'INC-43', '--for', '30m', '--wait')
    await expect.poll(() => /\/approvals\/(\S+)/.exec(asking.said())?.[1], { timeout: 20_000 }).toBeDefined()
    const id = /\/approvals\/(\S+)/.exec(asking.said())?.[1] ?? ''
    const listed = rolegate('requests')
    expect([await listed.ended, listed.said().includes(id), listed.said().includes('waiting')]).toEqual([0, true, true])

    const hugo = await aBrowserOf('hugo')
    await hugo.goto(`${demo.url}/approvals/${id}`)
    await hugo.getByRole('button', { name: 'Approve' }).click()
    await seen(hugo).toContain('Approved by hugo@example.com')
    expect(await asking.ended).toBe(0)
    expect(asking.said()).toContain('approved by hugo@example.com')

    const taken = rolegate('env', ROLE, '--format', 'json', '-d', '2h')
    expect([await taken.ended, taken.said().includes('ASIA')]).toEqual([0, true])
    expect(taken.said()).toContain('by: approval')
    rmSync(home, { recursive: true })
  }, 90_000)
})

/** A program, what it said on both streams, and how it ended. */
function aRun(args: readonly string[], env: Record<string, string>) {
  const child = spawn(process.execPath, [...args], { env })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()))
  const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? 1)))
  return { ended, said: () => said }
}
