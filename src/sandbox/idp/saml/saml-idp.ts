import { exchange, type Answer, type Ask } from '../../exchange.ts'
import { makeAttempts, SIGN_IN_PATH } from './attempts.ts'
import { makeBehaviour, type SamlBehaviour } from './behaviour.ts'
import { makeBrowserSessions } from './browser-sessions.ts'
import { metadataOf } from './metadata.ts'
import { refusalPage, SIGN_OUT_PATH, SUBMIT_SCRIPT_PATH, submitScript } from './pages.ts'
import { SamlRefusal } from './refusal.ts'
import { makeServiceProvider, type ServiceProvider } from './service-provider.ts'
import { makeSignOn } from './sign-on.ts'
import { makeSignOut } from './sign-out.ts'
import { makeSigningKey, type SigningKey } from './signing-key.ts'

/** The SAML half of the demo IdP, for the demo to configure a gateway with and for tests to upset. */
export type DemoSamlIdp = {
  readonly entityId: string
  readonly ssoUrl: string
  readonly sloUrl: string
  /** The certificate of the first key. */
  readonly certificatePem: string
  /** As served at the entity id, in the behaviour of now. */
  readonly metadata: () => string
  /** From now on; what is not named goes back to what it usually is. */
  readonly behave: (change?: Partial<SamlBehaviour>) => void
}

export type SamlSettings = {
  /** The gateway. A function is asked when the first person comes. */
  readonly sp: ServiceProvider | (() => Promise<ServiceProvider>)
  /** Further applications of this IdP, asked for each time. */
  readonly others?: () => readonly ServiceProvider[]
  /** What `behave` changes from and goes back to. */
  readonly usual?: Partial<SamlBehaviour>
}

export type SamlChance = { readonly now: () => Date; readonly random: (bytes: number) => Uint8Array }

/** A SAML 2.0 identity provider at `origin`, below `/saml`. It makes its keys now; `handle` answers for all of `/saml`. */
export async function makeSamlIdp(origin: string, { sp, others = () => [], usual }: SamlSettings, chance: SamlChance) {
  const [first, second] = await Promise.all([
    makeSigningKey('Demo contractors, first key', chance),
    makeSigningKey('Demo contractors, second key', chance),
  ])
  const keys: Readonly<Record<SamlBehaviour['signingKey'], SigningKey>> = { first, second }
  const { behave, behaviour } = makeBehaviour(usual)
  const addresses = { entityId: `${origin}/saml/metadata`, ssoUrl: `${origin}/saml/sso`, sloUrl: `${origin}/saml/slo` }
  const deps = {
    addresses,
    serviceProvider: makeServiceProvider(sp),
    others,
    sessions: makeBrowserSessions(chance),
    attempts: makeAttempts(chance),
    behaviour,
    signingKey: () => keys[behaviour().signingKey],
    now: chance.now,
    newId: () => `_${Buffer.from(chance.random(20)).toString('hex')}`,
  }
  const metadata = () => {
    const { publishes } = behaviour()
    const shown = publishes === 'both' ? [first, second] : [keys[publishes]]
    return metadataOf(
      addresses,
      shown.map(({ certificatePem }) => certificatePem),
      behaviour(),
    )
  }
  /** The gateway's own sign-in page; nothing while nobody knows the gateway. */
  const wayBack = async () => {
    const known = await deps.serviceProvider().catch(() => undefined)
    return known === undefined ? undefined : new URL('/sign-in', known.acs).href
  }
  const idp: DemoSamlIdp = { ...addresses, certificatePem: first.certificatePem, metadata, behave }
  return { idp, handle: exchange(answering(makeRoutes(metadata, makeSignOn(deps), makeSignOut(deps)), wayBack)) }
}

type Route = (ask: Ask) => Answer | Promise<Answer>

function makeRoutes(
  metadata: () => string,
  signOn: ReturnType<typeof makeSignOn>,
  signOut: ReturnType<typeof makeSignOut>,
): ReadonlyMap<string, Route> {
  const type = { 'content-type': 'application/samlmetadata+xml' }
  return new Map<string, Route>([
    ['GET /saml/metadata', () => ({ status: 200, headers: type, body: metadata() })],
    ['GET /saml/sso', signOn.begin],
    ['POST /saml/sso', signOn.begin],
    [`GET ${SIGN_IN_PATH}`, signOn.signIn],
    [`POST ${SIGN_IN_PATH}`, signOn.signIn],
    [`GET ${SUBMIT_SCRIPT_PATH}`, submitScript],
    ['GET /saml/slo', signOut.receive],
    ['POST /saml/slo', signOut.receive],
    ['GET /saml/', signOut.home],
    [`POST ${SIGN_OUT_PATH}`, signOut.start],
  ])
}

/** What the demo IdP refuses is told to the person; what it stumbles over is `exchange`'s. */
const answering =
  (routes: ReadonlyMap<string, Route>, wayBack: () => Promise<string | undefined>) => async (ask: Ask) => {
    const { pathname } = ask.url
    const known = pathname.startsWith(SIGN_IN_PATH) ? SIGN_IN_PATH : pathname
    const route = routes.get(`${ask.method} ${known}`)
    if (route === undefined) return { status: 404, body: 'Nothing here.\n' }
    try {
      return await route(ask)
    } catch (thrown) {
      if (thrown instanceof SamlRefusal) return refusalPage(thrown.message, await wayBack())
      throw thrown
    }
  }
