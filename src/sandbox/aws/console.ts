import type { Answer, Ask } from '../exchange.ts'
import { html, page, stylesheet, type Html } from '../page.ts'
import type { ConsoleSession, ConsoleTickets } from './console-tickets.ts'

const COOKIE = 'demo-aws-console'

/** The demo's console: it opens nothing, it says who would be where, as what, and until when. */
export function makeConsole({ tickets, now }: { tickets: ConsoleTickets; now: () => Date }): (ask: Ask) => Answer {
  return function console({ method, url, headers }) {
    if (method !== 'GET' && method !== 'HEAD') return { status: 405, headers: { allow: 'GET, HEAD' } }
    if (url.pathname === '/console.css') return stylesheet()
    if (url.pathname.startsWith('/session/')) return enter(url.pathname.slice('/session/'.length), tickets)

    const session = tickets.sessionOf(cookieOf(headers.cookie))
    if (session === undefined)
      return shown(401, 'No console session', html`<p>Open the console from the gateway: there is no session here.</p>`)
    if (now() >= session.endsAt)
      return shown(
        401,
        'The session is over',
        html`<p>It ended at ${timeOf(session.endsAt)}.</p>
          ${linkBack(session)}`,
      )
    return shown(200, 'You would be in the AWS console now', sessionPage(session, now()))
  }
}

/** A ticket becomes a cookie, and the browser goes on to the page it came for. */
function enter(ticket: string, tickets: ConsoleTickets): Answer {
  const redeemed = tickets.redeem(ticket)
  if (redeemed === undefined)
    return shown(400, 'That link has been used', html`<p>Open the console from the gateway again.</p>`)
  const { pathname, search, hash } = new URL(redeemed.session.destination)
  return {
    status: 303,
    headers: {
      location: `/${pathname.replace(/^\/+/, '')}${search}${hash}`,
      'set-cookie': `${COOKIE}=${redeemed.cookie}; Path=/; HttpOnly; SameSite=Lax`,
      'referrer-policy': 'no-referrer',
    },
  }
}

function sessionPage(session: ConsoleSession, now: Date): Html {
  const { role, endsAt, destination } = session
  const minutes = Math.round((endsAt.getTime() - now.getTime()) / 60_000)
  return html`<dl>
      <dt>Who</dt>
      <dd id="who"><code>${role.arn}</code>${sourceIdentityOf(role.sourceIdentity)}</dd>
      <dt>Account</dt>
      <dd id="account">${role.accountId}</dd>
      <dt>Role</dt>
      <dd id="role">${role.roleName}</dd>
      ${narrowedTo(role)}
      <dt>Until</dt>
      <dd id="until">${timeOf(endsAt)}, ${minutes} ${minutes === 1 ? 'minute' : 'minutes'} left</dd>
      <dt>Destination</dt>
      <dd id="destination"><code>${destination}</code></dd>
    </dl>
    ${linkBack(session)}`
}

const sourceIdentityOf = (name: string | undefined): Html =>
  name === undefined ? html`` : html`<br /><span class="quiet">source identity</span> <code>${name}</code>`

/** AWS's console would not say it, but everybody who is refused something wonders. */
const narrowedTo = ({ narrowedTo: narrowing }: ConsoleSession['role']): Html =>
  narrowing === undefined
    ? html``
    : html`<dt>Narrowed to</dt>
        <dd id="narrowed">
          ${narrowing.policy === undefined ? html`` : html`an inline session policy`}${narrowing.arns.map(
            (arn) => html` <code>${arn}</code>`,
          )}
        </dd>`

const linkBack = ({ issuer }: ConsoleSession): Html =>
  html`<p><a id="back" href="${issuer}">Back to the gateway</a></p>`

const shown = (status: number, title: string, body: Html): Answer =>
  page({
    status,
    title,
    stylesheet: '/console.css',
    body: html`<h1>${title}</h1>
      ${body}`,
  })

/** `2030-01-01 09:00 UTC` */
const timeOf = (date: Date): string => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`

const cookieOf = (header: string | undefined): string =>
  (header ?? '')
    .split(/;\s*/)
    .find((pair) => pair.startsWith(`${COOKIE}=`))
    ?.slice(COOKIE.length + 1) ?? ''
