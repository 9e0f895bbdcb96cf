import { describe, expect, it } from 'vitest'
import { aDeviceWorld, CLIENT } from '../../support/a-device-world.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession, secondsAfter } from '../../support/a-session.ts'

type World = Awaited<ReturnType<typeof aDeviceWorld>>

const codeOf = async (promise: Promise<unknown>) => (await refusalFrom(promise)).code
const refresh = (world: World, refreshToken: string, clientId = CLIENT) =>
  world.refreshTokens({ refreshToken, clientId })
const isAlive = (world: World, accessToken: string) =>
  world.authenticateBearer(accessToken).then(
    () => true,
    () => false,
  )

describe('a terminal that renews its tokens in a loop', () => {
  it('gets sixty a minute, and goes on after that (security.md V-5)', async () => {
    const world = await aDeviceWorld()
    let { refreshToken } = await world.signedIn()
    for (let n = 0; n < 60; n += 1) ({ refreshToken } = await refresh(world, refreshToken))
    expect(await codeOf(refresh(world, refreshToken))).toBe('rate_limited')
    const other = await world.signedIn()
    await expect(refresh(world, other.refreshToken)).resolves.toBeDefined()
    world.clock.pass(60)
    await expect(refresh(world, refreshToken)).resolves.toBeDefined()
  })
})

describe('each door takes its own kind of token (threats.md F4)', () => {
  async function allKinds(world: World) {
    const { deviceCode, userCode } = await world.start()
    const { accessToken, refreshToken } = await world.signedIn()
    return {
      accessToken,
      refreshToken,
      deviceCode,
      userCode,
      sessionId: world.session.id,
      digest: world.digest(accessToken),
    }
  }

  it.each(['refreshToken', 'deviceCode', 'userCode', 'sessionId', 'digest'] as const)(
    'no %s is an access token',
    async (kind) => {
      const world = await aDeviceWorld()
      expect(await codeOf(world.authenticateBearer((await allKinds(world))[kind]))).toBe('sign_in_required')
    },
  )

  it.each(['accessToken', 'deviceCode', 'userCode', 'sessionId', 'digest'] as const)('no %s renews', async (kind) => {
    const world = await aDeviceWorld()
    expect(await codeOf(refresh(world, (await allKinds(world))[kind]))).toBe('invalid_grant')
  })

  it.each(['accessToken', 'refreshToken', 'userCode', 'sessionId', 'digest'] as const)(
    'no %s is a device code',
    async (kind) => {
      const world = await aDeviceWorld()
      expect(await codeOf(world.redeem((await allKinds(world))[kind]))).toBe('invalid_grant')
    },
  )

  it.each(['accessToken', 'refreshToken', 'deviceCode', 'sessionId'] as const)('no %s is a user code', async (kind) => {
    const world = await aDeviceWorld()
    expect(await codeOf(world.decide((await allKinds(world))[kind]))).toBe('user_code_unknown')
  })

  it.each(['deviceCode', 'userCode', 'sessionId', 'digest'] as const)('a %s revokes nothing', async (kind) => {
    const world = await aDeviceWorld()
    const kinds = await allKinds(world)
    await world.revokeToken(kinds[kind], aRequest())
    expect(await isAlive(world, kinds.accessToken)).toBe(true)
  })

  it('a token under another prefix is no token, though the rest is right', async () => {
    const world = await aDeviceWorld()
    const { accessToken, refreshToken } = await world.signedIn()
    expect(await codeOf(world.authenticateBearer(accessToken.replace('rga_', 'rgr_')))).toBe('sign_in_required')
    expect(await codeOf(world.authenticateBearer(refreshToken.replace('rgr_', 'rga_')))).toBe('sign_in_required')
    expect(await codeOf(refresh(world, accessToken.replace('rga_', 'rgr_')))).toBe('invalid_grant')
    expect(await codeOf(refresh(world, refreshToken.replace('rgr_', 'rga_')))).toBe('invalid_grant')
  })
})

describe('authenticateBearer', () => {
  it('knows whose token it is', async () => {
    const world = await aDeviceWorld()
    const { accessToken } = await world.signedIn()
    expect(await world.authenticateBearer(accessToken)).toMatchObject({
      via: 'device',
      principal: { subject: 'oid-1' },
    })
  })

  it.each([
    '',
    'rga_',
    'rga_short',
    `rga_${'x'.repeat(43)}`,
    `rga_${'x'.repeat(44)}`,
    `rga_${'x'.repeat(42)}\n`,
    ` rga_${'x'.repeat(43)}`,
    '__proto__',
  ])('knows nobody by %j', async (token) => {
    expect(await codeOf((await aDeviceWorld()).authenticateBearer(token))).toBe('sign_in_required')
  })

  it('asks the store nothing for what is no token of ours', async () => {
    const world = await aDeviceWorld()
    const { accessToken } = await world.signedIn()
    expect(await codeOf(world.authenticateBearer(`${accessToken}x`))).toBe('sign_in_required')
    expect(await codeOf(world.authenticateBearer(accessToken.slice(0, -1)))).toBe('sign_in_required')
  })

  it('forgets a token at its end', async () => {
    const world = await aDeviceWorld()
    const { accessToken, expiresInSeconds } = await world.signedIn()
    world.clock.pass(expiresInSeconds - 1)
    expect(await isAlive(world, accessToken)).toBe(true)
    world.clock.pass(1)
    expect(await codeOf(world.authenticateBearer(accessToken))).toBe('sign_in_required')
  })

  it('gives no token a life beyond its session (threats.md I7)', async () => {
    const world = await aDeviceWorld({ session: aSession({ endsAt: secondsAfter(aSession().signedInAt, 600) }) })
    const { accessToken, expiresInSeconds } = await world.signedIn()
    expect(expiresInSeconds).toBe(600)
    world.clock.pass(600)
    expect(await isAlive(world, accessToken)).toBe(false)
  })

  it('refuses the token of a session that is over, though both rows are still there', async () => {
    const world = await aDeviceWorld()
    const ended = aSession({ id: 'ended', endsAt: world.clock.now() })
    await world.sessions.put(ended.id, ended)
    const token = `rga_${'x'.repeat(43)}`
    await world.accessTokens.put(world.digest(token), {
      sessionId: ended.id,
      expiresAt: secondsAfter(world.clock.now(), 60),
    })
    expect(await codeOf(world.authenticateBearer(token))).toBe('sign_in_required')
  })

  it('refuses a token that is over, though its row and its session are still there', async () => {
    const world = await aDeviceWorld()
    const token = `rga_${'x'.repeat(43)}`
    const expiresAt = world.clock.now()
    await world.accessTokens.put(world.digest(token), { sessionId: world.session.id, expiresAt })
    expect(await codeOf(world.authenticateBearer(token))).toBe('sign_in_required')
  })

  it('keeps tokens as digests alone (security.md D-11)', async () => {
    const world = await aDeviceWorld()
    const { accessToken, refreshToken } = await world.signedIn()
    expect(await world.accessTokens.get(accessToken)).toBeUndefined()
    expect(await world.refreshGrants.get(refreshToken)).toBeUndefined()
    expect(await world.accessTokens.get(world.digest(accessToken))).toBeDefined()
  })
})

describe('refreshTokens', () => {
  it('renews a terminal, and again (security.md D-22)', async () => {
    const world = await aDeviceWorld()
    let tokens = await world.signedIn()
    for (let hour = 1; hour <= 7; hour += 1) {
      world.clock.pass(3600)
      const next = await refresh(world, tokens.refreshToken)
      expect(next.refreshToken).not.toBe(tokens.refreshToken)
      expect(await world.authenticateBearer(next.accessToken)).toMatchObject({ via: 'device' })
      tokens = next
    }
  })

  it('ends with its session, whatever was renewed (threats.md D4, I7)', async () => {
    const world = await aDeviceWorld()
    let tokens = await world.signedIn()
    world.clock.pass(8 * 3600 - 600)
    tokens = await refresh(world, tokens.refreshToken)
    expect(tokens.expiresInSeconds).toBe(600)
    world.clock.pass(600)
    expect(await codeOf(refresh(world, tokens.refreshToken))).toBe('invalid_grant')
    expect(await isAlive(world, tokens.accessToken)).toBe(false)
  })

  it('gives the same successor within thirty seconds: two processes may refresh at once (threats.md D9)', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    const first = await refresh(world, refreshToken)
    world.clock.pass(30)
    const second = await refresh(world, refreshToken)
    expect(second.refreshToken).toBe(first.refreshToken)
    expect(await isAlive(world, first.accessToken)).toBe(true)
    expect(await isAlive(world, second.accessToken)).toBe(true)
  })

  it('takes a use after that for theft, and ends the whole lineage (threats.md D9)', async () => {
    const world = await aDeviceWorld()
    const stolen = await world.signedIn()
    const honest = await refresh(world, stolen.refreshToken)
    world.clock.pass(30.001)
    expect(await refusalFrom(refresh(world, stolen.refreshToken))).toMatchObject({
      code: 'invalid_grant',
      reason: 'refresh_token_reused',
    })
    expect(await isAlive(world, honest.accessToken)).toBe(false)
    expect(await isAlive(world, stolen.accessToken)).toBe(false)
    expect(await codeOf(refresh(world, honest.refreshToken))).toBe('invalid_grant')
  })

  it('takes an old token of the lineage for theft too', async () => {
    const world = await aDeviceWorld()
    const first = await world.signedIn()
    let tokens = first
    for (let turn = 0; turn < 3; turn += 1) {
      tokens = await refresh(world, tokens.refreshToken)
      world.clock.pass(60)
    }
    expect(await codeOf(refresh(world, first.refreshToken))).toBe('invalid_grant')
    expect(await isAlive(world, tokens.accessToken)).toBe(false)
  })

  it('takes a use by another client for theft (threats.md D9, RFC 9700 §4.14)', async () => {
    const world = await aDeviceWorld()
    const tokens = await world.signedIn()
    expect(await codeOf(refresh(world, tokens.refreshToken, 'other-client'))).toBe('invalid_grant')
    expect(await isAlive(world, tokens.accessToken)).toBe(false)
    expect(await codeOf(refresh(world, tokens.refreshToken))).toBe('invalid_grant')
  })

  it('ends the lineage of the thief’s terminal alone, neither the browser nor another terminal', async () => {
    const world = await aDeviceWorld()
    const [stolen, other] = [await world.signedIn(), await world.signedIn()]
    await refusalFrom(refresh(world, stolen.refreshToken, 'other-client'))
    expect(await isAlive(world, other.accessToken)).toBe(true)
    expect(await world.sessions.get(world.session.id)).toBeDefined()
  })

  it('lets fifty at once through and leaves one lineage (threats.md D9)', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    const all = await Promise.all(Array.from({ length: 50 }, () => refresh(world, refreshToken)))
    expect(new Set(all.map((tokens) => tokens.refreshToken)).size).toBe(1)
    expect(new Set(all.map((tokens) => tokens.accessToken)).size).toBe(50)
    for (const { accessToken } of all) expect(await isAlive(world, accessToken)).toBe(true)
    const [tokens] = all
    await expect(refresh(world, tokens?.refreshToken ?? '')).resolves.toBeDefined()
  })

  it('never forks: whoever renews within the window holds the same next token (threats.md D9)', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    const owner = await refresh(world, refreshToken)
    const thief = await refresh(world, refreshToken)
    const ownersNext = await refresh(world, owner.refreshToken)
    const thiefsNext = await refresh(world, thief.refreshToken)
    expect(thiefsNext.refreshToken).toBe(ownersNext.refreshToken)
    world.clock.pass(45 * 60)
    await refresh(world, ownersNext.refreshToken)
    world.clock.pass(31)
    expect(await codeOf(refresh(world, thiefsNext.refreshToken))).toBe('invalid_grant')
    expect(await isAlive(world, ownersNext.accessToken)).toBe(false)
  })

  it('leaves a successor that was used as it is, when its forerunner comes back in time (threats.md D9)', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    const second = await refresh(world, refreshToken)
    const third = await refresh(world, second.refreshToken)
    expect((await refresh(world, refreshToken)).refreshToken).toBe(second.refreshToken)
    expect((await refresh(world, second.refreshToken)).refreshToken).toBe(third.refreshToken)
  })

  it('puts a theft on record, with why (threats.md D9)', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    await refusalFrom(refresh(world, refreshToken, 'other-client'))
    expect(world.recorded.at(-1)).toMatchObject({
      event: 'session_ended',
      reason: 'refresh_token_reused',
      principal: { subject: 'oid-1' },
      session: { via: 'device' },
    })
  })

  it('renews nothing once the IdP is another: the label must carry no stranger over (threats.md I2)', async () => {
    const world = await aDeviceWorld()
    const tokens = await world.signedIn()
    world.issuers.set('entra', { issuer: 'https://other.example.com', subjectClaim: 'sub' })
    expect(await codeOf(refresh(world, tokens.refreshToken))).toBe('invalid_grant')
    expect(await isAlive(world, tokens.accessToken)).toBe(false)
  })

  it('keeps the successor where only its holder can read it (threats.md D9)', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    const next = await refresh(world, refreshToken)
    const row = await world.refreshGrants.get(world.digest(refreshToken))
    expect(JSON.stringify(row)).not.toContain(next.refreshToken)
    expect(world.sealUnder.open(refreshToken, row?.successor ?? '')).toBe(next.refreshToken)
    expect(world.sealUnder.open(next.refreshToken, row?.successor ?? '')).toBeUndefined()
  })

  it('takes a successor that was moved from another lineage for a theft', async () => {
    const world = await aDeviceWorld()
    const [mine, other] = [await world.signedIn(), await world.signedIn()]
    await refresh(world, mine.refreshToken)
    await refresh(world, other.refreshToken)
    const [row, foreign] = await Promise.all(
      [mine, other].map((each) => world.refreshGrants.get(world.digest(each.refreshToken))),
    )
    if (row === undefined || foreign === undefined) throw new Error('no rows')
    await world.refreshGrants.put(world.digest(mine.refreshToken), { ...row, successor: foreign.successor })
    expect(await codeOf(refresh(world, mine.refreshToken))).toBe('invalid_grant')
  })

  it('renews nothing after the person signed out (threats.md D10)', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    await world.endSession(world.session, aRequest())
    expect(await codeOf(refresh(world, refreshToken))).toBe('invalid_grant')
  })

  it('carries nobody on by a way that has been switched off since (security.md D-1)', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    world.ways.get('entra')?.delete('device')
    expect(await codeOf(refresh(world, refreshToken))).toBe('invalid_grant')
  })

  it.each(['', 'rgr_', `rgr_${'x'.repeat(43)}`, '__proto__'])('renews nothing of %j', async (token) => {
    expect(await codeOf(refresh(await aDeviceWorld(), token))).toBe('invalid_grant')
  })
})

describe('a refresh from another network (threats.md D9)', () => {
  const AWAY = '198.51.100.9'
  const from = (world: World, refreshToken: string, address: string) =>
    world.refreshTokens({ refreshToken, clientId: CLIENT, address })

  it('is let through when it is the first: laptops travel', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    const next = await from(world, refreshToken, AWAY)
    expect(await isAlive(world, next.accessToken)).toBe(true)
    await expect(from(world, next.refreshToken, '192.0.2.1')).resolves.toBeDefined()
  })

  it('is a theft when a second network comes within the window, and ends the lineage', async () => {
    const world = await aDeviceWorld()
    const { refreshToken, accessToken } = await world.signedIn()
    const next = await from(world, refreshToken, aRequest().address)
    expect(await refusalFrom(from(world, refreshToken, AWAY))).toMatchObject({ reason: 'refresh_token_reused' })
    for (const token of [accessToken, next.accessToken]) expect(await isAlive(world, token)).toBe(false)
    expect(await codeOf(refresh(world, next.refreshToken))).toBe('invalid_grant')
    expect(world.recorded.at(-1)).toMatchObject({ event: 'session_ended', request: { address: AWAY } })
  })

  it('is none when both are one network that the operator named, or one household', async () => {
    const world = await aDeviceWorld()
    world.networks.set(aRequest().address, 'office').set(AWAY, 'office')
    const { refreshToken } = await world.signedIn()
    const next = await from(world, refreshToken, aRequest().address)
    expect((await from(world, refreshToken, AWAY)).refreshToken).toBe(next.refreshToken)
    const home = await from(world, next.refreshToken, '2001:db8:1:2::1')
    expect((await from(world, next.refreshToken, '2001:db8:1:2::ffff')).refreshToken).toBe(home.refreshToken)
    expect(await codeOf(from(world, next.refreshToken, '2001:db8:1:3::1'))).toBe('invalid_grant')
  })

  it.each([
    ['the same network, at the thirtieth second', 30, aRequest().address, true],
    ['the same network, after it', 30.001, aRequest().address, false],
    ['another network, at once', 0, AWAY, false],
    ['an address nobody can read', 0, '', false],
  ] as const)('%s: once more after %d s', async (_where, seconds, address, isLet) => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    const next = await refresh(world, refreshToken)
    world.clock.pass(seconds)
    const heard = await from(world, refreshToken, address).then(
      (tokens) => tokens.refreshToken,
      () => undefined,
    )
    expect(heard).toBe(isLet ? next.refreshToken : undefined)
    expect(await isAlive(world, next.accessToken)).toBe(isLet)
  })

  it('is a theft also by another client that comes from the same place', async () => {
    const world = await aDeviceWorld()
    const { refreshToken } = await world.signedIn()
    const next = await refresh(world, refreshToken)
    expect(await codeOf(refresh(world, refreshToken, 'other-client'))).toBe('invalid_grant')
    expect(await isAlive(world, next.accessToken)).toBe(false)
  })

  it('writes no token into any record (security.md A-4)', async () => {
    const world = await aDeviceWorld()
    const first = await world.signedIn()
    const next = await refresh(world, first.refreshToken)
    await refusalFrom(from(world, first.refreshToken, AWAY))
    const text = JSON.stringify(world.recorded)
    for (const { accessToken, refreshToken } of [first, next]) {
      expect(text).not.toContain(accessToken)
      expect(text).not.toContain(refreshToken)
    }
  })
})

describe('revokeToken (RFC 7009)', () => {
  it.each(['accessToken', 'refreshToken'] as const)(
    'ends the session, and with it all its tokens, by its %s',
    async (kind) => {
      const world = await aDeviceWorld()
      const tokens = await world.signedIn()
      const renewed = await refresh(world, tokens.refreshToken)
      await world.revokeToken(renewed[kind], aRequest())
      expect(await isAlive(world, tokens.accessToken)).toBe(false)
      expect(await isAlive(world, renewed.accessToken)).toBe(false)
      expect(await codeOf(refresh(world, renewed.refreshToken))).toBe('invalid_grant')
      expect(world.recorded.at(-1)).toMatchObject({ event: 'sign_out', session: { via: 'device' } })
    },
  )

  it('ends neither the browser nor another terminal', async () => {
    const world = await aDeviceWorld()
    const [one, other] = [await world.signedIn(), await world.signedIn()]
    await world.revokeToken(one.accessToken, aRequest())
    expect(await isAlive(world, other.accessToken)).toBe(true)
    expect(await world.sessions.get(world.session.id)).toBeDefined()
  })

  it('is silent about what it does not know, and about what was revoked before (RFC 7009 §2.2)', async () => {
    const world = await aDeviceWorld()
    const { accessToken } = await world.signedIn()
    await world.revokeToken(accessToken, aRequest())
    const before = world.recorded.length
    for (const token of [accessToken, 'rga_unknown', 'rgr_unknown', 'rgd_unknown', 'nonsense', '']) {
      await expect(world.revokeToken(token, aRequest())).resolves.toBeUndefined()
    }
    expect(world.recorded).toHaveLength(before)
  })
})
