import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import { groupsChanged } from '../../../src/domain/sign-in/groups-again.ts'
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
