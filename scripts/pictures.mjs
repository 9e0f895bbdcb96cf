/** Takes docs/portal.png from the built demo; with a folder as argument, every page at four sizes and shades, to look at. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { startDemo } from '../dist/program/demo-gateway.js'

const folder = process.argv[2]
const ports = { gateway: 18420, idp: 18421, aws: 18422, console: 18423, management: 18464 }
const demo = await startDemo({ ports, print: () => {} })
const url = `http://127.0.0.1:${ports.gateway}`
const WIDTHS = [1280, 375]
const SHADES = ['light', 'dark']
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] })

async function signIn(page, username, directory = 'Demo directory') {
  await page.goto(url)
  await page.getByRole('link', { name: `Sign in with ${directory}` }).click()
  await authenticate(page, username)
  await page.waitForURL(`${url}/**`)
}

/** Through the form of the demo's IdP. */
async function authenticate(page, username) {
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill('demo')
  await page.getByRole('button', { name: 'Sign in' }).click()
}

async function everyPage(width, colorScheme) {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
  const page = await context.newPage()
  const shoot = (name) => page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
  await page.goto(`${url}/sign-in?choose`)
  await shoot('sign-in')
  for (const username of ['carol', 'dave']) {
    const other = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
    const theirs = await other.newPage()
    await signIn(theirs, username)
    await theirs.screenshot({ path: join(folder, `${username}-${width}-${colorScheme}.png`), fullPage: true })
    await other.close()
  }
  // What goes on by itself is only seen where no script runs.
  const still = await browser.newContext({ viewport: { width, height: 800 }, colorScheme, javaScriptEnabled: false })
  const erin = await still.newPage()
  const shootErin = (name) =>
    erin.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
  await erin.goto(`${url}/sign-in/contractors`)
  await shootErin('saml-idp')
  await erin.getByLabel('Username').fill('erin')
  await erin.getByLabel('Password').fill('demo')
  await erin.getByRole('button', { name: 'Sign in' }).click()
  await shootErin('saml-idp-back')
  await erin.getByRole('button', { name: 'Go on to the gateway' }).click()
  await erin.getByRole('button', { name: 'Console: sandbox/readonly' }).click()
  await shootErin('post-form')
  await erin.getByRole('button', { name: 'Continue' }).click()
  await shootErin('saml-console')
  await erin.goto(url)
  await erin.getByRole('button', { name: 'Sign out' }).click()
  await shootErin('saml-signed-out')
  await still.close()
  await signIn(page, 'alice')
  await shoot('portal')
  await page.goto(`${url}/admin/status`)
  await shoot('admin-status')
  await page.goto(`${url}/admin/access`)
  await page.getByLabel('Role').fill('payments-prod/admin')
  await page.getByRole('button', { name: 'Explain' }).click()
  await shoot('admin-who-may')
  await page.getByLabel('Signed in with').selectOption('demo')
  await page.getByLabel('In these groups').fill('payments-developers\nauditors')
  await page.getByRole('button', { name: 'Explain' }).click()
  await shoot('admin-explained')
  await page.goto(`${url}/admin/idps/demo/test`)
  await shoot('admin-idp-test')
  await page.getByRole('link', { name: 'Go to Demo directory' }).click()
  await shoot('admin-idp-tested')
  await page.goto(`${url}/roles/payments-prod/admin?destination=s3`)
  await shoot('role-elevated')
  await page.getByRole('link', { name: 'Sign in afresh for the console' }).click()
  await authenticate(page, 'alice')
  await page.waitForURL(`${url}/step-up/*`)
  await shoot('step-up')
  await page.goto(`${url}/roles/payments-dev/developer`)
  await page.getByRole('button', { name: 'Show credentials' }).click()
  await shoot('credentials')
  const started = await (
    await fetch(`${url}/oauth/device_authorization`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'rolegate-cli', host: 'build-7', user: 'alice', tool: 'rolegate 0.1.0' }),
    })
  ).json()
  await page.goto(`${url}/device`)
  await page.locator('input[name=user_code]').fill('BBBB-BBBB')
  await page.locator('main form button').click()
  await shoot('device-wrong')
  await page.locator('input[name=user_code]').fill(started.user_code)
  await page.locator('main form button').click()
  await shoot('device-confirm')
  await page.getByRole('button', { name: `Approve: it shows ${started.match_number}` }).click()
  await shoot('device-done')
  await page.goto(`${url}/nowhere`)
  await shoot('error')
  await page.goto(`${url}/`)
  await page.getByRole('button', { name: 'Console: payments-dev/developer' }).click()
  await page.waitForURL(`http://127.0.0.1:${ports.console}/**`)
  await shoot('console')
  await page.goto(`${url}/`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await shoot('signed-out')
  await context.close()
}

/** What two people do with one request goes only forwards, so that each page is taken at every size and shade as it comes. */
async function approvals() {
  const [gina, hugo] = await Promise.all(
    ['gina', 'hugo'].map(async (username) => {
      const page = await (await browser.newContext()).newPage()
      await signIn(page, username)
      return page
    }),
  )
  async function shoot(page, name) {
    for (const width of WIDTHS)
      for (const colorScheme of SHADES) {
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
      }
  }
  const role = `${url}/roles/payments-prod/operator`
  async function ask(why) {
    await gina.goto(role)
    await gina.getByLabel('Why you need it').fill(why)
    await gina.getByRole('button', { name: 'Ask for approval' }).click()
    await gina.waitForURL(`${url}/approvals/*`)
  }
  async function answer(word) {
    await hugo.goto(gina.url())
    if (word === undefined) return
    await hugo.getByLabel('Note').fill('Mind the freeze at noon.')
    await hugo.getByRole('button', { name: word, exact: true }).click()
    await gina.reload()
  }

  await hugo.goto(`${url}/approvals`)
  await shoot(hugo, 'approvals-none')
  await gina.goto(role)
  await shoot(gina, 'role-to-ask-for')
  await ask('The queue is stuck: INC-4711')
  await shoot(gina, 'approval-asked')
  await gina.getByRole('button', { name: 'Take the request back' }).click()
  await shoot(gina, 'approval-taken-back')
  await ask('The queue is stuck: INC-4711')
  await answer('Deny')
  await shoot(gina, 'approval-denied')
  await gina.goto(role)
  await shoot(gina, 'role-denied')
  await ask('The queue is stuck: INC-4711, as we said on the phone')
  await gina.goto(role)
  await shoot(gina, 'role-asked-for')
  await gina.getByRole('link', { name: 'Your request' }).click()
  await hugo.goto(`${url}/approvals`)
  await shoot(hugo, 'approvals-waiting')
  await answer()
  await shoot(hugo, 'approval-to-answer')
  await answer('Approve')
  await shoot(hugo, 'approval-given')
  await shoot(gina, 'approval-approved')
  const request = gina.url()
  await gina.goto(role)
  await shoot(gina, 'role-approved')
  await gina.goto(`${url}/approvals`)
  await shoot(gina, 'approvals-own')
  await hugo.goto(`${url}/approvals`)
  await shoot(hugo, 'approvals-answered')
  await hugo.goto(request)
  await hugo.getByRole('button', { name: 'Take the approval back' }).click()
  await gina.goto(request)
  await shoot(gina, 'approval-over')
  for (const page of [gina, hugo]) await page.context().close()
}

if (folder === undefined) {
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 } })
  await signIn(page, 'alice')
  await page.screenshot({ path: 'docs/portal.png' })
} else {
  mkdirSync(folder, { recursive: true })
  await approvals()
  for (const width of WIDTHS) for (const shade of SHADES) await everyPage(width, shade)
}
await browser.close()
await demo.close()
