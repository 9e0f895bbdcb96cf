import { randomBytes } from 'node:crypto'
import { digest, makeCodeDigest, sealUnder } from '../../src/adapters/store/keys.ts'
import { makeLimitRate } from '../../src/adapters/store/limit-rate.ts'
import { makeMemoryStore } from '../../src/adapters/store/memory.ts'
import { makeTable } from '../../src/adapters/store/table.ts'
import type { AuditEvent } from '../../src/domain/audit/event.ts'
import { OWN_CLIENT } from '../../src/domain/device/client.ts'
import { RolegateError } from '../../src/domain/errors.ts'
import { SESSION_DATES, type GatewaySession } from '../../src/domain/sign-in/session.ts'
import { makeAuthorizeTerminal } from '../../src/usecases/device/authorize-terminal.ts'
import { makeAuthenticateBearer } from '../../src/usecases/device/authenticate-bearer.ts'
import { makeDecideDeviceLogin } from '../../src/usecases/device/decide-device-login.ts'
import { makeFindDeviceLogin } from '../../src/usecases/device/find-device-login.ts'
import { makeIssueAccessToken, makeIssueTokens, type Tokens } from '../../src/usecases/device/issue-tokens.ts'
import { makeRedeemAuthorizationCode } from '../../src/usecases/device/redeem-authorization-code.ts'
import { makeRedeemDeviceLogin } from '../../src/usecases/device/redeem-device-login.ts'
import { makeRefreshTokens } from '../../src/usecases/device/refresh-tokens.ts'
import { makeRevokeToken } from '../../src/usecases/device/revoke-token.ts'
import { makeShowDeviceLogin } from '../../src/usecases/device/show-device-login.ts'
import { makeStartTerminalSession, type LoginWay } from '../../src/usecases/device/start-terminal-session.ts'
import { makeStartDeviceLogin } from '../../src/usecases/device/start-device-login.ts'
import type { Store } from '../../src/usecases/ports/store.ts'
import type {
  AccessTokens,
  AuthorizationCodes,
  ContainerTokens,
  DeviceLogins,
  RefreshGrants,
  SessionNames,
  Sessions,
  UserCodes,
} from '../../src/usecases/ports/tables.ts'
import { makeEndSession } from '../../src/usecases/sign-in/end-session.ts'
import { makeFindSession } from '../../src/usecases/sign-in/find-session.ts'
import { anIndex } from './a-mapping.ts'
import { aClock, aRequest, aSession } from './a-session.ts'
import { anEmergency } from './an-emergency.ts'

export const CLIENT = 'rolegate-cli'

/** Every terminal story over a real store, in memory unless another is opened, with a clock and an audit log that the test holds. */
export async function aDeviceWorld({
  session = aSession(),
  crossNetwork = { pkce: 'downgrade', device: 'retype' },
  openStore = (now) => makeMemoryStore({ now }),
}: {
  session?: GatewaySession
  /** What the operator says of terminals from elsewhere. */
  crossNetwork?: { pkce: 'downgrade' | 'refuse'; device: 'retype' | 'refuse' }
  openStore?: (now: () => Date) => Store
} = {}) {
  const clock = aClock()
  const store = openStore(clock.now)
  const recorded: AuditEvent[] = []
  /** What happens elsewhere while a record is being written. */
  const world = { onAudit: async (_event: AuditEvent): Promise<void> => {} }
  const fails = { audit: undefined as AuditEvent['event'] | undefined }

  const tables = {
    sessions: makeTable(store, 'sessions', SESSION_DATES) as Sessions,
    accessTokens: makeTable(store, 'access-tokens', ['expiresAt']) as AccessTokens,
    refreshGrants: makeTable(store, 'refresh-tokens', ['supersededAt']) as RefreshGrants,
    containerTokens: makeTable(store, 'container-tokens', ['expiresAt']) as ContainerTokens,
    deviceLogins: makeTable(store, 'device-logins', [
      'expiresAt',
      'startedAt',
      'shownAt',
      'lastPolledAt',
    ]) as DeviceLogins,
    authorizationCodes: makeTable(store, 'authorization-codes', ['expiresAt']) as AuthorizationCodes,
    userCodes: makeTable(store, 'user-codes') as UserCodes,
    sessionNames: makeTable(store, 'session-names', ['signedInAt']) as SessionNames,
  }
  /** The operator's names for addresses, and how each IdP's people may sign terminals in. */
  const networks = new Map<string, string>()
  const ways = new Map<string, Set<LoginWay>>([['entra', new Set<LoginWay>(['pkce', 'device'])]])
  const mostSeconds = { pkce: 12 * 3600, device: 8 * 3600 }
  const deps = {
    ...tables,
    audit: async (event: AuditEvent) => {
      if (event.event === fails.audit) throw new RolegateError('audit_unavailable')
      recorded.push(event)
      await world.onAudit(event)
    },
    limitRate: makeLimitRate({ store, now: clock.now }),
    limitShared: makeLimitRate({ store, now: clock.now }),
    random: (bytes: number) => randomBytes(bytes),
    randomText: (bits: number) => randomBytes(bits / 8).toString('base64url'),
    digest,
    codeDigest: makeCodeDigest(Buffer.alloc(32, 7)),
    sealUnder,
    accessSeconds: 45 * 60,
    mostSeconds,
    limits: { absoluteSeconds: Infinity, mostSeconds, oldestGroupsSeconds: Infinity },
    nameNetwork: (address: string) => networks.get(address),
    loginWays: ways,
    now: clock.now,
  }
  const { issuer, subjectClaim } = session.principal
  const issuers = new Map([['entra', { issuer, subjectClaim }]])
  const issuerOf = (idp: string) => issuers.get(idp)
  const findSession = makeFindSession({ ...deps, issuerOf, emergency: anEmergency(), rules: () => anIndex() })
  const endSession = makeEndSession(deps)
  const findDeviceLogin = makeFindDeviceLogin(deps)
  const startTerminalSession = makeStartTerminalSession({ ...deps, findSession })
  const letIn = { ...deps, findSession, startTerminalSession, findDeviceLogin }
  const issueAccessToken = makeIssueAccessToken(deps)
  const issueTokens = makeIssueTokens({ ...deps, issueAccessToken })
  const startDeviceLogin = makeStartDeviceLogin(deps)
  const decideDeviceLogin = makeDecideDeviceLogin({ ...letIn, crossNetwork: crossNetwork.device })
  const showDeviceLogin = makeShowDeviceLogin({ ...letIn, crossNetwork: crossNetwork.device })
  const redeemDeviceLogin = makeRedeemDeviceLogin({ ...letIn, issueTokens })
  const redeemAuthorizationCode = makeRedeemAuthorizationCode({
    ...letIn,
    issueTokens,
    crossNetwork: crossNetwork.pkce,
  })
  await tables.sessions.put(session.id, session, { expiresAt: session.endsAt })

  const refresh = makeRefreshTokens({ ...letIn, issueAccessToken })
  const start = (id = CLIENT) =>
    startDeviceLogin({ client: { ...OWN_CLIENT, id }, claims: { host: 'laptop' }, request: aRequest() })
  /** Looks at who asks, as the page shows it, and then says so. */
  const decide = async (typed: string, decision: 'approve' | 'deny' = 'approve', by: GatewaySession = session) => {
    const { login } = await showDeviceLogin({ session: by, typed, request: aRequest() })
    const number = login.numbers?.right
    return decideDeviceLogin({
      session: by,
      typed,
      decision: { kind: decision, ...(number !== undefined && { number }) },
      request: aRequest(),
    })
  }
  const redeem = (deviceCode: string, clientId = CLIENT) =>
    redeemDeviceLogin({ deviceCode, clientId, request: aRequest() })

  return Object.assign(world, {
    ...deps,
    clock,
    store,
    recorded,
    fails,
    session,
    start,
    decide,
    redeem,
    startDeviceLogin,
    decideDeviceLogin,
    showDeviceLogin,
    redeemDeviceLogin,
    authorizeTerminal: makeAuthorizeTerminal(deps),
    redeemAuthorizationCode,
    findSession,
    networks,
    ways,
    findDeviceLogin,
    endSession,
    issueAccessToken,
    issueTokens,
    authenticateBearer: makeAuthenticateBearer({ ...deps, findSession }),
    issuers,
    refreshTokens: ({ address, ...asked }: { refreshToken: string; clientId: string; address?: string }) =>
      refresh({ ...asked, request: aRequest(address === undefined ? {} : { address }) }),
    refreshGrants: tables.refreshGrants,
    revokeToken: makeRevokeToken({ ...deps, findSession, endSession }),
    /** A terminal that was signed in. */
    async signedIn(): Promise<Tokens> {
      const { deviceCode, userCode } = await start()
      await decide(userCode)
      return redeem(deviceCode)
    },
  })
}
