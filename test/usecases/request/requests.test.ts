import { describe, expect, it } from 'vitest'
import { auditRecord } from '../../../src/domain/audit/event.ts'
import { closingBy } from '../../../src/domain/device/closing.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { groupsChanged } from '../../../src/domain/sign-in/groups-again.ts'
import type { Principal } from '../../../src/domain/sign-in/principal.ts'
import { anIndex, aRule, aTarget } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { aLead, aRoleRequest } from '../../support/a-role-request.ts'
import { aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600
const conditionOf = async (promise: Promise<unknown>) => {
  const { code, values } = await refusalFrom(promise)
  return values['condition'] ?? code
}
const settled = async (...all: Promise<unknown>[]) =>
  (await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled').length

describe('asking', () => {
  it('is for as long as the role gives, or shorter, and on record before anybody can see it', async () => {
    const gateway = aRequestWorld()
    const { id, seconds, wanted } = await gateway.ask({ seconds: 24 * HOUR })
    expect([seconds, wanted]).toEqual([4 * HOUR, ['role admin']])
    expect(gateway.recorded).toMatchObject([
      { event: 'role_requested', approval: id, requester: 'oid-1', seconds: 4 * HOUR, reasonGiven: 'INC-1' },
    ])
    const other = aRequestWorld()
    other.world.onAudit = async () => {
      throw new RolegateError('audit_unavailable')
    }
    expect(await conditionOf(other.ask())).toBe('audit_unavailable')
    expect((await other.answers.list(other.alice)).own).toEqual([])
  })

  it('at once from many places makes one request', async () => {
    const gateway = aRequestWorld()
    const asked = await Promise.all(Array.from({ length: 8 }, () => gateway.ask()))
    expect(new Set(asked.map(({ id }) => id)).size).toBe(1)
    expect((await gateway.answers.list(gateway.alice)).own).toHaveLength(1)
    expect((await gateway.answers.list(gateway.lead)).waiting).toHaveLength(1)
    expect(gateway.recorded.filter(({ event }) => event === 'role_requested')).toMatchObject([
      { approval: asked[0]?.id },
    ])
  })

  it('is nobody else’s to see or to answer while its record is written, and its person’s to see as waiting', async () => {
    const gateway = aRequestWorld()
    let looks = 0
    gateway.world.onAudit = async ({ event }) => {
      if (event !== 'role_requested') return
      looks += 1
      const { own } = await gateway.answers.list(gateway.alice)
      expect(own.map(({ standing }) => standing)).toEqual(['asked'])
      const which = gateway.by(gateway.lead, own[0]?.request.id ?? '')
      expect((await gateway.answers.list(gateway.lead)).waiting).toEqual([])
      expect(await conditionOf(gateway.answers.approve(which, {}))).toBe('not_found')
      expect(await conditionOf(gateway.answers.deny(which, {}))).toBe('not_found')
    }
    const { id } = await gateway.ask()
    expect(looks).toBe(1)
    expect((await gateway.answers.list(gateway.lead)).waiting.map(({ request }) => request.id)).toEqual([id])
  })

  it('is in nobody’s way a minute after a crash has kept it from its record', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    const row = await gateway.requests.get(id)
    if (row !== undefined)
      await gateway.requests.update(id, () => ({ next: { ...aRoleRequest({ id }), status: 'asking' }, answer: 0 }))
    gateway.clock.pass(60)
    expect((await gateway.ask()).id).toBe(id)
    gateway.clock.pass(1)
    const next = await gateway.ask()
    expect(next.id).not.toBe(id)
    expect(await gateway.requests.get(id)).toBeUndefined()
    expect((await gateway.answers.list(gateway.lead)).waiting.map(({ request }) => request.id)).toEqual([next.id])
  })

  it.each([
    ['nothing has to be approved', { role: 'payments-prod/dev' }, 'no_approval_needed'],
    ['no rule opens it to them', { session: aSession({ principal: aPrincipal({ groups: [] }) }) }, 'not_entitled'],
    ['there is no such role', { role: 'payments-prod/else' }, 'role_unknown'],
    ['a job asks', { session: aSession({ principal: aPrincipal({ workload: true }) }) }, 'requests_for_people'],
    ['it is over before anybody could use it', { seconds: 1799 }, 'invalid_request'],
    ['the session is over', { session: aSession({ endsAt: NINE }) }, 'sign_in_required'],
  ] as const)('is refused where %s', async (_where, changes, what) => {
    expect(await conditionOf(aRequestWorld().ask(changes))).toBe(what)
  })

  it('is refused where a deny stands, and where it is approved already', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    expect(await conditionOf(gateway.ask())).toBe('approved_already')
    gateway.clock.pass(4 * HOUR - 899)
    expect((await gateway.ask()).id).not.toBe(id)
    gateway.world.index = indexAsking(BY_LEADS, [
      aRule({ roles: ['admin'] }),
      aRule({ id: 'no', effect: 'deny', roles: ['admin'] }),
    ])
    expect(await conditionOf(gateway.ask())).toBe('denied_by_rule')
  })

  it('is limited to twenty an hour', async () => {
    const gateway = aRequestWorld()
    for (let time = 0; time < 20; time += 1) await gateway.ask()
    expect(await conditionOf(gateway.ask())).toBe('rate_limited')
    gateway.clock.pass(HOUR)
    await gateway.ask()
  })

  it('costs the store nothing for a role that takes no approval', async () => {
    const gateway = aRequestWorld()
    const index = gateway.world.index
    expect(await gateway.requestsOf.about(aPrincipal(), aTarget(index, 'payments-prod/dev'))).toEqual([])
    gateway.world.index = indexAsking({ ...BY_LEADS }, [])
    expect(gateway.world.reads).toBe(0)
  })
})

describe('answering', () => {
  it('opens the role for whoever asked, and nobody else, until it ends', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    expect(await gateway.isOpen()).toBe(false)
    await gateway.answers.approve(gateway.by(gateway.lead, id), { seconds: HOUR, note: 'once' })
    expect(gateway.recorded.at(-1)).toMatchObject({
      event: 'request_approved',
      principal: { subject: 'oid-2' },
      requester: 'oid-1',
      approval: id,
      seconds: HOUR,
      note: 'once',
    })
    expect(await gateway.isOpen()).toBe(true)
    expect(await gateway.isOpen(aPrincipal({ subject: 'oid-9' }))).toBe(false)
    gateway.clock.pass(HOUR)
    expect(await gateway.isOpen()).toBe(false)
    const { own } = await gateway.answers.list(gateway.alice)
    expect(own.map(({ standing }) => standing)).toEqual(['ended'])
  })

  it('is on record by itself each time: a second word of theirs is not opened by the record of the first', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    const say = async (seconds: number) => {
      const begun = new Promise<() => void>((begins) => {
        gateway.world.onAudit = async () => new Promise<void>((written) => begins(written))
      })
      const said = gateway.answers.approve(gateway.by(gateway.lead, id), { seconds })
      return { said, write: await begun }
    }
    const first = await say(HOUR / 2)
    gateway.clock.pass(61)
    const second = await say(2 * HOUR)
    first.write()
    expect(await conditionOf(first.said)).toBe('request_over')
    expect(await gateway.isOpen()).toBe(false)
    second.write()
    await second.said
    expect([await gateway.isOpen(), await gateway.requests.get(id)]).toMatchObject([true, { grantedSeconds: 2 * HOUR }])
  })

  it('opens nothing before it is on record, and leaves the request open when that fails', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    gateway.world.onAudit = async () => {
      expect(await gateway.isOpen()).toBe(false)
      throw new RolegateError('audit_unavailable')
    }
    expect(await conditionOf(gateway.answers.approve(gateway.by(gateway.lead, id), {}))).toBe('audit_unavailable')
    gateway.world.onAudit = async () => expect(await gateway.isOpen()).toBe(false)
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    expect(await gateway.isOpen()).toBe(true)
  })

  it.each([
    ['whoever asked', aSession(), 'own_request', 'own_request:identity'],
    [
      'somebody of the same address, spelt otherwise (threats.md I3)',
      aSession({ principal: aLead({ email: 'ALICE@example.com' }) }),
      'own_request',
      'own_request:name',
    ],
    ['somebody of no such group', aSession({ principal: aLead({ groups: ['others'] }) }), 'not_found'],
    ['somebody of that group elsewhere (threats.md R3)', aSession({ principal: aLead({ idp: 'okta' }) }), 'not_found'],
    ['a job', aSession({ principal: aLead({ workload: true }) }), 'requests_for_people'],
    [
      'somebody whose groups were cut short (threats.md R5)',
      aSession({ principal: aLead({ groupsState: 'truncated' }) }),
      'groups_truncated',
    ],
    ['a terminal (threats.md I8)', aSession({ via: 'pkce', principal: aLead() }), 'browser_session'],
    ['a terminal with a code', aSession({ via: 'device', principal: aLead() }), 'browser_session'],
    ['a traded token', aSession({ via: 'token-exchange', principal: aLead() }), 'browser_session'],
    ['a session that is over', aSession({ endsAt: NINE, principal: aLead() }), 'sign_in_required'],
  ])('is not for %s', async (_whom, session, what, reason: string = what) => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    const which = gateway.by(session, id)
    expect(await conditionOf(gateway.answers.approve(which, {}))).toBe(what)
    expect(await conditionOf(gateway.answers.deny(which, {}))).toBe(what)
    expect(await gateway.isOpen()).toBe(false)
    // On record once, where it is one of theirs to look at: jobs and strangers are told of none.
    const refused = gateway.recorded.filter(({ event }) => event === 'request_refused')
    const isToldOf = !['not_found', 'requests_for_people', 'sign_in_required'].includes(what)
    expect(refused).toMatchObject(isToldOf ? [{ approval: id, reason, session: { id: session.id } }] : [])
  })

  it('is a no alone of somebody whose groups are old, or what takes a yes back: those only close (threats.md I7)', async () => {
    const gateway = aRequestWorld()
    const { answers, by, lead, world, clock, recorded } = gateway
    const fresh = aSession({ id: 'session-5', principal: aLead(), signedInAt: secondsAfter(NINE, HOUR) })
    const oldest = { usual: HOUR, elevated: HOUR, byEnvironment: new Map() }
    world.closing = closingBy({ console: true, except: new Set() }, undefined, oldest)
    const { id } = await gateway.ask()
    clock.pass(HOUR + 1)
    expect(await conditionOf(answers.approve(by(lead, id), {}))).toBe('sign_in_required')
    expect(recorded.at(-1)).toMatchObject({ event: 'request_refused', approval: id, reason: 'old_groups' })
    await answers.deny(by(lead, id), { note: 'no' })
    expect(recorded.at(-1)).toMatchObject({ event: 'request_denied', approval: id, approvingGroups: ['leads'] })
    const anew = aSession({ signedInAt: clock.now() })
    const next = await gateway.ask({ session: anew })
    await answers.approve(by(fresh, next.id), {})
    await answers.end(by(lead, next.id))
    expect(await gateway.isOpen()).toBe(false)
  })

  it('is not for somebody whom a deny keeps from the role', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    const rules = [
      aRule({ roles: ['admin', 'dev'] }),
      aRule({ id: 'not-leads', effect: 'deny', match: { groups: ['leads'] }, roles: ['admin'] }),
    ]
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    gateway.world.index = indexAsking(BY_LEADS, rules)
    // Nor does what they have said count any more.
    expect(await gateway.isOpen()).toBe(false)
    const other = aRequestWorld()
    const asked = await other.ask()
    other.world.index = indexAsking(BY_LEADS, rules)
    expect(await conditionOf(other.answers.approve(other.by(other.lead, asked.id), {}))).toBe('approver_denied')
  })

  it('is one person’s: of those who race, exactly one settles it', async () => {
    const other = aSession({ id: 'session-3', principal: aLead({ subject: 'oid-3', email: 'otto@example.com' }) })
    for (const race of ['approve', 'deny', 'cancel'] as const) {
      const gateway = aRequestWorld()
      const { id } = await gateway.ask()
      const { answers, by } = gateway
      const others = {
        approve: () => answers.approve(by(other, id), {}),
        deny: () => answers.deny(by(other, id), {}),
        cancel: () => answers.cancel(by(gateway.alice, id)),
      }
      const done = await settled(answers.approve(by(gateway.lead, id), {}), others[race](), others[race]())
      expect([race, done]).toEqual([race, 1])
      const { status } = (await gateway.requests.get(id)) ?? {}
      expect(await gateway.isOpen()).toBe(status === 'approved')
    }
  })

  it('closes that request alone, and not the one that is asked for meanwhile', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    const { onClose } = gateway.world
    let next = ''
    gateway.world.onClose = async () => {
      gateway.world.onClose = onClose
      next = (await gateway.ask()).id
    }
    await gateway.answers.deny(gateway.by(gateway.lead, id), {})
    expect(next).not.toBe(id)
    expect((await gateway.answers.list(gateway.lead)).waiting.map(({ request }) => request.id)).toEqual([next])
    expect((await gateway.ask()).id).toBe(next)
  })

  it('comes too late after a day, and says so', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    gateway.clock.pass(86_400)
    const late = aSession({ principal: aLead(), signedInAt: gateway.clock.now(), endsAt: secondsAfter(NINE, 90_000) })
    expect(await conditionOf(gateway.answers.approve(gateway.by(late, id), {}))).toBe('request_expired')
    expect(gateway.recorded.at(-1)).toMatchObject({ event: 'request_expired', approval: id })
    expect(await conditionOf(gateway.answers.deny(gateway.by(late, id), {}))).toBe('request_expired')
    expect(gateway.recorded.filter(({ event }) => event === 'request_expired')).toHaveLength(1)
    expect(await gateway.isOpen()).toBe(false)
  })

  it('needs a word for what the file asks now, and not for what it asked then', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    gateway.world.index = indexAsking({ ...BY_LEADS, groups: ['owners'] })
    expect(await conditionOf(gateway.answers.approve(gateway.by(gateway.lead, id), {}))).toBe('not_found')
    const owner = aSession({ id: 'session-4', principal: aLead({ groups: ['owners'] }) })
    await gateway.answers.approve(gateway.by(owner, id), {})
    expect(await gateway.isOpen()).toBe(true)
    gateway.world.index = indexAsking()
    expect(await gateway.isOpen()).toBe(false)
    gateway.world.index = indexAsking({ ...BY_LEADS, of: 'rule else', groups: ['owners'] })
    expect(await gateway.isOpen()).toBe(false)
    expect((await gateway.answers.find(gateway.alice, id)).fault?.values).toEqual({ condition: 'request_moot' })
  })

  it('takes a word by groups that are what they were, where their directory is asked again (threats.md I7)', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    const asked: string[] = []
    gateway.world.recheck = async (session) => {
      asked.push(session.id)
      throw groupsChanged()
    }
    // Whoever may not answer is not asked about.
    await refusalFrom(gateway.answers.approve(gateway.by(gateway.alice, id), {}))
    expect(asked).toEqual([])
    expect((await refusalFrom(gateway.answers.approve(gateway.by(gateway.lead, id), {}))).reason).toBe('groups_changed')
    expect(asked).toEqual([gateway.lead.id])
    expect(gateway.recorded.at(-1)).toMatchObject({
      event: 'request_refused',
      approval: id,
      reason: 'groups_changed',
      session: { id: gateway.lead.id },
    })
    expect(await gateway.isOpen()).toBe(false)
    await gateway.answers.deny(gateway.by(gateway.lead, id), {})
  })

  it('counts no more once the approver’s directory is another one (threats.md I2)', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    gateway.world.issuer = 'https://idp.example.com/another'
    expect(await gateway.isOpen()).toBe(false)
    gateway.world.issuer = 'https://idp.example.com/tenant'
    gateway.world.subjectClaim = 'oid'
    expect(await gateway.isOpen()).toBe(false)
  })

  it('gives way to an emergency: of whoever asked, of whoever approved, and of the role', async () => {
    for (const aim of [
      { kind: 'person', issuer: aPrincipal().issuer, subject: 'oid-1', username: 'alice' },
      { kind: 'person', issuer: aPrincipal().issuer, subject: 'oid-2', username: 'lena' },
      { kind: 'role', role: 'payments-prod/admin' },
    ] as const) {
      const gateway = aRequestWorld()
      const { id } = await gateway.ask()
      await gateway.answers.approve(gateway.by(gateway.lead, id), {})
      expect(await gateway.isOpen()).toBe(true)
      const deny = { aim, since: NINE.toISOString(), by: 'root', reason: 'INC-9' }
      await gateway.emergency.declare({ denies: [deny] })
      await gateway.emergency.refresh()
      expect([aim, await gateway.isOpen()]).toEqual([aim, false])
    }
  })

  it('is taken back by those who could give it, and given back by whoever has it', async () => {
    for (const who of ['alice', 'lead'] as const) {
      const gateway = aRequestWorld()
      const { id } = await gateway.ask()
      await gateway.answers.approve(gateway.by(gateway.lead, id), {})
      const stranger = aSession({ id: 'session-9', principal: aLead({ groups: [] }) })
      expect(await conditionOf(gateway.answers.end(gateway.by(stranger, id)))).toBe('not_found')
      const terminal = aSession({ id: 'session-8', via: 'pkce', principal: aLead() })
      expect(await conditionOf(gateway.answers.end(gateway.by(terminal, id)))).toBe('browser_session')
      await gateway.answers.end(gateway.by(gateway[who], id))
      expect(gateway.recorded.at(-1)).toMatchObject({ event: 'approval_ended', approval: id })
      expect(await gateway.isOpen()).toBe(false)
      expect(await conditionOf(gateway.answers.end(gateway.by(gateway[who], id)))).toBe('request_over')
    }
  })
})

describe('the records of a request', () => {
  const asked = {
    role: 'payments-prod/admin',
    roleArn: 'arn:aws:iam::012345678901:role/rolegate/Admin',
    rule: 'payments-team',
    group: 'payments',
    wanted: ['role admin'],
    reasonGiven: 'INC-1',
    requester: 'oid-1',
    requesterIssuer: 'https://idp.example.com/tenant',
    requesterName: 'alice@example.com',
    expiresAt: secondsAfter(NINE, 86_400),
    configHash: 'c0ffee',
  }

  it('say each time what was wanted; of a yes by which groups, and until when', async () => {
    const gateway = aRequestWorld()
    const lead = aSession({ id: 'session-2', principal: aLead({ groups: ['others', 'leads'] }) })
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(lead, id), { seconds: HOUR })
    await gateway.answers.end(gateway.by(gateway.alice, id))
    const granted = { approvingGroups: ['leads'], seconds: HOUR, until: secondsAfter(NINE, HOUR) }
    expect(gateway.recorded).toMatchObject([
      { event: 'role_requested', approval: id, ...asked, seconds: 4 * HOUR },
      { event: 'request_approved', approval: id, ...asked, ...granted },
      { event: 'approval_ended', approval: id, ...asked, ...granted },
    ])
  })

  it('say of a no by which groups, and of what was taken back that nobody answered', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    await gateway.answers.deny(gateway.by(gateway.lead, id), { note: 'no' })
    const other = await gateway.ask()
    await gateway.answers.cancel(gateway.by(gateway.alice, other.id))
    const [, denied, , cancelled] = gateway.recorded
    expect(denied).toMatchObject({ event: 'request_denied', ...asked, approvingGroups: ['leads'], note: 'no' })
    expect(denied).not.toHaveProperty('until')
    expect(cancelled).toMatchObject({ event: 'request_cancelled', ...asked })
    expect(cancelled).not.toHaveProperty('approvingGroups')
  })
})

describe('looking', () => {
  const stranger = aSession({
    id: 'session-9',
    principal: aPrincipal({ subject: 'oid-7', username: 'mallory', email: 'mallory@example.com', groups: [] }),
  })
  const job = aSession({ id: 'session-10', via: 'token-exchange', principal: aLead({ workload: true }) })

  it.each([
    ['as it was', BY_LEADS],
    ['once its rule is called something else', { ...BY_LEADS, of: 'rule else' }],
  ])('is for whom it concerns, with the file %s', async (_how, approval) => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    gateway.world.index = indexAsking(approval)
    expect((await gateway.answers.list(stranger)).waiting).toEqual([])
    expect(await conditionOf(gateway.answers.find(stranger, id))).toBe('not_found')
    expect((await gateway.answers.find(gateway.alice, id)).isOwn).toBe(true)
    expect((await gateway.answers.list(gateway.alice)).own).toHaveLength(1)
  })

  it('is for nobody else once the file wants no word for it, or has no such role', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    for (const index of [indexAsking({ ...BY_LEADS, of: 'rule else' }), anIndex({ roles: [], rules: [] })]) {
      gateway.world.index = index
      expect((await gateway.answers.list(gateway.lead)).waiting).toEqual([])
      expect(await conditionOf(gateway.answers.find(gateway.lead, id))).toBe('not_found')
    }
  })

  it('reads what everybody waits for only for somebody who may answer', async () => {
    const gateway = aRequestWorld()
    await gateway.ask()
    await gateway.answers.list(stranger)
    await gateway.answers.list(gateway.alice)
    expect(gateway.world.looks).toBe(0)
    expect((await gateway.answers.list(gateway.lead)).waiting).toHaveLength(1)
    expect(gateway.world.looks).toBe(1)
  })

  it('is for no job (threats.md R3)', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    expect(await conditionOf(gateway.answers.list(job))).toBe('requests_for_people')
    expect(await conditionOf(gateway.answers.find(job, id))).toBe('requests_for_people')
  })
})

describe('where the file says what names people at every identity provider (threats.md I3)', () => {
  const KEYS = new Map([['entra', 'employee_id']])
  const keyed = (value: string) => ({ personKey: { claim: 'employee_id', value } })
  const asking = (keys: ReadonlyMap<string, string> = KEYS) => indexAsking(BY_LEADS, undefined, {}, keys)
  const as = (principal: Principal, id = 'session-7') => aSession({ id, principal })
  const alice = as(aPrincipal(keyed('E-7')), 'session-1')

  async function aWorld(asker = alice) {
    const gateway = aRequestWorld()
    gateway.world.index = asking()
    return { ...gateway, id: (await gateway.ask({ session: asker })).id }
  }

  it('somebody else approves, by another key', async () => {
    const { answers, by, id, isOpen } = await aWorld()
    await answers.approve(by(as(aLead(keyed('E-8'))), id), {})
    expect(await isOpen(alice.principal)).toBe(true)
  })

  it('nobody does by the same, whatever they are called; and it is on record', async () => {
    const { answers, by, id, recorded } = await aWorld()
    expect(await conditionOf(answers.approve(by(as(aLead(keyed('e-7'))), id), {}))).toBe('own_request')
    expect(recorded.at(-1)).toMatchObject({ event: 'request_refused', reason: 'own_request:key' })
  })

  it('nobody does who has none, and it says which claim is missing, to them and on record', async () => {
    const { answers, by, id, recorded, lead, isOpen } = await aWorld()
    const { values } = await refusalFrom(answers.approve(by(lead, id), {}))
    expect(values).toEqual({ condition: 'person_key_missing', whose: 'approver', claim: 'employee_id' })
    expect(recorded.at(-1)).toMatchObject({
      event: 'request_refused',
      reason: 'person_key_missing:approver:employee_id',
    })
    expect(await isOpen()).toBe(false)
  })

  it('nobody is asked by somebody who has none', async () => {
    const gateway = aRequestWorld()
    gateway.world.index = asking()
    expect((await refusalFrom(gateway.ask())).values).toEqual({
      condition: 'person_key_missing',
      whose: 'asker',
      claim: 'employee_id',
    })
    expect(gateway.recorded).toEqual([])
  })

  it('what was asked for before the file said so is answered by nobody, and is asked for anew', async () => {
    const gateway = aRequestWorld()
    const { answers, by, ask, world } = gateway
    const { id } = await ask()
    world.index = asking()
    const lead = as(aLead(keyed('E-8')))
    expect((await refusalFrom(answers.approve(by(lead, id), {}))).reason).toBe(
      'person_key_missing:requester:employee_id',
    )
    expect((await answers.list(lead)).waitingCount).toBe(0)
    expect(await answers.find(gateway.alice, id)).toMatchObject({
      standing: 'moot',
      because: { reason: 'person_key_missing:requester:employee_id' },
    })
    // Not given back to somebody who has none either.
    expect((await refusalFrom(ask())).reason).toBe('person_key_missing:asker:employee_id')
    const anew = await ask({ session: alice })
    expect((await gateway.requests.get(id))?.status).toBe('cancelled')
    await answers.approve(by(lead, anew.id), {})
    expect(await gateway.isOpen(alice.principal)).toBe(true)
  })

  it('what was asked for under another value than they have now is asked for anew, with that of now', async () => {
    const { answers, by, id, ask, requests } = await aWorld()
    expect((await ask({ session: alice })).id).toBe(id)
    const anew = await ask({ session: as(aPrincipal(keyed('E-9')), 'session-9') })
    expect(anew.person.personKey?.value).toBe('E-9')
    expect((await requests.get(id))?.status).toBe('cancelled')
    expect(await conditionOf(answers.approve(by(as(aLead(keyed('E-9'))), anew.id), {}))).toBe('own_request')
    await answers.approve(by(as(aLead(keyed('E-7'))), anew.id), {})
  })

  it('what was approved before the file said so counts no more, and says why', async () => {
    const gateway = aRequestWorld()
    const { answers, by, world, isOpen } = gateway
    const { id } = await gateway.ask()
    await answers.approve(by(gateway.lead, id), {})
    expect(await isOpen()).toBe(true)
    world.index = asking()
    expect(await isOpen()).toBe(false)
    const { standing, because } = await answers.find(gateway.alice, id)
    expect([standing, because?.reason]).toEqual(['void', 'person_key_missing:requester:employee_id'])
  })

  it.each([
    ['that of whoever approved', keyed('E-8'), 'own_request:key'],
    ['none', {}, 'person_key_missing:requester:employee_id'],
  ])('what was approved counts no more once they who asked state another value: %s', async (_which, key, reason) => {
    const { answers, by, id, isOpen } = await aWorld()
    await answers.approve(by(as(aLead(keyed('E-8'))), id), {})
    expect([await isOpen(alice.principal), await isOpen(aPrincipal(keyed('E-9')))]).toEqual([true, true])
    const now = aPrincipal(key)
    expect(await isOpen(now)).toBe(false)
    const { standing, because } = await answers.find(as(now), id)
    expect([standing, because?.reason]).toEqual(['void', reason])
  })

  it('what was approved counts no more once their identity provider is called something else, and names a claim', async () => {
    const gateway = aRequestWorld()
    const { answers, by, world, isOpen } = gateway
    const byOkta = { ...BY_LEADS, idp: 'okta' }
    world.index = indexAsking(byOkta)
    const { id } = await gateway.ask()
    await answers.approve(by(as(aLead({ idp: 'okta' })), id), {})
    expect(await isOpen()).toBe(true)
    world.label = 'entra-2'
    const rules = [aRule({ roles: ['admin', 'dev'], match: { idp: 'entra-2', groups: ['payments'] } })]
    world.index = indexAsking(byOkta, rules, {}, new Map([['entra-2', 'employee_id']]))
    const renamed = aPrincipal({ idp: 'entra-2', ...keyed('E-7') })
    expect(await isOpen(renamed)).toBe(false)
    expect((await answers.find(as(renamed), id)).standing).toBe('void')
  })

  it('what was approved by a claim that the file has replaced counts no more', async () => {
    const { answers, by, id, world, isOpen } = await aWorld()
    await answers.approve(by(as(aLead(keyed('E-8'))), id), {})
    world.index = asking(new Map([['entra', 'hr_id']]))
    expect(await isOpen()).toBe(false)
    world.index = asking(new Map())
    expect(await isOpen()).toBe(true)
  })

  it('no record says anybody’s key', async () => {
    const { answers, by, id, recorded } = await aWorld()
    await answers.approve(by(as(aLead(keyed('E-8'))), id), {})
    const lines = recorded.map((event) => JSON.stringify(auditRecord(event, NINE, 'r-1')))
    expect(lines.join('\n')).not.toMatch(/E-[78]|person_?key/i)
  })
})

describe('what is shown of an approval', () => {
  const aGranted = async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    return { gateway, look: () => gateway.answers.find(gateway.alice, id) }
  }

  it('ends when the file has come to say so', async () => {
    const { gateway, look } = await aGranted()
    expect(await look()).toMatchObject({ standing: 'approved', until: secondsAfter(NINE, 4 * HOUR) })
    gateway.world.index = indexAsking({ ...BY_LEADS, validSeconds: 900 })
    expect(await look()).toMatchObject({ standing: 'approved', until: secondsAfter(NINE, 900) })
    gateway.clock.pass(900)
    expect([(await look()).standing, await gateway.isOpen()]).toEqual(['ended', false])
  })

  const owners = { ...BY_LEADS, of: 'rule payments-team' }
  const asksToo = aRule({ roles: ['admin', 'dev'], require: { approval: owners } })
  const both = { requires: [{ approval: BY_LEADS }, { approval: { ...BY_LEADS, of: 'role base' } }] }
  it.each([
    ['the role takes another approval as well', indexAsking(BY_LEADS, undefined, both)],
    ['its grant takes one as well', indexAsking(BY_LEADS, [asksToo])],
  ])('is that it counts no more once %s, which the old word does not meet', async (_when, index) => {
    const { gateway, look } = await aGranted()
    gateway.world.index = index
    expect(await gateway.isOpen()).toBe(false)
    const shown = await look()
    expect([shown.standing, shown.because?.values]).toEqual(['void', { condition: 'request_moot' }])
    // Asked anew, one word of a lead's meets all of it.
    const { id, wanted } = await gateway.ask()
    expect(wanted).toHaveLength(2)
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    expect(await gateway.isOpen()).toBe(true)
  })

  it('is that it counts while another grant of the same role takes no more than it did', async () => {
    const { gateway, look } = await aGranted()
    const other = aRule({ id: 'other-team', roles: ['admin'], match: { idp: 'entra', groups: ['payments'] } })
    gateway.world.index = indexAsking(BY_LEADS, [asksToo, other])
    expect([await gateway.isOpen(), (await look()).standing]).toEqual([true, 'approved'])
  })

  it('is that it counts no more once its grant asks for nothing, where the role still does: and then it opens nothing', async () => {
    const gateway = aRequestWorld()
    gateway.world.index = indexAsking(BY_LEADS, [asksToo])
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    const look = async () => [await gateway.isOpen(), (await gateway.answers.find(gateway.alice, id)).standing]
    expect(await look()).toEqual([true, 'approved'])
    gateway.world.index = indexAsking()
    expect(await look()).toEqual([false, 'void'])
  })

  it('waits in vain, and for nobody’s word, once the role takes another approval as well', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    gateway.world.index = indexAsking(BY_LEADS, undefined, both)
    expect((await gateway.answers.list(gateway.lead)).waitingCount).toBe(0)
    expect(await conditionOf(gateway.answers.approve(gateway.by(gateway.lead, id), {}))).toBe('not_found')
    expect(await gateway.answers.find(gateway.alice, id)).toMatchObject({
      standing: 'moot',
      because: { values: { condition: 'request_moot' } },
    })
    // Whoever asks anew is not given the old one, which is taken back: no change of the rules brings it to life again.
    const next = await gateway.ask()
    expect([next.id === id, next.wanted.length]).toEqual([false, 2])
    expect(gateway.recorded.slice(1)).toMatchObject([
      { event: 'request_cancelled', approval: id, requester: 'oid-1' },
      { event: 'role_requested', approval: next.id },
    ])
    expect((await gateway.answers.list(gateway.lead)).waitingCount).toBe(1)
    gateway.world.index = indexAsking()
    const { own } = await gateway.answers.list(gateway.alice)
    const standings = new Map(own.map(({ request, standing }) => [request.id, standing]))
    expect(standings).toEqual(new Map([[id, 'cancelled'] as const, [next.id, 'moot'] as const]))
  })

  const denied = aRule({ id: 'no', effect: 'deny', match: { groups: ['leads'] }, roles: ['admin'] })
  it.each([
    ['its rule is called something else', indexAsking({ ...BY_LEADS, of: 'rule else' }), 'request_moot'],
    ['the role is gone', anIndex({ roles: [], rules: [] }), 'request_moot'],
    ['its group may not approve any more', indexAsking({ ...BY_LEADS, groups: ['owners'] }), 'approver_no_more'],
    ['its approver is denied', indexAsking(BY_LEADS, [aRule({ roles: ['admin'] }), denied]), 'approver_no_more'],
  ])('is that it counts no more once %s, and why; and it can be given back', async (_when, index, condition) => {
    const { gateway, look } = await aGranted()
    gateway.world.index = index
    const shown = await look()
    expect([shown.standing, shown.until, shown.because?.values]).toEqual(['void', undefined, { condition }])
    await gateway.answers.end(gateway.by(gateway.alice, shown.request.id))
    gateway.world.index = indexAsking()
    expect([(await look()).standing, await gateway.isOpen()]).toEqual(['ended', false])
  })
})

describe('a gateway that is unfit', () => {
  const code = 'store_unavailable'
  it.each(['clock_skew', 'config_behind'])(
    'takes no approval, and that is on record: %s (threats.md F10, R9)',
    async (why) => {
      const { ask, answers, by, lead, world, recorded, isOpen } = aRequestWorld()
      const { id } = await ask()
      const fit = world.closing
      world.closing = closingBy({ console: true, except: new Set() }, () => why)
      expect(await refusalFrom(answers.approve(by(lead, id), {}))).toMatchObject({ code, values: { why } })
      expect(await refusalFrom(answers.requireApprovable(lead, id))).toMatchObject({ code, values: { why } })
      expect(await answers.find(lead, id)).toMatchObject({ approvingFault: { code, values: { why } } })
      expect(recorded.at(-1)).toMatchObject({ event: 'request_refused', approval: id, reason: why })
      world.closing = fit
      expect(await isOpen()).toBe(false)
      await answers.approve(by(lead, id), {})
      expect(await isOpen()).toBe(true)
      // What was given is taken back at any.
      world.closing = closingBy({ console: true, except: new Set() }, () => why)
      await answers.end(by(lead, id))
      expect(await isOpen()).toBe(false)
    },
  )

  it('takes a no', async () => {
    const { ask, answers, by, lead, world, requests } = aRequestWorld()
    const { id } = await ask()
    world.closing = closingBy({ console: true, except: new Set() }, () => 'clock_skew')
    await answers.deny(by(lead, id), {})
    expect(await requests.get(id)).toMatchObject({ status: 'denied' })
  })
})

describe('rows that somebody has moved in the store', () => {
  it('are nobody’s whose name they do not bear', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    const row = await gateway.requests.get(id)
    const { askedAt: _ } = row ?? {}
    const mallory = aPrincipal({ subject: 'oid-7', email: 'mallory@example.com' })
    const session = aSession({ principal: mallory })
    expect((await gateway.answers.list(session)).own).toEqual([])
    expect(await gateway.isOpen(mallory)).toBe(false)
    expect(await conditionOf(gateway.answers.cancel({ session, id, request: aRequest() }))).toBe('not_found')
  })
})
