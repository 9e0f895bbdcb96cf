import { describe, expect, it } from 'vitest'
import { notAsked } from '../../../src/domain/aws/not-asked.ts'
import type { RoleKind } from '../../../src/domain/entitlement/rule.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { groupsChanged, groupsUnread } from '../../../src/domain/sign-in/groups-again.ts'
import { CONFIG_BEHIND } from '../../../src/domain/sign-in/session.ts'
import { aHandOver, LENT } from '../../support/a-hand-over.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'
import { ADMIN_ARN, aUsedStepUp, STEP_UP_ID } from '../../support/a-step-up.ts'

const rules = [aRule({ roles: ['dev', 'admin'] })]
const ADMIN = 'payments-prod/admin'
const elevated = (session = aSession()) => aHandOver({ mapping: aMapping({ rules }), session })

describe('an elevated hand-over (threats.md H8)', () => {
  it('is made for its own step-up, and names it on record', async () => {
    const { issueCredentials, ask, recorded } = elevated()
    await issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() }))
    expect(recorded).toMatchObject([
      { event: 'intent', facts: { role: ADMIN, stepUp: STEP_UP_ID } },
      { event: 'issued', facts: { role: ADMIN, stepUp: STEP_UP_ID } },
    ])
  })

  it('is not made without one, however lately they signed in', async () => {
    const session = aSession({ authenticatedAt: NINE, mfaAt: NINE })
    const { issueCredentials, ask, happened, recorded } = elevated(session)
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN })))
    expect(refusal).toMatchObject({ code: 'step_up_required', values: { role: ADMIN, handOver: 'credentials' } })
    expect(happened).toEqual(['refused'])
    expect(recorded).toMatchObject([{ code: 'step_up_required', role: ADMIN }])
  })

  it.each([
    { because: 'of another session', stepUp: aUsedStepUp({ sessionId: 'session-2' }) },
    { because: 'for another role', stepUp: aUsedStepUp({}, { roleArn: ADMIN_ARN.replace('Admin', 'Root') }) },
    {
      because: 'for the same role in another account',
      stepUp: aUsedStepUp({}, { roleArn: ADMIN_ARN.replace('01', '10') }),
    },
    { because: 'for a console', stepUp: aUsedStepUp({}, { handOver: 'console' }) },
  ])('is not made for one $because', async ({ stepUp }) => {
    const { issueCredentials, ask, happened } = elevated()
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp })))
    expect([refusal.code, happened]).toEqual(['step_up_required', ['refused']])
  })

  it('is decided by the groups the step-up has read, not by those of the session (threats.md I7)', async () => {
    const { issueCredentials, ask, happened } = elevated()
    const stepUp = aUsedStepUp({ principal: aPrincipal({ groups: [] }) })
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp })))
    expect([refusal.code, happened]).toEqual(['not_entitled', ['refused']])
  })

  it('is tagged with what the step-up’s sign-in has stated', async () => {
    const sessionTags = { Team: { claim: 'team' } }
    const roles = [aRoleKind({ key: 'admin', roleName: 'rolegate/Admin', elevated: true, sessionTags })]
    const { issueCredentials, ask, minted } = aHandOver({
      mapping: aMapping({ rules: [aRule({ roles: ['admin'] })], roles }),
      session: aSession({ principal: aPrincipal({ claims: { team: 'old' } }) }),
    })
    const stepUp = aUsedStepUp({ principal: aPrincipal({ claims: { team: 'new' } }) })
    await issueCredentials(ask({ role: ADMIN, stepUp }))
    expect(JSON.stringify(minted)).toMatch(/"new"/)
    expect(JSON.stringify(minted)).not.toMatch(/"old"/)
  })

  const limited = () => Promise.reject(new RolegateError('rate_limited'))
  type World = ReturnType<typeof aHandOver>['world']
  const refusals: readonly (readonly [string, (world: World) => void, readonly string[]])[] = [
    ['their own limit', (world) => void (world.limit = limited), []],
    ['the role’s limit', (world) => void (world.limitRole = limited), []],
    [
      'too many who ask AWS at once',
      (world) => void (world.sts = () => Promise.reject(notAsked('too_many_at_once', 1))),
      ['intent', 'mint', 'sts', 'refused'],
    ],
    [
      'AWS that is taken to be down',
      (world) => void (world.sts = () => Promise.reject(notAsked('not_asked_while_down', 5))),
      ['intent', 'mint', 'sts', 'refused'],
    ],
    [
      'their directory, which does not tell their groups,',
      (world) => void (world.recheck = () => Promise.reject(groupsUnread('entra', 5, 'directory:slow'))),
      ['refused'],
    ],
    ['the gateway’s own clock', (world) => void (world.stopped = 'clock_skew'), ['refused']],
    ['an older configuration than others have', (world) => void (world.stopped = CONFIG_BEHIND), ['refused']],
  ]
  it.each(refusals)('gives its step-up back where %s refuses it', async (_what, turn, then) => {
    const { issueCredentials, ask, world, givenBack, happened } = elevated()
    turn(world)
    await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })))
    expect([givenBack, happened]).toEqual([[STEP_UP_ID], then])
  })

  const ends: readonly (readonly [string, (world: World) => void])[] = [
    ['AWS refuses it', (world) => void (world.sts = () => Promise.reject(new RolegateError('aws_refused')))],
    [
      'AWS does not answer, and may have lent',
      (world) =>
        void (world.sts = () => Promise.reject(new RolegateError('aws_unavailable', {}, { reason: 'no_answer' }))),
    ],
    ['their groups are others by now', (world) => void (world.recheck = () => Promise.reject(groupsChanged()))],
    ['a rule refuses it', (world) => void (world.rules = anIndex({ rules: [] }))],
    ['AWS has lent, and nothing leaves', (world) => void (world.session = undefined)],
    ['it is handed over', () => undefined],
  ]
  it.each(ends)('keeps it used up where %s', async (_what, turn) => {
    const { issueCredentials, ask, world, givenBack } = elevated()
    turn(world)
    await issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })).catch(() => undefined)
    expect(givenBack).toEqual([])
  })

  it('gives it back in its second half, too', async () => {
    const { halves, ask, world, givenBack } = elevated()
    const begun = await halves.beginHandOver(
      'credentials',
      ask({ role: ADMIN, stepUp: aUsedStepUp() }),
      () => undefined,
    )
    world.recheck = () => Promise.reject(groupsUnread('entra', 5, 'directory:slow'))
    const resumed = halves.resumeHandOver(
      begun.plan.facts,
      ask({ role: ADMIN, stepUp: aUsedStepUp() }),
      () => Promise.reject(new Error('nothing is to be proved')),
      () => async () => undefined,
    )
    expect([(await refusalFrom(resumed)).code, givenBack]).toEqual(['idp_unavailable', [STEP_UP_ID]])
  })

  it('keeps it used up where AWS has lent, and its sign-in service is taken to be down', async () => {
    const { openConsole, ask, world, givenBack, happened } = elevated()
    world.federation = () => Promise.reject(notAsked('not_asked_while_down', 5))
    await refusalFrom(openConsole.url(ask({ role: ADMIN, stepUp: aUsedStepUp({}, { handOver: 'console' }) })))
    expect([givenBack, happened.at(-1)]).toEqual([[], 'withheld'])
  })

  it('is not made for somebody who has lost the role meanwhile, step-up or not', async () => {
    const { issueCredentials, ask, world } = elevated()
    world.rules = anIndex({ rules: [aRule({ roles: ['dev'] })] })
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })))
    expect(refusal.code).toBe('not_entitled')
  })

  it('is not made when a reload has given the role’s name to another one', async () => {
    const { issueCredentials, ask, world } = elevated()
    world.rules = anIndex({
      rules,
      roles: [aRoleKind(), aRoleKind({ key: 'admin', roleName: 'Root', elevated: true })],
    })
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })))
    expect(refusal.code).toBe('step_up_required')
  })

  it('is withheld when a reload makes the role elevated while AWS is asked (threats.md H5)', async () => {
    const gateway = elevated()
    gateway.world.sts = async () => {
      gateway.world.rules = anIndex({ roles: [aRoleKind({ elevated: true })] })
      return LENT
    }
    const refusal = await refusalFrom(gateway.issueCredentials(gateway.ask()))
    expect(refusal.code).toBe('step_up_required')
    expect(gateway.happened.at(-1)).toBe('withheld')
  })

  it.each(['device', 'token-exchange'] as const)(
    'is made for no %s session, step-up or not (threats.md D4, D16)',
    async (via) => {
      const { issueCredentials, ask } = elevated(aSession({ via }))
      const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })))
      expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'browser_session_for_elevated' } })
    },
  )

  it('is refused as ever where the IdP’s own assertion goes to AWS (threats.md F7)', async () => {
    const accounts = [anAccount({ sts: 'own', passThroughIdp: 'entra' })]
    const { issueCredentials, ask } = aHandOver({ mapping: aMapping({ rules, accounts }) })
    const refusal = await refusalFrom(issueCredentials(ask({ role: ADMIN, stepUp: aUsedStepUp() })))
    expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'elevated_passed_through' } })
  })
})

describe('a role that asks for a second factor a short while ago (threats.md I6, H8)', () => {
  const DEV = 'payments-prod/dev'
  const DEV_ARN = ADMIN_ARN.replace('Admin', 'Developer')
  const asking = (kind: Partial<RoleKind> = {}) =>
    aHandOver({ mapping: aMapping({ roles: [aRoleKind({ requires: [{ mfaSeconds: 600 }], ...kind })] }) })

  it('is given for a step-up of its own', async () => {
    const { issueCredentials, ask, happened } = asking()
    await issueCredentials(ask({ stepUp: aUsedStepUp({ mfaAt: NINE }, { role: DEV, roleArn: DEV_ARN }) }))
    expect(happened.at(-1)).toBe('issued')
  })

  it.each([
    { because: 'another role', purpose: {} },
    { because: 'a console', purpose: { role: DEV, roleArn: DEV_ARN, handOver: 'console' as const } },
  ])('is not given for one that was confirmed for $because', async ({ purpose }) => {
    const { issueCredentials, ask, happened } = asking()
    const refusal = await refusalFrom(issueCredentials(ask({ stepUp: aUsedStepUp({ mfaAt: NINE }, purpose) })))
    expect([refusal.code, happened]).toEqual(['step_up_required', ['refused']])
  })

  it('is not given for one of another role where nothing is asked for either: it was confirmed for that', async () => {
    const { issueCredentials, ask } = asking({ requires: [] })
    const refusal = await refusalFrom(issueCredentials(ask({ stepUp: aUsedStepUp() })))
    expect(refusal.code).toBe('step_up_required')
  })

  it('tells whoever presents another one no more of a role that is not theirs', async () => {
    const { issueCredentials, ask } = asking({ key: 'other' })
    for (const role of ['payments-prod/other', 'payments-prod/unknown'])
      expect((await refusalFrom(issueCredentials(ask({ role, stepUp: aUsedStepUp() })))).code).toMatch(
        /not_entitled|role_unknown/,
      )
  })
})

describe('nobody is sent to their IdP for what they would not get then', () => {
  const LACKING = [
    { elevated: true },
    { requires: [{ mfaSeconds: 600 }] },
    { requires: [{ reason: { fits: () => true } }] },
  ]

  it.each(LACKING)('with a tag that has no value: %j', async (kind) => {
    const roles = [aRoleKind({ sessionTags: { Team: { claim: 'team' } }, ...kind })]
    const { issueCredentials, ask } = aHandOver({ mapping: aMapping({ roles }) })
    expect(await refusalFrom(issueCredentials(ask()))).toMatchObject({ values: { condition: 'tag_unavailable' } })
  })

  it.each(LACKING)('where the IdP’s own assertion goes to AWS, and this session cannot fetch it: %j', async (kind) => {
    const accounts = [anAccount({ sts: 'own', passThroughIdp: 'entra' })]
    const mapping = aMapping({ accounts, roles: [aRoleKind(kind)] })
    const { issueCredentials, ask } = aHandOver({ mapping, session: aSession({ via: 'pkce' }) })
    expect(await refusalFrom(issueCredentials(ask()))).toMatchObject({
      values: { condition: expect.stringMatching(/^(elevated_passed_through|browser_needed)$/) },
    })
  })

  it('where their IdP tells of no second factor, which the role wants (threats.md I6)', async () => {
    const kind = aRoleKind({ requires: [{ mfaSeconds: 600 }] })
    const refusalBy = (withoutMfa: string) => {
      const { issueCredentials, ask } = aHandOver({
        mapping: aMapping({ roles: [kind], withoutMfa: new Set([withoutMfa]) }),
      })
      return refusalFrom(issueCredentials(ask()))
    }
    expect(await refusalBy('entra')).toMatchObject({ code: 'condition_unmet', values: { conditions: ['mfa_within'] } })
    expect((await refusalBy('okta')).code).toBe('step_up_required')
  })

  it.each(LACKING)('at the end of their session: %j', async (kind) => {
    const session = aSession({ endsAt: secondsAfter(NINE, 899) })
    const { issueCredentials, ask } = aHandOver({ mapping: aMapping({ roles: [aRoleKind(kind)] }), session })
    expect(await refusalFrom(issueCredentials(ask()))).toMatchObject({ values: { why: 'grant_ending' } })
  })
})
