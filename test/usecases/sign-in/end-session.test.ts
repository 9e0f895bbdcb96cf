import { describe, expect, it } from 'vitest'
import { terminalsOf } from '../../../src/usecases/sign-in/find-session.ts'
import { makeNoteNames } from '../../../src/usecases/sign-in/signed-in-by-name.ts'
import { aDeviceWorld } from '../../support/a-device-world.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession } from '../../support/a-session.ts'

describe('endSession', () => {
  it('ends a browser session and every terminal of that person (threats.md D10)', async () => {
    const world = await aDeviceWorld()
    const one = await world.signedIn()
    const other = await world.signedIn()
    await world.endSession(world.session, aRequest())
    expect(await world.sessions.get(world.session.id)).toBeUndefined()
    for (const { accessToken, refreshToken } of [one, other]) {
      expect((await refusalFrom(world.authenticateBearer(accessToken))).code).toBe('sign_in_required')
      expect((await refusalFrom(world.refreshTokens({ refreshToken, clientId: 'rolegate-cli' }))).code).toBe(
        'invalid_grant',
      )
    }
  })

  it('ends a terminal’s session, and neither the browser’s nor another terminal’s', async () => {
    const world = await aDeviceWorld()
    const one = await world.signedIn()
    const other = await world.signedIn()
    await world.endSession(await world.authenticateBearer(one.accessToken), aRequest())
    expect((await refusalFrom(world.authenticateBearer(one.accessToken))).code).toBe('sign_in_required')
    expect((await world.authenticateBearer(other.accessToken)).via).toBe('device')
    expect(await world.sessions.get(world.session.id)).toBeDefined()
  })

  it('ends nobody else’s sessions', async () => {
    const world = await aDeviceWorld()
    const bob = aSession({ id: 'session-2', principal: aPrincipal({ subject: 'oid-2' }) })
    await world.sessions.put(bob.id, bob, { expiresAt: bob.endsAt, owner: terminalsOf(bob.principal, world.digest) })
    await world.endSession(world.session, aRequest())
    expect(await world.sessions.get(bob.id)).toEqual(bob)
  })

  it('leaves no name behind that somebody could be found by', async () => {
    const world = await aDeviceWorld()
    const note = makeNoteNames({ sessionNames: world.sessionNames, nameDigests: (name) => [name] })
    await note({ ...world.session, principal: aPrincipal({ email: 'a@corp.example', emailVerified: true }) })
    const left = async () =>
      (
        await Promise.all(
          ['alice@example.com', 'a@corp.example'].map(async (name) => world.sessionNames.listByOwner(`name:${name}`)),
        )
      ).flat()
    expect(await left()).toHaveLength(2)
    await world.endSession(await world.authenticateBearer((await world.signedIn()).accessToken), aRequest())
    expect(await left()).toHaveLength(2)
    await world.endSession(world.session, aRequest())
    expect(await left()).toEqual([])
  })

  it('is on record', async () => {
    const world = await aDeviceWorld()
    await world.endSession(world.session, aRequest())
    expect(world.recorded).toMatchObject([
      { event: 'sign_out', principal: { subject: 'oid-1' }, session: { id: 'session-1' } },
    ])
  })

  it('ends the session also when the record fails', async () => {
    const world = await aDeviceWorld()
    world.fails.audit = 'sign_out'
    expect((await refusalFrom(world.endSession(world.session, aRequest()))).code).toBe('audit_unavailable')
    expect(await world.sessions.get(world.session.id)).toBeUndefined()
  })
})
