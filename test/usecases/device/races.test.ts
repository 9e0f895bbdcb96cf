import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeSqliteStore } from '../../../src/adapters/store/sqlite.ts'
import { OWN_CLIENT } from '../../../src/domain/device/client.ts'
import type { Store } from '../../../src/usecases/ports/store.ts'
import { terminalsOf } from '../../../src/usecases/sign-in/find-session.ts'
import { sqliteTitle, whyNoSqlite } from '../../adapters/store/sql.ts'
import { aDeviceWorld, CLIENT } from '../../support/a-device-world.ts'
import { aRequest } from '../../support/a-session.ts'

type World = Awaited<ReturnType<typeof aDeviceWorld>>
type OpenStore = (now: () => Date) => Store

const folder = mkdtempSync(join(tmpdir(), 'rolegate-races-'))
let files = 0
const opened: Store[] = []
afterAll(async () => {
  for (const store of opened) await store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** A file of its own for each test. */
const onFile: OpenStore = (now) => {
  const store = makeSqliteStore({ path: join(folder, `${(files += 1)}.db`), now })
  opened.push(store)
  return store
}

const all = <Value>(count: number, run: () => Promise<Value>) =>
  Promise.allSettled(Array.from({ length: count }, () => run()))
const won = <Value>(outcomes: readonly PromiseSettledResult<Value>[]): Value[] =>
  outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
/** How the others were refused: each way once. */
const lost = (outcomes: readonly PromiseSettledResult<unknown>[]) =>
  [
    ...new Set(
      outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [String((outcome.reason as { code?: string }).code)] : [],
      ),
    ),
  ].toSorted()
const isAlive = (world: World, { accessToken }: { accessToken: string }) =>
  world.authenticateBearer(accessToken).then(
    () => true,
    () => false,
  )
const terminals = (world: World) => world.sessions.listByOwner(terminalsOf(world.session.principal, world.digest))
const refresh = (world: World, refreshToken: string) => world.refreshTokens({ refreshToken, clientId: CLIENT })

describe.each<{ where: string; skip: boolean; openStore: OpenStore }>([
  { where: 'in memory', skip: false, openStore: (now) => makeMemoryStore({ now }) },
  { where: sqliteTitle('on SQLite'), skip: whyNoSqlite !== undefined, openStore: onFile },
])('all at once, $where', ({ skip, openStore }) => {
  it.skipIf(skip)('fifty polls redeem a device code once', async () => {
    const world = await aDeviceWorld({ openStore })
    const { deviceCode, userCode } = await world.start()
    await world.decide(userCode)
    const outcomes = await all(50, () => world.redeem(deviceCode))
    expect([won(outcomes).length, lost(outcomes)]).toEqual([1, ['invalid_grant']])
    expect(await terminals(world)).toHaveLength(1)
  })

  it.skipIf(skip)('fifty polls of a terminal that waits hurry it, and lose nothing', async () => {
    const world = await aDeviceWorld({ openStore })
    const { deviceCode, userCode } = await world.start()
    const outcomes = await all(50, () => world.redeem(deviceCode))
    expect(lost(outcomes)).toEqual(['authorization_pending', 'slow_down'])
    await world.decide(userCode)
    await expect(world.redeem(deviceCode)).resolves.toBeDefined()
  })

  it.skipIf(skip)('fifteen approvals of one code let one terminal in', async () => {
    const world = await aDeviceWorld({ openStore })
    const { deviceCode, userCode: typed } = await world.start()
    const { login } = await world.showDeviceLogin({ session: world.session, typed, request: aRequest() })
    const decision = { kind: 'approve', number: login.numbers?.right ?? '' } as const
    const outcomes = await all(15, () =>
      world.decideDeviceLogin({ session: world.session, typed, decision, request: aRequest() }),
    )
    expect([won(outcomes).length, lost(outcomes)]).toEqual([1, ['user_code_unknown']])
    await world.redeem(deviceCode)
    expect(await terminals(world)).toHaveLength(1)
  })

  it.skipIf(skip)(
    'fifty redemptions of an authorization code: one at most, and none that outlives the theft',
    async () => {
      const world = await aDeviceWorld({ openStore })
      const codeVerifier = 'v'.repeat(43)
      const redirectUri = 'http://127.0.0.1:50123/callback'
      const code = await world.authorizeTerminal.approve({
        session: world.session,
        ask: {
          client: OWN_CLIENT,
          redirectUri,
          codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
          claims: {},
        },
        request: aRequest(),
      })
      const outcomes = await all(50, () =>
        world.redeemAuthorizationCode({ code, clientId: CLIENT, redirectUri, codeVerifier, request: aRequest() }),
      )
      expect(won(outcomes).length).toBeLessThanOrEqual(1)
      expect(lost(outcomes)).toEqual(['invalid_grant'])
      for (const tokens of won(outcomes)) expect(await isAlive(world, tokens)).toBe(false)
      expect(await terminals(world)).toEqual([])
    },
  )

  it.skipIf(skip)('twenty refreshes leave one lineage, which goes on', async () => {
    const world = await aDeviceWorld({ openStore })
    const { refreshToken } = await world.signedIn()
    const answers = won(await all(20, () => refresh(world, refreshToken)))
    expect(answers).toHaveLength(20)
    expect(new Set(answers.map((tokens) => tokens.refreshToken)).size).toBe(1)
    for (const tokens of answers) expect(await isAlive(world, tokens)).toBe(true)
    const next = won(await all(20, () => refresh(world, answers[0]?.refreshToken ?? '')))
    expect([next.length, new Set(next.map((tokens) => tokens.refreshToken)).size]).toEqual([20, 1])
    expect(await terminals(world)).toHaveLength(1)
  })

  it.skipIf(skip)(
    'a stolen token after its window ends the lineage, though its owner refreshes at the same moment',
    async () => {
      const world = await aDeviceWorld({ openStore })
      const stolen = await world.signedIn()
      const honest = await refresh(world, stolen.refreshToken)
      world.clock.pass(31)
      const [thief, owner] = await Promise.all([
        all(5, () => refresh(world, stolen.refreshToken)),
        all(5, () => refresh(world, honest.refreshToken)),
      ])
      expect(won(thief)).toEqual([])
      for (const tokens of [stolen, honest, ...won(owner)]) expect(await isAlive(world, tokens)).toBe(false)
      for (const { refreshToken } of [honest, ...won(owner)])
        expect(won(await all(1, () => refresh(world, refreshToken)))).toEqual([])
      expect(await terminals(world)).toEqual([])
    },
  )

  it.skipIf(skip)('a sign-out wins against whatever is under way', async () => {
    const world = await aDeviceWorld({ openStore })
    const [held, waiting] = [await world.signedIn(), await world.start()]
    await world.decide(waiting.userCode)
    const outcomes = await Promise.all([
      all(5, () => refresh(world, held.refreshToken)),
      all(5, () => world.redeem(waiting.deviceCode)),
      all(1, () => world.endSession(world.session, aRequest())),
    ])
    const tokens = [...won(outcomes[0]), ...won(outcomes[1]), held]
    for (const each of tokens) expect(await isAlive(world, each)).toBe(false)
    expect(await terminals(world)).toEqual([])
  })
})
