import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { readBody, send } from '../exchange.ts'
import { listen } from '../listener.ts'
import { html, stylesheet } from '../page.ts'
import { OIDC_DIRECTORY, personWith } from './people.ts'
import { makeProvider } from './provider.ts'
import { makeSamlIdp, type DemoSamlIdp, type SamlSettings } from './saml/saml-idp.ts'
import { idpPage, signInForm, STYLESHEET_PATH, wayBack } from './sign-in-form.ts'

/** The demo directory, running. */
export type DemoIdp = { readonly issuer: string; readonly close: () => Promise<void> }
/** The same, with the contractors' directory beside it: another protocol and other people, on one port. */
export type DemoIdpWithSaml = DemoIdp & { readonly saml: DemoSamlIdp }

export type DemoIdpSettings = {
  /** 0: any free port. */
  readonly port: number
  /** Where the one client, the gateway, lives. */
  readonly gatewayOrigin: string
  readonly clientSecret: string
  readonly awsClient?: { readonly id: string; readonly secret: string }
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
}

/**
 * Starts an OpenID provider at `http://localhost:<port>`: another site than the gateway's 127.0.0.1, as in production. With
 * `saml` a SAML identity provider too, below `/saml`.
 */
export async function startDemoIdp(
  settings: DemoIdpSettings & { readonly saml: SamlSettings },
): Promise<DemoIdpWithSaml>
export async function startDemoIdp(settings: DemoIdpSettings): Promise<DemoIdp>
export async function startDemoIdp({
  port,
  saml,
  ...settings
}: DemoIdpSettings & { readonly saml?: SamlSettings }): Promise<DemoIdp & Partial<DemoIdpWithSaml>> {
  const listener = await listen(port, { alsoIpv6: true })
  const issuer = `http://localhost:${listener.port}`
  try {
    const [provider, contractors] = await Promise.all([
      makeProvider({ issuer, ...settings }),
      saml === undefined ? undefined : makeSamlIdp(issuer, saml, settings),
    ])
    listener.serve(makeHandler(provider, settings.gatewayOrigin, contractors?.handle))
    return { issuer, close: listener.close, ...(contractors !== undefined && { saml: contractors.idp }) }
  } catch (thrown) {
    await listener.close()
    throw thrown
  }
}

type Handle = (req: IncomingMessage, res: ServerResponse) => void

function makeHandler(provider: Provider, gatewayOrigin: string, saml: Handle | undefined): Handle {
  const protocol = provider.callback()
  return (req, res) => {
    const path = (req.url ?? '/').split('?')[0] ?? '/'
    if (path === STYLESHEET_PATH) return send(res, stylesheet())
    if (saml !== undefined && path.startsWith('/saml/')) return saml(req, res)
    if (!path.startsWith('/sign-in/')) return void protocol(req, res)
    signIn(provider, gatewayOrigin, req, res).catch(() => {
      if (res.headersSent) return res.destroy()
      const body = html`<p>It was finished already, took too long, or began in another browser.</p>
        ${wayBack(gatewayOrigin)}`
      return send(res, idpPage(400, 'This sign-in has ended', body))
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
  const form = { action: `/sign-in/${uid}`, directory: OIDC_DIRECTORY, gatewayOrigin }
  if (req.method !== 'POST') return send(res, signInForm(form))

  const fields = new URLSearchParams(await readBody(req))
  const username = fields.get('username') ?? ''
  const person = personWith(username, fields.get('password') ?? '', OIDC_DIRECTORY)
  if (person === undefined) return send(res, signInForm(form, { username }))
  await provider.interactionFinished(
    req,
    res,
    // Only a password is asked for, but the answer says more, as a directory would that had asked for more.
    { login: { accountId: person.subject, amr: ['pwd', 'mfa'] } },
    { mergeWithLastSubmission: false },
  )
}
