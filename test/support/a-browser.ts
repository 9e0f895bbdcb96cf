import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

/** Why browser tests cannot run here, or undefined. */
export const noBrowser = CHROMIUM === undefined ? 'no Chromium on this machine: apt-get install chromium' : undefined

/** A headless Chromium that talks to nobody but the pages it is given. */
export function aBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

const DEMO_DIRECTORY = 'Demo directory'
export const CONTRACTORS = 'Contractors’ directory (SAML)'

/** From the chooser or from the demo IdP's form, through it; ends wherever the gateway sends the person. */
export async function signInAs(
  page: Page,
  username: string,
  { password = 'demo', directory = DEMO_DIRECTORY }: { password?: string; directory?: string } = {},
): Promise<void> {
  const choose = page.getByRole('link', { name: `Sign in with ${directory}` })
  if ((await choose.count()) > 0) await choose.click()
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}
