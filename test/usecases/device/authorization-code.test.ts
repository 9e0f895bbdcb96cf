import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import { OWN_CLIENT } from '../../../src/domain/device/client.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { terminalsOf } from '../../../src/usecases/sign-in/find-session.ts'
import { aDeviceWorld, CLIENT } from '../../support/a-device-world.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

type World = Awaited<ReturnType<typeof aDeviceWorld>>

const REDIRECT = 'http://127.0.0.1:50123/callback'
const AWAY = '198.51.100.9'

/** A terminal that waits beside a browser: what its person approves, and how it takes the code up. */
function aTerminalOn(world: World) {
  const codeVerifier = randomBytes(32).toString('base64url')
  const ask = {
    client: OWN_CLIENT,
    redirectUri: REDIRECT,
    codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    claims: { host: 'laptop' },
  }
  return {
    codeVerifier,
    approve: (by: GatewaySession = world.session) =>
      world.authorizeTerminal.approve({ session: by, ask, request: aRequest() }),
    deny: (by: GatewaySession = world.session) =>
      world.authorizeTerminal.deny({ session: by, ask, request: aRequest() }),
    redeem: (
      code: string,
      {
        address,
        ...changes
      }: { clientId?: string; redirectUri?: string; codeVerifier?: string; address?: string } = {},
    ) =>
      world.redeemAuthorizationCode({
        code,
        clientId: CLIENT,
        redirectUri: REDIRECT,
        codeVerifier,
        request: aRequest(address === undefined ? {} : { address }),
        ...changes,
      }),
  }
}

/** A terminal whose person has said yes: its code is on the way. */
async function approved(options: Parameters<typeof aDeviceWorld>[0] = {}) {
  const world = await aDeviceWorld(options)
  const terminal = aTerminalOn(world)
  return { world, ...terminal, code: await terminal.approve() }
}

const reasonOf = async (promise: Promise<unknown>) => {
  const { code, reason } = await refusalFrom(promise)
  return [code, reason]
}
const events = ({ recorded }: World) => recorded.map(({ event }) => event)
const last = ({ recorded }: World, event: AuditEvent['event']) => recorded.findLast((each) => each.event === event)
const isAlive = (world: World, { accessToken }: { accessToken: string }) =>
  world.authenticateBearer(accessToken).then(
    () => true,
    () => false,
  )
const terminals = (world: World) => world.sessions.listByOwner(terminalsOf(world.session.principal, world.digest))

describe('a browser that answers for terminals in a loop', () => {
  it('is heard sixty times a minute, yes and no together (security.md V-5, threats.md A4)', async () => {
    const world = await aDeviceWorld()
    const terminal = aTerminalOn(world)
    for (let n = 0; n < 30; n += 1) {
      await terminal.approve()
      await terminal.deny()
    }
    expect(await reasonOf(terminal.approve())).toEqual(['rate_limited', undefined])
    expect(await reasonOf(terminal.deny())).toEqual(['rate_limited', undefined])
    expect(world.recorded).toHaveLength(60)
    world.clock.pass(60)
    await expect(terminal.approve()).resolves.toMatch(/^rgc_/)
  })
})

describe('a terminal signs in through the browser beside it', () => {
  it('gets a session of class pkce, of the same person and sign-in (threats.md I8)', async () => {
    const { world, code, redeem } = await approved()
    expect(code).toMatch(/^rgc_[\w-]{43}$/)
    const tokens = await redeem(code)
    expect(await world.authenticateBearer(tokens.accessToken)).toMatchObject({
      via: 'pkce',
      principal: world.session.principal,
      signedInAt: world.session.signedInAt,
      terminal: { client: 'rolegate', host: 'laptop', address: aRequest().address },
    })
    expect(events(world)).toEqual(['terminal_approved', 'code_redeemed'])
  })

  it('has the approval on record before there is a code', async () => {
    const world = await aDeviceWorld()
    world.fails.audit = 'terminal_approved'
    expect(await reasonOf(aTerminalOn(world).approve())).toEqual(['audit_unavailable', undefined])
  })

  it('keeps the code as a digest alone, and in no record (security.md A-4)', async () => {
    const { world, code, codeVerifier, redeem } = await approved()
    expect(await world.authorizationCodes.get(code)).toBeUndefined()
    const row = await world.authorizationCodes.get(world.digest(code))
    const tokens = await redeem(code)
    await refusalFrom(redeem(code))
    const text = JSON.stringify([row, world.recorded])
    for (const secret of [code, codeVerifier, tokens.accessToken, tokens.refreshToken])
      expect(text).not.toContain(secret)
  })

  it.each([
    { because: 'after the twelve hours a terminal may have', left: 24 * 3600, ends: 12 * 3600 },
    { because: 'with the browser’s, when that is sooner (threats.md I7)', left: 3600, ends: 3600 },
  ])('ends $because', async ({ left, ends }) => {
    const { world, code, redeem } = await approved({ session: aSession({ endsAt: secondsAfter(NINE, left) }) })
    world.clock.pass(30)
    const session = await world.authenticateBearer((await redeem(code)).accessToken)
    expect(session.endsAt).toEqual(secondsAfter(NINE, ends === left ? ends : ends + 30))
  })

  it('is on record when its person says no, and there is no code', async () => {
    const world = await aDeviceWorld()
    await aTerminalOn(world).deny()
    expect(world.recorded).toEqual([
      expect.objectContaining({ event: 'terminal_denied', clientId: CLIENT, session: world.session }),
    ])
  })
})

describe('who may approve', () => {
  it.each(['pkce', 'device', 'token-exchange'] as const)('is no session of class %s (threats.md I8)', async (via) => {
    const world = await aDeviceWorld()
    const refusal = await refusalFrom(aTerminalOn(world).approve(aSession({ via })))
    expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'browser_session' } })
    expect(events(world)).toEqual([])
  })

  it('is nobody whose session has ended', async () => {
    const world = await aDeviceWorld()
    const refusal = await refusalFrom(aTerminalOn(world).approve(aSession({ endsAt: NINE })))
    expect(refusal.code).toBe('sign_in_required')
  })

  it('is nobody of an IdP where this way is switched off, nor of one nobody knows (security.md D-1)', async () => {
    const world = await aDeviceWorld()
    world.ways.set('entra', new Set(['device']))
    expect(await reasonOf(aTerminalOn(world).approve())).toEqual(['condition_unmet', 'no_pkce_login'])
    world.ways.clear()
    expect(await reasonOf(aTerminalOn(world).approve())).toEqual(['condition_unmet', 'no_pkce_login'])
    expect(events(world)).toEqual([])
  })
})

describe('a code is refused', () => {
  it.each([
    ['another_client', { clientId: 'other-client' }],
    ['another_redirect', { redirectUri: 'http://127.0.0.1:50124/callback' }],
    ['another_redirect', { redirectUri: 'http://[::1]:50123/callback' }],
    ['another_redirect', { redirectUri: `${REDIRECT}/` }],
    ['another_redirect', { redirectUri: '' }],
    ['wrong_verifier', { codeVerifier: 'A'.repeat(43) }],
    ['wrong_verifier', { codeVerifier: '' }],
    ['wrong_verifier', { codeVerifier: 'A'.repeat(42) }],
  ])(
    'as %s, on record with both addresses, and stays good for its owner (security.md D-4)',
    async (reason, changes) => {
      const { world, code, redeem } = await approved()
      expect(await reasonOf(redeem(code, { ...changes, address: AWAY }))).toEqual(['invalid_grant', reason])
      expect(last(world, 'code_refused')).toMatchObject({
        reason,
        clientId: CLIENT,
        request: { address: AWAY },
        approverAddress: aRequest().address,
        principal: { subject: 'oid-1' },
      })
      expect(await terminals(world)).toEqual([])
      await expect(redeem(code)).resolves.toBeDefined()
    },
  )

  it('when the challenge itself comes as the verifier: there is no plain method here (security.md D-5)', async () => {
    const { world, code, redeem } = await approved()
    const row = await world.authorizationCodes.get(world.digest(code))
    const refused = redeem(code, { codeVerifier: row?.codeChallenge ?? '' })
    expect(await reasonOf(refused)).toEqual(['invalid_grant', 'wrong_verifier'])
  })

  it('after a minute, to the second (threats.md D2)', async () => {
    const [late, intime] = [await approved(), await approved()]
    intime.world.clock.pass(59.999)
    await expect(intime.redeem(intime.code)).resolves.toBeDefined()
    late.world.clock.pass(60)
    expect(await reasonOf(late.redeem(late.code))).toEqual(['invalid_grant', 'code_expired'])
    expect(last(late.world, 'code_refused')).toMatchObject({ reason: 'code_expired' })
  })

  it.each(['', 'rgc_', `rgc_${'A'.repeat(43)}`, `rgd_${'A'.repeat(43)}`, '__proto__'])(
    'when nobody was given it: %j, and nothing is written',
    async (code) => {
      const world = await aDeviceWorld()
      expect(await reasonOf(aTerminalOn(world).redeem(code))).toEqual(['invalid_grant', 'unknown_code'])
      expect(events(world)).toEqual([])
    },
  )

  it('whole or not at all: neither cut nor under another prefix', async () => {
    const { code, redeem } = await approved()
    for (const text of [code.slice(0, -1), `${code}A`, code.replace('rgc_', ''), code.replace('rgc_', 'rgr_')])
      expect(await reasonOf(redeem(text))).toEqual(['invalid_grant', 'unknown_code'])
    await expect(redeem(code)).resolves.toBeDefined()
  })

  it('by a count, to whoever guesses: sixty a minute from one address (threats.md D7)', async () => {
    const { world, code, redeem } = await approved()
    for (let tries = 0; tries < 60; tries += 1)
      expect(await reasonOf(redeem(`rgc_${tries}`, { address: AWAY }))).toEqual(['invalid_grant', 'unknown_code'])
    expect((await refusalFrom(redeem('rgc_60', { address: AWAY }))).code).toBe('rate_limited')
    await expect(redeem(code)).resolves.toBeDefined()
    expect(events(world)).toEqual(['terminal_approved', 'code_redeemed'])
  })
})

describe('what happens between approval and use', () => {
  it('its person signs out: there is nothing to take (security.md D-20)', async () => {
    const { world, code, redeem } = await approved()
    await world.endSession(world.session, aRequest())
    expect(await reasonOf(redeem(code))).toEqual(['invalid_grant', 'signed_out'])
    expect(await terminals(world)).toEqual([])
  })

  it('they sign out while the session is being made: it does not stay (threats.md H5)', async () => {
    const { world, code, redeem } = await approved()
    const { put } = world.sessions
    world.sessions.put = async (key, value, keep) => {
      await world.endSession(world.session, aRequest())
      await put(key, value, keep)
    }
    expect(await reasonOf(redeem(code))).toEqual(['invalid_grant', 'signed_out'])
    expect(await terminals(world)).toEqual([])
  })

  it('they sign out while it is being recorded: the tokens open nothing (threats.md D10)', async () => {
    const { world, code, redeem } = await approved()
    world.onAudit = async ({ event }) => {
      if (event === 'code_redeemed') await world.endSession(world.session, aRequest())
    }
    const tokens = await redeem(code).catch(() => undefined)
    expect(tokens && (await isAlive(world, tokens))).not.toBe(true)
    expect(await terminals(world)).toEqual([])
  })

  it('their IdP becomes another: the label carries no stranger over (threats.md I2)', async () => {
    const { world, code, redeem } = await approved()
    world.issuers.set('entra', { issuer: 'https://other.example.com', subjectClaim: 'sub' })
    expect(await reasonOf(redeem(code))).toEqual(['invalid_grant', 'signed_out'])
  })

  it('this way is switched off for their IdP: off means off at every step (security.md D-1)', async () => {
    const { world, code, redeem } = await approved()
    world.ways.set('entra', new Set(['device']))
    expect(await reasonOf(redeem(code))).toEqual(['invalid_grant', 'no_pkce_login'])
    expect(last(world, 'code_refused')).toMatchObject({ reason: 'no_pkce_login' })
    expect(await terminals(world)).toEqual([])
  })

  it('the audit log fails: nothing is given, and no session is left behind', async () => {
    const { world, code, redeem } = await approved()
    world.fails.audit = 'code_redeemed'
    expect(await reasonOf(redeem(code))).toEqual(['audit_unavailable', undefined])
    expect(await terminals(world)).toEqual([])
  })
})

describe('a code that is used twice (security.md D-3, RFC 6749 §4.1.2)', () => {
  it('ends what its first use made, access and refresh tokens alike, on record with both addresses', async () => {
    const { world, code, redeem } = await approved()
    const tokens = await redeem(code)
    expect(await reasonOf(redeem(code, { address: AWAY }))).toEqual(['invalid_grant', 'code_reused'])
    expect(await isAlive(world, tokens)).toBe(false)
    const renewed = world.refreshTokens({ refreshToken: tokens.refreshToken, clientId: CLIENT })
    expect((await refusalFrom(renewed)).code).toBe('invalid_grant')
    expect(last(world, 'session_ended')).toMatchObject({ reason: 'code_reused', request: { address: AWAY } })
    expect(last(world, 'code_refused')).toMatchObject({
      reason: 'code_reused',
      request: { address: AWAY },
      approverAddress: aRequest().address,
    })
  })

  it.each([
    ['with the wrong verifier', { codeVerifier: 'A'.repeat(43) }],
    ['for another address', { redirectUri: 'http://127.0.0.1:1/callback' }],
  ])('ends it also %s: whoever has the code has seen what only two should', async (_how, changes) => {
    const { world, code, redeem } = await approved()
    const tokens = await redeem(code)
    expect(await reasonOf(redeem(code, changes))).toEqual(['invalid_grant', 'code_reused'])
    expect(await isAlive(world, tokens)).toBe(false)
  })

  it('ends it also long after the minute, as long as the use is remembered', async () => {
    const { world, code, redeem } = await approved()
    const tokens = await redeem(code)
    world.clock.pass(600)
    expect(await reasonOf(redeem(code))).toEqual(['invalid_grant', 'code_reused'])
    expect(await isAlive(world, tokens)).toBe(false)
  })

  it('ends nothing when it comes from another client, who cannot have been sent it (security.md D-4)', async () => {
    const { world, code, redeem } = await approved()
    const tokens = await redeem(code)
    expect(await reasonOf(redeem(code, { clientId: 'other-client' }))).toEqual(['invalid_grant', 'another_client'])
    expect(await isAlive(world, tokens)).toBe(true)
  })

  it('leaves the browser and every other terminal alone', async () => {
    const { world, code, redeem } = await approved()
    const other = await world.signedIn()
    await redeem(code)
    await refusalFrom(redeem(code))
    expect(await isAlive(world, other)).toBe(true)
    expect(await world.findSession(world.session.id)).toBeDefined()
  })

  /** What else happens with the same code while the first use makes its session. */
  const meanwhile: readonly [
    what: string,
    others: readonly Parameters<ReturnType<typeof aTerminalOn>['redeem']>[1][],
  ][] = [
    ['a second use', [{}]],
    ['a second use with the wrong verifier', [{ codeVerifier: 'A'.repeat(43) }]],
    ['a second and a third', [{}, {}]],
    ['a second use, and then a try by another client', [{}, { clientId: 'other-client' }]],
    ['a try by another client, and then a second use', [{ clientId: 'other-client' }, {}]],
  ]

  it.each(meanwhile)(
    'gives nothing to anybody when %s comes while the session is being made',
    async (_what, others) => {
      const { world, code, redeem } = await approved()
      const { put } = world.sessions
      world.sessions.put = async (key, value, keep) => {
        world.sessions.put = put
        for (const other of others) await refusalFrom(redeem(code, other))
        await put(key, value, keep)
      }
      expect(await reasonOf(redeem(code))).toEqual(['invalid_grant', 'code_reused'])
      expect(await terminals(world)).toEqual([])
    },
  )

  it.each(meanwhile)('gives nothing to anybody when %s comes while it is being recorded', async (_what, others) => {
    const { world, code, redeem } = await approved()
    world.onAudit = async ({ event }) => {
      if (event !== 'code_redeemed') return
      world.onAudit = async () => {}
      for (const other of others) await refusalFrom(redeem(code, other))
    }
    expect(await reasonOf(redeem(code))).toEqual(['invalid_grant', 'code_reused'])
    expect(await terminals(world)).toEqual([])
  })

  it('is good for its owner after tries that were none', async () => {
    const { world, code, redeem } = await approved()
    await refusalFrom(redeem(code, { clientId: 'other-client' }))
    await refusalFrom(redeem(code, { codeVerifier: 'A'.repeat(43) }))
    expect(await isAlive(world, await redeem(code))).toBe(true)
  })
})

describe('a code taken up from another network than it was approved in (threats.md D2)', () => {
  it('is worth a device session, and no more than eight hours (threats.md D4)', async () => {
    const { world, code, redeem } = await approved()
    const session = await world.authenticateBearer((await redeem(code, { address: AWAY })).accessToken)
    expect(session).toMatchObject({ via: 'device', terminal: { address: AWAY } })
    expect(session.endsAt).toEqual(secondsAfter(NINE, 8 * 3600))
    expect(last(world, 'code_redeemed')).toMatchObject({
      request: { address: AWAY },
      approverAddress: aRequest().address,
      session: { via: 'device' },
    })
  })

  it.each([
    [
      'the operator lets nobody in that way',
      { crossNetwork: { pkce: 'refuse', device: 'retype' } as const },
      ['pkce', 'device'] as const,
    ],
    ['codes are switched off for their IdP', {}, ['pkce'] as const],
  ])('is refused where %s, on record with both addresses', async (_why, options, ways) => {
    const { world, code, redeem } = await approved(options)
    world.ways.set('entra', new Set(ways))
    expect(await reasonOf(redeem(code, { address: AWAY }))).toEqual(['invalid_grant', 'another_network'])
    expect(last(world, 'code_refused')).toMatchObject({
      reason: 'another_network',
      request: { address: AWAY },
      approverAddress: aRequest().address,
    })
    expect(await terminals(world)).toEqual([])
    // It was used: the thief who is told no has still spent it.
    expect(await reasonOf(redeem(code))).toEqual(['invalid_grant', 'code_reused'])
  })

  it('is like any other when the operator says that both are one network', async () => {
    const { world, code, redeem } = await approved({ crossNetwork: { pkce: 'refuse', device: 'refuse' } })
    world.networks.set(aRequest().address, 'office').set(AWAY, 'office')
    const { accessToken } = await redeem(code, { address: AWAY })
    expect((await world.authenticateBearer(accessToken)).via).toBe('pkce')
  })

  it('is foreign when both have names, and not the same', async () => {
    const { world, code, redeem } = await approved()
    world.networks.set(aRequest().address, 'office').set(AWAY, 'plant')
    const { accessToken } = await redeem(code, { address: AWAY })
    expect((await world.authenticateBearer(accessToken)).via).toBe('device')
  })
})
