import { describe, expect, it } from 'vitest'
import { anIndex, aRule } from '../../support/a-mapping.ts'
import { conditionFrom } from '../../support/a-refusal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { NINE, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600

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
    expect(await conditionFrom(gateway.answers.approve(gateway.by(gateway.lead, id), {}))).toBe('not_found')
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
