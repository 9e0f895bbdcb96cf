import type { Answer } from '../../exchange.ts'
import { html, type Html } from '../../page.ts'
import { idpPage } from '../sign-in-form.ts'
import type { BrowserSession } from './browser-sessions.ts'
import type { ServiceProvider } from './service-provider.ts'

export const SUBMIT_SCRIPT_PATH = '/saml/submit.js'
export const SIGN_OUT_PATH = '/saml/sign-out'

/** The POST binding: a form that goes off by itself, and a button where no script runs. */
export function answerPage({ acs, aws }: ServiceProvider, response: string, relayState: string | undefined): Answer {
  const body = html`<p>You are signed in. Your browser takes the answer to the gateway.</p>
    <form method="post" action="${acs}">
      <input type="hidden" name="SAMLResponse" value="${Buffer.from(response).toString('base64')}" />
      ${relayState === undefined ? html`` : html`<input type="hidden" name="RelayState" value="${relayState}" />`}
      <button type="submit">Go on to the gateway</button>
    </form>
    <script src="${SUBMIT_SCRIPT_PATH}" defer></script>`
  const targets = [new URL(acs).origin, ...(aws?.onward ?? [])].join(' ')
  return withScript(idpPage(200, 'Back to the gateway', body, targets))
}

/** The one page of the demo with a script, and it may load none but our own. */
const withScript = ({ headers = {}, ...answer }: Answer): Answer => ({
  ...answer,
  headers: { ...headers, 'content-security-policy': `${headers['content-security-policy'] ?? ''}; script-src 'self'` },
})

export const submitScript = (): Answer => ({
  status: 200,
  headers: { 'content-type': 'text/javascript; charset=utf-8', 'x-content-type-options': 'nosniff' },
  body: "document.querySelector('form').submit()\n",
})

/** Who this browser is here, and the way out: everywhere, by single logout. */
export function homePage(session: BrowserSession | undefined, gatewayOrigin: string): Answer {
  if (session === undefined) return idpPage(200, 'Contractors’ directory', html`<p>You are not signed in here.</p>`)
  const body = html`<p>You are signed in as <strong>${session.person.name}</strong>.</p>
    <form method="post" action="${SIGN_OUT_PATH}"><button type="submit">Sign out everywhere</button></form>`
  return idpPage(200, 'Contractors’ directory', body, gatewayOrigin)
}

export const signedOutPage = (more: Html = html``): Answer =>
  idpPage(
    200,
    'Signed out',
    html`<p>You are signed out of the contractors’ directory.</p>
      ${more}`,
  )

export const refusalPage = (why: string, signInPage: string | undefined): Answer =>
  idpPage(
    400,
    'The contractors’ directory cannot go on',
    html`<p>${why}</p>
      ${signInPage === undefined ? html`` : html`<p><a href="${signInPage}">Back to the gateway’s sign-in page</a></p>`}`,
  )
