import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aBrowser, noBrowser, signInAs } from '../support/a-browser.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** Roles that take a fresh sign-in each time, with a real browser and the built program (threats.md H8). */
describe.skipIf(noBrowser)(`an elevated role${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  let demo: Demo
  let browser: Browser
  let page: Page
  let home: string
  const complaints: string[] = []
  beforeAll(async () => {
    demo = await aDemo()
    browser = await aBrowser()
    home = mkdtempSync(join(tmpdir(), 'rolegate-step-up-'))
    page = await browser.newPage()
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    await page.goto(demo.url)
    await signInAs(page, 'alice')
    await page.waitForURL(`${demo.url}/`)
  }, 60_000)
  afterAll(async () => {
    await browser.close()
    await demo.close()
    rmSync(home, { recursive: true })
  })

  /** The program, started; `said` waits for words on stderr. */
  function rolegate(...args: readonly string[]) {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      env: {
        HOME: home,
        PATH: '/usr/bin:/bin',
        ROLEGATE_URL: demo.url,
        ROLEGATE_CONFIG_DIR: join(home, 'config'),
        ROLEGATE_TOKEN_STORE: 'file',
        ROLEGATE_NO_BROWSER: '1',
        NO_COLOR: '1',
      },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 1)))
    return {
      ended,
      out: () => out,
      async said(pattern: RegExp): Promise<string> {
        await expect.poll(() => pattern.exec(err)?.[0], { timeout: 20_000, message: err }).toBeDefined()
        return pattern.exec(err)?.[0] ?? ''
      },
    }
  }

  it('opens the console after a fresh sign-in and a last click', async () => {
    await page.goto(`${demo.url}/roles/payments-prod/admin?destination=s3`)
    await page.getByRole('link', { name: 'Sign in afresh for the console' }).click()
    await signInAs(page, 'alice')
    await page.waitForURL(`${demo.url}/step-up/*`)
    expect(await page.locator('main').innerText()).toContain('arn:aws:iam::222233334444:role/rolegate/Admin')
    expect(await page.getByLabel('Page to open').inputValue()).toBe('s3')
    await page.getByRole('button', { name: 'Open the console' }).click()
    await page.waitForURL(`${demo.consoleUrl}/**`)
    expect(await page.locator('#role').innerText()).toContain('rolegate/Admin')
    expect(await page.locator('#destination').innerText()).toContain('/s3/')
    expect(complaints).toEqual([])
  }, 60_000)

  it('is given to a terminal that its person confirms in the browser', async () => {
    const login = rolegate('login', '--no-browser')
    await page.goto(await login.said(new RegExp(`${demo.url}/oauth/authorize\\S+`)))
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await login.ended).toBe(0)

    const exec = rolegate('exec', 'payments-prod/admin', '--', 'sh', '-c', 'echo key $AWS_ACCESS_KEY_ID')
    await page.goto(await exec.said(new RegExp(`${demo.url}/step-up/\\S+`)))
    expect(await page.locator('main').innerText()).toContain('It comes from the same network as this browser.')
    await page.getByRole('link', { name: 'Sign in afresh' }).click()
    await signInAs(page, 'alice')
    await page.getByRole('button', { name: 'Give it to this terminal' }).click()
    await page.getByRole('heading', { name: 'Your terminal has it' }).waitFor()
    expect(await exec.ended).toBe(0)
    expect(exec.out()).toMatch(/^key ASIA/)
    const records = demo.audit().filter(({ event }) => String(event).startsWith('step_up') || event === 'issued')
    expect(records.slice(-3)).toMatchObject([
      { event: 'step_up', via: 'browser', role: 'payments-prod/admin' },
      { event: 'step_up_released', via: 'browser' },
      { event: 'issued', via: 'pkce', role: 'payments-prod/admin', step_up: records.at(-1)?.['step_up'] },
    ])
  }, 90_000)

  it('is not given to a terminal whose person refuses: 4', async () => {
    const env = rolegate('env', 'payments-prod/admin')
    await page.goto(await env.said(new RegExp(`${demo.url}/step-up/\\S+`)))
    await page.getByRole('button', { name: 'Refuse' }).click()
    await page.getByText('Nothing was given.').waitFor()
    expect(await env.ended).toBe(4)
    expect(env.out()).toBe('')
    expect(complaints).toEqual([])
  }, 60_000)

  it.each([375, 1280])(
    'shows its pages without scrolling sideways at %i px',
    async (width) => {
      await page.setViewportSize({ width, height: 800 })
      const overflow = () =>
        page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      const env = rolegate('env', 'payments-prod/admin')
      await page.goto(await env.said(new RegExp(`${demo.url}/step-up/\\S+`)))
      expect(await overflow()).toBe(0)
      await page.getByRole('button', { name: 'Refuse' }).click()
      expect(await overflow()).toBe(0)
      await page.goto(`${demo.url}/roles/payments-prod/admin`)
      await page.getByRole('link', { name: 'Sign in afresh for credentials' }).click()
      await signInAs(page, 'alice')
      await page.waitForURL(`${demo.url}/step-up/*`)
      expect(await overflow()).toBe(0)
      await env.ended
    },
    60_000,
  )
})
