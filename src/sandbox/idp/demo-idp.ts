import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { readBody, send } from '../exchange.ts'
import { listen } from '../listener.ts'
import { html, stylesheet } from '../page.ts'
import { personWith } from './people.ts'
import { makeProvider } from './provider.ts'
import { idpPage, signInForm, STYLESHEET_PATH } from './sign-in-form.ts'

/** The demo directory, running. */
export type DemoIdp = { readonly issuer: string; readonly close: () => Promise<void> }

export type DemoIdpSettings = {
  /** 0: any free port. */
  readonly port: number
  /** Where the one client, the gateway, lives. */
  readonly gatewayOrigin: string
  readonly clientSecret: string
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
}

/** Starts an OpenID provider at `http://localhost:<port>`: another site than the gateway's 127.0.0.1, as in production. */
export async function startDemoIdp({ port, ...settings }: DemoIdpSettings): Promise<DemoIdp> {
  const listener = await listen(port, { alsoIpv6: true })
  const issuer = `http://localhost:${listener.port}`
  try {
    const provider = await makeProvider({ issuer, ...settings })
    listener.serve(makeHandler(provider, settings.gatewayOrigin))
    return { issuer, close: listener.close }
  } catch (thrown) {
    await listener.close()
    throw thrown
  }
}

function makeHandler(provider: Provider, gatewayOrigin: string) {
  const protocol = provider.callback()
  return (req: IncomingMessage, res: ServerResponse): void => {
    const path = (req.url ?? '/').split('?')[0] ?? '/'
    if (path === STYLESHEET_PATH) return send(res, stylesheet())
    if (!path.startsWith('/sign-in/')) return void protocol(req, res)
    signIn(provider, gatewayOrigin, req, res).catch(() => {
      if (res.headersSent) return res.destroy()
      return send(res, idpPage(400, 'This sign-in has ended', html`<p>Start again at the gateway.</p>`))
    })
  }
}

/** Shows the form, or takes it. The interaction is bound to the browser by oidc-provider's own cookie. */
async function signIn(
  provider: Provider,
  gatewayOrigin: string,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const { uid } = await provider.interactionDetails(req, res)
  if (req.method !== 'POST') return send(res, signInForm(uid, gatewayOrigin))

  const fields = new URLSearchParams(await readBody(req))
  const username = fields.get('username') ?? ''
  const person = personWith(username, fields.get('password') ?? '')
  if (person === undefined) return send(res, signInForm(uid, gatewayOrigin, { username }))
  await provider.interactionFinished(
    req,
    res,
    { login: { accountId: person.subject } },
    { mergeWithLastSubmission: false },
  )
}
