import type { AuditEvent } from '../../src/domain/audit/event.ts'
import type { Strategy } from '../../src/domain/aws/assertion.ts'
import type { Credentials } from '../../src/domain/aws/credentials.ts'
import type { SamlAssertionRequest } from '../../src/domain/aws/saml-assertion.ts'
import type { WebIdentityClaims } from '../../src/domain/aws/web-identity-token.ts'
import { closingBy } from '../../src/domain/device/closing.ts'
import { compileRules } from '../../src/domain/entitlement/compile.ts'
import type { Mapping } from '../../src/domain/entitlement/rule.ts'
import { RolegateError } from '../../src/domain/errors.ts'
import type { RoleRequest } from '../../src/domain/request/role-request.ts'
import type { GatewaySession } from '../../src/domain/sign-in/session.ts'
import { makeIssueCredentials } from '../../src/usecases/hand-over/issue-credentials.ts'
import { makeOpenConsole } from '../../src/usecases/hand-over/open-console.ts'
import { makePlanHandOver, type HandOverRequest } from '../../src/usecases/hand-over/plan-hand-over.ts'
import { makePrepareConsole } from '../../src/usecases/hand-over/prepare-console.ts'
import { makeTakeRole, type Prepare } from '../../src/usecases/hand-over/take-role.ts'
import type { AssumeRole, OpenFederation } from '../../src/usecases/ports/aws.ts'
import { aMapping } from './a-mapping.ts'
import { sha256 } from './a-principal.ts'
import { weighedBy } from './a-role-request.ts'
import { aClock, aRequest, aSession, NINE, secondsAfter } from './a-session.ts'
import { anEmergency } from './an-emergency.ts'

export const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.CANARY-TOKEN.signature'
export const SECRET = 'CANARY/SecretAccessKey'
export const SIGN_IN_URL = 'https://eu-central-1.signin.aws.amazon.com/federation?SigninToken=CANARY'
export const LENT: Credentials = {
  accessKeyId: 'ASIACANARY0000000000',
  secretAccessKey: SECRET,
  sessionToken: 'CANARY/SessionToken',
  expiresAt: secondsAfter(NINE, 3600),
}

/** The heart and both its doors over an AWS of plain functions. `world` is what a test turns. */
export function aHandOver({
  mapping = aMapping(),
  session = aSession(),
}: { mapping?: Mapping; session?: GatewaySession } = {}) {
  const clock = aClock()
  const happened: string[] = []
  const recorded: AuditEvent[] = []
  const minted: WebIdentityClaims[] = []
  const asserted: SamlAssertionRequest[] = []
  const assumed: Parameters<AssumeRole>[0][] = []
  const federated: Parameters<OpenFederation>[0][] = []
  const givenBack: string[] = []
  let jtis = 0

  const world = {
    rules: compileRules(mapping),
    strategies: new Map<string, Strategy>([['default', { kind: 'web_identity', audience: 'sts.amazonaws.com' }]]),
    session: session as GatewaySession | undefined,
    /** What they have asked others for. */
    requests: [] as readonly RoleRequest[],
    /** What happens while they are asked for. */
    onAbout: (): void => {},
    auditFailsAt: undefined as AuditEvent['event'] | undefined,
    /** What happens elsewhere while a record is being written. */
    onAudit: (_event: AuditEvent): void | Promise<void> => {},
    /** What happens while a session is looked for, and when the host's denies are asked for. */
    onFind: (): void | Promise<void> => {},
    onRefresh: (): void => {},
    /** Why the gateway itself gives nothing. */
    stopped: undefined as string | undefined,
    limit: (): Promise<void> => Promise.resolve(),
    limitRole: (_arn: string): Promise<void> => Promise.resolve(),
    /** What their directory says by now. */
    recheck: (_session: GatewaySession, _isHurried: boolean): Promise<void> => Promise.resolve(),
    mint: (): Promise<string> => Promise.resolve(TOKEN),
    sts: (): Promise<Credentials> => Promise.resolve(LENT),
    federation: (): Promise<string> => Promise.resolve(SIGN_IN_URL),
  }
  const emergency = anEmergency()
  const planHandOver = makePlanHandOver({
    rules: () => emergency.over(world.rules),
    requestsOf: { about: async () => (world.onAbout(), weighedBy(world.rules, clock.now(), world.requests)) },
    closing: closingBy({ console: true, except: new Set() }, () => world.stopped),
    issuer: { url: 'https://aws.example.com', tokenSeconds: 120 },
    strategies: world.strategies,
    configHash: 'c0ffee',
    sha256,
    randomText: (bits) => `jti-${(jtis += 1)}-${bits}`,
    now: clock.now,
  })
  async function audit(event: AuditEvent): Promise<void> {
    if (event.event === world.auditFailsAt) throw new RolegateError('audit_unavailable')
    happened.push(event.event)
    recorded.push(event)
    await world.onAudit(event)
  }
  const heart = makeTakeRole({
    limitHandOvers: async () => world.limit(),
    limitRole: async (_, __, arn) => world.limitRole(arn),
    recheckGroups: async (session, _request, how) => world.recheck(session, how?.isHurried === true),
    planHandOver,
    emergency: {
      refresh() {
        world.onRefresh()
        return emergency.refresh()
      },
    },
    configEpoch: { refresh: async () => undefined },
    async findSession(id) {
      await world.onFind()
      await emergency.refresh()
      return world.session?.id === id && !emergency.isEnded(world.session) ? world.session : undefined
    },
    async mint(_, plan) {
      happened.push('mint')
      if (plan.kind === 'web_identity') {
        minted.push(plan.claims)
        return { kind: 'web_identity', token: await world.mint() }
      }
      asserted.push(plan.request)
      return { kind: 'saml', response: await world.mint(), providerArn: plan.request.providerArn }
    },
    async assumeRole(request) {
      happened.push('sts')
      assumed.push(request)
      return world.sts()
    },
    giveBackStepUp: async ({ id }) => void givenBack.push(id),
    audit,
  })
  /** With something to prepare, and nothing to refuse beforehand. */
  const takeRole = <Out>(handOver: 'credentials' | 'console', ask: HandOverRequest, prepare: Prepare<Out>) =>
    heart.takeRole(handOver, ask, () => prepare)
  const prepareConsole = makePrepareConsole({
    consoleHosts: new Map([['demo', ['127.0.0.1:8423']]]),
    async openFederation(request) {
      happened.push('federation')
      federated.push(request)
      return world.federation()
    },
  })
  const issueCredentials = makeIssueCredentials(heart)
  const openConsole = makeOpenConsole({
    ...heart,
    rules: () => emergency.over(world.rules),
    requestsOf: { about: async () => (world.onAbout(), weighedBy(world.rules, clock.now(), world.requests)) },
    prepareConsole,
    now: clock.now,
  })
  const ask = (changes: Partial<HandOverRequest> = {}): HandOverRequest => ({
    session,
    role: 'payments-prod/dev',
    request: aRequest(),
    ...changes,
  })

  return {
    clock,
    world,
    happened,
    recorded,
    minted,
    asserted,
    assumed,
    federated,
    givenBack,
    planHandOver,
    emergency,
    audit,
    takeRole,
    issueCredentials,
    openConsole,
    /** What passing through needs beside its own. */
    halves: { ...heart, prepareConsole },
    ask,
  }
}

/** A promise the test settles when it wants to: a neighbour that hangs. */
export function aHangUp<Value>() {
  let answer: (value: Value) => void = () => undefined
  let fail: (thrown: unknown) => void = () => undefined
  const promise = new Promise<Value>((resolve, reject) => {
    answer = resolve
    fail = reject
  })
  return { promise, answer, fail }
}
