import { describe, expect, it } from 'vitest'
import { OWN_CLIENT, type Client } from '../../../src/domain/device/client.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { terminalsOf } from '../../../src/usecases/sign-in/find-session.ts'
import { aDeviceWorld } from '../../support/a-device-world.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession } from '../../support/a-session.ts'

type World = Awaited<ReturnType<typeof aDeviceWorld>>

const STOCK: Client = { ...OWN_CLIENT, id: 'client-1', name: 'botocore-client-gw', kind: 'registered' }
const AWAY = '198.51.100.9'
const REFUSE = { pkce: 'refuse', device: 'refuse' } as const

/** A terminal that waits for its person, who looks at a page of ours: as far apart as the test says. */
async function waiting({
  client = OWN_CLIENT,
  from = aRequest().address,
  ...options
}: Parameters<typeof aDeviceWorld>[0] & { client?: Client; from?: string } = {}) {
  const world = await aDeviceWorld(options)
  const claims = { host: 'laptop' }
  const started = await world.startDeviceLogin({ client, claims, request: aRequest({ address: from }) })
  const { userCode: typed, deviceCode, matchNumber = '' } = started
  type Said = { number?: string; retyped?: string; by?: GatewaySession; address?: string }
  const about = ({ by = world.session, address = aRequest().address }: Said) => ({
    session: by,
    typed,
    request: aRequest({ address }),
  })
  const other = aSession({ id: 'session-2' })
  await world.sessions.put(other.id, other)
  return {
    world,
    typed,
    /** Another browser of the same person. */
    other,
    right: matchNumber,
    wrong: matchNumber === '99' ? '10' : String(Number(matchNumber) + 1),
    look: (said: Said = {}) => world.showDeviceLogin(about(said)),
    approve: ({ number, retyped, ...said }: Said = {}) =>
      world.decideDeviceLogin({
        ...about(said),
        decision: {
          kind: 'approve',
          ...(number !== undefined && { number }),
          ...(retyped !== undefined && { retyped }),
        },
      }),
    deny: (said: Said = {}) => world.decideDeviceLogin({ ...about(said), decision: { kind: 'deny' } }),
    poll: (address = from) =>
      world.redeemDeviceLogin({ deviceCode, clientId: client.id, request: aRequest({ address }) }),
  }
}

const approved = { outcome: 'approved' }
const again = (because: string) => ({ outcome: 'again', because })
const codeOf = async (promise: Promise<unknown>) => (await refusalFrom(promise)).code
const conditionOf = async (promise: Promise<unknown>) => (await refusalFrom(promise)).values['condition']
const decisions = ({ recorded }: World) => recorded.filter(({ event }) => /^device_(approved|denied)$/.test(event))
const terminals = (world: World) => world.sessions.listByOwner(terminalsOf(world.session.principal, world.digest))

describe('the number a terminal shows (threats.md D3)', () => {
  it('lets it in, when the person picks it', async () => {
    const { right, look, approve, poll } = await waiting()
    expect((await look()).checks.numbers).toContain(right)
    expect(await approve({ number: right })).toEqual(approved)
    await expect(poll()).resolves.toBeDefined()
  })

  it('ends it for good, when the person picks another, on record with both addresses', async () => {
    const { world, right, wrong, look, approve, poll } = await waiting({ from: AWAY })
    await look()
    world.clock.pass(10)
    expect(await conditionOf(approve({ number: wrong }))).toBe('wrong_number')
    expect(decisions(world)).toEqual([
      expect.objectContaining({
        event: 'device_denied',
        reason: 'wrong_number',
        requesterAddress: AWAY,
        request: expect.objectContaining({ address: aRequest().address }),
      }),
    ])
    expect(await codeOf(approve({ number: right }))).toBe('user_code_unknown')
    expect(await codeOf(look())).toBe('user_code_unknown')
    expect(await codeOf(poll())).toBe('device_denied')
    expect(await terminals(world)).toEqual([])
  })

  it('cannot be left out', async () => {
    const { typed, look, approve, poll } = await waiting()
    await look()
    expect(await conditionOf(approve({ retyped: typed }))).toBe('wrong_number')
    expect(await codeOf(poll())).toBe('device_denied')
  })

  it('is not asked of stock tools, which cannot show it', async () => {
    const { look, approve, poll } = await waiting({ client: STOCK })
    expect((await look()).checks).toMatchObject({ sameNetwork: true, numbers: null, retype: false, lookSeconds: 0 })
    expect(await approve()).toEqual(approved)
    await expect(poll()).resolves.toBeDefined()
  })

  it('stands in no record, and neither does the code (security.md A-4)', async () => {
    const { world, typed, right, look, approve, poll } = await waiting()
    await look()
    await approve({ number: right })
    await poll()
    expect(JSON.stringify(world.recorded)).not.toContain(typed)
    expect(JSON.stringify(world.recorded)).not.toContain(`"${right}"`)
  })
})

describe('whom the page was shown to (security.md D-14)', () => {
  it('nobody: the page is shown, and nothing is decided', async () => {
    const { world, right, approve, poll } = await waiting()
    expect(await approve({ number: right })).toEqual(again('not_shown'))
    expect(decisions(world)).toEqual([])
    expect(await codeOf(poll())).toBe('authorization_pending')
  })

  it('another browser of the same person: that one saw it, this one did not', async () => {
    const { right, other, look, approve } = await waiting()
    await look({ by: other })
    expect(await approve({ number: right })).toEqual(again('not_shown'))
    expect(await approve({ number: right, by: other })).toEqual(approved)
  })

  it('two, one after the other: the last one counts', async () => {
    const { world, right, other, look, approve } = await waiting()
    await look()
    await look({ by: other })
    expect(await approve({ number: right })).toEqual(again('not_shown'))
    expect(decisions(world)).toEqual([])
  })

  it('does not matter to whoever says no', async () => {
    const { world, deny, poll } = await waiting({ from: AWAY })
    expect(await deny()).toEqual({ outcome: 'denied' })
    expect(decisions(world)).toEqual([expect.objectContaining({ event: 'device_denied', requesterAddress: AWAY })])
    expect(await codeOf(poll())).toBe('device_denied')
  })
})

describe('a terminal that asks from elsewhere (threats.md D3)', () => {
  it('is looked at for ten seconds, and its number picked', async () => {
    const { world, right, look, approve } = await waiting({ from: AWAY })
    expect((await look()).checks).toMatchObject({ sameNetwork: false, retype: false, lookSeconds: 10 })
    world.clock.pass(9.999)
    expect(await approve({ number: right })).toEqual(again('too_soon'))
    expect(decisions(world)).toEqual([])
    world.clock.pass(0.001)
    expect(await approve({ number: right })).toEqual(approved)
    expect(decisions(world)).toEqual([
      expect.objectContaining({
        event: 'device_approved',
        requesterAddress: AWAY,
        request: expect.objectContaining({ address: aRequest().address }),
      }),
    ])
  })

  it('tells nothing of the number before the ten seconds are over', async () => {
    const { wrong, right, look, approve } = await waiting({ from: AWAY })
    await look()
    expect(await approve({ number: wrong })).toEqual(await approve({ number: right }))
  })

  it('is a stock tool: its code is typed once more, however it is written', async () => {
    const { world, typed, look, approve } = await waiting({ from: AWAY, client: STOCK })
    expect((await look()).checks).toMatchObject({ numbers: null, retype: true, lookSeconds: 10 })
    world.clock.pass(10)
    expect(await approve()).toEqual(again('not_retyped'))
    for (const retyped of ['BBBB-BBBB', 'nonsense', ''])
      expect(await approve({ retyped })).toEqual(again('not_retyped'))
    expect(await approve({ retyped: ` ${typed.slice(0, 4).toLowerCase()}-${typed.slice(4)} ` })).toEqual(approved)
  })

  it('makes nobody wait twice: shown again, the ten seconds go on', async () => {
    const { world, right, look, approve } = await waiting({ from: AWAY })
    await look()
    world.clock.pass(6)
    await look()
    world.clock.pass(4)
    expect(await approve({ number: right })).toEqual(approved)
  })

  it('is looked at anew by another browser', async () => {
    const { world, right, other, look, approve } = await waiting({ from: AWAY })
    await look()
    world.clock.pass(10)
    await look({ by: other })
    expect(await approve({ number: right, by: other })).toEqual(again('too_soon'))
  })

  it('is judged by where the browser is when it decides, not by where it looked', async () => {
    const ours = await waiting()
    expect((await ours.look()).checks.sameNetwork).toBe(true)
    expect(await ours.approve({ number: ours.right, address: AWAY })).toEqual(again('too_soon'))
    const stock = await waiting({ client: STOCK })
    await stock.look()
    stock.world.clock.pass(10)
    expect(await stock.approve({ address: AWAY })).toEqual(again('not_retyped'))
  })

  it('is let in by nobody where the operator says so, and ends at the try, on record', async () => {
    const { world, right, look, approve, poll } = await waiting({ from: AWAY, crossNetwork: REFUSE })
    expect((await look()).checks.refused).toBe(true)
    world.clock.pass(10)
    expect(await conditionOf(approve({ number: right }))).toBe('another_network')
    expect(decisions(world)).toEqual([
      expect.objectContaining({ event: 'device_denied', reason: 'another_network', requesterAddress: AWAY }),
    ])
    expect(await codeOf(poll())).toBe('device_denied')
    expect(await terminals(world)).toEqual([])
  })

  it('is from here where the operator says that both are one network', async () => {
    const { world, right, look, approve } = await waiting({ from: AWAY, crossNetwork: REFUSE })
    world.networks.set(AWAY, 'office').set(aRequest().address, 'office')
    expect((await look()).checks).toMatchObject({ sameNetwork: true, lookSeconds: 0 })
    expect(await approve({ number: right })).toEqual(approved)
  })
})

describe('a terminal that was approved, and takes its sign-in up from elsewhere (threats.md D3)', () => {
  it.each([
    ['a stranger’s address', AWAY],
    ['the neighbour’s', '203.0.113.8'],
    ['none that can be read', ''],
  ])('gets nothing from %s: the page said where it asked from', async (_whose, address) => {
    const { world, right, look, approve, poll } = await waiting()
    await look()
    await approve({ number: right })
    expect(await conditionOf(poll(address))).toBe('moved_terminal')
    expect(world.recorded.at(-1)).toMatchObject({
      event: 'session_ended',
      reason: 'another_network',
      request: { address },
      session: { terminal: { address: aRequest().address } },
    })
    expect(await terminals(world)).toEqual([])
    expect(await codeOf(poll())).toBe('invalid_grant')
  })

  it('may wait there: what is not approved yet tells nothing', async () => {
    const { right, look, approve, poll } = await waiting()
    expect(await codeOf(poll(AWAY))).toBe('authorization_pending')
    await look()
    await approve({ number: right })
    await expect(poll()).resolves.toBeDefined()
  })

  it('is where it was, inside a network that has a name', async () => {
    const { world, right, look, approve, poll } = await waiting()
    world.networks.set(AWAY, 'office').set(aRequest().address, 'office')
    await look()
    await approve({ number: right })
    await expect(poll(AWAY)).resolves.toBeDefined()
  })
})

describe('people of an IdP for whom codes are switched off (security.md D-1)', () => {
  const off = ({ ways }: World) => void ways.set('entra', new Set(['pkce']))

  it('cannot look', async () => {
    const { world, look } = await waiting()
    off(world)
    expect(await conditionOf(look())).toBe('no_device_login')
  })

  it('cannot approve what they have looked at', async () => {
    const { world, right, look, approve, poll } = await waiting()
    await look()
    off(world)
    expect(await conditionOf(approve({ number: right }))).toBe('no_device_login')
    expect(await codeOf(poll())).toBe('authorization_pending')
  })

  it('can still say no', async () => {
    const { world, deny, poll } = await waiting()
    off(world)
    expect(await deny()).toEqual({ outcome: 'denied' })
    expect(await codeOf(poll())).toBe('device_denied')
  })

  it('get nothing of what they had approved, and nothing is left behind', async () => {
    const { world, right, look, approve, poll } = await waiting()
    await look()
    await approve({ number: right })
    off(world)
    expect(await refusalFrom(poll())).toMatchObject({ code: 'device_denied', reason: 'no_device_login' })
    expect(await terminals(world)).toEqual([])
  })

  it('are those of every IdP that nobody knows', async () => {
    const { world, right, look, approve } = await waiting()
    await look()
    world.ways.clear()
    expect(await conditionOf(approve({ number: right }))).toBe('no_device_login')
  })
})

describe('two tabs (security.md D-12)', () => {
  it('both right: one lets the terminal in, and one session is all there is', async () => {
    const { world, right, look, approve, poll } = await waiting()
    await look()
    const heard = await Promise.allSettled([approve({ number: right }), approve({ number: right })])
    expect(heard.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    await poll()
    expect(await terminals(world)).toHaveLength(1)
  })

  it('one right, one wrong: the first word stands, whichever it is', async () => {
    const { world, right, wrong, look, approve, poll } = await waiting()
    await look()
    const [said] = await Promise.allSettled([approve({ number: right }), approve({ number: wrong })])
    const got = await poll().then(
      () => 'granted',
      (thrown: { code?: string }) => thrown.code,
    )
    expect(got).toBe(said?.status === 'fulfilled' ? 'granted' : 'device_denied')
    expect(await terminals(world)).toHaveLength(got === 'granted' ? 1 : 0)
  })

  it('one looks once more while the other decides: the word stands', async () => {
    const { world, right, look, approve, poll } = await waiting()
    await look()
    let seen: Promise<unknown> | undefined
    world.onAudit = async ({ event }) => {
      if (event === 'device_approved') seen = look()
    }
    expect(await approve({ number: right })).toEqual(approved)
    await seen?.catch(() => undefined)
    await expect(poll()).resolves.toBeDefined()
  })
})
