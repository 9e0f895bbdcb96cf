import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { noBrowser, signInAs } from '../support/a-browser.ts'
import { aDemoInABrowser } from '../support/a-demo-in-a-browser.ts'

describe.skipIf(noBrowser)(`set-up and links, in a real browser${noBrowser ? ` (${noBrowser})` : ''}`, () => {
  const here = aDemoInABrowser()

  it('from the portal to lines that a shell takes, without a script of ours', async () => {
    const { context, page } = await here.aTab({ javaScriptEnabled: false })
    await page.goto(here.demo.url)
    await signInAs(page, 'alice')
    await page.getByRole('link', { name: 'Set up your terminal' }).click()
    expect(await page.locator('h1').innerText()).toBe('Set up your terminal')

    const home = mkdtempSync(join(tmpdir(), 'rolegate-home-'))
    try {
      const text = (await page.getByRole('region', { name: 'For bash / zsh' }).textContent()) ?? ''
      const lines = text.split('\n')
      expect(lines.at(-1)).toBe('aws sso login --profile payments-dev.readonly')
      execFileSync('sh', ['-c', lines.slice(0, -1).join('\n')], { env: { PATH: '/usr/bin:/bin', HOME: home } })
      expect(readFileSync(join(home, '.aws/config'), 'utf8')).toContain('[profile data-prod.readonly]')
    } finally {
      rmSync(home, { recursive: true })
    }
    await context.close()
  })

  it('saves the lines as a file, with the browser’s own sign-in', async () => {
    const { context, page } = await here.aTab({ acceptDownloads: true })
    await page.goto(`${here.demo.url}/setup`)
    await signInAs(page, 'alice')
    await page.getByText('You would rather have a file').click()
    const coming = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Save the lines as a file' }).click()
    const download = await coming
    expect(download.suggestedFilename()).toMatch(/^rolegate-aws-config-[0-9a-f]{16}\.txt$/)
    expect(readFileSync(await download.path(), 'utf8')).toMatch(/^# >>> rolegate http:/)
    await context.close()
  })

  it('needs no sideways scrolling on a phone (WCAG 2.2 AA, 1.4.10), open or closed', async () => {
    const { context, page, complaints } = await here.aTab({ viewport: { width: 320, height: 700 } })
    await page.goto(`${here.demo.url}/setup`)
    await signInAs(page, 'alice')
    const wider = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
    expect(await wider()).toBe(0)
    for (const summary of await page.locator('details > summary:visible').all()) await summary.click()
    expect(await wider()).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  it('a link to a page of the console survives the sign-in, and opens it after one more click', async () => {
    const { context, page, complaints } = await here.aTab()
    const destination = `${here.demo.consoleUrl}/ec2/home?region=eu-central-1#Instances:`
    const link = new URL('/go', here.demo.url)
    link.search = new URLSearchParams({ account: '111122223333', role: 'developer', destination }).toString()
    const issued = () => here.demo.audit().filter(({ event }) => event === 'issued').length
    const before = issued()
    await page.goto(link.href)
    await signInAs(page, 'alice')
    await page.waitForURL('**/roles/payments-dev/developer?**')
    expect(await page.getByLabel('Page to open').inputValue()).toBe(destination)
    expect(await page.getByText('A link asked for this page').innerText()).toContain(destination)
    expect(issued()).toBe(before)

    await page.getByRole('button', { name: 'Open the console' }).click()
    await page.waitForURL(`${here.demo.consoleUrl}/**`)
    expect(await page.locator('#destination').innerText()).toContain('/ec2/home?region=eu-central-1')
    expect(complaints).toEqual([])
    await context.close()
  })

  it('a link that leaves the role open has its opener choose, and keeps the page', async () => {
    const { context, page, complaints } = await here.aTab()
    await page.goto(`${here.demo.url}/go?account=payments-prod&destination=s3`)
    await signInAs(page, 'alice')
    expect(await page.locator('h1').innerText()).toBe('Choose a role')
    await page.getByRole('link', { name: /^readonly/ }).click()
    expect(await page.getByLabel('Page to open').inputValue()).toContain('/s3/home?region=')
    expect(complaints).toEqual([])
    await context.close()
  })
})
