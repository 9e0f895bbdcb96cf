import { describe, expect, it } from 'vitest'
import { makeLimitRate } from '../../../src/adapters/store/limit-rate.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import type { Rule } from '../../../src/domain/entitlement/rule.ts'
import { RolegateError, type ErrorCode } from '../../../src/domain/errors.ts'
import type { SignInAttempt } from '../../../src/domain/sign-in/attempt.ts'
import type { ClaimMapping, VerifiedClaims } from '../../../src/domain/sign-in/claims.ts'
import { HOME, parseReturnTo } from '../../../src/domain/sign-in/return-to.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import type { CallbackAnswer, IdentityProvider } from '../../../src/usecases/ports/identity-provider.ts'
import { makeCountOnce } from '../../../src/usecases/sign-in/count-once.ts'
import { makeCompleteSignIn } from '../../../src/usecases/sign-in/complete-sign-in.ts'
import { makeRecordRefused } from '../../../src/usecases/sign-in/record-refused.ts'
import { anIndex, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aClock, aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'
import { aTrip } from '../../support/a-step-up-world.ts'
import { anEmergency } from '../../support/an-emergency.ts'

const anAttempt = (changes: Partial<SignInAttempt> = {}): SignInAttempt => ({
  id: '0a1b2c3d',
  idp: 'entra',
  returnTo: parseReturnTo('/roles/payments-prod/dev'),
  expiresAt: secondsAfter(NINE, 600),
  pending: { kind: 'oidc', state: '0a1b2c3d.AAAAAAAAAAAAAAAAAAAAAA', nonce: 'nonce-1', codeVerifier: 'verifier-1' },
  ...changes,
})
const denyByGroup = aRule({ id: 'deny', effect: 'deny', match: { idp: 'entra', groups: ['contractors'] } })

function aSignIn({
  claims = { sub: 'oid-1', name: 'alice', groups: ['payments'] },
  limit,
  rules = [aRule()],
}: { claims?: Record<string, unknown>; limit?: ClaimMapping['groups']['limit']; rules?: readonly Rule[] } = {}) {
  const clock = aClock()
  const happened: string[] = []
  const recorded: AuditEvent[] = []
  const world = {
    complete: async (): Promise<VerifiedClaims> => ({
      issuer: 'https://idp.example.com',
      claims,
      authentication: { at: claims['auth_time'], claims },
    }),
    auditFails: false,
    isProof: (): Promise<boolean> => Promise.resolve(true),
  }
  const seen: { answer: CallbackAnswer; nonce: string }[] = []
  const judged: object[] = []
  const provider = (id: string): IdentityProvider => ({
    id,
    label: id,
    issuer: () => 'https://idp.example.com',
    begin: () => Promise.reject(new Error('not in this test')),
    complete(answer, pending) {
      happened.push('complete')
      seen.push({ answer, nonce: pending.kind === 'oidc' ? pending.nonce : '' })
      return world.complete()
    },
    isReady: () => true,
    warmUp: () => Promise.resolve(),
    signOutUrl: () => undefined,
  })
  const mapping = (idp: string): ClaimMapping => ({
    idp,
    subject: 'sub',
    username: 'name',
    groups: { claim: 'groups', ...(limit && { limit }) },
    mfa: { claim: 'amr', anyOf: ['mfa'] },
    keep: [],
  })
  const idps = ['entra', 'okta']
  const emergency = anEmergency()
  const remembered: string[] = []
  const store = makeMemoryStore({ now: clock.now })
  const used = makeTable<{ readonly at: Date }>(store, 'used-attempts', ['at'])
  const witness = {
    async audit(event: AuditEvent) {
      if (world.auditFails) throw new RolegateError('audit_unavailable')
      happened.push(event.event)
      recorded.push(event)
    },
    limitRate: makeLimitRate({ store, now: clock.now }),
  }
  const completeSignIn = makeCompleteSignIn({
    providers: new Map(idps.map((id) => [id, provider(id)])),
    mappings: new Map(idps.map((id) => [id, mapping(id)])),
    countOnce: makeCountOnce({ usedAttempts: used, now: clock.now }),
    emergency,
    rememberPerson: async ({ subject }) => void remembered.push(subject),
    noteNames: async ({ id }) => void remembered.push(`the names of ${id}`),
    sessionNames: { delete: async (row) => void happened.push(`forget ${row}`) },
    sessions: { delete: async (id) => void happened.push(`forget ${id}`) },
    rules: () => anIndex({ rules }),
    ...witness,
    recordRefused: makeRecordRefused(witness),
    endSession: async ({ principal }) => void happened.push(`end ${principal.subject}`),
    finishStepUp: {
      isProof({ trip, authentication, needsMfa, former }) {
        happened.push(`judge ${trip.id}`)
        judged.push({ authentication, needsMfa, former: former?.id })
        return world.isProof()
      },
      grant: async (_answered, { id }) => void happened.push(`grant ${id}`),
    },
    absoluteSeconds: 12 * 3600,
    now: clock.now,
  })
  const answer: CallbackAnswer = { parameters: new Map([['code', 'code-1']]) }
  const come = (attempt: SignInAttempt | undefined = anAttempt(), idp = 'entra', former?: GatewaySession) =>
    completeSignIn({
      ...(former && { former }),
      idp,
      attempt,
      answer,
      request: aRequest(),
      async startSession() {
        happened.push('session')
        return 'session-9'
      },
    })
  return { emergency, remembered, clock, world, come, happened, judged, recorded, seen, answer, completeSignIn }
}

describe('completeSignIn', () => {
  it('remembers who it was', async () => {
    const { come, remembered } = aSignIn()
    await come()
    expect(remembered).toEqual(['oid-1', 'the names of session-9'])
  })

  it.each([
    { kind: 'person', issuer: 'https://idp.example.com', subject: 'oid-1', username: 'alice' },
    { kind: 'idp', idp: 'entra' },
  ] as const)('lets nobody in who is closed out from the host: $kind (threats.md R8)', async (aim) => {
    const { come, emergency, happened, recorded } = aSignIn()
    await emergency.declare({ denies: [{ aim, since: NINE.toISOString(), by: 'root', reason: 'test' }] })
    await expect(come()).rejects.toMatchObject({ code: 'sign_in_rejected', reason: 'emergency_deny' })
    expect(happened).not.toContain('session')
    expect(recorded.at(-1)).toMatchObject({ event: 'sign_in_refused', reason: 'emergency_deny' })
  })

  it('makes a new browser session of a genuine answer and returns to where it began (security.md W-1)', async () => {
    const { come, happened, recorded, seen, answer } = aSignIn()
    const { session, returnTo } = await come()
    expect(returnTo).toBe('/roles/payments-prod/dev')
    expect(session).toEqual({
      id: 'session-9',
      via: 'browser',
      principal: {
        idp: 'entra',
        issuer: 'https://idp.example.com',
        subject: 'oid-1',
        subjectClaim: 'sub',
        username: 'alice',
        groups: { state: 'stated', names: ['payments'] },
        claims: {},
      },
      signedInAt: NINE,
      lastSeenAt: NINE,
      endsAt: secondsAfter(NINE, 12 * 3600),
    })
    expect(happened).toEqual(['complete', 'session', 'sign_in', 'decision'])
    expect(recorded).toMatchObject([
      { event: 'sign_in', principal: { subject: 'oid-1' }, session: { id: 'session-9' } },
      { event: 'decision', principal: { subject: 'oid-1' }, groups: ['payments'], roles: 1, rules: ['payments-team'] },
    ])
    expect(seen).toEqual([{ answer, nonce: 'nonce-1' }])
  })

  it('knows when they showed who they are from the answer, and never from its coming (threats.md I6)', async () => {
    const claims = { sub: 'oid-1', name: 'alice', groups: [], amr: ['pwd', 'mfa'] }
    const at = secondsAfter(NINE, -3600)
    const { session } = await aSignIn({ claims: { ...claims, auth_time: at.getTime() / 1000 } }).come()
    expect(session).toMatchObject({ signedInAt: NINE, authenticatedAt: at, mfaAt: at })
    const silent = await aSignIn({ claims }).come()
    expect(silent.session).not.toHaveProperty('authenticatedAt')
    expect(silent.session).not.toHaveProperty('mfaAt')
  })

  describe('after a step-up (threats.md H8)', () => {
    const claims = { sub: 'oid-1', name: 'alice', groups: ['payments'], auth_time: NINE.getTime() / 1000 }
    const stepUp = anAttempt({ stepUp: aTrip(), returnTo: HOME })

    it('makes a new session of a proof, ends the old one, and leads to the last click', async () => {
      const { come, happened, judged } = aSignIn({ claims })
      const former = aSession({ principal: aPrincipal({ subject: 'oid-1', issuer: 'https://idp.example.com' }) })
      const { session, returnTo } = await come(stepUp, 'entra', former)
      expect(session.formerly).toEqual([former.id])
      expect([session.id, session.authenticatedAt, returnTo]).toEqual(['session-9', NINE, `/step-up/${aTrip().id}`])
      expect(judged).toEqual([{ authentication: { authenticatedAt: NINE }, needsMfa: true, former: former.id }])
      expect(happened).toEqual([
        'complete',
        `judge ${aTrip().id}`,
        `forget ${former.id}`,
        `forget ${former.id} 0`,
        `forget ${former.id} 1`,
        'session',
        'sign_in',
        'decision',
        'grant session-9',
      ])
    })

    it('knows the last five it took the place of, whose proofs are its own', async () => {
      const formerly = ['s-4', 's-3', 's-2', 's-1', 's-0']
      const principal = aPrincipal({ subject: 'oid-1', issuer: 'https://idp.example.com' })
      const { session } = await aSignIn({ claims }).come(stepUp, 'entra', aSession({ id: 's-5', principal, formerly }))
      expect(session.formerly).toEqual(['s-5', 's-4', 's-3', 's-2', 's-1'])
    })

    it('changes nothing where the answer is no proof: the session goes on as it was', async () => {
      const { come, happened, world } = aSignIn({ claims })
      world.isProof = () => Promise.reject(new RolegateError('step_up_required'))
      expect((await refusalFrom(come(stepUp, 'entra', aSession()))).code).toBe('step_up_required')
      expect(happened).toEqual(['complete', `judge ${aTrip().id}`])
    })

    it('is a plain sign-in of somebody else, which leads home and grants nothing (threats.md H9)', async () => {
      const { come, happened, world } = aSignIn({ claims })
      world.isProof = () => Promise.resolve(false)
      const former = aSession({ principal: aPrincipal({ subject: 'oid-other' }) })
      const { session, returnTo } = await come(stepUp, 'entra', former)
      expect(session).not.toHaveProperty('formerly')
      expect(returnTo).toBe('/')
      expect(happened.slice(1)).toEqual([`judge ${aTrip().id}`, 'end oid-other', 'session', 'sign_in', 'decision'])
    })
  })

  const refused: readonly {
    because: string
    code: ErrorCode
    reason?: string
    attempt?: SignInAttempt
    idp?: string
    asksIdp: boolean
  }[] = [
    {
      because: 'another IdP answered (security.md O-14)',
      code: 'sign_in_rejected',
      reason: 'other_idp',
      idp: 'okta',
      asksIdp: false,
    },
    { because: 'no such IdP', code: 'not_found', idp: 'nobody', asksIdp: false },
    { because: 'an IdP only objects know', code: 'not_found', idp: 'constructor', asksIdp: false },
    {
      because: 'it took more than ten minutes',
      code: 'sign_in_expired',
      attempt: anAttempt({ expiresAt: NINE }),
      asksIdp: false,
    },
  ]
  it.each(refused)(
    'refuses because $because, on record, without a session',
    async ({ code, reason, attempt, idp, asksIdp }) => {
      const { come, happened, recorded } = aSignIn()
      const refusal = await refusalFrom(come(attempt, idp))
      expect(refusal).toMatchObject({ code, ...(reason && { reason }) })
      expect(happened).toEqual([...(asksIdp ? ['complete'] : []), 'sign_in_refused'])
      expect(recorded).toEqual([
        { event: 'sign_in_refused', request: aRequest(), idp: idp ?? 'entra', code, ...(reason && { reason }) },
      ])
    },
  )

  it('refuses an answer to a question this browser never asked (security.md O-17)', async () => {
    const { completeSignIn, answer, happened, recorded } = aSignIn()
    const startSession = () => Promise.resolve('x')
    const refusal = await refusalFrom(
      completeSignIn({ idp: 'entra', attempt: undefined, answer, request: aRequest(), startSession }),
    )
    expect(refusal).toMatchObject({ code: 'sign_in_rejected', reason: 'no_attempt_in_this_browser' })
    expect(happened).toEqual(['sign_in_refused'])
    expect(recorded).toMatchObject([{ reason: 'no_attempt_in_this_browser' }])
  })

  describe('in a browser where somebody was signed in before', () => {
    const who = { issuer: 'https://idp.example.com', subject: 'oid-1' }

    it('ends the session of another person first, as a sign-out does (threats.md I3)', async () => {
      const { come, happened } = aSignIn()
      await come(anAttempt(), 'entra', aSession({ principal: aPrincipal({ ...who, subject: 'oid-2' }) }))
      expect(happened).toEqual(['complete', 'end oid-2', 'session', 'sign_in', 'decision'])
    })

    it('takes the same subject of another issuer for another person (threats.md I2)', async () => {
      const { come, happened } = aSignIn()
      await come(anAttempt(), 'entra', aSession({ principal: aPrincipal({ ...who, issuer: 'https://other' }) }))
      expect(happened).toContain('end oid-1')
    })

    it('leaves the same person’s terminals alone, whatever they are called by now', async () => {
      const { come, happened } = aSignIn()
      await come(anAttempt(), 'entra', aSession({ principal: aPrincipal({ ...who, username: 'renamed' }) }))
      expect(happened).toEqual([
        'complete',
        'forget session-1',
        'forget session-1 0',
        'forget session-1 1',
        'session',
        'sign_in',
        'decision',
      ])
    })

    it('ends nobody’s session over an answer that was refused', async () => {
      const { come, happened } = aSignIn()
      await refusalFrom(come(anAttempt(), 'okta', aSession({ principal: aPrincipal({ ...who, subject: 'oid-2' }) })))
      expect(happened).toEqual(['sign_in_refused'])
    })
  })

  it('takes an answer once: a replay is refused before the code is redeemed (security.md O-12)', async () => {
    const { come, happened } = aSignIn()
    await come()
    happened.length = 0
    expect(await refusalFrom(come())).toMatchObject({ code: 'sign_in_rejected', reason: 'attempt_used_before' })
    expect(happened).toEqual(['sign_in_refused'])
  })

  it('counts an attempt as used even when its answer was wrong (security.md O-12)', async () => {
    const { come, world, happened } = aSignIn()
    const right = world.complete
    world.complete = () => Promise.reject(new RolegateError('sign_in_rejected', {}, { reason: 'nonce_mismatch' }))
    expect(await refusalFrom(come())).toMatchObject({ reason: 'nonce_mismatch' })
    world.complete = right
    expect(await refusalFrom(come())).toMatchObject({ reason: 'attempt_used_before' })
    expect(happened).toEqual(['complete', 'sign_in_refused', 'sign_in_refused'])
  })

  it('remembers a used attempt for as long as it could be tried', async () => {
    const { come, clock } = aSignIn()
    await come()
    clock.pass(599)
    expect(await refusalFrom(come())).toMatchObject({ reason: 'attempt_used_before' })
    clock.pass(1)
    expect((await refusalFrom(come())).code).toBe('sign_in_expired')
  })

  it('lets one of two answers in that come at once', async () => {
    const { come, happened } = aSignIn()
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => come()))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(happened.filter((step) => step === 'complete')).toHaveLength(1)
  })

  it('leaves the attempt of another tab alone', async () => {
    const { come } = aSignIn()
    await come()
    const other = anAttempt({
      id: '11111111',
      pending: { kind: 'oidc', state: '11111111.B', nonce: 'n', codeVerifier: 'v' },
    })
    expect((await come(other)).session.id).toBe('session-9')
  })

  it('does not burn an attempt that came back to the wrong door', async () => {
    const { come } = aSignIn()
    await refusalFrom(come(anAttempt(), 'okta'))
    expect((await come()).session.id).toBe('session-9')
  })

  it.each<{ because: string; claims: Record<string, unknown>; code: ErrorCode }>([
    { because: 'no subject', claims: { name: 'alice', groups: [] }, code: 'sign_in_rejected' },
    { because: 'groups that are no text', claims: { sub: 'x', name: 'alice', groups: [7] }, code: 'sign_in_rejected' },
    {
      because: 'an overage',
      claims: { sub: 'x', name: 'alice', _claim_names: { groups: 'src1' } },
      code: 'groups_truncated',
    },
  ])('refuses claims with $because', async ({ claims, code }) => {
    const { come, happened } = aSignIn({ claims })
    expect((await refusalFrom(come())).code).toBe(code)
    expect(happened).toEqual(['complete', 'sign_in_refused'])
  })

  describe('when the groups are not all there', () => {
    const without = { sub: 'oid-1', name: 'alice' }
    const cut = { sub: 'oid-1', name: 'alice', groups: ['a', 'b'] }
    const warn = { count: 2, else: 'warn' } as const

    it('refuses when a deny reads groups: the one that denies may be withheld (threats.md I4)', async () => {
      const { come, recorded } = aSignIn({ claims: without, rules: [aRule(), denyByGroup] })
      expect(await refusalFrom(come())).toMatchObject({
        code: 'groups_missing',
        values: { idp: 'entra', claim: 'groups' },
      })
      expect(recorded).toMatchObject([{ event: 'sign_in_refused', code: 'groups_missing' }])
    })

    it('refuses a cut list then too, even where the operator chose a warning (threats.md R5)', async () => {
      const { come } = aSignIn({ claims: cut, limit: warn, rules: [aRule(), denyByGroup] })
      expect((await refusalFrom(come())).code).toBe('groups_missing')
    })

    it.each([
      { because: 'no deny reads groups', claims: without, limit: undefined, rules: [aRule()] },
      {
        because: 'only another IdP’s deny reads groups',
        claims: without,
        limit: undefined,
        rules: [aRule({ effect: 'deny', match: { idp: 'okta', groups: ['x'] } })],
      },
      {
        because: 'the list is cut, a warning chosen, and no deny reads it',
        claims: cut,
        limit: warn,
        rules: [aRule()],
      },
    ])('lets in when $because', async ({ claims, limit, rules }) => {
      const { come } = aSignIn({ claims, limit, rules })
      expect((await come()).session.id).toBe('session-9')
    })

    it('lets in somebody in no group at all, who hides nothing', async () => {
      const { come } = aSignIn({ claims: { ...without, groups: [] }, rules: [aRule(), denyByGroup] })
      expect((await come()).session.principal.groups).toEqual({ state: 'stated', names: [] })
    })
  })

  it('records what the rules make of somebody, each rule once, fifty at most', async () => {
    const many = Array.from({ length: 60 }, (_, n) =>
      aRule({ id: `rule-${n}`, match: { idp: 'entra', groups: ['a', 'b'] } }),
    )
    const { come, recorded } = aSignIn({ claims: { sub: 'x', name: 'alice', groups: ['a', 'b'] }, rules: many })
    await come()
    const decision = recorded.at(-1)
    expect(decision).toMatchObject({ event: 'decision', roles: 1 })
    expect(decision?.event === 'decision' ? decision.rules : []).toEqual(many.slice(0, 50).map(({ id }) => id))
  })

  it('records two hundred groups of many, and how many there were', async () => {
    const groups = Array.from({ length: 300 }, (_, n) => `group-${n}`)
    const { come, recorded } = aSignIn({ claims: { sub: 'x', name: 'alice', groups } })
    await come()
    const decision = recorded.at(-1)
    expect(decision?.event === 'decision' ? decision.groups : []).toEqual(groups.slice(0, 200))
  })

  it('records sixty refusals a minute from one network, and then answers without a record (threats.md A4, D7)', async () => {
    const { come, recorded, clock } = aSignIn()
    for (let n = 0; n < 60; n += 1) expect((await refusalFrom(come(anAttempt(), 'okta'))).code).toBe('sign_in_rejected')
    expect((await refusalFrom(come(anAttempt(), 'okta'))).code).toBe('rate_limited')
    expect(recorded).toHaveLength(60)
    expect((await come()).session.id).toBe('session-9')
    clock.pass(60)
    expect((await refusalFrom(come(anAttempt(), 'okta'))).code).toBe('sign_in_rejected')
  })

  it('lets one person in three hundred times a minute, from wherever they come, and others all the same (security.md V-5)', async () => {
    const claims = { sub: 'oid-1', name: 'alice', groups: ['payments'] }
    const { come, recorded, clock } = aSignIn({ claims })
    const again = (n: number) => {
      const pending = { ...anAttempt().pending, state: `0a1b2c3d.${String(n).padStart(22, 'A')}` }
      return come(anAttempt({ pending }))
    }
    for (let n = 0; n < 300; n += 1) await again(n)
    expect((await refusalFrom(again(300))).code).toBe('rate_limited')
    expect(recorded).toHaveLength(600)
    claims.sub = 'oid-2'
    await expect(again(301)).resolves.toBeDefined()
    claims.sub = 'oid-1'
    clock.pass(60)
    await expect(again(302)).resolves.toBeDefined()
  })

  it('lets nobody in whose sign-in cannot be recorded', async () => {
    const { come, world } = aSignIn()
    world.auditFails = true
    expect((await refusalFrom(come())).code).toBe('audit_unavailable')
  })

  it('records a stranger’s failure as internal, and throws it as it was', async () => {
    const { come, world, recorded } = aSignIn()
    world.complete = () => Promise.reject(new TypeError('hush'))
    await expect(come()).rejects.toThrow('hush')
    expect(recorded).toEqual([{ event: 'sign_in_refused', request: aRequest(), idp: 'entra', code: 'internal' }])
  })
})
