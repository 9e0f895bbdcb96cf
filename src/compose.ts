import { createHash, randomBytes } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { makeAudit, makeStdoutSink, makeStoreSink } from './adapters/audit/audit.ts'
import { makeFileSink, type AuditSink } from './adapters/audit/file-sink.ts'
import { makeOpenFederation } from './adapters/aws/federation.ts'
import { makeStsClients } from './adapters/aws/sts-clients.ts'
import { makeAssumeRole } from './adapters/aws/sts.ts'
import { issuerDocuments } from './adapters/issuer/documents.ts'
import { makeMint } from './adapters/issuer/mint.ts'
import { loadSigningKey, requireSameIssuer, type StoredKey } from './adapters/issuer/signing-keys.ts'
import { IDP_BOUNDS, makeBoundedFetch } from './adapters/oidc/bounded-fetch.ts'
import { makeOidcProvider } from './adapters/oidc/provider.ts'
import { digest, keyFor, makeCodeDigest, makeSealer, sealUnder } from './adapters/store/keys.ts'
import { makeLimitRate } from './adapters/store/limit-rate.ts'
import { makeMemoryStore } from './adapters/store/memory.ts'
import { makeSealedStore } from './adapters/store/sealed.ts'
import { makeSqliteStore } from './adapters/store/sqlite.ts'
import { makeTable } from './adapters/store/table.ts'
import { makeLogger } from './adapters/telemetry/logger.ts'
import { makeMetrics } from './adapters/telemetry/metrics.ts'
import type { AuditSink as AuditSinkSettings, Config, StsSettings } from './config/config.ts'
import { consoleHostsOf } from './domain/aws/destination.ts'
import { federationEndpointOf, stsEndpointOf } from './domain/aws/partition.ts'
import { compileRules } from './domain/entitlement/compile.ts'
import { RolegateError } from './domain/errors.ts'
import { makeManagementServer } from './http/routes/management.ts'
import { createServer } from './http/server.ts'
import { SessionStore } from './http/session-store.ts'
import { HTTP_LIMITS, makeLifecycle, type Gateway } from './lifecycle.ts'
import { makeAuthenticateBearer } from './usecases/device/authenticate-bearer.ts'
import { makeDecideDeviceLogin } from './usecases/device/decide-device-login.ts'
import { makeFindDeviceLogin } from './usecases/device/find-device-login.ts'
import { makeIssueAccessToken, makeIssueTokens } from './usecases/device/issue-tokens.ts'
import { makeRedeemDeviceLogin } from './usecases/device/redeem-device-login.ts'
import { makeRefreshTokens } from './usecases/device/refresh-tokens.ts'
import { makeRevokeToken } from './usecases/device/revoke-token.ts'
import { makeStartDeviceLogin } from './usecases/device/start-device-login.ts'
import { makeExplainNothing } from './usecases/entitlement/explain-nothing.ts'
import { makeListRoles } from './usecases/entitlement/list-roles.ts'
import { makeIssueCredentials } from './usecases/hand-over/issue-credentials.ts'
import { makeOpenConsole } from './usecases/hand-over/open-console.ts'
import { makeTakeRole } from './usecases/hand-over/take-role.ts'
import type {
  AccessTokens,
  DeviceLogins,
  RefreshTokens,
  Sessions,
  Store,
  UsedAttempts,
  UserCodes,
} from './usecases/ports.ts'
import { makeBeginSignIn } from './usecases/sign-in/begin-sign-in.ts'
import { makeCompleteSignIn } from './usecases/sign-in/complete-sign-in.ts'
import { makeEndSession } from './usecases/sign-in/end-session.ts'

/** What the gateway takes from the process it runs in. */
export type Host = {
  readonly now: () => Date
  readonly print: (text: string) => void
  readonly version: string
  readonly demo: boolean
  readonly acceptNewIssuer: boolean
}

/** The whole gateway on one screen: the world, then the stories, then the doors. */
export async function compose(config: Config, host: Host): Promise<Gateway> {
  const { now, print, version, demo } = host
  const { publicUrl } = config.server
  const log = makeLogger({ level: config.log.level, out: { write: print }, now })
  const metrics = makeMetrics({ version, withProcess: !demo })

  const keys = config.masterKeys
  const [master] = keys
  if (master === undefined) throw new RolegateError('config_invalid', {}, { reason: 'no_master_key' })
  const raw: Store =
    config.store.driver === 'sqlite' ? makeSqliteStore({ path: config.store.path, now }) : makeMemoryStore({ now })
  const sealedFor = (issuer: string) =>
    makeSealedStore({
      store: raw,
      keys: keys.map((key) => keyFor(key, 'store-seal')),
      issuer,
      onTampered: (table) => {
        metrics.tampered(table)
        log.error('a row of the store did not open: it was moved, edited, or sealed under another key', { table })
      },
    })
  await requireSameIssuer({ store: sealedFor(''), issuer: config.issuer.url, acceptNew: host.acceptNewIssuer })
  const store = sealedFor(config.issuer.url)
  const sessions: Sessions = makeTable(store, 'sessions', ['signedInAt', 'endsAt', 'lastSeenAt'])
  const accessTokens: AccessTokens = makeTable(store, 'access-tokens', ['expiresAt'])
  const refreshGrants: RefreshTokens = makeTable(store, 'refresh-tokens', ['supersededAt'])
  const deviceLogins: DeviceLogins = makeTable(store, 'device-logins', ['expiresAt', 'startedAt', 'lastPolledAt'])
  const userCodes: UserCodes = makeTable(store, 'user-codes')
  const usedAttempts: UsedAttempts = makeTable(store, 'used-attempts', ['at'])
  const signingKeys = makeTable<StoredKey>(store, 'signing-keys')

  const random = (bytes: number) => randomBytes(bytes)
  const randomText = (bits: number) => randomBytes(Math.ceil(bits / 8)).toString('base64url')
  const sha256 = (text: string) => createHash('sha256').update(text).digest()
  const codeDigest = makeCodeDigest(keyFor(master, 'user-code'))
  const limitRate = makeLimitRate({ store, now })

  const signingKey = await loadSigningKey({
    keys: signingKeys,
    issuer: config.issuer.url,
    algorithm: config.issuer.algorithm,
  })
  const mint = makeMint(signingKey)
  const sts = (name: string) => requireEntry(config.sts, name)
  const stsClients = makeStsClients((name, region) => sts(name).endpoint ?? stsEndpointOf(sts(name).partition, region))
  const assumeRole = makeAssumeRole({ clientFor: stsClients.clientFor })
  const openFederation = makeOpenFederation({
    endpointFor: (name, region) => sts(name).federationEndpoint ?? federationEndpointOf(sts(name).partition, region),
    issuer: `${publicUrl}/`,
    fetch,
  })

  const sinks = await Promise.all(config.audit.sinks.map(async (sink) => openSink(sink, { store, print, now })))
  const health = { auditFails: false, draining: false }
  const audit = makeAudit({
    sinks,
    newId: () => randomText(96),
    now,
    onWritten(event) {
      health.auditFails = false
      metrics.event(event)
    },
    onFailure(cause) {
      health.auditFails = true
      metrics.auditFailure()
      log.error('the audit log cannot be written: nothing is handed over', {}, cause)
    },
  })

  const idpFetch = makeBoundedFetch(IDP_BOUNDS)
  const providers = new Map(
    config.idps.map((settings) => [
      settings.id,
      makeOidcProvider({
        settings,
        callback: `${publicUrl}/oidc/${settings.id}/callback`,
        fetch: idpFetch,
        randomText,
        now,
        onFailure: (what, cause) => log.error('an identity provider did not answer', { idp: settings.id, what }, cause),
      }),
    ]),
  )
  const mappings = new Map(config.idps.map(({ id, mapping }) => [id, mapping]))
  const index = compileRules(config.mapping)
  const rules = () => index

  const { browser, cli } = config.sessions
  const deps = {
    sessions,
    accessTokens,
    deviceLogins,
    userCodes,
    audit,
    limitRate,
    random,
    randomText,
    digest,
    codeDigest,
    rules,
    now,
  }
  const takeRole = makeTakeRole({
    ...deps,
    issuer: config.issuer,
    audiences: new Map([...config.sts].map(([name, { audience }]) => [name, audience])),
    mint,
    assumeRole,
    sha256,
  })
  const consoleHosts = new Map(
    [...config.sts].flatMap(([name, { consoleHosts: hosts }]) => (hosts ? [[name, hosts] as const] : [])),
  )
  const endSession = makeEndSession(deps)
  const findDeviceLogin = makeFindDeviceLogin(deps)
  const issueAccessToken = makeIssueAccessToken({ ...deps, accessSeconds: cli.accessSeconds })
  const issueTokens = makeIssueTokens({ ...deps, refreshTokens: refreshGrants, issueAccessToken })

  const server = createServer({
    stories: {
      beginSignIn: makeBeginSignIn({ providers, newAttemptId: () => randomBytes(4).toString('hex'), now }),
      completeSignIn: makeCompleteSignIn({
        ...deps,
        providers,
        mappings,
        usedAttempts,
        absoluteSeconds: browser.absoluteSeconds,
      }),
      endSession,
      listRoles: makeListRoles(deps),
      explainNothing: makeExplainNothing(deps),
      issueCredentials: makeIssueCredentials({ takeRole }),
      openConsole: makeOpenConsole({ takeRole, openFederation, rules, consoleHosts }),
      authenticateBearer: makeAuthenticateBearer(deps),
      startDeviceLogin: makeStartDeviceLogin(deps),
      findDeviceLogin,
      decideDeviceLogin: makeDecideDeviceLogin({ ...deps, findDeviceLogin, deviceMaxSeconds: cli.deviceMaxSeconds }),
      redeemDeviceLogin: makeRedeemDeviceLogin({ ...deps, issueTokens }),
      refreshTokens: makeRefreshTokens({ ...deps, refreshTokens: refreshGrants, issueAccessToken, sealUnder }),
      revokeToken: makeRevokeToken({ ...deps, refreshTokens: refreshGrants, endSession }),
      rules,
      sha256,
      idpLabel: (idp) => providers.get(idp)?.label ?? idp,
      deviceMaxSeconds: cli.deviceMaxSeconds,
      deviceLogin: cli.deviceLogin,
      now,
    },
    providers,
    documents: issuerDocuments({ issuer: config.issuer.url, keys: [signingKey] }),
    sessionStore: new SessionStore({ sessions, digest, idleSeconds: browser.idleSeconds, now }),
    cookieSecrets: keys.map((key) => keyFor(key, 'cookie').toString('base64url')),
    csrfKey: keyFor(master, 'csrf'),
    attemptSealer: makeSealer(keys.map((key) => keyFor(key, 'attempt'))),
    digest,
    publicUrl,
    issuerUrl: config.issuer.url,
    trustedProxies: config.server.trustedProxies,
    tlsInFront:
      publicUrl.startsWith('https:') && !['127.0.0.1', '::1', 'localhost'].includes(config.server.listen.host),
    formTargets: formTargetsOf(config),
    absoluteSeconds: browser.absoluteSeconds,
    views: fileURLToPath(new URL('../views', import.meta.url)),
    version,
    demo,
    newRequestId: () => randomText(96),
    now,
    logRefusal(error, req, status) {
      metrics.refusal(error.code)
      const facts = {
        request_id: String(req.res?.getHeader('x-request-id')),
        code: error.code,
        status,
        reason: error.reason,
      }
      if (status >= 500) log.error('a request failed', facts, error)
      else log.info('a request was refused', facts)
    },
    logRequest({ requestId, method, route, status, milliseconds }) {
      metrics.request(method, route, status, milliseconds / 1000)
      log.info('request', { request_id: requestId, method, route, status, milliseconds })
    },
  })

  const management = makeManagementServer({
    async missing() {
      if (health.draining) return ['draining']
      return (await answers(store.get('installation', 'probe'))) ? [] : ['store']
    },
    async degraded() {
      const down = await Promise.all(
        [...providers.values()].map(async (provider) => !(await provider.isReady()) && `idp:${provider.id}`),
      )
      return [...down.filter((name) => name !== false), ...(health.auditFails ? ['audit'] : [])]
    },
    metrics: () => metrics.text(),
  })

  return makeLifecycle({
    listeners: [
      { server: createHttpServer(HTTP_LIMITS, server), at: config.server.listen },
      { server: management, at: config.server.management },
    ],
    sweep: () => answers(raw.sweep()),
    onDrain: () => (health.draining = true),
    async release() {
      await Promise.all(sinks.map((sink) => sink.close()))
      stsClients.close()
      await raw.close()
    },
  })
}

const answers = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    () => false,
  )

function requireEntry(sts: Config['sts'], name: string): StsSettings {
  const entry = sts.get(name)
  if (entry === undefined) throw new RolegateError('config_invalid', { sts: name })
  return entry
}

function openSink(
  sink: AuditSinkSettings,
  { store, print, now }: { store: Store; print: Host['print']; now: Host['now'] },
): Promise<AuditSink> | AuditSink {
  switch (sink.type) {
    case 'file':
      return makeFileSink({ path: sink.path })
    case 'store':
      return makeStoreSink({ store, newKey: () => `${now().toISOString()}/${randomBytes(8).toString('hex')}` })
    case 'stdout':
      return makeStdoutSink({ print })
  }
}

/** Every host a console form may pass through: sign-in endpoint, then console (contract.md, CSP). */
function formTargetsOf({ sts }: Config): readonly string[] {
  const hosts = [...sts.values()].flatMap(({ partition, region, federationEndpoint, consoleHosts }) => [
    new URL(federationEndpoint ?? federationEndpointOf(partition, region)).origin,
    ...consoleHostsOf({ partition, region, ...(consoleHosts && { hosts: consoleHosts }) }),
  ])
  return [...new Set(hosts)]
}
