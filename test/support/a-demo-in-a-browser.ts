import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { aBrowser, signInAs } from './a-browser.ts'
import { aDemo, type Demo } from './a-demo.ts'

/** A page, the browser it is alone in, and what that browser's console complained about. */
export type Tab = { readonly context: BrowserContext; readonly page: Page; readonly complaints: readonly string[] }

/** The demo, and a real browser beside it, for all tests of the block it is called in. */
export function aDemoInABrowser(options: Parameters<typeof aDemo>[0] = {}) {
  let running: { readonly demo: Demo; readonly browser: Browser } | undefined
  beforeAll(async () => {
    const [demo, browser] = await Promise.all([aDemo(options), aBrowser()])
    running = { demo, browser }
  }, 60_000)
  afterAll(async () => {
    await running?.browser.close()
    await running?.demo.close()
  })
  const started = () => {
    if (running === undefined) throw new Error('neither runs before the first test')
    return running
  }

  async function aTab(options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await started().browser.newContext(options)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    return { context, page, complaints }
  }

  return {
    get demo(): Demo {
      return started().demo
    },
    aTab,
    /** A tab on the portal of somebody who has signed in at the demo's own IdP. */
    async signedIn(username: string, options: BrowserContextOptions = {}): Promise<Tab> {
      const tab = await aTab(options)
      await tab.page.goto(started().demo.url)
      await signInAs(tab.page, username)
      await tab.page.waitForURL(`${started().demo.url}/`)
      return tab
    },
  }
}
