import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { noBrowser, signInAs } from '../support/a-browser.ts'
import { aDemoInABrowser } from '../support/a-demo-in-a-browser.ts'
import { form } from '../support/a-person.ts'
import { anAuthorization } from '../support/an-authorization.ts'

describe.skipIf(noBrowser)(`in a real browser${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  const here = aDemoInABrowser()

  it('alice signs in, opens the right page of the right account’s console, and comes back', async () => {
    const { context, page, complaints } = await here.aTab()
    await page.goto(here.demo.url)
    await signInAs(page, 'alice')
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toBe('Your AWS roles')
    await page.getByRole('link', { name: 'developer' }).click()
    await page.getByLabel('Page to open').fill('s3')
    await page.getByRole('button', { name: 'Open the console' }).click()

    await page.waitForURL(`${here.demo.consoleUrl}/**`)
    expect(await page.locator('#account').innerText()).toContain('111122223333')
    expect(await page.locator('#role').innerText()).toContain('rolegate/Developer')
    expect(await page.locator('#who').innerText()).toContain('alice@example.com+')
    expect(await page.locator('#destination').innerText()).toContain('/s3/home?region=eu-central-1')
    expect(page.url()).not.toMatch(/Signin|Token|Session=/i)

    await page.locator('#back').click()
    await page.waitForURL(`${here.demo.url}/`)
    expect(await page.locator('h1').innerText()).toBe('Your AWS roles')
    expect(complaints).toEqual([])
    await context.close()
  })

  it('opens a console in one click from the list of roles', async () => {
    const { context, page, complaints } = await here.aTab()
    await page.goto(here.demo.url)
    await signInAs(page, 'alice')
    await page.getByRole('button', { name: 'Console: data-prod/readonly' }).click()
    await page.waitForURL(`${here.demo.consoleUrl}/**`)
    expect(await page.locator('#account').innerText()).toContain('333344445555')
    expect(complaints).toEqual([])
    await context.close()
  })

  it('bob sees exactly one role, carol why she has none, dave why he is not let in', async () => {
    const seen: Record<string, string> = {}
    for (const username of ['bob', 'carol', 'dave']) {
      const { context, page } = await here.aTab()
      await page.goto(here.demo.url)
      await signInAs(page, username)
      await page.waitForURL(`${here.demo.url}/**`)
      seen[username] = await page.locator('main').innerText()
      await context.close()
    }
    expect(seen['bob']).toMatch(/1 role in 1 account/)
    expect(seen['carol']).toMatch(/in no groups/i)
    expect(seen['dave']).toContain('It sent 900 groups; from 200 on, the list may be cut')
  })

  it('shows credentials in seven forms and copies one', async () => {
    const { context, page, complaints } = await here.aTab()
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.goto(`${here.demo.url}/roles/payments-dev/readonly`)
    await signInAs(page, 'alice')
    await page.waitForURL('**/roles/payments-dev/readonly')
    await page.getByRole('button', { name: 'Show credentials' }).click()
    await expect.poll(() => page.locator('pre').count()).toBe(7)
    await page.getByRole('button', { name: /^Copy/ }).first().click()
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toMatch(/export AWS_ACCESS_KEY_ID='ASIA/)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('sends the browser back to the terminal beside it, by the rules of its own page (contract.md, CSP)', async () => {
    const { context, page, complaints } = await here.aTab()
    const terminal = createServer((req, res) => {
      heard = req.url?.startsWith('/callback') === true ? req.url : heard
      res.setHeader('content-type', 'text/html').end('<link rel="icon" href="data:,">back at the terminal')
    })
    let heard = ''
    await new Promise<void>((resolve) => terminal.listen(0, '127.0.0.1', resolve))
    const { port } = terminal.address() as AddressInfo
    const { path } = anAuthorization({ redirect_uri: `http://127.0.0.1:${port}/callback`, host: 'laptop' })
    // Not signed in yet: by way of the IdP to the same page.
    await page.goto(`${here.demo.url}${path}`)
    await signInAs(page, 'alice')
    await page.waitForURL(`${here.demo.url}${path}`)
    expect(await page.locator('main').innerText()).toContain('laptop')
    expect(await page.evaluate('document.activeElement.value')).toBe('deny')
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL(`http://127.0.0.1:${port}/callback**`)
    expect(heard).toMatch(/^\/callback\?code=rgc_[\w-]{43}&state=a-state-of-the-terminal&iss=/)
    expect(complaints).toEqual([])
    await context.close()
    terminal.close()
  })

  it('fills the device code from the fragment, submits nothing by itself, and lets the terminal in', async () => {
    const { context, page, complaints } = await here.aTab()
    const started = (
      await form(here.demo, '/oauth/device_authorization', { client_id: 'rolegate-cli', host: 'build-7' })
    ).body as Record<'device_code' | 'user_code' | 'match_number' | 'verification_uri_complete', string>
    await page.goto(here.demo.url)
    await signInAs(page, 'alice')
    await page.waitForURL(`${here.demo.url}/`)
    await page.goto(started.verification_uri_complete)
    await expect.poll(() => page.locator('input[name=user_code]').inputValue()).toBe(started.user_code)
    expect(page.url()).toBe(`${here.demo.url}/device`)
    await page.locator('main form button').click()
    expect(await page.locator('main').innerText()).toContain('build-7')
    expect(await page.evaluate('document.activeElement.value')).toBe('deny')
    await page.getByRole('button', { name: `Approve: it shows ${started.match_number}` }).click()
    await expect.poll(() => page.locator('main').innerText()).toMatch(/terminal/i)
    const redeemed = await form(here.demo, '/oauth/token', {
      client_id: 'rolegate-cli',
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: started.device_code,
    })
    expect(redeemed.status).toBe(200)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('works without JavaScript, from sign-in to console', async () => {
    const { context, page } = await here.aTab({ javaScriptEnabled: false })
    await page.goto(here.demo.url)
    await signInAs(page, 'alice')
    await page.getByRole('link', { name: 'developer' }).click()
    await page.getByRole('button', { name: 'Open the console' }).click()
    await page.waitForURL(`${here.demo.consoleUrl}/**`)
    expect(await page.locator('#account').innerText()).toContain('111122223333')
    await context.close()
  })

  it('crosses sites on the way to the IdP and back, as in production', async () => {
    const { context, page } = await here.aTab()
    const sites: (string | undefined)[] = []
    page.on(
      'request',
      (sent) => sent.url().includes('/oidc/demo/callback') && sites.push(sent.headers()['sec-fetch-site']),
    )
    await page.goto(here.demo.url)
    const answered = page.waitForResponse((answer) => answer.url().includes('/oidc/demo/callback'))
    await signInAs(page, 'alice')
    const headers = await (await answered).request().allHeaders()
    expect(headers['sec-fetch-site']).toBe('cross-site')
    await context.close()
  })

  it('says who is signed in on three lines of a phone, and leaves the rest to the page', async () => {
    const { context, page } = await here.aTab({ viewport: { width: 375, height: 800 } })
    await page.goto(here.demo.url)
    await signInAs(page, 'alice')
    await page.waitForURL(`${here.demo.url}/`)
    const bar = await page.locator('header .bar').boundingBox()
    expect(bar?.height).toBeLessThan(140)
    expect(await page.getByRole('button', { name: 'Sign out' }).isVisible()).toBe(true)
    await context.close()
  })

  it.each([320, 375, 1280])('no page scrolls sideways at %i px', async (width) => {
    const { context, page } = await here.aTab({ viewport: { width, height: 800 } })
    await page.goto(here.demo.url)
    await signInAs(page, 'alice')
    await page.waitForURL(`${here.demo.url}/`)
    for (const path of ['/', '/roles/payments-prod/admin', '/device', '/nowhere', '/signed-out']) {
      await page.goto(here.demo.url + path)
      const overflow = await page.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect([path, overflow]).toEqual([path, 0])
    }
    await context.close()
  })
})
