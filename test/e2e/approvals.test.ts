import type { Page } from 'playwright-core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { noBrowser, signInAs } from '../support/a-browser.ts'
import { aBuiltProgram } from '../support/a-built-program.ts'
import { aDemoInABrowser } from '../support/a-demo-in-a-browser.ts'
import { aPersonAt, approveTerminal } from '../support/a-person.ts'

const ROLE = 'payments-prod/operator'

describe.skipIf(noBrowser)(`a role that somebody approves${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  const here = aDemoInABrowser()

  /** A browser of their own, signed in. */
  const aBrowserOf = (username: string) => here.signedIn(username, { viewport: { width: 375, height: 700 } })
  const seen = (page: Page) => expect.poll(() => page.locator('main').innerText())
  const isWide = (page: Page) =>
    page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth')

  it('is asked for in one browser, approved in another, and opened in the first', async () => {
    const [{ page: gina, complaints }, { page: hugo, complaints: others }] = [
      await aBrowserOf('gina'),
      await aBrowserOf('hugo'),
    ]
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
    await gina.waitForURL(`${here.demo.consoleUrl}/**`)
    expect(await gina.locator('#role').innerText()).toContain('rolegate/Operator')

    // Taken back, it is gone from the portal's next page.
    await hugo.getByRole('button', { name: 'Take the approval back' }).click()
    await seen(hugo).toContain('Over.')
    await gina.goto(`${here.demo.url}/roles/${ROLE}`)
    await seen(gina).toContain('Ask for it')
    expect([...complaints, ...others]).toEqual([])
  }, 60_000)

  it('is asked for in a terminal that waits, and taken there', async () => {
    const { rolegate, forget } = aBuiltProgram(here.demo.url)
    onTestFinished(forget)
    const login = rolegate('login', '--device')
    const code = await login.said(/\b[B-Z]{4}-[B-Z]{4}\b/)
    const [, number = ''] = /number (\d\d)/.exec(login.err()) ?? []
    await approveTerminal(await aPersonAt(here.demo, 'gina'), code, number)
    expect(await login.ended).toBe(0)

    const early = rolegate('exec', ROLE, '--', 'true')
    expect([await early.ended, early.err()]).toEqual([7, expect.stringContaining('rolegate request')])

    const asking = rolegate('request', ROLE, '--reason', 'INC-43', '--for', '30m', '--wait')
    const id = (await asking.said(/\/approvals\/\S+/)).replace('/approvals/', '')
    const listed = rolegate('requests')
    expect(await listed.ended).toBe(0)
    expect(listed.out()).toMatch(new RegExp(`${id}.*waiting`))

    const { page: hugo } = await aBrowserOf('hugo')
    await hugo.goto(`${here.demo.url}/approvals/${id}`)
    await hugo.getByRole('button', { name: 'Approve' }).click()
    await seen(hugo).toContain('Approved by hugo@example.com')
    expect(await asking.ended).toBe(0)
    expect(asking.out() + asking.err()).toContain('approved by hugo@example.com')

    const taken = rolegate('env', ROLE, '--format', 'json', '-d', '2h')
    expect([await taken.ended, taken.out()]).toEqual([0, expect.stringContaining('ASIA')])
    expect(taken.err()).toContain('by: approval')
  }, 90_000)
})

describe.skipIf(noBrowser)(
  `an elevated role that somebody approves${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    const here = aDemoInABrowser({
      edit: (text) =>
        text.replace(/(\n {2}operator: \{.*) \}/, '$1, elevated: true }').replace(/\ntests:[\s\S]*$/, '\n'),
    })

    it('takes a fresh sign-in of whoever approves it, and a last click (threats.md H8)', async () => {
      const gina = await aPersonAt(here.demo, 'gina')
      const wish = { _csrf: await gina.csrf(), reason: 'INC-43' }
      const asked = await gina.post(`/roles/${ROLE}/request`, wish).expect(303)
      const { page, complaints } = await here.signedIn('hugo', { viewport: { width: 375, height: 700 } })
      const overflow = () =>
        page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
      await page.goto(new URL(String(asked.headers['location']), here.demo.url).href)
      expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0)
      expect(await overflow()).toBe(0)
      await page.getByRole('link', { name: 'Sign in afresh to approve' }).click()
      await signInAs(page, 'hugo')
      await page.getByRole('button', { name: 'Approve' }).waitFor()
      expect(await overflow()).toBe(0)
      await page.getByRole('button', { name: 'Approve' }).click()
      await page.getByText('Approved by hugo@example.com').waitFor()
      expect(here.demo.audit().at(-1)).toMatchObject({ event: 'request_approved', step_up: expect.any(String) })
      expect(complaints).toEqual([])
    }, 60_000)
  },
)
