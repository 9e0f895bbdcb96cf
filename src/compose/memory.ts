import type { StoredSamlKey } from '../adapters/issuer/saml-keys.ts'
import { requireSameIssuer, type StoredKey } from '../adapters/issuer/signing-keys.ts'
import { digest, keyFor, makeCodeDigest, makeSealer } from '../adapters/store/keys.ts'
import { makeLimitRate } from '../adapters/store/limit-rate.ts'
import { makeMemoryStore } from '../adapters/store/memory.ts'
import { makeSealedStore } from '../adapters/store/sealed.ts'
import { makeSharedLimit } from '../adapters/store/shared-limit.ts'
import { makeSqliteStore } from '../adapters/store/sqlite.ts'
import { makeTable } from '../adapters/store/table.ts'
import type { Config } from '../config/config.ts'
import { RolegateError } from '../domain/errors.ts'
import { OPEN_REQUEST_DATES, type OpenRequest } from '../domain/request/open-request.ts'
import { REQUEST_DATES, type RoleRequest } from '../domain/request/role-request.ts'
import { SESSION_DATES } from '../domain/sign-in/session.ts'
import { STEP_UP_DATES } from '../domain/sign-in/step-up.ts'
import type { NameDigests } from '../usecases/ports.ts'
import type { Journal, Store } from '../usecases/ports/store.ts'
import type {
  AccessTokens,
  AskedReloads,
  AuthorizationCodes,
  ConfigEpochs,
  ContainerTokens,
  DenyWatches,
  DeviceLogins,
  Emergencies,
  LastGoodManifests,
  LastGoodParts,
  AnsweredRequests,
  OpenRequests,
  People,
  RefreshGrants,
  Requests,
  SessionNames,
  Sessions,
  StepUps,
  UsedAttempts,
  UserCodes,
} from '../usecases/ports/tables.ts'
import { EMERGENCY_KEY, requireReadable } from '../usecases/emergency/standing-emergency.ts'
import type { Host } from './host.ts'
import type { Witness } from './witness.ts'

type Kept = Pick<Config, 'masterKeys' | 'store'> & { readonly issuer: Pick<Config['issuer'], 'url'> }

const EMERGENCIES = 'emergencies'

/** Whatever was closed from the host stays closed when the issuer gets another name (threats.md R8). */
async function carryEmergency(former: Store, store: Store): Promise<void> {
  const row = await former.get(EMERGENCIES, EMERGENCY_KEY)
  if (row !== undefined) await store.put(EMERGENCIES, EMERGENCY_KEY, row.value)
}

/** Everything the gateway remembers, sealed, and the keys that are made from the master key. */
export type Memory = Awaited<ReturnType<typeof openMemory>>

export async function openMemory(
  config: Kept,
  { now, acceptNewIssuer }: Host,
  { log, metrics }: Witness,
  { onlyLooks = false } = {},
) {
  const [master] = config.masterKeys
  if (master === undefined) throw new RolegateError('config_invalid', {}, { reason: 'no_master_key' })
  const raw: Store & Journal =
    config.store.driver === 'sqlite' ? makeSqliteStore({ path: config.store.path, now }) : makeMemoryStore({ now })
  const sealedFor = (issuer: string) =>
    makeSealedStore({
      store: raw,
      keys: config.masterKeys.map((key) => keyFor(key, 'store-seal')),
      issuer,
      onTampered(table) {
        metrics.tampered(table)
        log.error('a row of the store did not open: it was moved, edited, or sealed under another key', { table })
      },
    })
  // The issuer's own record must open whatever the issuer is called now.
  await requireSameIssuer({
    store: sealedFor(''),
    issuer: config.issuer.url,
    acceptNew: acceptNewIssuer,
    onlyLooks,
    beforeAccepting: (former) => carryEmergency(sealedFor(former), sealedFor(config.issuer.url)),
  })
  const store = sealedFor(config.issuer.url)

  const counts = makeMemoryStore({ now })
  const limitInStore = makeLimitRate({ store, now })

  const sessions: Sessions = makeTable(store, 'sessions', SESSION_DATES)
  const accessTokens: AccessTokens = makeTable(store, 'access-tokens', ['expiresAt'])
  const refreshGrants: RefreshGrants = makeTable(store, 'refresh-tokens', ['supersededAt'])
  const containerTokens: ContainerTokens = makeTable(store, 'container-tokens', ['expiresAt'])
  const deviceLogins: DeviceLogins = makeTable(store, 'device-logins', [
    'expiresAt',
    'startedAt',
    'shownAt',
    'lastPolledAt',
  ])
  const authorizationCodes: AuthorizationCodes = makeTable(store, 'authorization-codes', ['expiresAt'])
  const userCodes: UserCodes = makeTable(store, 'user-codes')
  const stepUps: StepUps = makeTable(store, 'step-ups', STEP_UP_DATES)
  const requests: Requests = makeTable<RoleRequest>(store, 'requests', REQUEST_DATES)
  const openRequests: OpenRequests = makeTable<OpenRequest>(store, 'open-requests', OPEN_REQUEST_DATES)
  const answeredRequests: AnsweredRequests = makeTable(store, 'answered-requests', ['answeredAt'])
  const usedAttempts: UsedAttempts = makeTable(store, 'used-attempts', ['at'])
  const emergencies: Emergencies = makeTable(store, EMERGENCIES)
  if (!onlyLooks) await requireReadable(emergencies)
  const lastGoodManifests: LastGoodManifests = makeTable(store, 'last-good')
  const lastGoodParts: LastGoodParts = makeTable(store, 'last-good-parts')
  const askedReloads: AskedReloads = makeTable(store, 'asked-reloads')
  const configEpochs: ConfigEpochs = makeTable(store, 'config-epochs')
  const people: People = makeTable(store, 'people', ['seenAt'])
  const denyWatches: DenyWatches = makeTable(store, 'deny-watches')
  const sessionNames: SessionNames = makeTable(store, 'session-names', ['signedInAt'])
  const nameDigestBy = (key: Uint8Array) => makeCodeDigest(keyFor(key, 'session-names'))
  const [newest, former] = [nameDigestBy(master), config.masterKeys.slice(1).map(nameDigestBy)]
  const nameDigests: NameDigests = (name) => [newest(name), ...former.map((digestName) => digestName(name))]
  return {
    raw,
    sweep: async () => void (await Promise.all([raw.sweep(), counts.sweep()])),
    store,
    tables: {
      sessions,
      accessTokens,
      containerTokens,
      refreshGrants,
      deviceLogins,
      authorizationCodes,
      userCodes,
      usedAttempts,
      stepUps,
      requests,
      openRequests,
      answeredRequests,
      emergencies,
      configEpochs,
      askedReloads,
      lastGoodManifests,
      lastGoodParts,
      people,
      denyWatches,
      sessionNames,
    },
    signingKeys: makeTable<StoredKey>(store, 'signing-keys'),
    samlKeys: makeTable<StoredSamlKey>(store, 'signing-keys'),
    idpMetadata: makeTable<{ readonly text: string }>(store, 'idp-metadata'),
    // Kept in this process: a flood of requests must not become a flood of synced writes.
    limitRate: makeLimitRate({ store: counts, now }),
    // Limits that must hold across replicas are reported to the store now and then.
    limitShared: makeSharedLimit({ shared: limitInStore, now }),
    digest,
    codeDigest: makeCodeDigest(keyFor(master, 'user-code')),
    csrfKey: keyFor(master, 'csrf'),
    cookieSecrets: config.masterKeys.map((key) => keyFor(key, 'cookie').toString('base64url')),
    attemptSealer: makeSealer(config.masterKeys.map((key) => keyFor(key, 'attempt'))),
    /**
     * The pseudonym of a text that `audit.redact` hides: the same for the same text, and irreversible without the
     * master key.
     */
    pseudonym: makeCodeDigest(keyFor(master, 'audit-redact')),
    nameDigests,
    clientSealer: makeSealer(config.masterKeys.map((key) => keyFor(key, 'client-registration'))),
  }
}
