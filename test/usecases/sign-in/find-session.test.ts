import { describe, expect, it } from 'vitest'
import type { Aim, Emergency } from '../../../src/domain/emergency/emergency.ts'
import type { GatewaySession, SessionLimits } from '../../../src/domain/sign-in/session.ts'
import { makeFindSession, terminalsOf, type KnownIssuer } from '../../../src/usecases/sign-in/find-session.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'
import { anIndex, aRule } from '../../support/a-mapping.ts'
import { anEmergency } from '../../support/an-emergency.ts'

const alice = aPrincipal()
const known = { issuer: alice.issuer, subjectClaim: alice.subjectClaim }

const UNLIMITED: SessionLimits = {
  absoluteSeconds: Infinity,
  mostSeconds: { pkce: Infinity, device: Infinity },
  oldestGroupsSeconds: Infinity,
}

type Doubles = {
  emergency: ReturnType<typeof anEmergency>
  index: ReturnType<typeof anIndex>
  limits: Partial<SessionLimits>
}

function findIn(
  kept: readonly GatewaySession[],
  issuers: ReadonlyMap<string, NonNullable<ReturnType<KnownIssuer>>> = new Map([['entra', known]]),
  { emergency = anEmergency(), index = anIndex(), limits }: Partial<Doubles> = {},
) {
  const sessions = new Map(kept.map((session) => [session.id, session]))
  return makeFindSession({
    sessions: { get: async (id) => sessions.get(id) },
    emergency,
    rules: () => index,
    issuerOf: (idp) => issuers.get(idp),
    limits: { ...UNLIMITED, ...limits },
  })
}

describe('findSession', () => {
  it('finds the session of its id, and no other', async () => {
    const find = findIn([aSession()])
    expect(await find('session-1')).toEqual(aSession())
    expect(await find('session-2')).toBeUndefined()
    expect(await find('')).toBeUndefined()
  })

  it('ends a session when its groups are too old to decide anything, terminals with it, and never later than it would (threats.md I7)', async () => {
    const terminal = aSession({ id: 'terminal', via: 'pkce', lastSeenAt: secondsAfter(NINE, 3000) })
    const endsIn = async (oldest: number, id: string) =>
      (await findIn([aSession(), terminal], undefined, { limits: { oldestGroupsSeconds: oldest } })(id))?.endsAt
    expect(await endsIn(3600, 'session-1')).toEqual(secondsAfter(NINE, 3600))
    expect(await endsIn(3600, 'terminal')).toEqual(secondsAfter(NINE, 3600))
    expect(await endsIn(24 * 3600, 'session-1')).toEqual(aSession().endsAt)
  })

  it('ends a session when one that begins now would, once a limit is lowered (threats.md I7)', async () => {
    const terminal = (via: 'pkce' | 'device') => aSession({ id: via, via, lastSeenAt: secondsAfter(NINE, 3600) })
    const job = aSession({ id: 'job', via: 'token-exchange' })
    const kept = [aSession(), terminal('pkce'), terminal('device'), job]
    const hours = async (limits: Partial<SessionLimits>) => {
      const find = findIn(kept, undefined, { limits })
      const found = await Promise.all(kept.map(({ id }) => find(id)))
      return found.map((one) => ((one?.endsAt.getTime() ?? 0) - NINE.getTime()) / 3_600_000)
    }
    expect(await hours({})).toEqual([12, 12, 12, 12])
    // What descends from a sign-in ends with it; a job has none.
    expect(await hours({ absoluteSeconds: 6 * 3600 })).toEqual([6, 6, 6, 12])
    expect(await hours({ mostSeconds: { pkce: 4 * 3600, device: 2 * 3600 } })).toEqual([12, 5, 3, 12])
    expect(await hours({ absoluteSeconds: 3600, mostSeconds: { pkce: 7200, device: 7200 } })).toEqual([1, 1, 1, 12])
    expect(await hours({ absoluteSeconds: 24 * 3600 })).toEqual([12, 12, 12, 12])
  })

  it.each<{ because: string; issuers: Map<string, NonNullable<ReturnType<KnownIssuer>>> }>([
    { because: 'whose IdP is gone', issuers: new Map() },
    {
      because: 'whose IdP is another tenant now',
      issuers: new Map([['entra', { ...known, issuer: 'https://other' }]]),
    },
    {
      because: 'whose IdP names people by another claim now',
      issuers: new Map([['entra', { ...known, subjectClaim: 'upn' }]]),
    },
    { because: 'whose IdP’s name is a workload’s now', issuers: new Map([['entra', { ...known, workload: true }]]) },
    { because: 'whose IdP goes by another label now', issuers: new Map([['azure', known]]) },
  ])('finds no session $because: it would be a stranger’s (threats.md I2)', async ({ issuers }) => {
    expect(await findIn([aSession()], issuers)('session-1')).toBeUndefined()
  })
})

describe('findSession, after something was closed from the host (threats.md R8)', () => {
  const person = { kind: 'person', issuer: alice.issuer, subject: alice.subject, username: 'alice' } as const
  const deny = (aim: Aim) => ({ denies: [{ aim, since: NINE.toISOString(), by: 'root', reason: 'test' }] })

  it.each<{ because: string; emergency: Partial<Emergency>; finds: boolean }>([
    { because: 'of somebody who is denied', emergency: deny(person), finds: false },
    { because: 'of an IdP that is denied', emergency: deny({ kind: 'idp', idp: 'entra' }), finds: false },
    { because: 'of somebody else', emergency: deny({ ...person, subject: 'oid-2' }), finds: true },
    {
      because: 'of another issuer’s person of that name',
      emergency: deny({ ...person, issuer: 'https://x' }),
      finds: true,
    },
    { because: 'of another IdP', emergency: deny({ kind: 'idp', idp: 'okta' }), finds: true },
    { because: 'while a role is denied', emergency: deny({ kind: 'role', role: 'payments-prod/dev' }), finds: true },
    {
      because: 'begun when theirs were ended',
      emergency: { revocations: [{ aim: person, before: NINE.toISOString() }] },
      finds: false,
    },
    {
      because: 'begun after theirs were ended',
      emergency: { revocations: [{ aim: person, before: secondsAfter(NINE, -1).toISOString() }] },
      finds: true,
    },
    {
      because: 'begun when those of the IdP were ended',
      emergency: { revocations: [{ aim: { kind: 'idp', idp: 'entra' }, before: NINE.toISOString() }] },
      finds: false,
    },
  ])('a session $because: found $finds', async ({ emergency: declared, finds }) => {
    const emergency = anEmergency()
    const find = findIn([aSession()], undefined, { emergency })
    expect(await find('session-1')).toBeDefined()
    await emergency.declare(declared)
    expect((await find('session-1')) !== undefined).toBe(finds)
  })
})

it('finds no session whose groups are not known in full once a deny reads them (threats.md I4)', async () => {
  const index = anIndex({ rules: [aRule({ id: 'no', effect: 'deny', match: { idp: 'entra', groups: ['bad'] } })] })
  const hidden = aSession({ principal: { ...alice, groups: { state: 'absent', names: [] } } })
  expect(await findIn([hidden])('session-1')).toBeDefined()
  expect(await findIn([hidden], undefined, { index })('session-1')).toBeUndefined()
  expect(await findIn([aSession()], undefined, { index })('session-1')).toBeDefined()
})

it('finds a job’s session while its workload is configured, and none of an IdP of that name', async () => {
  const job = aSession({ via: 'token-exchange', principal: { ...alice, workload: true } })
  const asWorkload = new Map([['entra', { ...known, workload: true as const }]])
  expect(await findIn([job], asWorkload)('session-1')).toEqual(job)
  expect(await findIn([job])('session-1')).toBeUndefined()
})

describe('terminalsOf', () => {
  const digest = (text: string) => `digest(${text})`

  it('is one for a person, whatever changes about them', () => {
    const renamed = aPrincipal({ username: 'x', email: 'y', groups: [] })
    expect(terminalsOf(renamed, digest)).toBe(terminalsOf(alice, digest))
  })

  it('is another for each other person (threats.md I1)', () => {
    for (const other of [aPrincipal({ subject: 'oid-2' }), aPrincipal({ issuer: 'https://other' })]) {
      expect(terminalsOf(other, digest)).not.toBe(terminalsOf(alice, digest))
    }
  })
})
