import { describe, expect, it } from 'vitest'
import { anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aRequestWorld, BY_LEADS, indexAsking } from '../../support/a-request-world.ts'
import { aLead } from '../../support/a-role-request.ts'
import { aSession } from '../../support/a-session.ts'

/** Approved by somebody of these groups, and open. */
async function approvedBy(groups: readonly string[]) {
  const gateway = aRequestWorld()
  const { id } = await gateway.ask()
  const session = aSession({ id: 'session-2', principal: aLead({ groups: [...groups] }) })
  await gateway.answers.approve(gateway.by(session, id), {})
  expect(await gateway.isOpen()).toBe(true)
  return gateway
}

describe('what somebody approved (threats.md R8)', () => {
  it('counts no more once a deny reads another group of theirs than those for which they could', async () => {
    const gateway = await approvedBy(['leads', 'suspended'])
    const denying = (group: string) =>
      indexAsking(BY_LEADS, [
        aRule({ roles: ['admin', 'dev'] }),
        aRule({ id: 'no', effect: 'deny', match: { groups: [group] }, roles: ['admin'] }),
      ])
    gateway.world.index = denying('suspended')
    expect(await gateway.isOpen()).toBe(false)
    gateway.world.index = denying('others')
    expect(await gateway.isOpen()).toBe(true)
  })

  it.each([
    ['them', { kind: 'person', issuer: aPrincipal().issuer, subject: 'oid-2', username: 'lena' }, false],
    ['everybody of their IdP', { kind: 'idp', idp: 'entra' }, false],
    ['somebody else', { kind: 'person', issuer: aPrincipal().issuer, subject: 'oid-9', username: 'else' }, true],
  ] as const)('counts no more once the host ends the sessions of %s', async (_whom, aim, isOpen) => {
    const gateway = await approvedBy(['leads'])
    const before = gateway.clock.now().toISOString()
    await gateway.emergency.declare({ revocations: [{ aim, before }] })
    await gateway.emergency.refresh()
    expect(await gateway.isOpen()).toBe(isOpen)
  })

  it('counts when it was said after the host had ended their sessions', async () => {
    const gateway = aRequestWorld()
    const before = gateway.clock.now().toISOString()
    const aim = { kind: 'person', issuer: aPrincipal().issuer, subject: 'oid-2', username: 'lena' } as const
    await gateway.emergency.declare({ revocations: [{ aim, before }] })
    await gateway.emergency.refresh()
    gateway.clock.pass(1)
    const { id } = await gateway.ask()
    await gateway.answers.approve(gateway.by(gateway.lead, id), {})
    expect(await gateway.isOpen()).toBe(true)
  })

  it('counts no more once the name of the role means another one (threats.md R1)', async () => {
    const gateway = await approvedBy(['leads'])
    const standings = async () => (await gateway.requestsOf.all(aPrincipal())).map(({ standing }) => standing)
    expect(await standings()).toEqual(['approved'])
    gateway.world.index = anIndex({
      roles: [aRoleKind({ key: 'admin', roleName: 'rolegate/Else', requires: [{ approval: BY_LEADS }] })],
      rules: [aRule({ roles: ['admin'] })],
    })
    expect(await standings()).toEqual(['void'])
  })
})
