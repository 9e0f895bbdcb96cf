import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aBrowser, CONTRACTORS, noBrowser, signInAs } from '../support/a-browser.ts'
import type { Demo } from '../support/a-demo.ts'
import { aPassingDemo } from '../support/a-passing-demo.ts'

describe.skipIf(noBrowser)(`pass-through in a real browser${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  let demo: Demo
  let browser: Browser
  beforeAll(async () => {
    demo = await aPassingDemo()
    browser = await aBrowser()
  })
  afterAll(async () => {
    await browser.close()
    await demo.close()
  })

  /** Somebody on a role's page, and whatever their browser complained of. */
  async function onThePageOf(role: string, username: string, options: Parameters<typeof signInAs>[2] = {}) {
    const page: Page = await (await browser.newContext()).newPage()
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    await page.goto(`${demo.url}/roles/${role}`)
    await signInAs(page, username, options)
    await page.waitForURL(`**/roles/${role}`)
    return { page, complaints }
  }

  const PEOPLE = [
    { role: 'partners/readonly', username: 'erin', options: { directory: CONTRACTORS }, account: '444455556666' },
    { role: 'research/readonly', username: 'alice', options: {}, account: '555566667777' },
  ]

  it.each(PEOPLE)('$role shows its credentials to $username', async ({ role, username, options }) => {
    const { page, complaints } = await onThePageOf(role, username, options)
    await page.getByRole('button', { name: 'Show credentials' }).click()
    await expect.poll(() => page.locator('h1').innerText()).toContain('Credentials for')
    expect(await page.locator('main').innerText()).toMatch(/ASIA[A-Z0-9]{16}/)
    expect(complaints).toEqual([])
  })

  it.each(PEOPLE)('$role opens its console for $username', async ({ role, username, options, account }) => {
    const { page, complaints } = await onThePageOf(role, username, options)
    await page.getByRole('button', { name: 'Open the console' }).click()
    await page.waitForURL(`${demo.consoleUrl}/**`, { timeout: 8000 }).catch(() => undefined)
    expect(complaints).toEqual([])
    expect(await page.locator('#account').innerText()).toContain(account)
  })
})
