import type { Answer } from '../exchange.ts'
import { html, page, type Html } from '../page.ts'
import { DEMO_PASSWORD, type Directory } from './people.ts'

export const STYLESHEET_PATH = '/demo-directory.css'

/** A page of the demo IdP. A form on it may end at the gateway, after the IdP's own redirects. */
export const idpPage = (status: number, title: string, body: Html, gatewayOrigin?: string): Answer =>
  page({
    status,
    title,
    stylesheet: STYLESHEET_PATH,
    body: html`<h1>${title}</h1>
      ${body}`,
    ...(gatewayOrigin !== undefined && { formAction: `'self' ${gatewayOrigin}` }),
  })

/** No page of the demo IdP is a dead end. */
export const wayBack = (gatewayOrigin: string): Html => html`<p><a href="${gatewayOrigin}/">Back to the gateway</a></p>`

type SignIn = { readonly action: string; readonly directory: Directory; readonly gatewayOrigin: string }

/** The sign-in form of one directory: `username`, `password`, and who one may be. */
export function signInForm(
  { action, directory: { name, people }, gatewayOrigin }: SignIn,
  wrong?: { readonly username: string },
): Answer {
  const body = html`${wrong === undefined ? html`` : html`<p class="error" role="alert">That is not a name and password of the ${name}.</p>`}
    <form method="post" action="${action}">
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
      ${people.map(({ username, what }) => html`<li><code>${username}</code> <span class="quiet">${what}</span></li> `)}
    </ul>`
  return idpPage(200, `Sign in to the ${name}`, body, gatewayOrigin)
}
