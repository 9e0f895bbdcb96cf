/** Session storage with the same people in it: ours as compose.ts wires it over the memory store, and the package's own. */
import type session from 'express-session'
import { randomBytes } from 'node:crypto'
import type { Host } from '../../src/compose/host.ts'
import { openMemory } from '../../src/compose/memory.ts'
import { makeWitness } from '../../src/compose/witness.ts'
import { loadConfig } from '../../src/config/load.ts'
import { withText } from '../../src/config/with-text.ts'
import { compileRules } from '../../src/domain/entitlement/compile.ts'
import { endWithin, type GatewaySession } from '../../src/domain/sign-in/session.ts'
import { SessionStore } from '../../src/http/session-store.ts'
import { makeStandingEmergency } from '../../src/usecases/emergency/standing-emergency.ts'
import { makeFindSession } from '../../src/usecases/sign-in/find-session.ts'
import { configuration, IDP } from '../harness/gateway.ts'
import { personOf } from '../harness/people.ts'

export type Layer = 'ours' | 'express-session' | 'empty-store' | 'none'

export const ABSOLUTE_SECONDS = 12 * 3600
const NOBODY = 'http://127.0.0.1:9'
const now = () => new Date()

export async function ourStore() {
  const noFile = (path: string) => {
    throw new Error(`a bench reads no ${path}`)
  }
  const env = { BENCH_MASTER_KEY: randomBytes(32).toString('base64'), BENCH_CLIENT_SECRET: 'of-no-use-anywhere' }
  const text = configuration({ audit: 'default', stsUrl: NOBODY, idpUrl: NOBODY, rules: 1 }, [8420, 9464])
  const world = {
    file: 'bench.yaml',
    readFile: noFile,
    realPath: noFile,
    linkAt: noFile,
    listFolder: noFile,
    fileMode: noFile,
    fileOwner: noFile,
    isReadOnly: noFile,
    env,
    insecureDev: true,
    purpose: 'serve' as const,
  }
  const { config } = loadConfig(withText(text, world))
  const host: Host = {
    now,
    print() {},
    version: '0',
    demo: true,
    acceptNewIssuer: false,
  }
  const { tables, digest } = await openMemory(config, host, makeWitness(config, host))
  const index = compileRules(config.mapping)
  const known = new Map([[IDP, { issuer: NOBODY, subjectClaim: 'sub' }]])
  const findSession = makeFindSession({
    ...tables,
    emergency: makeStandingEmergency(tables),
    rules: () => index,
    issuerOf: (idp) => known.get(idp),
    limits: {
      absoluteSeconds: config.sessions.browser.absoluteSeconds,
      mostSeconds: { pkce: 3600, device: 3600 },
      oldestGroupsSeconds: Infinity,
    },
  })
  const store = new SessionStore({ ...tables, findSession, digest, idleSeconds: 3600, now, onUnnoted() {} })
  /** As complete-sign-in.ts makes it. */
  const sessionFor = (sid: string, number: number, groupCount: number): GatewaySession => {
    const { subject, username, email, groups } = personOf(number, groupCount)
    const at = now()
    return {
      id: digest(sid),
      via: 'browser',
      principal: {
        idp: IDP,
        issuer: NOBODY,
        subject,
        subjectClaim: 'sub',
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
  return { store, sessionFor, digest }
}

/** What an application keeps of the same person. */
export const plainUserFor = (number: number, groupCount: number) => ({
  idp: IDP,
  issuer: NOBODY,
  ...personOf(number, groupCount),
  signedInAt: now(),
})

type PlainUser = ReturnType<typeof plainUserFor>

declare module 'express-session' {
  interface SessionData {
    plainUser?: PlainUser
  }
}

export const newSid = (): string => randomBytes(24).toString('base64url')

/** The cookie of a session as express-session hands it to a store. */
export const plainCookie = (): session.Cookie => ({
  originalMaxAge: ABSOLUTE_SECONDS * 1000,
  expires: endWithin(now(), ABSOLUTE_SECONDS),
  httpOnly: true,
  sameSite: 'lax',
  path: '/',
})
