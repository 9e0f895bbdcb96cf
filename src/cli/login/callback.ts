import { failure } from '../failure.ts'
import type { Heard, Page } from '../world.ts'

/** What came back from the gateway by way of the browser. */
export type Callback = { readonly code: string } | { readonly refusal: Error }

/** What an answer must bear to be ours. */
export type Due = { readonly port: number; readonly state: string; readonly issuer: string }

export const CALLBACK_PATH = '/callback'
const CODE = /^[A-Za-z0-9._~+/=-]{1,512}$/

/**
 * Judges one request to the port that this login listens on. Any page or program on this machine can send one: only a
 * GET of the one path, to our own host name, with our state, is an answer (security.md D-24).
 */
export function hearCallback({ method, target, host }: Heard, due: Due): { page: Page; callback?: Callback } {
  // A page of somebody's whose name now resolves to 127.0.0.1 has that name in Host.
  if (host !== `127.0.0.1:${due.port}`) return { page: refusedPage(421) }
  const [path, ...query] = target.split('?')
  if (path !== CALLBACK_PATH) return { page: refusedPage(404) }
  if (method !== 'GET') return { page: refusedPage(405) }
  const said = onlyOnce(new URLSearchParams(query.join('?')))
  // Whoever does not know the state cannot end this login either: it goes on waiting.
  if (said?.get('state') !== due.state) return { page: refusedPage(400) }
  const callback = callbackOf(said, due.issuer)
  return { page: 'code' in callback ? DONE : FAILED, callback }
}

/** What every request after the answer is told. */
export const answeredAlready = (): Page => refusedPage(410)

/** RFC 6749 §3.1: no parameter twice. */
function onlyOnce(params: URLSearchParams): ReadonlyMap<string, string> | undefined {
  const said = new Map(params)
  return said.size === [...params].length ? said : undefined
}

function callbackOf(said: ReadonlyMap<string, string>, issuer: string): Callback {
  // RFC 9207 §2.4: the answer of another server is no answer, whatever it holds.
  if (said.get('iss') !== issuer) return { refusal: otherIssuer(issuer) }
  const error = said.get('error')
  if (error === 'access_denied') return { refusal: failure('device_denied') }
  if (error !== undefined) return { refusal: refusedWith(error) }
  const code = said.get('code') ?? ''
  return CODE.test(code) ? { code } : { refusal: refusedWith('no code') }
}

const otherIssuer = (issuer: string) =>
  failure('sign_in_rejected', {
    title: 'The browser brought an answer that is not this gateway’s',
    detail: `It was to come from ${issuer}. Nothing of it was used.`,
    next: 'Try again: rolegate login',
  })

const refusedWith = (error: string) =>
  failure(error === 'temporarily_unavailable' ? 'store_unavailable' : 'sign_in_rejected', {
    title: 'The gateway did not sign this terminal in',
    detail: `It said: ${/^[a-z_ ]{1,40}$/.test(error) ? error : 'nothing this version knows'}.`,
    next: 'Try again: rolegate login',
  })

/** Plain words: no script, nothing of the request, nothing from elsewhere. */
const pageOf = (status: number, title: string, text: string): Page => ({
  status,
  body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${title} · Rolegate</title>
<h1>${title}</h1>
<p>${text}</p>
</html>
`,
})

const DONE = pageOf(200, 'Back to your terminal', 'It has what it waited for. You can close this tab.')
const FAILED = pageOf(200, 'Not signed in', 'Your terminal says why. You can close this tab.')
const refusedPage = (status: number) =>
  pageOf(status, 'Nothing here', 'This is where a sign-in comes back to a terminal. This request was not that.')
