import type { Answer } from '../exchange.ts'
import { html, page, type Html } from '../page.ts'
import { DEMO_PASSWORD, DEMO_PEOPLE } from './people.ts'

export const STYLESHEET_PATH = '/demo-directory.css'

/** A page of the demo directory. A form on it may end at the gateway, after oidc-provider's own redirects. */
export const idpPage = (status: number, title: string, body: Html, gatewayOrigin?: string): Answer =>
  page({
    status,
    title,
    stylesheet: STYLESHEET_PATH,
    body: html`<h1>${title}</h1>
      ${body}`,
    ...(gatewayOrigin !== undefined && { formAction: `'self' ${gatewayOrigin}` }),
  })

/** The sign-in form: `username`, `password`, and who one may be. */
export function signInForm(uid: string, gatewayOrigin: string, wrong?: { readonly username: string }): Answer {
  const body = html`${wrong === undefined ? html`` : html`<p class="error" role="alert">That is not a name and password of the demo directory.</p>`}
    <form method="post" action="/sign-in/${uid}">
      <label for="username">Username</label>
      <input
        id="username"
        name="username"
        value="${wrong?.username ?? ''}"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        required
        autofocus
      />
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required />
      <button type="submit">Sign in</button>
    </form>
    <h2>Who you may be</h2>
    <p class="quiet">The password is <code>${DEMO_PASSWORD}</code> for everybody.</p>
    <ul class="people">
      ${DEMO_PEOPLE.map(({ username, what }) => html`<li><code>${username}</code> <span class="quiet">${what}</span></li> `)}
    </ul>`
  return idpPage(200, 'Sign in to the demo directory', body, gatewayOrigin)
}
