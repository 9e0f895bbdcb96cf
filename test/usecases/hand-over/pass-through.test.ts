import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { RolegateError, type ErrorCode } from '../../../src/domain/errors.ts'
import { groupsChanged } from '../../../src/domain/sign-in/groups-again.ts'
import type { IdpAssertion } from '../../../src/usecases/ports/identity-provider.ts'
import { aHandOver, LENT, SIGN_IN_URL } from '../../support/a-hand-over.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPassThrough, ASSERTION, away } from '../../support/a-pass-through.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600
const PASSING = anAccount({ sts: 'own', passThroughIdp: 'entra' })
const passing = (changes: Parameters<typeof aMapping>[0] = {}) => aMapping({ accounts: [PASSING], ...changes })
type Gateway = ReturnType<typeof aPassThrough>

describe('passing through (threats.md F7)', () => {
  it('is no way of its own: the heart’s steps in the heart’s order, with a trip between its halves', async () => {
    const gateway = aPassThrough()
    const attempt = await away(gateway)
    expect(gateway.happened).toEqual(['ask idp', 'intent'])
    const { taken, url } = await gateway.come(attempt)
    expect(gateway.happened).toEqual(['ask idp', 'intent', 'read answer', 'sts', 'issued'])
    expect([taken.credentials, url]).toEqual([LENT, undefined])
    expect(gateway.minted).toEqual([])
    expect(gateway.assumed).toMatchObject([
      { sts: 'own', assertion: { kind: 'saml', response: ASSERTION }, seconds: HOUR },
    ])
  })

  it('asks at both ends whether the groups are what they were (threats.md I7)', async () => {
    const gateway = aPassThrough()
    const attempt = await away(gateway)
    gateway.world.recheck = () => Promise.reject(groupsChanged())
    expect((await refusalFrom(gateway.come(attempt))).reason).toBe('groups_changed')
    expect((await refusalFrom(away(gateway))).reason).toBe('groups_changed')
    expect(gateway.happened).toEqual(['ask idp', 'intent', 'refused', 'refused'])
  })

  it('records one id and the strategy on both sides, and names only as far as they are known', async () => {
    const gateway = aPassThrough()
    await gateway.come(await away(gateway, 'console', { seconds: 900 }))
    const facts = {
      handOver: 'console',
      strategy: 'pass_through_saml',
      jti: 'jti-1-128',
      seconds: 900,
      limitedBy: 'requested',
    }
    expect(gateway.recorded).toMatchObject([
      {
        event: 'intent',
        facts: { ...facts, sessionName: null, sourceIdentity: null },
        request: { requestId: 'request-1' },
      },
      {
        event: 'issued',
        facts: { ...facts, sessionName: 'alice', sourceIdentity: null },
        request: { requestId: 'request-2' },
      },
    ])
  })

  it('opens the page of the console that was asked for', async () => {
    const gateway = aPassThrough()
    const trip = await gateway.begin('console', { ...gateway.ask(), destination: 's3' })
    const { url } = await gateway.come(trip?.attempt)
    expect(url).toBe(SIGN_IN_URL)
    expect(gateway.federated[0]?.destination).toContain('/s3/home')
  })

  it('names the session itself where the IdP’s token does not, and says so from the start', async () => {
    const gateway = aPassThrough()
    gateway.world.strategies.set('own', { kind: 'pass_through_oidc' })
    gateway.idp.answer = async () => ({
      ...gateway.answered,
      assertion: { kind: 'web_identity', token: ASSERTION, byIdp: true },
      names: { sourceIdentity: 'alice' },
    })
    await gateway.come(await away(gateway))
    const sessionName = expect.stringMatching(/^alice@example\.com\+/) as string
    expect(gateway.recorded).toMatchObject([
      { facts: { sessionName, sourceIdentity: null } },
      { facts: { sessionName, sourceIdentity: 'alice' } },
    ])
    expect(gateway.assumed[0]).toMatchObject({ sessionName })
  })

  it('never outlives the sign-in, however long the trip took (threats.md I7)', async () => {
    const gateway = aPassThrough({ session: aSession({ endsAt: secondsAfter(NINE, HOUR) }) })
    const attempt = await away(gateway)
    gateway.clock.pass(240)
    await gateway.come(attempt)
    expect(gateway.assumed[0]?.seconds).toBe(HOUR - 240)
    expect(gateway.recorded.at(-1)).toMatchObject({ facts: { seconds: HOUR - 240, limitedBy: 'sign-in' } })
  })

  it('leaves accounts alone that take our own assertion, and roles that nobody knows', async () => {
    const gateway = aPassThrough({ mapping: aMapping() })
    expect(await gateway.begin('credentials', gateway.ask())).toBeUndefined()
    expect(await gateway.begin('credentials', gateway.ask({ role: 'x/y' }))).toBeUndefined()
    expect(gateway.happened).toEqual([])
  })

  it('puts the assertion into no record, no error and no attempt', async () => {
    const gateway = aPassThrough()
    const attempt = await away(gateway)
    gateway.world.sts = () => Promise.reject(new RolegateError('aws_refused'))
    const refusal = await refusalFrom(gateway.come(attempt))
    expect(inspect([refusal, gateway.recorded, attempt], { depth: 12 })).not.toContain(ASSERTION)
  })
})

describe('passing through is refused before anybody is sent away', () => {
  const admin = aRule({ roles: ['admin'] })
  it.each<{
    because: string
    code?: ErrorCode
    reason?: string
    world?: Parameters<typeof aPassThrough>[0]
    role?: string
  }>([
    {
      because: 'to an elevated role',
      reason: 'elevated_passed_through',
      world: { mapping: passing({ rules: [admin] }) },
      role: 'payments-prod/admin',
    },
    {
      because: 'to a role whose tags we could not add',
      reason: 'tags_passed_through',
      world: { mapping: passing({ roles: [aRoleKind({ sessionTags: { Team: { constant: 'x' } } })] }) },
    },
    {
      because: 'to a terminal',
      reason: 'browser_needed',
      world: { session: aSession({ via: 'device' }) },
    },
    {
      because: 'to somebody of another IdP',
      reason: 'idp_passed_through',
      world: {
        mapping: passing({ rules: [aRule({ match: { idp: 'okta', groups: ['payments'] } })] }),
        session: aSession({ principal: aPrincipal({ idp: 'okta' }) }),
      },
    },
    {
      because: 'to somebody without the role',
      code: 'not_entitled',
      world: { mapping: passing({ rules: [] }) },
    },
  ])('$because', async ({ code = 'condition_unmet', reason, world, role }) => {
    const gateway = aPassThrough(world)
    expect((await refusalFrom(gateway.begin('credentials', gateway.ask({ ...(role && { role }) })))).code).toBe(code)
    expect(gateway.happened).toEqual(['refused'])
    expect(gateway.recorded).toMatchObject([{ event: 'refused', code, ...(reason && { reason }) }])
  })

  it('without a durable intent', async () => {
    const gateway = aPassThrough()
    gateway.world.auditFailsAt = 'intent'
    expect((await refusalFrom(gateway.begin('credentials', gateway.ask()))).code).toBe('audit_unavailable')
  })

  it('when the IdP is down, on record', async () => {
    const gateway = aPassThrough()
    gateway.idp.begin = () => Promise.reject(new RolegateError('idp_unavailable'))
    expect((await refusalFrom(gateway.begin('credentials', gateway.ask()))).code).toBe('idp_unavailable')
    expect(gateway.happened).toEqual(['ask idp', 'refused'])
  })
})

it.each(['issueCredentials', 'console URL', 'console move'] as const)(
  'no other door takes such a role: %s is told to open a browser',
  async (door) => {
    const gateway = aHandOver({
      mapping: aMapping({ accounts: [anAccount({ sts: 'own', passThroughIdp: 'entra', samlPost: true })] }),
    })
    gateway.world.strategies.set('own', { kind: 'pass_through_saml', providerName: 'entra' })
    const asked = {
      issueCredentials: () => gateway.issueCredentials(gateway.ask()),
      'console URL': () => gateway.openConsole.url(gateway.ask()),
      'console move': () => gateway.openConsole.move(gateway.ask()),
    }[door]()
    expect(await refusalFrom(asked)).toMatchObject({ code: 'condition_unmet', reason: 'browser_needed' })
    expect([gateway.happened, gateway.assumed, gateway.minted]).toEqual([['refused'], [], []])
  },
)

describe('an answer from the IdP is refused', () => {
  const claims = (answered: IdpAssertion, changes: object): IdpAssertion => ({
    ...answered,
    claims: { ...answered.claims, ...changes },
  })
  it.each<{ because: string; code?: ErrorCode; reason: string; answer: (honest: IdpAssertion) => IdpAssertion }>([
    {
      because: 'about another person',
      code: 'condition_unmet',
      reason: 'other_person',
      answer: (honest) => claims(honest, { claims: { sub: 'oid-2' } }),
    },
    {
      because: 'about that subject of another issuer (threats.md I2)',
      code: 'condition_unmet',
      reason: 'other_person',
      answer: (honest) => claims(honest, { issuer: 'https://idp.example.com/other' }),
    },
    {
      because: 'about nobody',
      reason: 'subject_claim_unusable:sub',
      answer: (honest) => claims(honest, { claims: {} }),
    },
    {
      because: 'that was signed more than five minutes ago',
      reason: 'assertion_too_old',
      answer: (honest) => ({ ...honest, issuedAt: secondsAfter(NINE, -301) }),
    },
  ])('$because, and AWS never sees it', async ({ code = 'sign_in_rejected', reason, answer }) => {
    const gateway = aPassThrough()
    const attempt = await away(gateway)
    gateway.idp.answer = async () => answer(gateway.answered)
    expect(await refusalFrom(gateway.come(attempt))).toMatchObject({ code, reason })
    expect(gateway.happened).toEqual(['ask idp', 'intent', 'read answer', 'refused'])
    expect(gateway.recorded.at(-1)).toMatchObject({ event: 'refused', code, reason, jti: 'jti-1-128' })
  })

  it.each<{ because: string; code: ErrorCode; reason?: string; come: (gateway: Gateway) => Promise<unknown> }>([
    {
      because: 'without an attempt in this browser',
      code: 'sign_in_rejected',
      reason: 'no_attempt_in_this_browser',
      come: (gateway) => gateway.come(undefined),
    },
    {
      because: 'that took too long',
      code: 'sign_in_expired',
      async come(gateway) {
        const attempt = await away(gateway)
        gateway.clock.pass(600)
        return gateway.come(attempt)
      },
    },
    {
      because: 'once the person has signed out',
      code: 'sign_in_required',
      async come(gateway) {
        const attempt = await away(gateway)
        gateway.world.session = undefined
        return gateway.come(attempt)
      },
    },
    {
      because: 'to an attempt that was used',
      code: 'sign_in_rejected',
      reason: 'attempt_used_before',
      async come(gateway) {
        const attempt = await away(gateway)
        await gateway.come(attempt)
        return gateway.come(attempt)
      },
    },
  ])('$because, before it is read', async ({ code, reason, come }) => {
    const gateway = aPassThrough()
    expect((await refusalFrom(come(gateway))).code).toBe(code)
    expect(gateway.recorded.at(-1)).toMatchObject({
      event: 'sign_in_refused',
      idp: 'entra',
      code,
      ...(reason && { reason }),
    })
    expect(gateway.assumed.length).toBe(reason === 'attempt_used_before' ? 1 : 0)
  })

  it('that came before, under another attempt (security.md S-29)', async () => {
    const gateway = aPassThrough()
    const [first, second] = [await away(gateway), await away(gateway)]
    await gateway.come(first)
    expect(await refusalFrom(gateway.come(second))).toMatchObject({ reason: 'assertion_used_before' })
    expect(gateway.assumed).toHaveLength(1)
  })

  it('at the door of an IdP that nothing passes through', async () => {
    const gateway = aPassThrough()
    const attempt = await away(gateway)
    expect((await refusalFrom(gateway.come(attempt, 'okta'))).code).toBe('not_found')
  })
})

describe('while the person is at the IdP', () => {
  it.each<{ because: string; code: ErrorCode; change: (gateway: Gateway) => void }>([
    {
      because: 'a deny came into force',
      code: 'denied_by_rule',
      change: ({ world }) =>
        void (world.rules = anIndex({
          accounts: [PASSING],
          rules: [aRule(), aRule({ id: 'frozen', effect: 'deny', match: { everyone: true } })],
        })),
    },
    {
      because: 'the name has come to mean another role',
      code: 'not_entitled',
      change: ({ world }) =>
        void (world.rules = anIndex({ accounts: [PASSING], roles: [aRoleKind({ roleName: 'rolegate/Other' })] })),
    },
    {
      because: 'the role was made elevated',
      code: 'condition_unmet',
      change: ({ world }) =>
        void (world.rules = anIndex({ accounts: [PASSING], roles: [aRoleKind({ elevated: true })] })),
    },
  ])('$because: refused under the same id, and AWS is not asked', async ({ code, change }) => {
    const gateway = aPassThrough()
    const attempt = await away(gateway)
    change(gateway)
    expect((await refusalFrom(gateway.come(attempt))).code).toBe(code)
    expect(gateway.recorded.at(-1)).toMatchObject({ event: 'refused', code, jti: 'jti-1-128' })
    expect(gateway.assumed).toEqual([])
  })

  it('and while AWS thinks: signed out, nothing leaves (threats.md H5)', async () => {
    const gateway = aPassThrough()
    const attempt = await away(gateway)
    gateway.world.sts = async () => {
      gateway.world.session = undefined
      return LENT
    }
    expect((await refusalFrom(gateway.come(attempt))).code).toBe('sign_in_required')
    expect(gateway.recorded.at(-1)).toMatchObject({ event: 'withheld', accessKeyId: LENT.accessKeyId })
  })
})
