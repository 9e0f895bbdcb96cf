import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import type { Aim } from '../../../src/domain/emergency/emergency.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { Principal } from '../../../src/domain/sign-in/principal.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { makeEmergencyDesk } from '../../../src/usecases/emergency/emergency-desk.ts'
import { makeStandingEmergency, requireReadable } from '../../../src/usecases/emergency/standing-emergency.ts'
import type { Emergencies, KnownPerson } from '../../../src/usecases/ports/tables.ts'
import { terminalsOf } from '../../../src/usecases/sign-in/find-session.ts'
import { makeRememberPerson } from '../../../src/usecases/sign-in/people.ts'
import { anIndex } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aClock, aSession, NINE } from '../../support/a-session.ts'

const digest = (text: string) => `digest(${text})`
const ROLE: Aim = { kind: 'role', role: 'payments-prod/dev' }
const BY = { by: 'root', reason: 'laptop stolen' }

async function aDesk(people: readonly Principal[] = [aPrincipal()]) {
  const clock = aClock()
  const store = makeMemoryStore({ now: clock.now })
  const emergencies: Emergencies = makeTable(store, 'emergencies')
  const known = makeTable<KnownPerson>(store, 'people', ['seenAt'])
  const sessions = makeTable<GatewaySession>(store, 'sessions')
  const recorded: AuditEvent[] = []
  const world = { auditFails: false }
  const remember = makeRememberPerson({ people: known, digest })
  for (const person of people) await remember(person, clock.now())
  const desk = makeEmergencyDesk({
    emergencies,
    people: known,
    sessions,
    digest,
    now: clock.now,
    async audit(event) {
      if (world.auditFails) throw new RolegateError('audit_unavailable')
      recorded.push(event)
    },
  })
  // As at a gateway's start.
  await requireReadable(emergencies)
  const standing = makeStandingEmergency({ emergencies })
  return { desk, clock, world, recorded, standing, sessions, emergencies, store }
}

describe('the desk for emergencies', () => {
  it('closes, says who and why, lists, and lifts', async () => {
    const { desk, recorded } = await aDesk()
    expect(await desk.deny({ aim: ROLE, ...BY })).toEqual({ isNew: true, recorded: true })
    expect(await desk.list()).toEqual([{ aim: ROLE, since: NINE.toISOString(), ...BY }])
    expect(await desk.allow({ aim: ROLE, by: 'root', reason: '' })).toBe(true)
    expect(await desk.list()).toEqual([])
    expect(await desk.allow({ aim: ROLE, by: 'root', reason: '' })).toBe(false)
    expect(recorded).toEqual([
      { event: 'emergency_deny', aim: 'role:payments-prod/dev', ...BY },
      { event: 'emergency_allow', aim: 'role:payments-prod/dev', by: 'root', reason: '' },
    ])
  })

  it('closed twice is closed once, and one lift opens it', async () => {
    const { desk } = await aDesk()
    await desk.deny({ aim: ROLE, ...BY })
    expect(await desk.deny({ aim: ROLE, by: 'eve', reason: 'again' })).toMatchObject({ isNew: false })
    expect(await desk.list()).toEqual([expect.objectContaining(BY)])
  })

  it('closes although the record fails, and says so; what fails to be on record is not lifted', async () => {
    const { desk, world, standing } = await aDesk()
    const aim = await desk.findPerson('oid-1')
    world.auditFails = true
    expect(await desk.deny({ aim, ...BY })).toEqual({ isNew: true, recorded: false })
    await expect(standing.requireWelcome(aPrincipal())).rejects.toMatchObject({
      code: 'sign_in_rejected',
      values: { why: 'kept_out' },
    })
    await expect(desk.allow({ aim, ...BY })).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(await desk.list()).toHaveLength(1)
  })

  it('a person’s sessions do not come back when the deny is lifted', async () => {
    const { desk, clock, standing } = await aDesk()
    const aim = await desk.findPerson('oid-1')
    await desk.deny({ aim, ...BY })
    await desk.allow({ aim, ...BY })
    await standing.refresh()
    expect(standing.isEnded(aSession())).toBe(true)
    clock.pass(1)
    expect(standing.isEnded(aSession({ signedInAt: clock.now() }))).toBe(false)
    await standing.requireWelcome(aPrincipal())
  })

  it('a revocation ends the sessions there are, and no later one', async () => {
    const { desk, clock, standing, recorded, sessions } = await aDesk()
    const terminal = aSession({ id: 'terminal', via: 'pkce' })
    await sessions.put('terminal', terminal, { owner: terminalsOf(terminal.principal, digest) })
    await desk.revoke({ aim: await desk.findPerson('oid-1'), ...BY })
    await standing.refresh()
    expect(standing.isEnded(aSession())).toBe(true)
    expect(standing.isEnded(aSession({ principal: aPrincipal({ subject: 'oid-2' }) }))).toBe(false)
    expect(await sessions.get('terminal')).toBeUndefined()
    clock.pass(1)
    expect(standing.isEnded(aSession({ signedInAt: clock.now() }))).toBe(false)
    expect(recorded).toMatchObject([
      { event: 'emergency_revoke', issuer: aPrincipal().issuer, subject: 'oid-1', ...BY },
    ])
  })

  it('forgets revocations that no session can be older than', async () => {
    const { desk, clock, standing } = await aDesk()
    await desk.revoke({ aim: await desk.findPerson('oid-1'), ...BY })
    clock.pass(31 * 86_400)
    await desk.revoke({ aim: { kind: 'idp', idp: 'okta' }, ...BY })
    await standing.refresh()
    expect(standing.isEnded(aSession())).toBe(false)
  })
})

describe('a person named on the host (threats.md V2)', () => {
  const alice = aPrincipal({ subject: 'oid-1', username: 'alice@example.com' })
  const other = aPrincipal({
    idp: 'okta',
    issuer: 'https://okta.example.com',
    subject: 'x-7',
    username: 'alice@example.com',
  })
  const namesake = aPrincipal({ subject: 'oid-3', username: 'alicia@example.com' })

  it.each(['oid-1', 'entra/oid-1', 'entra/alice@example.com'])('%s is one', async (name) => {
    const { desk } = await aDesk([alice, other, namesake])
    expect(await desk.findPerson(name)).toEqual({
      kind: 'person',
      issuer: alice.issuer,
      subject: 'oid-1',
      username: 'alice@example.com',
    })
  })

  it('two of one name are nobody, and are told apart', async () => {
    const { desk } = await aDesk([alice, other, namesake])
    await expect(desk.findPerson('alice@example.com')).rejects.toMatchObject({
      code: 'role_ambiguous',
      values: { candidates: ['entra/oid-1  alice@example.com', 'okta/x-7  alice@example.com'] },
    })
  })

  it('is not somebody of another IdP who has taken their name (threats.md I1)', async () => {
    const borrowed = aPrincipal({
      idp: 'okta',
      issuer: 'https://okta',
      subject: 'x-7',
      username: 'okta:alice@example.com',
    })
    const { desk } = await aDesk([aPrincipal(), borrowed])
    expect(await desk.findPerson('alice@example.com')).toMatchObject({ subject: 'oid-1' })
    for (const name of ['okta:alice@example.com', 'okta/alice@example.com', 'okta/x-7'])
      expect([name, await desk.findPerson(name)]).toMatchObject([name, { subject: 'x-7' }])
    const { desk: alone } = await aDesk([borrowed])
    await expect(alone.findPerson('alice@example.com')).rejects.toMatchObject({
      code: 'role_unknown',
      values: { candidates: ['okta/x-7  okta:alice@example.com'] },
    })
  })

  it('part of a name, or another case, is nobody, and those it may have meant are named', async () => {
    const { desk } = await aDesk([alice, namesake])
    for (const name of ['ali', 'ALICE@example.com', 'alice@example.com '])
      await expect(desk.findPerson(name)).rejects.toMatchObject({ code: 'role_unknown' })
    await expect(desk.findPerson('ALICI')).rejects.toMatchObject({
      values: { candidates: ['entra/oid-3  alicia@example.com'] },
    })
    await expect(desk.findPerson('')).rejects.toMatchObject({ values: { candidates: [] } })
  })
})

describe('what was closed from the host', () => {
  it('does not open because its row vanished (threats.md K1, R8)', async () => {
    const { desk, standing, store } = await aDesk()
    await desk.deny({ aim: ROLE, ...BY })
    await standing.refresh()
    await store.delete('emergencies', 'in-force')
    await expect(standing.refresh()).rejects.toMatchObject({
      code: 'store_unavailable',
      reason: 'emergencies_unreadable',
    })
  })

  it('may be lifted to the last, and nothing is amiss', async () => {
    const { desk, standing } = await aDesk()
    await desk.deny({ aim: ROLE, ...BY })
    await standing.refresh()
    await desk.allow({ aim: ROLE, ...BY })
    await expect(standing.refresh()).resolves.toBeUndefined()
  })

  it('does not open because its row vanished with the very first deny, before anybody had heard of that', async () => {
    const { desk, standing, store } = await aDesk()
    await standing.refresh()
    await desk.deny({ aim: ROLE, ...BY })
    await store.delete('emergencies', 'in-force')
    await expect(standing.refresh()).rejects.toMatchObject({ reason: 'emergencies_unreadable' })
  })

  it('does not open because an older row was put back in its place (threats.md K1, K8)', async () => {
    const { desk, standing, store, clock } = await aDesk()
    const index = anIndex()
    await desk.revoke({ aim: ROLE, ...BY })
    const before = await store.get('emergencies', 'in-force')
    clock.pass(60)
    await desk.deny({ aim: ROLE, ...BY })
    await standing.refresh()
    const closed = standing.over(index)
    expect(closed).not.toBe(index)
    await store.put('emergencies', 'in-force', before?.value ?? new Uint8Array())
    await standing.refresh()
    expect(standing.over(index)).toBe(closed)
  })

  it('is heard of from a host whose clock is behind another’s', async () => {
    const { desk, standing, clock } = await aDesk()
    const index = anIndex()
    await desk.revoke({ aim: ROLE, ...BY })
    await standing.refresh()
    clock.pass(-3600)
    await desk.deny({ aim: ROLE, ...BY })
    await standing.refresh()
    expect(standing.over(index)).not.toBe(index)
    await desk.allow({ aim: ROLE, ...BY })
    await standing.refresh()
    expect(standing.over(index)).toBe(index)
  })

  it('is readable where nothing was ever closed, however often it is asked', async () => {
    const { emergencies, standing } = await aDesk()
    await requireReadable(emergencies)
    expect(await emergencies.get('in-force')).toEqual({ denies: [], revocations: [] })
    await expect(standing.refresh()).resolves.toBeUndefined()
  })
})
