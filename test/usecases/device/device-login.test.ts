import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { OWN_CLIENT } from '../../../src/domain/device/client.ts'
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import { terminalsOf } from '../../../src/usecases/sign-in/find-session.ts'
import { aDeviceWorld, CLIENT } from '../../support/a-device-world.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession, secondsAfter } from '../../support/a-session.ts'

const HOUR = 3600
const codeOf = async (promise: Promise<unknown>) => (await refusalFrom(promise)).code
const events = (recorded: readonly AuditEvent[]) => recorded.map(({ event }) => event)
const typo = (code: string) => (code.startsWith('B') ? 'C' : 'B') + code.slice(1)
const numbers = (count: number) => Array.from({ length: count }, (_, n) => n)

/** What came of several tries at once: how many went through, and how the others were refused. */
async function outcomesOf(tries: readonly Promise<unknown>[]) {
  const codes = await Promise.all(
    tries.map((tried) =>
      tried.then(
        () => 'ok',
        (thrown: { code?: string }) => String(thrown.code),
      ),
    ),
  )
  return Object.fromEntries([...new Set(codes)].map((code) => [code, codes.filter((each) => each === code).length]))
}

describe('a terminal signs in', () => {
  it('waits, is approved in a browser, and takes its tokens once (RFC 8628)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode, expiresInSeconds, intervalSeconds } = await world.start()
    expect(deviceCode).toMatch(/^rgd_[\w-]{43}$/)
    expect(userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/)
    expect([expiresInSeconds, intervalSeconds]).toEqual([300, 2])

    expect(await codeOf(world.redeem(deviceCode))).toBe('authorization_pending')
    await world.decide(userCode)
    const tokens = await world.redeem(deviceCode)
    expect(tokens.accessToken).toMatch(/^rga_[\w-]{43}$/)
    expect(tokens.refreshToken).toMatch(/^rgr_[\w-]{43}$/)
    expect(tokens.expiresInSeconds).toBe(45 * 60)
    expect(await codeOf(world.redeem(deviceCode))).toBe('invalid_grant')

    expect(events(world.recorded)).toEqual(['device_started', 'device_approved', 'device_redeemed'])
  })

  it('gets a session of class device, of the same person and sign-in (threats.md D4, I8)', async () => {
    const world = await aDeviceWorld()
    const session = await world.authenticateBearer((await world.signedIn()).accessToken)
    expect(session).toMatchObject({ via: 'device', principal: world.session.principal })
    expect(session.signedInAt).toEqual(world.session.signedInAt)
    expect(session.id).not.toBe(world.session.id)
  })

  it.each([
    { because: 'eight hours after the approval', left: 12 * HOUR, ends: 8 * HOUR },
    { because: 'with the sign-in it came from, when that is sooner (threats.md I7)', left: HOUR, ends: HOUR },
  ])('ends $because', async ({ left, ends }) => {
    const world = await aDeviceWorld({ session: aSession({ endsAt: secondsAfter(aSession().signedInAt, left) }) })
    const session = await world.authenticateBearer((await world.signedIn()).accessToken)
    expect(session.endsAt).toEqual(secondsAfter(world.clock.now(), ends))
  })

  it('keeps neither code in the open (security.md D-11)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    for (const key of [deviceCode, userCode]) {
      expect(await world.deviceLogins.get(key)).toBeUndefined()
      expect(await world.userCodes.get(key)).toBeUndefined()
    }
    const kept = [
      await world.deviceLogins.get(world.digest(deviceCode)),
      await world.userCodes.get(world.codeDigest(userCode)),
      world.recorded,
    ]
    for (const code of [deviceCode, userCode]) expect(JSON.stringify(kept)).not.toContain(code)
  })

  it('writes no code and no token into a record (security.md A-4)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    await world.decide(userCode)
    const tokens = await world.redeem(deviceCode)
    const text = JSON.stringify(world.recorded)
    for (const secret of [deviceCode, userCode, tokens.accessToken, tokens.refreshToken])
      expect(text).not.toContain(secret)
  })
})

describe('a terminal in a hurry', () => {
  it('makes the store write some sixty times, however often it asks, and is let in all the same (threats.md D7)', async () => {
    let writes = 0
    const world = await aDeviceWorld({
      openStore(now) {
        const store = makeMemoryStore({ now })
        return { ...store, compareAndSet: (...row) => ((writes += 1), store.compareAndSet(...row)) }
      },
    })
    const { deviceCode, userCode } = await world.start()
    for (const _ of numbers(1_000)) await world.redeem(deviceCode).catch(() => undefined)
    expect(await codeOf(world.redeem(deviceCode))).toBe('slow_down')
    // Nor does a code in another client's hands.
    for (const _ of numbers(100))
      await world
        .redeemDeviceLogin({ deviceCode, clientId: 'another', request: aRequest({ address: '198.51.100.9' }) })
        .catch(() => undefined)
    expect(writes).toBeLessThan(70)
    await world.decide(userCode)
    await expect(world.redeem(deviceCode)).resolves.toBeDefined()
  })
})

describe('startDeviceLogin', () => {
  it('starts thirty a minute from one address, and no more (threats.md D7)', async () => {
    const world = await aDeviceWorld()
    for (const _ of numbers(30)) await world.start()
    expect(await refusalFrom(world.start())).toMatchObject({ code: 'rate_limited', values: { retryAfterSeconds: 60 } })
    const elsewhere = world.startDeviceLogin({
      client: OWN_CLIENT,
      claims: {},
      request: aRequest({ address: '198.51.100.1' }),
    })
    await expect(elsewhere).resolves.toBeDefined()
    world.clock.pass(60)
    await expect(world.start()).resolves.toBeDefined()
  })

  it('keeps a share for the operator’s own networks, however many flood it from anywhere (threats.md D7)', async () => {
    const world = await aDeviceWorld()
    const startFrom = (address: string) =>
      world.startDeviceLogin({ client: OWN_CLIENT, claims: {}, request: aRequest({ address }) })
    for (const _ of numbers(3_000)) await world.limitRate('device-start:all', 3_000, 60)
    expect(await codeOf(startFrom('198.51.100.1'))).toBe('rate_limited')
    world.networks.set('192.0.2.1', 'office')
    await expect(startFrom('192.0.2.1')).resolves.toBeDefined()
  })

  it('leaves six hundred records a minute of strangers, however many start one, and each of a known network (threats.md A4, D7)', async () => {
    const world = await aDeviceWorld()
    const startFrom = (address: string) =>
      world.startDeviceLogin({ client: OWN_CLIENT, claims: {}, request: aRequest({ address }) })
    for (const n of numbers(700)) await startFrom(`2001:db8:0:${n.toString(16)}::1`)
    expect(world.recorded).toHaveLength(600)
    world.networks.set('192.0.2.1', 'office')
    await startFrom('192.0.2.1')
    expect(world.recorded).toHaveLength(601)

    world.clock.pass(60)
    await startFrom('198.51.100.1')
    expect(world.recorded.at(-1)).toMatchObject({ event: 'device_started' })
  })

  it('counts a registered client by itself, wherever it asks from: thirty a minute (threats.md D7)', async () => {
    const world = await aDeviceWorld()
    const startAs = (id: string, n: number) =>
      world.startDeviceLogin({
        client: { ...OWN_CLIENT, id, kind: 'registered' },
        claims: {},
        request: aRequest({ address: `198.51.100.${n}` }),
      })
    for (const n of numbers(30)) await startAs('client-1', n)
    expect(await codeOf(startAs('client-1', 31))).toBe('rate_limited')
    await expect(startAs('client-2', 32)).resolves.toBeDefined()
  })

  it('gives a stock tool no number, which it could not show', async () => {
    const world = await aDeviceWorld()
    const client = { ...OWN_CLIENT, id: 'client-1', kind: 'registered' } as const
    expect(await world.startDeviceLogin({ client, claims: {}, request: aRequest() })).not.toHaveProperty('matchNumber')
    expect((await world.start()).matchNumber).toMatch(/^[1-9]\d$/)
  })

  it('draws again when a user code is taken, and gives each its own (security.md D-10)', async () => {
    const world = await aDeviceWorld()
    const codes = new Set<string>()
    for (const _ of numbers(30)) codes.add((await world.start()).userCode)
    expect(codes.size).toBe(30)
  })

  it('records who asked from where, and for what, as the terminal says', async () => {
    const world = await aDeviceWorld()
    await world.start()
    expect(world.recorded).toEqual([
      {
        event: 'device_started',
        request: aRequest(),
        clientId: CLIENT,
        claims: { host: 'laptop', client: 'rolegate' },
      },
    ])
  })

  it('fails when it cannot be recorded', async () => {
    const world = await aDeviceWorld()
    world.fails.audit = 'device_started'
    expect(await codeOf(world.start())).toBe('audit_unavailable')
  })
})

describe('findDeviceLogin', () => {
  const find = (
    world: Awaited<ReturnType<typeof aDeviceWorld>>,
    typed: string,
    session = world.session,
    address = '52.94.76.7',
  ) => world.findDeviceLogin({ session, typed, request: aRequest({ address }) })

  it('shows who waits for the code, however it is typed', async () => {
    const world = await aDeviceWorld()
    const { userCode } = await world.start()
    const typed = ` ${userCode.slice(0, 4).toLowerCase()}-${userCode.slice(4)} `
    expect((await find(world, typed)).login).toMatchObject({
      clientId: CLIENT,
      address: '52.94.76.7',
      claims: { host: 'laptop' },
    })
  })

  it('answers alike for a code that is unknown, used, denied or expired (security.md D-15)', async () => {
    const world = await aDeviceWorld()
    const [used, denied, late] = [await world.start(), await world.start(), await world.start()]
    await world.decide(used.userCode, 'approve')
    await world.decide(denied.userCode, 'deny')
    const refusals = [await refusalFrom(find(world, typo(late.userCode))), await refusalFrom(find(world, 'nonsense'))]
    refusals.push(await refusalFrom(find(world, used.userCode)), await refusalFrom(find(world, denied.userCode)))
    world.clock.pass(300)
    refusals.push(await refusalFrom(find(world, late.userCode)))
    for (const { code, values, message } of refusals) {
      expect({ code, values, message }).toEqual({ code: 'user_code_unknown', values: {}, message: 'user_code_unknown' })
    }
  })

  it('lets a session try twenty codes a minute; a right one does not reset the count (security.md D-15)', async () => {
    const world = await aDeviceWorld()
    const { userCode } = await world.start()
    for (const _ of numbers(19)) expect(await codeOf(find(world, 'BBBBBBBB'))).toBe('user_code_unknown')
    await find(world, userCode)
    expect(await codeOf(find(world, userCode))).toBe('rate_limited')
    world.clock.pass(60)
    await expect(find(world, userCode)).resolves.toBeDefined()
  })

  it('lets an address try a hundred a minute, and locks out nobody elsewhere (threats.md D7)', async () => {
    const world = await aDeviceWorld()
    const { userCode } = await world.start()
    for (const n of numbers(100)) await refusalFrom(find(world, 'BBBBBBBB', aSession({ id: `s-${n}` })))
    expect(await codeOf(find(world, userCode))).toBe('rate_limited')
    await expect(find(world, userCode, aSession({ id: 'other' }), '198.51.100.1')).resolves.toBeDefined()
  })

  it('serves browser sessions alone: a terminal signs in no terminal (threats.md I8)', async () => {
    const world = await aDeviceWorld()
    const { userCode } = await world.start()
    const terminal = await world.authenticateBearer((await world.signedIn()).accessToken)
    expect(await codeOf(find(world, userCode, terminal))).toBe('condition_unmet')
    expect(await codeOf(world.decide(userCode, 'approve', terminal))).toBe('condition_unmet')
  })

  it('shows no login that was decided, though its code is still there', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    await world.decide(userCode)
    await world.userCodes.put(world.codeDigest(userCode), { deviceCode: world.digest(deviceCode) })
    expect(await codeOf(find(world, userCode))).toBe('user_code_unknown')
  })

  it('serves no ended session', async () => {
    const world = await aDeviceWorld()
    const { userCode } = await world.start()
    expect(await codeOf(find(world, userCode, aSession({ endsAt: world.clock.now() })))).toBe('sign_in_required')
  })
})

describe('decideDeviceLogin', () => {
  it('denies: the terminal hears it once, and then nothing (security.md D-12)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    await world.decide(userCode, 'deny')
    expect(await codeOf(world.redeem(deviceCode))).toBe('device_denied')
    expect(await codeOf(world.redeem(deviceCode))).toBe('invalid_grant')
    expect(events(world.recorded)).toEqual(['device_started', 'device_denied'])
  })

  it.each(['approve', 'deny'] as const)('lets nobody decide again after: %s', async (first) => {
    const world = await aDeviceWorld()
    const { userCode } = await world.start()
    await world.decide(userCode, first)
    expect(await codeOf(world.decide(userCode, 'approve'))).toBe('user_code_unknown')
    expect(await codeOf(world.decide(userCode, 'deny'))).toBe('user_code_unknown')
  })

  it('lets one of two tabs decide, and the other leaves no session behind', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    expect(await outcomesOf([world.decide(userCode), world.decide(userCode)])).toEqual({ ok: 1, user_code_unknown: 1 })
    await world.redeem(deviceCode)
    expect(await world.sessions.deleteByOwner(terminalsOf(world.session.principal, world.digest))).toBe(1)
  })

  it('keeps the first word when one tab approves and another denies', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    const outcomes = await outcomesOf([world.decide(userCode, 'deny'), world.decide(userCode, 'approve')])
    expect(outcomes).toEqual({ ok: 1, user_code_unknown: 1 })
    const heard = await world.redeem(deviceCode).then(
      () => 'granted',
      (thrown: { code?: string }) => thrown.code,
    )
    const left = await world.sessions.deleteByOwner(terminalsOf(world.session.principal, world.digest))
    expect([heard, left]).toEqual(heard === 'granted' ? ['granted', 1] : ['device_denied', 0])
  })

  it('leaves no terminal behind when the person signs out while the approval is being written', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    world.onAudit = async (event) => {
      if (event.event === 'device_approved') await world.endSession(world.session, aRequest())
    }
    expect(await codeOf(world.decide(userCode))).toBe('sign_in_required')
    expect(await world.sessions.deleteByOwner(terminalsOf(world.session.principal, world.digest))).toBe(0)
    expect(await codeOf(world.redeem(deviceCode))).not.toBe('ok')
  })

  it('has the approval on record before the terminal can take it', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    world.fails.audit = 'device_approved'
    expect(await codeOf(world.decide(userCode))).toBe('audit_unavailable')
    expect(await codeOf(world.redeem(deviceCode))).toBe('authorization_pending')
    expect(await world.sessions.deleteByOwner(terminalsOf(world.session.principal, world.digest))).toBe(0)
  })

  it('records who approved for whom, and from where that one asked', async () => {
    const world = await aDeviceWorld()
    const { userCode } = await world.start()
    await world.decide(userCode)
    expect(world.recorded.at(-1)).toMatchObject({
      event: 'device_approved',
      principal: { subject: 'oid-1' },
      session: { id: 'session-1' },
      clientId: CLIENT,
      requesterAddress: '52.94.76.7',
    })
  })

  it('signs no terminal in from a browser that signed out meanwhile (threats.md D10, H5)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    await world.endSession(world.session, aRequest())
    expect(await codeOf(world.decide(userCode))).toBe('sign_in_required')
    expect(await codeOf(world.redeem(deviceCode))).toBe('authorization_pending')
  })

  it('comes too late after five minutes (threats.md D7)', async () => {
    const world = await aDeviceWorld()
    const { userCode } = await world.start()
    world.clock.pass(300)
    expect(await codeOf(world.decide(userCode))).toBe('user_code_unknown')
  })
})

describe('redeemDeviceLogin', () => {
  it('gives fifty polls at once the tokens one time (threats.md D4)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    await world.decide(userCode)
    expect(await outcomesOf(numbers(50).map(() => world.redeem(deviceCode)))).toEqual({ ok: 1, invalid_grant: 49 })
    expect(events(world.recorded).filter((event) => event === 'device_redeemed')).toHaveLength(1)
  })

  it('slows a hasty terminal down by five seconds, and lets it recover (security.md D-16)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    const heard = async (after: number) => {
      world.clock.pass(after)
      return codeOf(world.redeem(deviceCode))
    }
    expect([await heard(0), await heard(2), await heard(1), await heard(6), await heard(12), await heard(12)]).toEqual([
      'authorization_pending',
      'authorization_pending',
      'slow_down',
      'slow_down',
      'authorization_pending',
      'authorization_pending',
    ])
    await world.decide(userCode)
    await expect(world.redeem(deviceCode)).resolves.toBeDefined()
  })

  it('says that the code expired for a minute, and then knows nothing of it', async () => {
    const world = await aDeviceWorld()
    const [polled, left] = [await world.start(), await world.start()]
    world.clock.pass(300)
    expect(await codeOf(world.redeem(polled.deviceCode))).toBe('device_code_expired')
    expect(await codeOf(world.redeem(polled.deviceCode))).toBe('invalid_grant')
    world.clock.pass(60)
    expect(await codeOf(world.redeem(left.deviceCode))).toBe('invalid_grant')
  })

  it('grants nothing that was approved and not fetched in time', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    await world.decide(userCode)
    world.clock.pass(300)
    expect(await codeOf(world.redeem(deviceCode))).toBe('device_code_expired')
  })

  it('serves the client that asked and no other, whose poll changes nothing (security.md D-4)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    const before = await world.deviceLogins.get(world.digest(deviceCode))
    expect(await codeOf(world.redeem(deviceCode, 'other-client'))).toBe('invalid_grant')
    expect(await world.deviceLogins.get(world.digest(deviceCode))).toEqual(before)
    await world.decide(userCode)
    expect(await codeOf(world.redeem(deviceCode, 'other-client'))).toBe('invalid_grant')
    await expect(world.redeem(deviceCode)).resolves.toBeDefined()
  })

  it('forgets a login in time, also one that another client polled (threats.md D7)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode } = await world.start()
    await refusalFrom(world.redeem(deviceCode, 'other-client'))
    world.clock.pass(361)
    expect(await world.deviceLogins.get(world.digest(deviceCode))).toBeUndefined()
  })

  it('gives nothing to a terminal whose person signed out between approval and poll (security.md D-20)', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    await world.decide(userCode)
    await world.endSession(world.session, aRequest())
    expect(await codeOf(world.redeem(deviceCode))).toBe('device_denied')
    expect(events(world.recorded)).not.toContain('device_redeemed')
  })

  it('gives nothing that cannot be recorded', async () => {
    const world = await aDeviceWorld()
    const { deviceCode, userCode } = await world.start()
    await world.decide(userCode)
    world.fails.audit = 'device_redeemed'
    expect(await codeOf(world.redeem(deviceCode))).toBe('audit_unavailable')
  })

  it('lets an address try sixty unknown codes a minute (security.md D-16)', async () => {
    const world = await aDeviceWorld()
    for (const n of numbers(60)) expect(await codeOf(world.redeem(`rgd_${n}`))).toBe('invalid_grant')
    expect(await codeOf(world.redeem('rgd_60'))).toBe('rate_limited')
  })

  it('does not count an honest terminal’s polls as unknown codes', async () => {
    const world = await aDeviceWorld()
    const { deviceCode } = await world.start()
    for (const n of numbers(55)) {
      world.clock.pass(n === 0 ? 0 : 5)
      expect(await codeOf(world.redeem(deviceCode))).toBe('authorization_pending')
    }
  })
})
