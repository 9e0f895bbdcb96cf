import express, { urlencoded, type Express, type Request, type RequestHandler } from 'express'
import type { RequestListener } from 'node:http'
import type { PassThroughAttempt, SignInAttempt, TestAttempt } from '../domain/sign-in/attempt.ts'
import { requireOwnClient } from '../usecases/device/clients.ts'
import type { Digest, Now, RandomText } from '../usecases/ports.ts'
import type { IdentityProvider } from '../usecases/ports/identity-provider.ts'
import { makeAttemptCookies, type AttemptCookies, type AttemptSealer } from './attempt-cookies.ts'
import { makeAuthenticate } from './authenticate.ts'
import { makeBrowserSession, makeStartFirstSession, sessionCookieFor, type SessionCookie } from './browser-session.ts'
import { makeSamlForm } from './callback-answer.ts'
import { makeAnswerCredentials, type AnswerCredentials } from './credentials.ts'
import { makeCsrfToken, makeIsCsrfToken, makeRequireCsrf } from './csrf.ts'
import { makeErrorHandler, nothingHere } from './errors.ts'
import { factsAtHotDoor, makeHotDoor } from './hot-door.ts'
import { hotRoutes } from './hot-routes.ts'
import { makeHotTrip } from './hot-trip.ts'
import { makeAnswerIdpTest } from './idp-test.ts'
import { makeMoveBrowser } from './move-browser.ts'
import { makeOauthAnswers, type OauthAnswers } from './oauth-answers.ts'
import { makeKeepFacts, makeNoteFacts, type NoteFacts } from './request-facts.ts'
import { approvalRoutes } from './routes/approvals.ts'
import { authorizeRoutes } from './routes/authorize.ts'
import { containerRoutes } from './routes/container.ts'
import { deviceRoutes } from './routes/device.ts'
import { goRoutes } from './routes/go.ts'
import { issuerRoutes, type IssuerDocuments } from './routes/issuer.ts'
import { identityCenterRoutes, isForIdentityCenter } from './routes/identity-center.ts'
import { adminAccessRoutes } from './routes/admin-access.ts'
import { adminIdpTestRoutes } from './routes/admin-idp-test.ts'
import { adminRoutes } from './routes/admin.ts'
import { meRoutes } from './routes/me.ts'
import { oauthRoutes } from './routes/oauth.ts'
import { passThroughRoutes } from './routes/pass-through.ts'
import { portalRoutes } from './routes/portal.ts'
import { samlRoutes } from './routes/saml.ts'
import { setupRoutes } from './routes/setup.ts'
import { signInRoutes, signInTripRoutes, signOutRoutes } from './routes/sign-in.ts'
import { stepUpRoutes } from './routes/step-up.ts'
import { tokenExchangeRoutes } from './routes/token-exchange.ts'
import { v1Routes } from './routes/v1.ts'
import { v1RequestRoutes } from './routes/v1-requests.ts'
import { makeSecurityHeaders, programHeaders, securityHeaders } from './security-headers.ts'
import { makeSealedCookie } from './sealed-cookie.ts'
import type { SessionStore } from './session-store.ts'
import { cameByTls, makeDrain, requireOurHost, requireTlsInFront } from './welcome.ts'
import {
  makeAccessLog,
  makeLogAnswer,
  makeLogRefusal,
  makeNoteRefusal,
  type LogAnswer,
  type Witness,
} from './witness.ts'
import { makeFrame } from './frame.ts'
import type { Stories } from './stories.ts'
import { makeViewEngine } from './view-engine.ts'

export type ServerDeps = {
  stories: Stories
  providers: ReadonlyMap<string, IdentityProvider>
  documents: IssuerDocuments
  sessionStore: SessionStore
  cookieSecrets: string[]
  csrfKey: Uint8Array
  attemptSealer: AttemptSealer
  digest: Digest
  publicUrl: string
  /** The issuer may answer under a name of its own (threats.md K6). */
  issuerUrl: string
  trustedProxies: readonly string[]
  /** TLS ends at a proxy, but this listener can be reached without it: only requests that came by TLS are served. */
  tlsInFront: boolean
  /** Where the console forms lead: sign-in and console hosts of every partition in use. */
  formTargets: readonly string[]
  /** Where they lead by way of an IdP. */
  idpTargets: readonly string[]
  absoluteSeconds: number
  views: string
  version: string
  demo: boolean
  /** Set while what was in force last stands in for a file that is refused. */
  lastGoodSince: () => Date | undefined
  isDraining: () => boolean
  randomText: RandomText
  now: Now
  witness: Witness
}

/** What every request meets: the hot door, and behind it the whole of Express. */
export function createServer(deps: ServerDeps): RequestListener {
  const trustsProxies = deps.trustedProxies.length > 0
  const proxyUnnamed = !trustsProxies && deps.publicUrl.startsWith('https:')
  const noteFacts = makeNoteFacts({ ...deps, newRequestId: () => deps.randomText(96), trustsProxies, proxyUnnamed })
  const logAnswer = makeLogAnswer(deps)
  const answerCredentials = makeAnswerCredentials(deps.stories)
  const oauthAnswers = makeOauthAnswers({ ...deps.stories, publicUrl: deps.publicUrl })
  const { host: publicHost, protocol } = new URL(deps.publicUrl)
  const secure = protocol === 'https:'
  const sealed = { sealer: deps.attemptSealer, secure }
  const cookies = {
    cookie: sessionCookieFor(secure),
    attempts: makeAttemptCookies<SignInAttempt>({ ...sealed, name: 'rolegate-attempt' }),
    awsAttempts: makeAttemptCookies<PassThroughAttempt>({ ...sealed, name: 'rolegate-aws-attempt' }),
    testAttempts: makeAttemptCookies<TestAttempt>({ ...sealed, name: 'rolegate-test-attempt' }),
  }
  const shared = { ...deps, ...cookies, noteFacts, logAnswer, answerCredentials, oauthAnswers }
  const startFirstSession = makeStartFirstSession({ ...shared, store: deps.sessionStore, secrets: deps.cookieSecrets })
  return makeHotDoor({
    noteFacts,
    logAnswer,
    express: createExpress(shared),
    routes: hotRoutes({ ...shared, ...deps.stories, noteRefusal: makeNoteRefusal(deps.witness) }),
    visit: makeHotTrip({ ...shared, ...deps.stories, startFirstSession }),
    visitHeaders: { ...Object.fromEntries(securityHeaders({ secure })), 'cache-control': 'no-store' },
    publicHost,
    isWelcome: (req) => !deps.isDraining() && (!deps.tlsInFront || cameByTls(req)),
  })
}

type Shared = {
  cookie: SessionCookie
  attempts: AttemptCookies<SignInAttempt>
  awsAttempts: AttemptCookies<PassThroughAttempt>
  testAttempts: AttemptCookies<TestAttempt>
  noteFacts: NoteFacts
  logAnswer: LogAnswer
  answerCredentials: AnswerCredentials
  oauthAnswers: OauthAnswers
}

/** Every request that is not the hot door's walks down this list. */
function createExpress(deps: ServerDeps & Shared): Express {
  const { stories, publicUrl, now, digest } = deps
  const logRefusal = makeLogRefusal({ ...deps, ...stories })
  const { host: publicHost, protocol } = new URL(publicUrl)
  const secure = protocol === 'https:'
  const { cookie, attempts, awsAttempts, testAttempts } = deps
  const browserSession = makeBrowserSession({
    store: deps.sessionStore,
    secrets: deps.cookieSecrets,
    cookie,
    absoluteSeconds: deps.absoluteSeconds,
  })
  const csrfToken = makeCsrfToken(deps.csrfKey)
  const requireCsrf = makeRequireCsrf({ isCsrfToken: makeIsCsrfToken(deps.csrfKey), origin: publicUrl })
  const oauth = { ...stories, oauthAnswers: deps.oauthAnswers, publicUrl, logRefusal }
  const idpSignOut = makeSealedCookie({
    name: 'rolegate-idp-sign-out',
    sealer: deps.attemptSealer,
    secure,
    seconds: 300,
  })
  const moveBrowser = makeMoveBrowser({ secure })
  const { providers } = deps
  const answerIdpTest = makeAnswerIdpTest({ ...stories, testAttempts, providers })
  const samlForm = makeSamlForm()
  const signIn = {
    ...stories,
    samlForm,
    providers,
    attempts,
    answerIdpTest,
    idpSignOut,
    moveBrowser,
    digest,
    cookie,
    publicHost,
    now,
  }

  const server = express()
  server.disable('x-powered-by').disable('etag').enable('case sensitive routing')
  server.set('trust proxy', deps.trustedProxies.length > 0 ? [...deps.trustedProxies] : false)
  server
    .set('query parser', 'simple')
    .set('views', deps.views)
    .set('view engine', 'eta')
    .engine('eta', makeViewEngine(deps.views))
  // Cookies are as secure as the public URL says, not as this socket is: TLS usually ends in front of us (contract.md).
  Object.defineProperty(server.request, 'secure', { get: () => secure })

  server.use(makeKeepFacts((req) => factsAtHotDoor(req) ?? deps.noteFacts(req)))
  server.use(makeAccessLog(deps.logAnswer))
  server.use(makeDrain(deps))
  if (deps.tlsInFront) server.use(requireTlsInFront)
  const issuer = new URL(deps.issuerUrl)
  // The issuer may answer under a name of its own (threats.md K6); nothing else answers there.
  server.use(requireOurHost([publicHost, issuer.host]))
  server.use(issuer.pathname, issuerRoutes(deps))
  server.use(requireOurHost([publicHost]))

  const plain = makeSecurityHeaders({ secure })
  const frame = makeFrame({ ...deps, csrfToken })

  // The way to the IdP and back comes before everything it does not need: on Monday morning everybody takes it at once.
  server.use(['/sign-in', '/oidc', '/saml'], plain, noStore, frame)
  server.use(signInTripRoutes({ ...signIn, browserSession }))
  server.use(samlRoutes({ ...signIn, browserSession }))
  server.use(passThroughRoutes({ ...stories, awsAttempts, samlForm }))

  // Programs: no page, no session of express.
  server.use(forPrograms(programHeaders))
  server.use(tokenExchangeRoutes(oauth))
  server.use(oauthRoutes(oauth))
  server.use(containerRoutes({ ...stories, logRefusal }))
  server.use(identityCenterRoutes(oauth))
  const authenticate = makeAuthenticate({
    ...stories,
    browserSession,
    requireCsrf,
    cookieName: cookie.name,
    origin: publicUrl,
    now,
  })
  server.use(v1Routes({ ...stories, ...deps, authenticate }))
  server.use(v1RequestRoutes({ ...stories, publicUrl, authenticate }))

  server.use(forPrograms(nothingHere))

  // People.
  const { formTargets, idpTargets } = deps
  const opensConsole = makeSecurityHeaders({ secure, formTargets })
  const opensIdp = makeSecurityHeaders({ secure, formTargets: [...formTargets, ...idpTargets] })
  server.use((req, res, next) => (/^\/($|roles\/|step-up\/)/.test(req.path) ? opensConsole : plain)(req, res, next))
  server.use('/assets', express.static(`${deps.views}/assets`, { maxAge: '1h', index: false, dotfiles: 'ignore' }))
  server.use(noStore, frame)
  server.use(browserSession)
  server.use(urlencoded({ extended: false, limit: '16kb', parameterLimit: 20, inflate: false }))
  server.use(signOutRoutes({ ...signIn, requireCsrf, origin: publicUrl }))
  server.use(requireCsrf)
  server.use(signInRoutes(signIn))
  server.use(portalRoutes({ ...stories, awsAttempts, moveBrowser, formTargets, opensConsole, opensIdp }))
  server.use(stepUpRoutes({ ...stories, attempts, moveBrowser, now }))
  server.use(approvalRoutes({ ...stories, attempts, moveBrowser, now }))
  server.use(setupRoutes({ ...stories, now }))
  server.use(goRoutes({ ...stories, now }))
  server.use(meRoutes(stories))
  server.use(adminRoutes(stories))
  server.use(adminAccessRoutes({ ...stories, providers }))
  server.use(adminIdpTestRoutes({ ...stories, providers, testAttempts, moveBrowser }))
  server.use(deviceRoutes(stories))
  const clients = { '/oauth/authorize': requireOwnClient, '/authorize': (id: string) => stories.clients.find(id) }
  server.use(authorizeRoutes({ ...stories, providers, clients, publicUrl, secure, now }))

  server.use(nothingHere)
  server.use(makeErrorHandler({ logRefusal, publicUrl }))
  return server
}

/** Addresses for programs. `/oauth/authorize` is a page: the terminal's browser goes there (RFC 6749 §3.1). */
const isForProgram = (req: Request): boolean =>
  (/^\/(v1|oauth)(\/|$)/.test(req.path) && req.path !== '/oauth/authorize') || isForIdentityCenter(req)

const forPrograms =
  (handler: RequestHandler): RequestHandler =>
  (req, res, next) =>
    isForProgram(req) ? handler(req, res, next) : next()

const noStore: RequestHandler = (_req, res, next) => {
  res.set('cache-control', 'no-store')
  next()
}
