import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { digest } from '../../../src/adapters/store/keys.ts'
import { makeLimitRate } from '../../../src/adapters/store/limit-rate.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { groupsChanged } from '../../../src/domain/sign-in/groups-again.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import type { ContainerTokens } from '../../../src/usecases/ports/tables.ts'
import type { VerifiedWorkload } from '../../../src/usecases/ports/workload.ts'
import type { Mapping } from '../../../src/domain/entitlement/rule.ts'
import { makeIssueContainerToken } from '../../../src/usecases/workload/issue-container-token.ts'
import { makeRefuseWorkload } from '../../../src/usecases/workload/refuse-workload.ts'
import { makeTakeContainerCredentials } from '../../../src/usecases/workload/take-container-credentials.ts'
import { aHandOver, aHangUp, LENT } from '../../support/a-hand-over.ts'
import { aMapping, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const rules = [
  aRule(),
  aRule({ id: 'readers', roles: ['readonly', 'admin'] }),
  aRule({ id: 'pods', match: { workload: 'cluster', claims: { sub: ['system:serviceaccount:pay:api'] } } }),
]
const aTerminal = (changes: Partial<GatewaySession> = {}) => aSession({ via: 'pkce', ...changes })
const ROLE = 'payments-prod/dev'

/** Containers beside the heart: a terminal that is signed in, and a cluster whose tokens are as the test says. */
function aContainerWorld({
  session = aTerminal(),
  mapping = aMapping({ rules }),
}: { session?: GatewaySession; mapping?: Mapping } = {}) {
  const hand = aHandOver({ mapping, session })
  const { clock, world, recorded } = hand
  const store = makeMemoryStore({ now: clock.now })
  const containerTokens: ContainerTokens = makeTable(store, 'container-tokens', ['expiresAt'])
  const pod = {
    /** What the verifier says of the next token; a code refuses it. */
    verified: (): VerifiedWorkload | string => ({
      principal: {
        ...aPrincipal({ idp: 'cluster', subject: 'system:serviceaccount:pay:api', groups: [] }),
        claims: { sub: 'system:serviceaccount:pay:api' },
        workload: true as const,
      },
      maxSeconds: 3600,
      expiresAt: secondsAfter(NINE, 3600),
      tokenId: 'jti pod-1',
      countsUntil: secondsAfter(NINE, 3660),
    }),
  }
  const deps = {
    containerTokens,
    findSession: async (id: string) => (id === world.session?.id ? world.session : undefined),
    authenticateBearer: async (token: string) => {
      if (token !== 'rga_alice' || world.session === undefined) throw new RolegateError('sign_in_required')
      return world.session
    },
    async verifyWorkloadToken() {
      const verified = pod.verified()
      if (typeof verified === 'string') throw new RolegateError('sign_in_rejected', {}, { reason: verified })
      return verified
    },
    limitHandOvers: async () => world.limit(),
    recheckGroups: async (session: GatewaySession) => world.recheck(session, false),
    planHandOver: hand.planHandOver,
    issueCredentials: hand.issueCredentials,
    rules: () => world.rules,
    audit: hand.audit,
    limitRate: makeLimitRate({ store, now: clock.now }),
    randomText: (bits: number) => randomBytes(bits / 8).toString('base64url'),
    digest,
    now: clock.now,
  }
  const issueContainerToken = makeIssueContainerToken(deps)
  const takeContainerCredentials = makeTakeContainerCredentials({ ...deps, refuseWorkload: makeRefuseWorkload(deps) })
  return {
    ...hand,
    clock,
    world,
    recorded,
    pod,
    containerTokens,
    issue: (role = ROLE) => issueContainerToken({ accessToken: 'rga_alice', role, request: aRequest() }),
    take: (proof: string, role = ROLE) => takeContainerCredentials({ proof, role, request: aRequest() }),
  }
}
const POD = 'a.projected.token'

describe('a container token', () => {
  it('for a narrower form of a role does not open the role itself (threats.md R2)', async () => {
    const roles = [aRoleKind(), aRoleKind({ key: 'look', variantOf: 'dev' })]
    const mapping = aMapping({ roles, rules: [aRule({ roles: ['dev', 'look'] })] })
    const { issue, take } = aContainerWorld({ mapping })
    const { containerToken } = await issue('payments-prod/look')
    expect((await take(containerToken, 'payments-prod/look')).credentials).toBe(LENT)
    expect((await refusalFrom(take(containerToken, 'payments-prod/dev'))).reason).toBe(
      'container_token_for_another_role',
    )
  })

  it('opens its one role, again and again, each time decided and recorded anew (threats.md H6)', async () => {
    const { issue, take, happened, assumed } = aContainerWorld()
    const { containerToken, expiresInSeconds } = await issue()
    expect(expiresInSeconds).toBe(3600)
    for (let times = 0; times < 3; times += 1) expect((await take(containerToken)).credentials).toBe(LENT)
    expect(happened.filter((what) => what === 'intent' || what === 'issued')).toHaveLength(6)
    expect(assumed).toHaveLength(3)
  })

  it('counts as a hand-over, and past the limit of those leaves no record of its own (threats.md P7)', async () => {
    const { issue, world, recorded } = aContainerWorld()
    let counted = 0
    world.limit = async () => {
      if ((counted += 1) > 2) throw new RolegateError('rate_limited', { retryAfterSeconds: 60 })
    }
    await issue()
    expect((await refusalFrom(issue('payments-prod/nobody'))).code).toBe('role_unknown')
    const before = recorded.length
    for (const role of [ROLE, 'payments-prod/nobody'])
      expect((await refusalFrom(issue(role))).code).toBe('rate_limited')
    expect(recorded).toHaveLength(before)
  })

  it('opens it by the account’s number as well, and no other role or account', async () => {
    const { issue, take, recorded } = aContainerWorld()
    const { containerToken } = await issue()
    await take(containerToken, '012345678901/dev')
    for (const role of [
      'payments-prod/readonly',
      'payments-dev/dev',
      '123456789012/dev',
      'payments-prod/nobody',
      'x',
    ]) {
      const refusal = await refusalFrom(take(containerToken, role))
      expect([role, refusal.code, refusal.reason]).toEqual([
        role,
        'sign_in_required',
        'container_token_for_another_role',
      ])
    }
    expect(recorded.at(-1)).toMatchObject({ event: 'refused', reason: 'container_token_for_another_role' })
  })

  it('leaves sixty records a minute of one that is tried at other roles in a loop (threats.md A4)', async () => {
    const { issue, take, recorded } = aContainerWorld()
    const { containerToken } = await issue()
    const before = recorded.length
    for (let n = 0; n < 60; n += 1)
      expect((await refusalFrom(take(containerToken, 'payments-dev/dev'))).code).toBe('sign_in_required')
    expect((await refusalFrom(take(containerToken, 'payments-dev/dev'))).code).toBe('rate_limited')
    expect(recorded.length - before).toBe(60)
    await expect(take(containerToken)).resolves.toBeDefined()
  })

  it('ends with the hour, and with its session when that is sooner (threats.md I7)', async () => {
    const long = aContainerWorld()
    const { containerToken } = await long.issue()
    long.clock.pass(3600)
    expect((await refusalFrom(long.take(containerToken))).code).toBe('sign_in_required')

    const short = aContainerWorld({ session: aTerminal({ endsAt: secondsAfter(NINE, 1800) }) })
    expect((await short.issue()).expiresInSeconds).toBe(1800)
  })

  it('ends when its person signs out, and when it is revoked', async () => {
    const { issue, take, world, containerTokens } = aContainerWorld()
    const { containerToken } = await issue()
    await containerTokens.delete(digest(containerToken))
    expect((await refusalFrom(take(containerToken))).code).toBe('sign_in_required')
    const another = await issue()
    world.session = undefined
    expect((await refusalFrom(take(another.containerToken))).code).toBe('sign_in_required')
  })

  it('is worth what its session is: rules that changed since count (threats.md I8)', async () => {
    const { issue, take, world } = aContainerWorld()
    const { containerToken } = await issue()
    world.rules = aHandOver({ mapping: aMapping({ rules: [] }) }).world.rules
    expect((await refusalFrom(take(containerToken))).code).toBe('not_entitled')
  })

  it('is not had by groups that have changed, and what was had opens nothing by them; nobody waits long for an SDK (threats.md I7)', async () => {
    const { issue, take, world, recorded } = aContainerWorld()
    const { containerToken } = await issue()
    const waited: boolean[] = []
    world.recheck = async (_session, isHurried) => {
      waited.push(isHurried)
      throw groupsChanged()
    }
    expect((await refusalFrom(take(containerToken))).reason).toBe('groups_changed')
    expect((await refusalFrom(issue())).reason).toBe('groups_changed')
    expect(waited).toEqual([true, false])
    expect(recorded.slice(-2)).toMatchObject([
      { event: 'refused', reason: 'groups_changed' },
      { event: 'refused', reason: 'groups_changed' },
    ])
  })

  it.each([
    ['an elevated role', 'payments-prod/admin', 'condition_unmet'],
    ['a role that is not theirs', 'payments-dev/dev', 'not_entitled'],
    ['a role nobody knows', 'payments-prod/nobody', 'role_unknown'],
  ])('is not had for %s, and that is on record', async (_what, role, code) => {
    const { issue, recorded } = aContainerWorld()
    expect((await refusalFrom(issue(role))).code).toBe(code)
    expect(recorded.map(({ event }) => event)).toEqual(['refused'])
  })

  it('is not handed over when the record cannot be written', async () => {
    const { issue, world } = aContainerWorld()
    world.auditFailsAt = 'container_token_issued'
    expect((await refusalFrom(issue())).code).toBe('audit_unavailable')
  })

  it.each([
    ['its person signs out', (it: ReturnType<typeof aContainerWorld>) => void (it.world.session = undefined)],
    [
      'it is revoked',
      (it: ReturnType<typeof aContainerWorld>, token: string) => it.containerTokens.delete(digest(token)),
    ],
  ])('yields nothing when %s while AWS is asked (threats.md H5)', async (_what, happens) => {
    const containers = aContainerWorld()
    const { containerToken } = await containers.issue()
    const slow = aHangUp<typeof LENT>()
    containers.world.sts = () => slow.promise
    const taking = refusalFrom(containers.take(containerToken))
    await expect.poll(() => containers.happened.includes('sts')).toBe(true)
    await happens(containers, containerToken)
    slow.answer(LENT)
    expect((await taking).code).toBe('sign_in_required')
    expect(containers.recorded.at(-1)).toMatchObject({ event: 'withheld', code: 'sign_in_required' })
  })
})

describe('a token that the platform put into a file', () => {
  it('is shown again and again while it lives, here alone, under one id', async () => {
    const { take, recorded } = aContainerWorld()
    await take(POD)
    await take(POD)
    const sessions = recorded.map((event) => ('session' in event ? event.session?.id : undefined))
    expect(new Set(sessions).size).toBe(1)
    expect(recorded[0]).toMatchObject({
      event: 'intent',
      session: { via: 'token-exchange', endsAt: secondsAfter(NINE, 3600) },
      principal: { idp: 'cluster' },
    })
  })

  it('is taken up to its end, since what it yields may last a quarter of an hour longer (threats.md D16)', async () => {
    const { take, clock, assumed } = aContainerWorld()
    clock.pass(3599)
    await take(POD)
    expect(assumed[0]?.seconds).toBe(901)
  })

  it('opens what rules say of it, and nothing that people have', async () => {
    const { take } = aContainerWorld()
    expect((await refusalFrom(take(POD, 'payments-prod/readonly'))).code).toBe('not_entitled')
    expect((await refusalFrom(take(POD, 'payments-prod/nobody'))).code).toBe('role_unknown')
  })

  it('is refused when it does not verify, on record and counted (threats.md A4)', async () => {
    const { take, pod, recorded } = aContainerWorld()
    pod.verified = () => 'audience'
    const codes: string[] = []
    for (let tries = 0; tries < 70; tries += 1) codes.push((await refusalFrom(take(POD))).code)
    expect(codes.filter((code) => code === 'sign_in_rejected')).toHaveLength(60)
    expect(codes.at(-1)).toBe('rate_limited')
    expect(recorded).toHaveLength(60)
    expect(recorded[0]).toMatchObject({ event: 'workload_refused', reason: 'audience' })
  })

  it('yields nothing when it is no longer good once AWS has answered (threats.md H5)', async () => {
    const { take, pod, world, recorded } = aContainerWorld()
    world.sts = async () => {
      pod.verified = () => 'err_jwt_expired'
      return LENT
    }
    expect((await refusalFrom(take(POD))).code).toBe('sign_in_rejected')
    expect(recorded.at(-1)).toMatchObject({ event: 'withheld' })
  })
})

it('wrong container tokens are counted by address, and leave no record', async () => {
  const { take, recorded } = aContainerWorld()
  const codes: string[] = []
  for (let tries = 0; tries < 130; tries += 1)
    codes.push((await refusalFrom(take(`rgk_${randomBytes(32).toString('base64url')}`))).code)
  expect([codes[0], codes.at(-1), recorded]).toEqual(['sign_in_required', 'rate_limited', []])
})
