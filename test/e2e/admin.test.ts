import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { CONTRACTORS, noBrowser, signInAs } from '../support/a-browser.ts'
import { aDemoInABrowser } from '../support/a-demo-in-a-browser.ts'

describe.skipIf(noBrowser)(`operators in a real browser${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  const here = aDemoInABrowser()

  const isTooWide = (page: Page) => page.evaluate('document.documentElement.scrollWidth > window.innerWidth')

  it.each([
    { javaScriptEnabled: true, width: 1280 },
    { javaScriptEnabled: false, width: 375 },
  ])('explains who may take what, and why: %o', async ({ javaScriptEnabled, width }) => {
    const { page, complaints } = await here.signedIn('alice', { javaScriptEnabled, viewport: { width, height: 800 } })
    await page.getByRole('link', { name: 'admin', exact: true }).click()
    await page.getByRole('link', { name: 'Access' }).click()
    await page.getByLabel('Role').fill('payments-prod/admin')
    await page.getByRole('button', { name: 'Explain' }).click()
    expect(await page.locator('main').innerText()).toContain('Who may take payments-prod/admin')
    expect(await page.locator('main').innerText()).toContain('payments-admins')

    await page.getByLabel('Signed in with').selectOption({ label: 'Demo directory' })
    await page.getByLabel('In these groups').fill('payments-admins\nauditors')
    await page.getByRole('button', { name: 'Explain' }).click()
    expect(await page.locator('main').innerText()).toContain('They may take this role now.')
    expect(await page.getByLabel('In these groups').inputValue()).toBe('payments-admins\nauditors')
    // No group stands in an address.
    expect(page.url()).toBe(`${here.demo.url}/admin/access`)
    expect(await isTooWide(page)).toBe(false)
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('tests both directories from the status page, and signs nobody in', async () => {
    const { page, complaints } = await here.signedIn('alice', { viewport: { width: 375, height: 800 } })
    await page.goto(`${here.demo.url}/admin/status`)
    await page.getByRole('link', { name: 'Test a sign-in: Demo directory' }).click()
    await page.getByRole('link', { name: 'Go to Demo directory' }).click()
    await page.waitForURL(`${here.demo.url}/oidc/demo/callback**`)
    expect(await page.locator('main').innerText()).toContain('A sign-in would succeed, as alice@example.com')
    expect(await isTooWide(page)).toBe(false)

    await page.getByRole('link', { name: 'Status' }).first().click()
    await page.getByRole('link', { name: `Test a sign-in: ${CONTRACTORS}` }).click()
    await page.getByRole('link', { name: `Go to ${CONTRACTORS}` }).click()
    await signInAs(page, 'erin')
    await page.waitForURL(`${here.demo.url}/saml/contractors/acs`)
    expect(await page.locator('main').innerText()).toContain('A sign-in would succeed, as erin@acme.example')
    expect(await page.locator('main').innerText()).toContain('/acme/aws-devs')
    expect(await page.locator('header').innerText()).toContain('alice@example.com')
    expect(await isTooWide(page)).toBe(false)

    await page.goto(`${here.demo.url}/me`)
    expect(await page.locator('header').innerText()).toContain('alice@example.com')
    expect(complaints).toEqual([])
    await page.context().close()
  })

  it('shows an auditor the pages and no test, and anybody else nothing', async () => {
    const { page } = await here.signedIn('bob')
    await page.goto(`${here.demo.url}/admin/status`)
    expect(await page.locator('main').innerText()).toContain('at most 12h')
    expect(await page.getByRole('link', { name: /Test a sign-in/ }).count()).toBe(0)
    await page.context().close()

    const other = await here.signedIn('carol')
    expect(await other.page.getByRole('link', { name: 'admin', exact: true }).count()).toBe(0)
    await other.page.goto(`${here.demo.url}/admin/status`)
    expect(await other.page.locator('h1').innerText()).toBe('There is nothing here')
    await other.page.context().close()
  })
})
