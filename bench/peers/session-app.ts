/** The least Express application, with our session layer, the package's own, the package over a store that does nothing, or none: BENCH_LAYER. */
import express, { type Request, type RequestHandler } from 'express'
import session from 'express-session'
import { makeBrowserSession, saveSession, sessionCookieFor, startSession } from '../../src/http/browser-session.ts'
import { listenHere } from '../harness/listen-here.ts'
import { personOf } from '../harness/people.ts'
import { ABSOLUTE_SECONDS, ourStore, plainUserFor, type Layer } from './session-layers.ts'

type Middle = {
  readonly layers: readonly RequestHandler[]
  readonly signIn: (req: Request, number: number, groupCount: number) => Promise<void>
  readonly username: (req: Request) => string | undefined
}

const NOBODY_NEW = plainUserFor(0, 0)

/** Answers at once, with one small session for whatever cookie, and keeps nothing: what is left is the package's own work. */
class EmptyStore extends session.Store {
  override get(_sid: string, done: (failure: unknown, data?: session.SessionData | null) => void): void {
    done(null, { cookie: { originalMaxAge: null, expires: null }, plainUser: NOBODY_NEW })
  }
  override set(_sid: string, _data: session.SessionData, done: () => void = () => {}): void {
    done()
  }
  override destroy(_sid: string, done: () => void = () => {}): void {
    done()
  }
}

const middles: Readonly<Record<Layer, () => Promise<Middle>>> = {
  async ours() {
    const { store, sessionFor, digest } = await ourStore()
    const cookie = sessionCookieFor(false)
    return {
      layers: [makeBrowserSession({ store, secrets: ['keyboard cat'], cookie, absoluteSeconds: ABSOLUTE_SECONDS })],
      async signIn(req, number, groupCount) {
        await startSession(req, digest)
        await saveSession(req, sessionFor(req.sessionID, number, groupCount))
      },
      username: (req) => req.session.signedIn?.principal.username,
    }
  },
  'express-session': async () => ({
    layers: [
      session({
        secret: 'keyboard cat',
        resave: false,
        saveUninitialized: false,
        cookie: { httpOnly: true, sameSite: 'lax', maxAge: ABSOLUTE_SECONDS * 1000 },
      }),
    ],
    signIn: (req, number, groupCount) =>
      new Promise((resolve, reject) => {
        req.session.regenerate((failure) => {
          if (failure) return reject(failure as Error)
          req.session.plainUser = plainUserFor(number, groupCount)
          resolve()
        })
      }),
    username: (req) => req.session.plainUser?.username,
  }),
  'empty-store': async () => ({
    layers: [
      session({
        store: new EmptyStore(),
        secret: 'keyboard cat',
        resave: false,
        saveUninitialized: false,
        cookie: { httpOnly: true, sameSite: 'lax', maxAge: ABSOLUTE_SECONDS * 1000 },
      }),
    ],
    // Its cookie is what a visit brings; what it stands for is always the same.
    signIn: (req) =>
      new Promise((resolve) => {
        req.session.plainUser = plainUserFor(0, 0)
        resolve()
      }),
    username: (req) => req.session.plainUser?.username,
  }),
  none: async () => ({ layers: [], signIn: () => Promise.resolve(), username: () => personOf(0, 0).username }),
}

const { layers, signIn, username } = await middles[process.env['BENCH_LAYER'] as Layer]()
const app = express()
for (const layer of layers) app.use(layer)
app.get('/sign-in/:number/:groups', async (req, res) => {
  await signIn(req, Number(req.params.number), Number(req.params.groups))
  res.send('welcome')
})
app.get('/', (req, res) => {
  const name = username(req)
  if (name === undefined) res.status(401).send('who?')
  else res.send(name)
})
listenHere(app)
