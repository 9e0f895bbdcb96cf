import { describe, expect, it } from 'vitest'
import { auditRecord } from '../../../src/domain/audit/record.ts'
import type { Principal } from '../../../src/domain/sign-in/principal.ts'
import { aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { conditionFrom, refusalFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { aLead } from '../../support/a-role-request.ts'
import { aSession, NINE } from '../../support/a-session.ts'

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
    expect(await conditionFrom(answers.approve(by(as(aLead(keyed('e-7'))), id), {}))).toBe('own_request')
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
    expect(await conditionFrom(answers.approve(by(as(aLead(keyed('E-9'))), anew.id), {}))).toBe('own_request')
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
