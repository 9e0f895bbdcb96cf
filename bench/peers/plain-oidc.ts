/** A relying party the way openid-client's own example is written: Express, helmet, express-session in memory. */
import express from 'express'
import session from 'express-session'
import helmet from 'helmet'
import * as oidc from 'openid-client'
import { IDP } from '../harness/gateway.ts'
import { listenHere } from '../harness/listen-here.ts'
import { CLIENT } from '../neighbours/client.ts'

declare module 'express-session' {
  interface SessionData {
    pending?: { state: string; nonce: string; codeVerifier: string }
    claims?: oidc.IDToken
  }
}

const configuration = await oidc.discovery(
  new URL(process.env['BENCH_IDP_URL'] ?? ''),
  CLIENT.id,
  CLIENT.secret,
  undefined,
  // oxlint-disable-next-line typescript/no-deprecated -- the OP of a bench is on loopback
  { execute: [oidc.allowInsecureRequests] },
)

const app = express()
app.use(helmet())
app.use(
  session({
    secret: 'keyboard cat',
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax' },
  }),
)

app.get(`/sign-in/${IDP}`, async (req, res) => {
  const pending = { state: oidc.randomState(), nonce: oidc.randomNonce(), codeVerifier: oidc.randomPKCECodeVerifier() }
  const url = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: `http://${req.headers.host}/oidc/${IDP}/callback`,
    scope: 'openid profile',
    state: pending.state,
    nonce: pending.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(pending.codeVerifier),
    code_challenge_method: 'S256',
  })
  req.session.pending = pending
  res.redirect(303, url.href)
})

app.get(`/oidc/${IDP}/callback`, async (req, res, next) => {
  const { pending } = req.session
  if (pending === undefined) return void res.status(400).send('start again')
  const tokens = await oidc.authorizationCodeGrant(
    configuration,
    new URL(`http://${req.headers.host}${req.originalUrl}`),
    {
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      pkceCodeVerifier: pending.codeVerifier,
      idTokenExpected: true,
    },
  )
  req.session.regenerate((failure) => {
    const claims = tokens.claims()
    if (failure || claims === undefined) return next(failure)
    req.session.claims = claims
    res.redirect(303, '/')
  })
})

listenHere(app)
