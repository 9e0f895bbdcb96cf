import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aBrowser, noBrowser, signInAs } from '../support/a-browser.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { withManyAccounts } from '../support/many-accounts.ts'

describe.skipIf(noBrowser)(`the portal in a real browser${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  let browser: Browser
  beforeAll(async () => void (browser = await aBrowser()))
  afterAll(() => browser.close())

  async function alicesPortal(accounts: number, javaScriptEnabled = true): Promise<{ demo: Demo; page: Page }> {
    const demo = await aDemo({ edit: withManyAccounts(accounts) })
    const page = await (await browser.newContext({ javaScriptEnabled })).newPage()
    await page.goto(demo.url)
    await signInAs(page, 'alice')
    await page.waitForURL(`${demo.url}/`)
    return { demo, page }
  }
  const field = (page: Page) => page.getByLabel('Search accounts and roles')
  const seen = (page: Page) => page.locator('h2:visible').allInnerTexts()

  it('is searched as one types where one page holds everything', async () => {
    const { demo, page } = await alicesPortal(20)
    await page.keyboard.press('/')
    await field(page).pressSequentially('tenth read')
    expect(await seen(page)).toEqual(['team-010', 'team-020'])
    expect(await page.locator('#search-found').innerText()).toBe('2 roles in 2 accounts')
    expect(await page.getByRole('button', { name: 'Search' }).isVisible()).toBe(false)
    await page.keyboard.press('Escape')
    expect(await seen(page)).toHaveLength(24)
    await field(page).fill('pci elevated')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${demo.url}/roles/payments-prod/admin`)
    await demo.close()
  })

  it.each([
    ['with a script', true],
    ['without', false],
  ])('is searched by the gateway where it takes pages, %s', async (_because, script) => {
    const { demo, page } = await alicesPortal(120, script)
    await page.getByRole('link', { name: 'Next' }).click()
    expect((await seen(page))[0]).toBe('team-051')
    await field(page).fill('team prod')
    await page.keyboard.press('Enter')
    await page.waitForURL(`${demo.url}/?q=team+prod`)
    expect(await page.locator('main > p').first().innerText()).toContain('Found 60 roles in 30 accounts')
    await page.getByRole('link', { name: 'Show all' }).click()
    await page.getByRole('button', { name: 'Console: team-001/readonly' }).waitFor()
    await demo.close()
  })
})
