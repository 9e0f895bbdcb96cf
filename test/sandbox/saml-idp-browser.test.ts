import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoIdp, type DemoIdpWithSaml } from '../../src/sandbox/idp/demo-idp.ts'
import { redirectUrl } from '../../src/sandbox/idp/saml/bindings.ts'
import { ASSERTION, element, PROTOCOL } from '../../src/sandbox/idp/saml/xml.ts'
import { aBrowser, noBrowser, signInAs } from '../support/a-browser.ts'

type Arrival = { path: string; fields: URLSearchParams; site: unknown }

describe.skipIf(noBrowser)(
  `the contractors’ directory in a real browser${noBrowser === undefined ? '' : ` (${noBrowser})`}`,
  () => {
    let idp: DemoIdpWithSaml
    let browser: Browser
    let gateway: Server
    let origin: string
    const arrivals: Arrival[] = []

    /** A gateway of two pages: one that asks by the POST binding, and one that shows what arrived. */
    async function answer(req: IncomingMessage): Promise<string> {
      const { pathname, searchParams } = new URL(req.url ?? '/', origin)
      if (pathname === '/ask') {
        return `<form method="post" action="${idp.saml.ssoUrl}"><input type="hidden" name="SAMLRequest" value="${Buffer.from(request()).toString('base64')}"><button>Ask</button></form>`
      }
      if (pathname === '/favicon.ico') return ''
      let body = ''
      for await (const chunk of req) body += String(chunk)
      const fields = req.method === 'POST' ? new URLSearchParams(body) : searchParams
      arrivals.push({ path: pathname, fields, site: req.headers['sec-fetch-site'] })
      return '<h1>Arrived</h1>'
    }

    const request = () =>
      element(
        'samlp:AuthnRequest',
        {
          'xmlns:samlp': PROTOCOL,
          'xmlns:saml': ASSERTION,
          ID: `_${randomBytes(16).toString('hex')}`,
          Version: '2.0',
          IssueInstant: new Date().toISOString(),
          Destination: idp.saml.ssoUrl,
        },
        element('saml:Issuer', {}, origin),
      ).xml

    beforeAll(async () => {
      gateway = createServer((req, res) => {
        void answer(req).then((page) => res.setHeader('content-type', 'text/html').end(page))
      })
      await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
      origin = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
      idp = await startDemoIdp({
        port: 0,
        gatewayOrigin: origin,
        clientSecret: 'a-secret-of-this-test',
        saml: { sp: { entityId: origin, acs: `${origin}/acs`, slo: `${origin}/slo` } },
        now: () => new Date(),
        random: randomBytes,
      })
      browser = await aBrowser()
    })
    afterAll(async () => {
      await browser.close()
      await idp.close()
      gateway.closeAllConnections()
      await new Promise((resolve) => gateway.close(resolve))
    })

    async function aTab(javaScriptEnabled = true): Promise<{ page: Page; complaints: string[] }> {
      const page = await (await browser.newContext({ javaScriptEnabled })).newPage()
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      return { page, complaints }
    }

    const asked = () => redirectUrl({ to: idp.saml.ssoUrl, kind: 'SAMLRequest', xml: request(), relayState: 'a state' })
    const last = () => arrivals.at(-1)

    it('takes erin to the ACS by itself: a cross-site POST, with the RelayState', async () => {
      const { page, complaints } = await aTab()
      await page.goto(asked())
      await signInAs(page, 'erin')
      await page.waitForURL(`${origin}/acs`)
      expect(last()).toMatchObject({ path: '/acs', site: 'cross-site' })
      expect(last()?.fields.get('RelayState')).toBe('a state')
      expect(complaints).toEqual([])
    })

    it('knows her again when the gateway asks by POST, though that brings no cookie', async () => {
      const { page } = await aTab()
      await page.goto(asked())
      await signInAs(page, 'erin')
      await page.waitForURL(`${origin}/acs`)
      await page.goto(`${origin}/ask`)
      await page.getByRole('button', { name: 'Ask' }).click()
      await page.waitForURL(`${origin}/acs`)
      expect(last()?.fields.get('SAMLResponse')).toMatch(/^PD94|^PHNhbWxw/)
    })

    it('goes on by its button where no script runs', async () => {
      const { page } = await aTab(false)
      await page.goto(asked())
      await signInAs(page, 'erin')
      await page.getByRole('button', { name: 'Go on to the gateway' }).click()
      await page.waitForURL(`${origin}/acs`)
    })

    it('signs her out everywhere by its button, on the way to the gateway', async () => {
      const { page } = await aTab()
      await page.goto(asked())
      await signInAs(page, 'erin')
      await page.waitForURL(`${origin}/acs`)
      await page.goto(`${idp.issuer}/saml/`)
      expect(await page.getByText('You are signed in as').innerText()).toBe('You are signed in as Erin Ellis.')
      await page.getByRole('button', { name: 'Sign out everywhere' }).click()
      await page.waitForURL(`${origin}/slo?**`)
      expect(last()?.fields.has('SAMLRequest')).toBe(true)
      await page.goto(`${idp.issuer}/saml/`)
      expect(await page.getByText('You are not signed in here.').count()).toBe(1)
    })
  },
)
