import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import { compileRules } from '../../../src/domain/entitlement/compile.ts'
import type { Mapping } from '../../../src/domain/entitlement/rule.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { personIn, type RoleRequest } from '../../../src/domain/request/role-request.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { makeExplainAs } from '../../../src/usecases/admin/explain-as.ts'
import { makeExplainForStaff } from '../../../src/usecases/admin/explain-for-staff.ts'
import { makeExplainRole } from '../../../src/usecases/entitlement/explain-role.ts'
import { aMapping, anAccount, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { anApproved, aRoleRequest, weighedBy } from '../../support/a-role-request.ts'
import { mappings, moments, principals } from '../../support/generated-rules.ts'
import { aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600

type World = {
  readonly mapping: Mapping
  readonly session: GatewaySession
  readonly now?: Date
  readonly requests?: readonly RoleRequest[]
  readonly stopped?: string
}

/** The two doors, in front of one and the same gateway. */
function aGateway({ mapping, session, now = NINE, requests = [], stopped }: World) {
  const index = compileRules(mapping)
  const found = async () => weighedBy(index, now, requests)
  const deps = {
    rules: () => index,
    closing: closingBy({ console: true, except: new Set(['prod']) }, () => stopped, {
      usual: 10 * HOUR,
      elevated: HOUR,
      byEnvironment: new Map([['dev', 2 * HOUR]]),
    }),
    requestsOf: { about: found, all: found },
    now: () => now,
  }
  const explainAs = makeExplainAs({
    ...deps,
    idps: new Set(['entra', 'okta']),
    absoluteSeconds: 12 * HOUR,
    groupNames: new Map(),
    findSignedIn: async () => session,
    hash: 'hash',
  })
  return { index, explainAs, explainRole: makeExplainRole(deps) }
}

describe('what is said of somebody signed in', () => {
  it('is what they are told themselves, whatever the rules, their session and their approvals', async () => {
    const told = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          mapping: mappings,
          principal: principals,
          moment: moments,
          via: fc.constantFrom<GatewaySession['via'][]>('browser', 'pkce', 'device', 'token-exchange'),
          signedInAgo: fc.constantFrom(0, 0, HOUR + 1, 2 * HOUR + 1, 10 * HOUR + 1),
          left: fc.constantFrom(600, HOUR, 12 * HOUR),
          stopped: fc.constantFrom(undefined, undefined, undefined, 'config_stale', 'config_behind', 'clock_skew'),
          team: fc.constantFrom(undefined, 'payments'),
          approvedAgo: fc.constantFrom(undefined, 0, 3000, 3601),
          special: fc.constantFrom('plain', 'tagged', 'bound', 'elevated', 'passed', 'asked', 'proved'),
        }),
        async ({ mapping: plain, principal, moment, special, approvedAgo, team, stopped, ...made }) => {
          const { now, address, mfaAt } = moment
          const mapping = withSpecial(plain, special)
          const session = aSession({
            via: made.via,
            principal: { ...principal, claims: team === undefined ? {} : { team } },
            signedInAt: secondsAfter(now, -made.signedInAgo),
            endsAt: secondsAfter(now, made.left),
            ...(mfaAt !== undefined && { mfaAt }),
          })
          const person = personIn(session.principal)
          const requests = ['prod/dev', 'dev/ro'].map((role): RoleRequest => {
            const about = { person, role, roleId: idOf(mapping, role), wanted: ['rule any'] }
            if (approvedAgo === undefined) return aRoleRequest({ ...about, askedAt: now })
            return { ...anApproved({ answeredAt: secondsAfter(now, -approvedAgo) }), ...about }
          })
          const world = { mapping, session, now, requests, ...(stopped !== undefined && { stopped }) }
          const { explainAs, explainRole } = aGateway(world)
          for (const role of ['prod/dev', 'dev/ro', 'data/admin']) {
            const own = await explainRole(session, { address }, role)
            const named = { name: 'alice', at: now, ip: address, reason: false as const }
            const {
              rules: _,
              person: who,
              config: __,
              conditions,
              ...rest
            } = await explainAs.explainPerson(role, named)
            expect(who.subject).toBe(session.principal.subject)
            expect({ ...rest, conditions }).toEqual({ ...own, rules: undefined })
            told.set(own.because, (told.get(own.because) ?? 0) + 1)
          }
        },
      ),
      { numRuns: 1_500 },
    )
    // Every kind of answer has been looked at.
    for (const because of ['granted', 'condition_unmet', 'approval_required', 'sign_in_required', 'step_up_required'])
      expect([because, told.has(because)]).toEqual([because, true])
  }, 60_000)
})

const APPROVAL = { of: 'rule any', idp: 'entra', groups: ['leads'], validSeconds: HOUR }

const idOf = (mapping: Mapping, role: string): string => {
  const [alias = '', key = ''] = role.split('/')
  return compileRules(mapping).target(alias, key)?.arn ?? ''
}

function withSpecial(mapping: Mapping, special: string): Mapping {
  const kinds = [...mapping.roles.values()].map((kind) => ({
    ...kind,
    ...(special === 'tagged' && { sessionTags: { team: { claim: 'team' } } }),
    ...(special === 'bound' && { bindIp: true as const }),
    ...(special === 'elevated' && { elevated: true }),
    ...(special === 'asked' && { requires: [{ approval: APPROVAL }] }),
    ...(special === 'proved' && { requires: [{ mfaSeconds: 600 }] }),
  }))
  const accounts = [...mapping.accounts.values()].map((account) => ({
    ...account,
    ...(special === 'passed' && { passThroughIdp: 'entra' }),
  }))
  return { ...mapping, ...aMapping({ roles: kinds, accounts, rules: mapping.rules }) }
}

it('a grant’s policy keeps them from an account that passes the IdP’s assertion through, on the list of staff too (threats.md F7)', async () => {
  const accounts = [anAccount({ passThroughIdp: 'entra' })]
  const rules = [aRule({ sessionPolicy: { managed: ['arn:aws:iam::aws:policy/x'] } })]
  const { explainAs } = aGateway({ mapping: aMapping({ accounts, rules }), session: aSession() })
  const { roles } = await explainAs.rolesOfPerson({ name: 'alice' })
  expect(roles.map(({ kept }) => kept)).toEqual([['policy_passed_through']])
})

describe('the roles of somebody signed in', () => {
  const tagged = aRoleKind({ key: 'tagged', sessionTags: { team: { claim: 'team' } } })
  const approval = { of: 'role asked', idp: 'entra', groups: ['leads'], validSeconds: 4 * HOUR }
  const asked = { ...aRoleKind({ key: 'asked', roleName: 'Asked' }), requires: [{ approval }] }
  const mapping = aMapping({
    roles: [aRoleKind(), tagged, asked],
    rules: [aRule({ roles: ['dev', 'tagged', 'asked'] })],
  })
  const about = { role: 'payments-prod/asked', roleId: idOf(mapping, 'payments-prod/asked'), wanted: ['role asked'] }
  const heldAt = async (now: Date, requests: readonly RoleRequest[], session = aSession()) => {
    const { roles } = await aGateway({ mapping, session, now, requests }).explainAs.rolesOfPerson({ name: 'alice' })
    return roles.map(({ role, lacks, kept }) => [role.split('/')[1], lacks.map(({ condition }) => condition), kept])
  }

  it('say what keeps their session from one, and what they lack', async () => {
    expect(await heldAt(NINE, [])).toEqual([
      ['dev', [], []],
      ['tagged', [], ['tag_unavailable']],
      ['asked', ['approval'], []],
    ])
    const later = await heldAt(secondsAfter(NINE, 10 * HOUR + 1), [])
    expect(later.map(([, , kept]) => kept)).toEqual([['old_groups'], ['old_groups', 'tag_unavailable'], ['old_groups']])
  })

  it('go by what others approved for them, for as long as it can be used', async () => {
    const approved = [{ ...anApproved(), ...about, person: personIn(aPrincipal()) }]
    const atOf = async (seconds: number) => (await heldAt(secondsAfter(NINE, seconds), approved))[2]
    expect(await atOf(HOUR)).toEqual(['asked', [], []])
    expect(await atOf(4 * HOUR - 899)).toEqual(['asked', ['approval'], []])
  })
})

describe('a look-up of somebody signed in', () => {
  const named = { name: 'alice' }
  it('tells nothing where it cannot be put on record', async () => {
    const unwritten = new RolegateError('audit_unavailable')
    const { explainAs } = aGateway({ mapping: aMapping(), session: aSession() })
    for (const found of [explainAs, { ...explainAs, explainPerson: notFound, rolesOfPerson: notFound }]) {
      const tries: string[] = []
      const audit = async ({ event }: { event: string }) => {
        tries.push(event)
        throw unwritten
      }
      const staff = makeExplainForStaff({ requireStanding: () => 'operator', explainAs: found, audit })
      const story = staff(aSession(), 'api', aRequest())
      expect(await refusalFrom(story.explainPerson('payments-prod/dev', named))).toBe(unwritten)
      expect(await refusalFrom(story.rolesOfPerson(named))).toBe(unwritten)
      expect(tries).toEqual(['person_looked_up', 'person_looked_up'])
    }
  })

  const notFound = async (): Promise<never> => Promise.reject(new RolegateError('role_unknown', { person: 'alice' }))
})

describe('somebody imagined', () => {
  it('has no session that could be kept from a role, and no claims that could be missing', () => {
    const roles = [aRoleKind({ sessionTags: { team: { claim: 'team' } } })]
    const { explainAs } = aGateway({ mapping: aMapping({ roles }), session: aSession(), stopped: 'config_stale' })
    expect(explainAs.explain('payments-prod/dev', { idp: 'entra', groups: ['payments'] })).toMatchObject({
      because: 'granted',
      unmet: [],
    })
  })
})
