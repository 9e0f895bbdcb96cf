import type { DeviceStart, TokenAnswer } from '../answers.ts'
import type { Call } from '../command.ts'
import { failure } from '../failure.ts'
import { startDeviceLogin, type TerminalClaims } from '../oauth.ts'
import type { Send } from '../send.ts'
import { oneLine } from '../server-text.ts'
import type { Environment } from '../world.ts'
import { waitForApproval } from './device-flow.ts'

type Wish = { readonly send: Send; readonly origin: string; readonly claims: TerminalClaims; readonly qr: boolean }

/** Signs in with a browser on any device. Fails with `device_denied` or `device_code_expired`. */
export async function signInByCode({ send, origin, claims, qr }: Wish, { world }: Call): Promise<TokenAnswer> {
  const start = await startDeviceLogin(send, claims)
  requireSameOrigin(start, origin)
  world.err(codeLines(start, claims.host))
  if (qr) world.err(await qrOf(pageFor(start), world.env))
  return waitForApproval(world, send, start)
}

/** threats.md D3: a hostile gateway could show another gateway's code, and take what is approved there. */
function requireSameOrigin({ verificationUri }: DeviceStart, origin: string): void {
  if (verificationUri.origin === origin) return
  throw failure('config_invalid', {
    title: 'The gateway wants the code entered at another address',
    detail: `It was reached at ${origin}, but says ${verificationUri.origin}.`,
    next: `If that is your gateway, sign in there: rolegate login --server ${verificationUri.origin}`,
  })
}

/** Even with -q: without it nobody can sign in. Never waits for a key. */
function codeLines({ verificationUri, userCode, matchNumber, expiresInSeconds }: DeviceStart, host: string): string {
  const minutes = Math.max(1, Math.floor(expiresInSeconds / 60))
  return [
    'Sign in on any device with a browser:',
    `  1. Open   ${oneLine(verificationUri.href)}`,
    `  2. Enter  ${userCode}        (expires in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'})`,
    ...(matchNumber === undefined ? [] : [`  3. Pick   the number ${matchNumber} on that page`]),
    `Only approve it if the page shows host ${oneLine(host)}.`,
    '',
  ].join('\n')
}

/** With the code in the fragment, which no server ever sees (threats.md D5); in any other place it is left out. */
function pageFor({ verificationUri, verificationUriComplete: complete }: DeviceStart): URL {
  if (complete === undefined) return verificationUri
  const bare = new URL(complete)
  bare.hash = ''
  return bare.href === verificationUri.href ? complete : verificationUri
}

/** Its own colours, or a light terminal would show it inverted, which not every camera reads. */
async function qrOf(page: URL, { NO_COLOR }: Environment): Promise<string> {
  const { renderUnicodeCompact } = await import('uqr')
  const lines = renderUnicodeCompact(page.href, { border: 2 }).split('\n')
  return lines.map((line) => (NO_COLOR ? `${line}\n` : `\u001B[97;40m${line}\u001B[0m\n`)).join('')
}
