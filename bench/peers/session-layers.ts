/** Session storage with the same people in it: ours as compose.ts wires it over the memory store, and the package's own. */
import session from 'express-session'
import { randomBytes } from 'node:crypto'
import { digest, keyFor } from '../../src/adapters/store/keys.ts'
import { makeMemoryStore } from '../../src/adapters/store/memory.ts'
import { makeSealedStore } from '../../src/adapters/store/sealed.ts'
import { makeTable } from '../../src/adapters/store/table.ts'
import { endWithin, type GatewaySession } from '../../src/domain/sign-in/session.ts'
import { SessionStore } from '../../src/http/session-store.ts'
import { personOf } from '../harness/people.ts'

export type Layer = 'ours' | 'express-session' | 'none'

export const ABSOLUTE_SECONDS = 12 * 3600
const ISSUER = 'https://login.example.com/11111111-2222-3333-4444-555555555555/v2.0'
const now = () => new Date()

export function ourStore(): SessionStore {
  const store = makeSealedStore({
    store: makeMemoryStore({ now }),
    keys: [keyFor(randomBytes(32), 'store-seal')],
    issuer: 'https://aws.example.com',
    onTampered(table) {
      throw new Error(`a row of ${table} did not open`)
    },
  })
  const sessions = makeTable<GatewaySession>(store, 'sessions', ['signedInAt', 'endsAt', 'lastSeenAt'])
  return new SessionStore({ sessions, digest, idleSeconds: 3600, now })
}

/** As complete-sign-in.ts makes it. */
export function gatewaySessionFor(sid: string, number: number, groupCount: number): GatewaySession {
  const { subject, username, email, groups } = personOf(number, groupCount)
  const at = now()
  const id = digest(sid)
  return {
    id,
    root: id,
    via: 'browser',
    principal: {
      idp: 'entra',
      issuer: ISSUER,
      subject,
      username,
      email,
      groups: { state: 'stated', names: groups },
      claims: {},
    },
    signedInAt: at,
    lastSeenAt: at,
    endsAt: endWithin(at, ABSOLUTE_SECONDS),
  }
}

/** What an application keeps of the same person. */
export const plainUserFor = (number: number, groupCount: number) => ({
  idp: 'entra',
  issuer: ISSUER,
  ...personOf(number, groupCount),
  signedInAt: now(),
})

export type PlainUser = ReturnType<typeof plainUserFor>

declare module 'express-session' {
  interface SessionData {
    plainUser?: PlainUser
  }
}

export const newSid = (): string => randomBytes(24).toString('base64url')

/** A session as express-session hands it to a store. */
export const plainCookie = (): session.Cookie => ({
  originalMaxAge: ABSOLUTE_SECONDS * 1000,
  expires: endWithin(now(), ABSOLUTE_SECONDS),
  httpOnly: true,
  sameSite: 'lax',
  path: '/',
})
