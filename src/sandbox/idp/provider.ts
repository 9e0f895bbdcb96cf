import { generateKeyPair, exportJWK } from 'jose'
import type Provider from 'oidc-provider'
import type { Context } from 'oidc-provider'
import { html } from '../page.ts'
import { makeMemoryAdapter } from './memory-adapter.ts'
import { DEMO_PEOPLE } from './people.ts'
import { idpPage, wayBack } from './sign-in-form.ts'

const CLIENT_ID = 'rolegate'
const SCOPES = ['openid', 'profile', 'email', 'groups']

export type ProviderSettings = {
  readonly issuer: string
  readonly gatewayOrigin: string
  readonly clientSecret: string
  /** A client of its own for ID tokens that go to AWS. */
  readonly awsClient?: { readonly id: string; readonly secret: string }
  readonly now: () => Date
  readonly random: (bytes: number) => Uint8Array
}

/** npm oidc-provider, set up as a company's directory with one confidential client: the gateway. */
export async function makeProvider(settings: ProviderSettings): Promise<Provider> {
  const { default: OidcProvider } = await importProvider()
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }
  const provider = new OidcProvider(settings.issuer, configurationFor(settings, key))
  provider.silent = true
  return provider
}

function configurationFor({ gatewayOrigin, clientSecret, awsClient, now, random }: ProviderSettings, key: object) {
  return {
    adapter: makeMemoryAdapter({ now }),
    clients: [
      clientFor(gatewayOrigin, { id: CLIENT_ID, secret: clientSecret, door: 'callback' }),
      ...(awsClient === undefined ? [] : [clientFor(gatewayOrigin, { ...awsClient, door: 'aws' })]),
    ],
    jwks: { keys: [key] },
    cookies: { keys: [Buffer.from(random(32)).toString('base64url')] },
    scopes: SCOPES,
    responseTypes: ['code'],
    claims: { openid: ['sub', 'amr'], profile: ['name', 'preferred_username'], email: ['email'], groups: ['groups'] },
    // Everything in the ID token, as most directories do it: the gateway need not ask userinfo.
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    interactions: { url: (_: Context, { uid }: { uid: string }) => `/sign-in/${uid}` },
    findAccount,
    loadExistingGrant: grantEverything,
    clientBasedCORS: () => false,
    renderError: showError(gatewayOrigin),
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: askSignOut(gatewayOrigin),
        postLogoutSuccessSource: showSignedOut(gatewayOrigin),
      },
    },
    ttl: { AccessToken: 600, AuthorizationCode: 60, IdToken: 600, Interaction: 900, Session: 43_200, Grant: 43_200 },
  }
}

type Client = { readonly id: string; readonly secret: string; readonly door: 'callback' | 'aws' }

const clientFor = (gatewayOrigin: string, { id, secret, door }: Client) => ({
  client_id: id,
  client_name: 'Rolegate',
  client_secret: secret,
  token_endpoint_auth_method: 'client_secret_basic',
  grant_types: ['authorization_code'],
  response_types: ['code'],
  redirect_uris: [`${gatewayOrigin}/oidc/demo/${door}`],
  post_logout_redirect_uris: [`${gatewayOrigin}/signed-out`],
})

/** Source: oidc-provider, docs/README.md, "findAccount". */
function findAccount(_: Context, subject: string) {
  const person = DEMO_PEOPLE.find((known) => known.subject === subject)
  if (person === undefined) return undefined
  const { name, email, groups } = person
  return { accountId: subject, claims: () => ({ sub: subject, preferred_username: email, name, email, groups }) }
}

/** No consent screen: the company runs both sides. Source: oidc-provider, docs/README.md, "loadExistingGrant". */
async function grantEverything({ oidc: { session, client, provider } }: Context) {
  if (session?.accountId === undefined || client === undefined) return undefined
  // A grant of its own for each tab would end the codes of the others.
  const known = session.grantIdFor(client.clientId)
  const held = known === undefined ? undefined : await provider.Grant.find(known)
  if (held !== undefined) return held
  const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
  grant.addOIDCScope(SCOPES.join(' '))
  await grant.save()
  return grant
}

/** Its sentence is for whoever mends the demo; everybody else starts again. */
const showError =
  (gatewayOrigin: string) =>
  (context: Context, { error, error_description: why }: { error: string; error_description?: string }) => {
    const body = html`<p>The sign-in that the gateway began is over, or it never began one like this.</p>
      ${wayBack(gatewayOrigin)}
      <p class="quiet">${why ?? 'The request was not understood'} (${error})</p>`
    place(context, idpPage(context.status, 'The demo directory cannot go on', body))
  }

/** The form is oidc-provider's own, `id="op.logoutForm"`, with its CSRF value in it. */
const askSignOut = (gatewayOrigin: string) => (context: Context, form: string) => {
  const body = html`<p>Sign out of the demo directory too? The next sign-in will then ask who you are.</p>
    ${{ html: form }}
    <p>
      <button type="submit" form="op.logoutForm" name="logout" value="yes">Sign out</button>
      <button class="second" type="submit" form="op.logoutForm">Stay signed in</button>
    </p>`
  place(context, idpPage(200, 'Sign out', body, gatewayOrigin))
}

const showSignedOut = (gatewayOrigin: string) => (context: Context) => {
  const body = html`<p>You are signed out of the demo directory.</p>
    ${wayBack(gatewayOrigin)}`
  place(context, idpPage(200, 'Signed out', body))
}

function place(context: Context, { status, headers = {}, body }: ReturnType<typeof idpPage>): void {
  context.status = status
  for (const [name, value] of Object.entries(headers)) context.set(name, value)
  context.body = body
}

/** The demo's one optional package, loaded when the demo starts. */
async function importProvider(): Promise<{ readonly default: typeof Provider }> {
  try {
    return await withoutItsWarnings(() => import('oidc-provider'))
  } catch (cause) {
    throw new Error('The demo needs the package oidc-provider. Run `npm install` without --omit=optional.', { cause })
  }
}

/** While it loads, oidc-provider says on the console that it would like a newer Node than the gateway needs. */
async function withoutItsWarnings<Result>(load: () => Promise<Result>): Promise<Result> {
  const world = globalThis.console
  const before = Object.getOwnPropertyDescriptor(world, 'warn') ?? {}
  const warn = world.warn.bind(world)
  world.warn = (...said: unknown[]) => {
    if (!String(said[0]).includes('oidc-provider WARNING')) warn(...said)
  }
  try {
    return await load()
  } finally {
    Object.defineProperty(world, 'warn', before)
  }
}
