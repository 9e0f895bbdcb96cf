import type { BrowserContextOptions } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { CONTRACTORS, noBrowser, signInAs } from '../support/a-browser.ts'
import { aDemoInABrowser, type Tab } from '../support/a-demo-in-a-browser.ts'

describe.skipIf(noBrowser)(`SAML in a real browser${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  const here = aDemoInABrowser()

  async function erin(options: BrowserContextOptions = {}): Promise<Tab> {
    const tab = await here.aTab(options)
    const { page } = tab
    await page.goto(here.demo.url)
    await signInAs(page, 'erin', { directory: CONTRACTORS })
    if (options.javaScriptEnabled === false) await page.getByRole('button', { name: 'Go on to the gateway' }).click()
    await expect.poll(() => page.locator('h1').innerText()).toBe('Your AWS roles')
    return tab
  }

  const calls = (operation: string) => here.demo.world.aws.log().filter((call) => call.operation === operation)

  it('a contractor signs in by SAML, and opens the console through AssumeRoleWithSAML', async () => {
    const { context, page, complaints } = await erin()
    expect(await page.locator('main').innerText()).toContain('2 roles in 2 accounts')
    const before = calls('AssumeRoleWithSAML').length
    await page.getByRole('button', { name: 'Console: data-prod/readonly' }).click()
    await page.waitForURL(`${here.demo.consoleUrl}/**`)
    expect(await page.locator('#account').innerText()).toContain('333344445555')
    expect(await page.locator('#who').innerText()).toContain('erin@acme.example+')
    expect(calls('AssumeRoleWithSAML')).toHaveLength(before + 1)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('opens another account’s console by posting our assertion to AWS, on the page that was asked for', async () => {
    const { context, page, complaints } = await erin()
    await page.getByRole('link', { name: 'readonly' }).last().click()
    await page.waitForURL('**/roles/sandbox/readonly')
    await page.getByLabel('Page to open').fill('s3')
    await page.getByRole('button', { name: 'Open the console' }).click()
    await page.waitForURL(`${here.demo.consoleUrl}/**`)
    expect(await page.locator('#account').innerText()).toContain('012345678901')
    expect(await page.locator('#destination').innerText()).toContain('/s3/home?region=eu-central-1')
    expect(calls('signin')).toHaveLength(1)
    expect(complaints).toEqual([])
    expect(here.demo.audit().find(({ event }) => event === 'bearer_released_to_browser')).toMatchObject({
      role: 'sandbox/readonly',
      idp: 'contractors',
    })
    await context.close()
  })

  it('works without JavaScript: each page that goes on by itself has a button', async () => {
    const { context, page } = await erin({ javaScriptEnabled: false })
    await page.getByRole('button', { name: 'Console: sandbox/readonly' }).click()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(`${here.demo.consoleUrl}/**`)
    expect(await page.locator('#account').innerText()).toContain('012345678901')
    await context.close()
  })

  it('crosses sites on the way back, and brings the attempt’s cookie and no session (security.md, finding 7)', async () => {
    const { context, page } = await here.aTab()
    await page.goto(here.demo.url)
    const answered = page.waitForResponse((answer) => answer.url().endsWith('/saml/contractors/acs'))
    await signInAs(page, 'erin', { directory: CONTRACTORS })
    const headers = await (await answered).request().allHeaders()
    expect(headers['sec-fetch-site']).toBe('cross-site')
    expect(headers['cookie']).toMatch(/rolegate-attempt-[0-9a-f]{8}=/)
    const cookies = await context.cookies(here.demo.url)
    expect(cookies.map(({ name, sameSite }) => [name, sameSite])).toEqual([['rolegate', 'Lax']])
    await context.close()
  })

  it('six sign-ins of one browser, by both protocols, are away at once and all come back', async () => {
    const { context, page: first } = await here.aTab()
    const pages = [first, ...(await Promise.all(Array.from({ length: 5 }, () => context.newPage())))]
    for (const [at, page] of pages.entries())
      await page.goto(`${here.demo.url}/sign-in/${at % 2 === 0 ? 'contractors' : 'demo'}`)
    const done: string[] = []
    for (const [at, page] of pages.entries()) {
      await signInAs(page, at % 2 === 0 ? 'erin' : 'bob')
      await page.waitForURL(`${here.demo.url}/`)
      done.push(await page.locator('h1').innerText())
    }
    expect(done).toEqual(Array.from({ length: 6 }, () => 'Your AWS roles'))
    await context.close()
  })

  it('signs out here, offers the directory’s own sign-out, and comes back from it', async () => {
    const { context, page, complaints } = await erin()
    await page.getByRole('button', { name: /Sign out/ }).click()
    await page.waitForURL('**/signed-out**')
    expect(page.url()).not.toMatch(/SAMLRequest/)
    await page.getByRole('link', { name: `Sign out at ${CONTRACTORS}` }).click()
    await page.waitForURL(`${here.demo.url}/signed-out`)
    await page.goto(`${here.demo.url}/sign-in/contractors`)
    // The directory has forgotten who it was as well.
    expect(await page.getByLabel('Username').count()).toBe(1)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('is signed out by the directory: the session here ends, and so do its terminals', async () => {
    const { context, page } = await erin()
    await page.goto(`${here.demo.world.urls.idp}/saml/`)
    await page.getByRole('button', { name: /Sign out everywhere/ }).click()
    await expect.poll(() => page.locator('main').innerText()).toMatch(/signed out/i)
    await page.goto(here.demo.url)
    await page.waitForURL('**/sign-in**')
    expect(
      here.demo.audit().filter(({ event, idp }) => event === 'sign_out' && idp === 'contractors').length,
    ).toBeGreaterThan(0)
    await context.close()
  })
})
