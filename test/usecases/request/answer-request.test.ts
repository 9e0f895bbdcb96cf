import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { groupsChanged } from '../../../src/domain/sign-in/groups-again.ts'
import { aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { conditionFrom, refusalFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { aLead } from '../../support/a-role-request.ts'
import { aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600
const settled = async (...all: Promise<unknown>[]) =>
  (await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled').length

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
    expect(await conditionFrom(first.said)).toBe('request_over')
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
    expect(await conditionFrom(gateway.answers.approve(gateway.by(gateway.lead, id), {}))).toBe('audit_unavailable')
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
    expect(await conditionFrom(gateway.answers.approve(which, {}))).toBe(what)
    expect(await conditionFrom(gateway.answers.deny(which, {}))).toBe(what)
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
    expect(await conditionFrom(answers.approve(by(lead, id), {}))).toBe('sign_in_required')
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
    expect(await conditionFrom(other.answers.approve(other.by(other.lead, asked.id), {}))).toBe('approver_denied')
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
    expect(await conditionFrom(gateway.answers.approve(gateway.by(late, id), {}))).toBe('request_expired')
    expect(gateway.recorded.at(-1)).toMatchObject({ event: 'request_expired', approval: id })
    expect(await conditionFrom(gateway.answers.deny(gateway.by(late, id), {}))).toBe('request_expired')
    expect(gateway.recorded.filter(({ event }) => event === 'request_expired')).toHaveLength(1)
    expect(await gateway.isOpen()).toBe(false)
  })

  it('needs a word for what the file asks now, and not for what it asked then', async () => {
    const gateway = aRequestWorld()
    const { id } = await gateway.ask()
    gateway.world.index = indexAsking({ ...BY_LEADS, groups: ['owners'] })
    expect(await conditionFrom(gateway.answers.approve(gateway.by(gateway.lead, id), {}))).toBe('not_found')
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
      expect(await conditionFrom(gateway.answers.end(gateway.by(stranger, id)))).toBe('not_found')
      const terminal = aSession({ id: 'session-8', via: 'pkce', principal: aLead() })
      expect(await conditionFrom(gateway.answers.end(gateway.by(terminal, id)))).toBe('browser_session')
      await gateway.answers.end(gateway.by(gateway[who], id))
      expect(gateway.recorded.at(-1)).toMatchObject({ event: 'approval_ended', approval: id })
      expect(await gateway.isOpen()).toBe(false)
      expect(await conditionFrom(gateway.answers.end(gateway.by(gateway[who], id)))).toBe('request_over')
    }
  })
})
