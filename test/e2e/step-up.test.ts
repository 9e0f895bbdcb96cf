import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBrowser, signInAs } from '../support/a-browser.ts'
import { aBuiltProgram } from '../support/a-built-program.ts'
import { aDemoInABrowser, type Tab } from '../support/a-demo-in-a-browser.ts'

/** Roles that take a fresh sign-in each time, with a real browser and the built program (threats.md H8). */
describe.skipIf(noBrowser)(`an elevated role${noBrowser === undefined ? '' : ` (${noBrowser})`}`, () => {
  const here = aDemoInABrowser()
  let { page, complaints } = {} as Tab
  let { rolegate, forget } = {} as ReturnType<typeof aBuiltProgram>
  beforeAll(async () => {
    ;({ page, complaints } = await here.signedIn('alice'))
    ;({ rolegate, forget } = aBuiltProgram(here.demo.url))
  }, 60_000)
  afterAll(() => forget())

  it('opens the console after a fresh sign-in and a last click', async () => {
    await page.goto(`${here.demo.url}/roles/payments-prod/admin?destination=s3`)
    await page.getByRole('link', { name: 'Sign in afresh for the console' }).click()
    await signInAs(page, 'alice')
    await page.waitForURL(`${here.demo.url}/step-up/*`)
    expect(await page.locator('main').innerText()).toContain('arn:aws:iam::222233334444:role/rolegate/Admin')
    expect(await page.getByLabel('Page to open').inputValue()).toBe('s3')
    await page.getByRole('button', { name: 'Open the console' }).click()
    await page.waitForURL(`${here.demo.consoleUrl}/**`)
    expect(await page.locator('#role').innerText()).toContain('rolegate/Admin')
    expect(await page.locator('#destination').innerText()).toContain('/s3/')
    expect(complaints).toEqual([])
  }, 60_000)

  it('is given to a terminal that its person confirms in the browser', async () => {
    const login = rolegate('login', '--no-browser')
    await page.goto(await login.said(new RegExp(`${here.demo.url}/oauth/authorize\\S+`)))
    await page.getByRole('button', { name: 'Approve' }).click()
    expect(await login.ended).toBe(0)

    const exec = rolegate('exec', 'payments-prod/admin', '--', 'sh', '-c', 'echo key $AWS_ACCESS_KEY_ID')
    await page.goto(await exec.said(new RegExp(`${here.demo.url}/step-up/\\S+`)))
    expect(await page.locator('main').innerText()).toContain('It comes from the same network as this browser.')
    await page.getByRole('link', { name: 'Sign in afresh' }).click()
    await signInAs(page, 'alice')
    await page.getByRole('button', { name: 'Give it to this terminal' }).click()
    await page.getByRole('heading', { name: 'Your terminal has it' }).waitFor()
    expect(await exec.ended).toBe(0)
    expect(exec.out()).toMatch(/^key ASIA/)
    const records = here.demo.audit().filter(({ event }) => String(event).startsWith('step_up') || event === 'issued')
    expect(records.slice(-3)).toMatchObject([
      { event: 'step_up', via: 'browser', role: 'payments-prod/admin' },
      { event: 'step_up_released', via: 'browser' },
      { event: 'issued', via: 'pkce', role: 'payments-prod/admin', step_up: records.at(-1)?.['step_up'] },
    ])
  }, 90_000)

  it('is not given to a terminal whose person refuses: 4', async () => {
    const env = rolegate('env', 'payments-prod/admin')
    await page.goto(await env.said(new RegExp(`${here.demo.url}/step-up/\\S+`)))
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
      await page.goto(await env.said(new RegExp(`${here.demo.url}/step-up/\\S+`)))
      expect(await overflow()).toBe(0)
      await page.getByRole('button', { name: 'Refuse' }).click()
      expect(await overflow()).toBe(0)
      await page.goto(`${here.demo.url}/roles/payments-prod/admin`)
      await page.getByRole('link', { name: 'Sign in afresh for credentials' }).click()
      await signInAs(page, 'alice')
      await page.waitForURL(`${here.demo.url}/step-up/*`)
      expect(await overflow()).toBe(0)
      await env.ended
    },
    60_000,
  )
})
