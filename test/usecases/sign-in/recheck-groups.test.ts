import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import { ofEverybody } from '../../../src/domain/sign-in/groups-again.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { makeEndSignIn } from '../../../src/usecases/sign-in/end-sign-in.ts'
import { makeLastWords } from '../../../src/usecases/sign-in/last-words.ts'
import { makeLeftAlone } from '../../../src/usecases/sign-in/left-alone.ts'
import { makeTwoClocks } from '../../../src/usecases/sign-in/two-clocks.ts'
import { makeRecheckGroups, type RecheckOutcome } from '../../../src/usecases/sign-in/recheck-groups.ts'
import { aDeviceWorld } from '../../support/a-device-world.ts'
import { aPrincipal, sha256 } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession } from '../../support/a-session.ts'

const EVERY = 15 * 60
const GROUPS = ['payments', 'platform']

type Told = readonly string[] | undefined

/** Alice’s sign-in of nine o’clock, whose groups her directory told, and that directory. */
async function aRecheckedSignIn({
  otherwise = 'fail',
  session = aSession({ principal: aPrincipal({ groups: GROUPS }), directoryId: 'oid-1' }),
}: { otherwise?: 'fail' | 'warn'; session?: GatewaySession } = {}) {
  const world = await aDeviceWorld({ session })
  const asked: string[] = []
  const outcomes: RecheckOutcome[] = []
  const waiting = new Set<() => void>()
  const patience: number[] = []
  const directory = { tell: async (): Promise<Told> => GROUPS }
  /** The clock that nobody sets goes along with the one on the wall, until a test sets that. */
  const set = { seconds: 0 }
  const clocks = makeTwoClocks({ now: world.now, elapsed: () => world.now().getTime() - set.seconds * 1000 })
  const said: string[] = []
  const leftAlone = makeLeftAlone({
    clocks,
    onFailure: (idp, { reason = '' }, isDown) => void said.push(`${idp} ${reason}${isDown ? ', down' : ''}`),
    onToldAgain: (idp) => void said.push(`${idp} tells again`),
  })
  const deps = {
    clocks,
    lastWords: makeLastWords({ sha256, now: world.now }),
    leftAlone,
    inTurn: <Out>(_person: unknown, ask: () => Promise<Out>) => ask(),
    endSignIn: makeEndSignIn(world),
    onRecheck: (_idp: string, outcome: RecheckOutcome) => void outcomes.push(outcome),
    now: world.now,
    later: (ms: number, run: () => void) => {
      patience.push(ms)
      waiting.add(run)
      return { cancel: () => void waiting.delete(run) }
    },
  }
  const lookAgain = async (id: string) => (asked.push(id), directory.tell())
  const rechecks = new Map([['entra', { everySeconds: EVERY, else: otherwise, lookAgain }]])
  const aGateway = () => makeRecheckGroups({ ...deps, checkedAt: new Map(), rechecks })
  const recheckGroups = aGateway()
  return Object.assign(world, {
    asked,
    outcomes,
    directory,
    said,
    leftAlone,
    /** Somebody sets the clock on the wall. */
    setClock(seconds: number) {
      world.clock.pass(seconds)
      set.seconds += seconds
    },
    /** Whoever still waits is told to wait no more. */
    loseAllPatience: () => waiting.forEach((run) => run()),
    waiting,
    patience,
    aGateway,
    recheck: (of: GatewaySession = session, how?: Parameters<typeof recheckGroups>[2]) =>
      recheckGroups(of, aRequest(), how),
  })
}

const down = (retryAfterSeconds = 5) =>
  new RolegateError('idp_unavailable', { retryAfterSeconds }, { reason: 'directory:did_not_answer' })
const throttled = (retryAfterSeconds: number) =>
  new RolegateError(
    'idp_unavailable',
    { retryAfterSeconds, ...ofEverybody(true) },
    { reason: 'directory:answered_429' },
  )
const noToken = () =>
  new RolegateError('groups_truncated', { ...ofEverybody(true) }, { reason: 'directory:token_invalid_grant' })
/** Others of the same IdP, each with a sign-in of their own. */
const somebody = (number: number, groups: readonly string[] = GROUPS) =>
  aSession({ id: `session-${number}`, principal: aPrincipal({ groups }), directoryId: `oid-${number}` })
const cut = () => new RolegateError('groups_truncated', { idp: 'entra' }, { reason: 'directory:count_differs' })

describe('a sign-in whose groups are to be read again (threats.md I7)', () => {
  it('is not asked about until its groups are older than that, and then once, and again after as long', async () => {
    const { recheck, asked, clock, outcomes } = await aRecheckedSignIn()
    await recheck()
    clock.pass(EVERY)
    await recheck()
    expect(asked).toEqual([])
    clock.pass(1)
    await recheck()
    await recheck()
    clock.pass(EVERY)
    await recheck()
    expect(asked).toEqual(['oid-1'])
    clock.pass(1)
    await recheck()
    expect(asked).toEqual(['oid-1', 'oid-1'])
    expect(outcomes).toEqual(['same', 'same'])
  })

  it('goes on when they are the same, in whatever order they are told', async () => {
    const { recheck, directory, clock } = await aRecheckedSignIn()
    directory.tell = async () => [...GROUPS.toReversed(), 'payments']
    clock.pass(EVERY + 1)
    await expect(recheck()).resolves.toBeUndefined()
  })

  it.each<[string, Told, object]>([
    ['one group less', ['payments'], { reason: 'groups_changed', groupsGained: 0, groupsLost: 1 }],
    ['one group more', [...GROUPS, 'admins'], { reason: 'groups_changed', groupsGained: 1, groupsLost: 0 }],
    ['as many, and others', ['payments', 'Platform'], { reason: 'groups_changed', groupsGained: 1, groupsLost: 1 }],
    ['none at all', [], { reason: 'groups_changed', groupsGained: 0, groupsLost: 2 }],
    ['nobody of that id, or nobody who may sign in', undefined, { reason: 'not_in_directory' }],
  ])('is over, on record, when there are %s', async (_, told, why) => {
    const { recheck, directory, clock, sessions, recorded, session, outcomes } = await aRecheckedSignIn()
    directory.tell = async () => told
    clock.pass(EVERY + 1)
    expect(await refusalFrom(recheck())).toMatchObject({
      code: 'sign_in_required',
      values: { why: 'groups_changed' },
      reason: 'groups_changed',
    })
    expect(await sessions.get(session.id)).toBeUndefined()
    const [record] = recorded
    expect(record).toMatchObject({ event: 'session_ended', session: { id: session.id }, ...why })
    expect(JSON.stringify({ ...record, session: {}, principal: {} })).not.toMatch(/payments|platform|admins/i)
    expect(outcomes).toEqual(['changed'])
  })

  it('ends with all that came of it, whichever of its sessions asked, and another sign-in of the same person does not', async () => {
    const world = await aRecheckedSignIn()
    const [one, other] = [await world.signedIn(), await world.signedIn()]
    const later = aSession({ ...world.session, id: 'session-2', principal: aPrincipal({ groups: ['payments'] }) })
    await world.sessions.put(later.id, later, { expiresAt: later.endsAt })
    const { userCode, deviceCode } = await world.start()
    await world.decide(userCode, 'approve', later)
    const third = await world.redeem(deviceCode)

    world.directory.tell = async () => ['payments']
    world.clock.pass(EVERY + 1)
    await refusalFrom(world.recheck(await world.authenticateBearer(other.accessToken)))
    for (const { accessToken, refreshToken } of [one, other]) {
      expect((await refusalFrom(world.authenticateBearer(accessToken))).code).toBe('sign_in_required')
      const renewal = world.refreshTokens({ refreshToken, clientId: 'rolegate-cli' })
      expect((await refusalFrom(renewal)).code).toBe('invalid_grant')
    }
    expect(await world.sessions.get(world.session.id)).toBeUndefined()
    expect(await world.sessions.get(later.id)).toBeDefined()
    await expect(world.recheck(await world.authenticateBearer(third.accessToken))).resolves.toBeUndefined()
  })

  it('is one with its terminals: what was found for one counts for all', async () => {
    const { recheck, asked, clock, signedIn, authenticateBearer } = await aRecheckedSignIn()
    const [one, other] = [await signedIn(), await signedIn()]
    clock.pass(EVERY + 1)
    await recheck(await authenticateBearer(one.accessToken))
    await recheck(await authenticateBearer(other.accessToken))
    await recheck()
    expect(asked).toHaveLength(1)
  })

  it('is asked about once, however many wait', async () => {
    const { recheck, asked, clock, directory, recorded } = await aRecheckedSignIn()
    clock.pass(EVERY + 1)
    await Promise.all([recheck(), recheck(), recheck()])
    expect(asked).toHaveLength(1)
    clock.pass(EVERY + 1)
    directory.tell = async () => []
    const refused = await Promise.all([refusalFrom(recheck()), refusalFrom(recheck()), refusalFrom(recheck())])
    expect(refused.map(({ values }) => values['why'])).toEqual(['groups_changed', 'groups_changed', 'groups_changed'])
    expect(asked).toHaveLength(3)
    expect(recorded.filter(({ event }) => event === 'session_ended')).toHaveLength(1)
  })

  it('is asked about by each gateway on the store, and what one of them has ended is over for all', async () => {
    const { recheck, aGateway, asked, clock, directory, session, signedIn, authenticateBearer } =
      await aRecheckedSignIn()
    const { accessToken } = await signedIn()
    const other = aGateway()
    clock.pass(EVERY + 1)
    await recheck()
    await other(session, aRequest())
    expect(asked).toHaveLength(2)
    clock.pass(EVERY + 1)
    directory.tell = async () => []
    await refusalFrom(other(session, aRequest()))
    expect((await refusalFrom(authenticateBearer(accessToken))).code).toBe('sign_in_required')
  })

  it('counts from when the directory was asked, not from when it answered', async () => {
    const { recheck, asked, clock, directory } = await aRecheckedSignIn()
    clock.pass(EVERY + 1)
    directory.tell = async () => (clock.pass(EVERY), GROUPS)
    await recheck()
    clock.pass(1)
    await recheck()
    expect(asked).toHaveLength(2)
  })

  it('whose groups no directory told is asked for anew, and nobody is asked about it', async () => {
    const session = aSession({ principal: aPrincipal({ groups: GROUPS }) })
    const { recheck, asked, clock, sessions } = await aRecheckedSignIn({ session, otherwise: 'warn' })
    await recheck()
    clock.pass(EVERY + 1)
    expect(await refusalFrom(recheck())).toMatchObject({ code: 'sign_in_required', values: { why: 'old_groups' } })
    expect(asked).toEqual([])
    expect(await sessions.get(session.id)).toBeDefined()
  })

  it.each<[string, GatewaySession]>([
    ['of another IdP', aSession({ principal: aPrincipal({ idp: 'okta' }) })],
    ['of a job whose entry has the IdP’s name', aSession({ principal: { ...aPrincipal(), workload: true } })],
  ])('is not one %s', async (_, session) => {
    const { recheck, asked, clock } = await aRecheckedSignIn()
    clock.pass(12 * 3600)
    await recheck(session)
    expect(asked).toEqual([])
  })

  it('stays over when the record fails, and nothing is given either', async () => {
    const { recheck, directory, clock, sessions, session, fails } = await aRecheckedSignIn({ otherwise: 'warn' })
    directory.tell = async () => []
    fails.audit = 'session_ended'
    clock.pass(EVERY + 1)
    expect((await refusalFrom(recheck())).code).toBe('audit_unavailable')
    expect(await sessions.get(session.id)).toBeUndefined()
  })
})

describe('a directory that does not tell', () => {
  it.each([
    ['does not answer', down(), 5],
    ['tells no whole list', cut(), 10],
    ['fails in a way nobody thought of', new TypeError('x'), 10],
  ])('and %s: nothing is given with else: fail, and nobody’s sign-in ends', async (_, thrown, retryAfterSeconds) => {
    const { recheck, directory, clock, sessions, session, outcomes } = await aRecheckedSignIn()
    directory.tell = () => Promise.reject(thrown)
    clock.pass(EVERY + 1)
    expect(await refusalFrom(recheck())).toMatchObject({
      code: 'idp_unavailable',
      values: { why: 'groups_unread', retryAfterSeconds },
    })
    expect(await sessions.get(session.id)).toBeDefined()
    expect(outcomes).toEqual(['unanswered'])
  })

  it('with else: warn what was stated counts, for now: it is asked again in a moment', async () => {
    const { recheck, directory, clock, outcomes, asked } = await aRecheckedSignIn({ otherwise: 'warn' })
    directory.tell = () => Promise.reject(cut())
    clock.pass(EVERY + 1)
    await recheck()
    await recheck()
    expect(asked).toHaveLength(1)
    clock.pass(10)
    directory.tell = async () => []
    expect((await refusalFrom(recheck())).code).toBe('sign_in_required')
    expect(outcomes).toEqual(['unanswered', 'unanswered', 'changed'])
  })

  it.each([
    ['silence', down()],
    ['a list that is not whole', cut()],
    ['what nobody thought of', new TypeError('x')],
  ])('is not asked about the same person at each try: %s', async (_, thrown) => {
    const { recheck, directory, clock, asked } = await aRecheckedSignIn()
    const another = aSession({ ...somebody(2), directoryId: 'oid-1' })
    directory.tell = () => Promise.reject(thrown)
    clock.pass(EVERY + 1)
    for (let tries = 0; tries < 20; tries += 1) await refusalFrom(recheck(tries % 2 === 0 ? undefined : another))
    expect(asked).toEqual(['oid-1'])
    clock.pass(10)
    directory.tell = async () => GROUPS
    await recheck()
    expect(asked).toEqual(['oid-1', 'oid-1'])
  })

  it.each([
    ['throttles us', throttled(17), 17],
    ['gives us no token', noToken(), 10],
  ])('is left alone by everybody of its IdP when it %s, and by nobody of another', async (_, thrown, seconds) => {
    const { recheck, directory, clock, asked, leftAlone } = await aRecheckedSignIn()
    directory.tell = () => Promise.reject(thrown)
    clock.pass(EVERY + 1)
    await refusalFrom(recheck())
    clock.pass(7)
    expect(await refusalFrom(recheck(somebody(2)))).toMatchObject({
      values: { why: 'groups_unread', retryAfterSeconds: seconds - 7 },
      reason: 'directory:left_alone',
    })
    expect(() => leftAlone.requireAskable({ idp: 'google', directoryId: 'oid-2' })).not.toThrow()
    expect(asked).toEqual(['oid-1'])
    clock.pass(seconds - 7)
    directory.tell = async () => GROUPS
    await recheck(somebody(2))
    expect(asked).toEqual(['oid-1', 'oid-2'])
  })

  it('is left alone for half a minute at most, however long it asks for', async () => {
    const { recheck, directory, clock } = await aRecheckedSignIn()
    directory.tell = () => Promise.reject(throttled(300))
    clock.pass(EVERY + 1)
    expect((await refusalFrom(recheck())).values).toMatchObject({ retryAfterSeconds: 30 })
    clock.pass(30)
    directory.tell = async () => GROUPS
    await recheck()
  })

  it.each([
    ['silence', down()],
    ['a list that is not whole', cut()],
  ])('of one person, at all their sign-ins, keeps nobody else from being asked about: %s', async (_, thrown) => {
    const { recheck, directory, clock, asked } = await aRecheckedSignIn({ otherwise: 'warn' })
    const theirs = [2, 3, 4].map((number) => aSession({ ...somebody(number), directoryId: 'oid-1' }))
    directory.tell = () => Promise.reject(thrown)
    for (const one of [undefined, ...theirs]) {
      clock.pass(EVERY + 1)
      await recheck(one)
    }
    expect(asked).toEqual(['oid-1', 'oid-1', 'oid-1', 'oid-1'])
    // Somebody who has lost a group meanwhile does not go on by others’ silence.
    directory.tell = async () => ['payments']
    expect((await refusalFrom(recheck(somebody(5)))).values['why']).toBe('groups_changed')
  })

  it('to three people one after the other is left alone by everybody; to the next it may answer', async () => {
    const { recheck, directory, clock, asked } = await aRecheckedSignIn()
    directory.tell = () => Promise.reject(down())
    clock.pass(EVERY + 1)
    for (const number of [2, 3, 4, 5]) await refusalFrom(recheck(somebody(number)))
    expect(asked).toEqual(['oid-2', 'oid-3', 'oid-4'])
    clock.pass(5)
    directory.tell = async () => GROUPS
    await recheck(somebody(5))
    directory.tell = () => Promise.reject(down())
    for (const number of [2, 3]) await refusalFrom(recheck(somebody(number)))
    directory.tell = async () => GROUPS
    await recheck(somebody(6))
  })

  it('and what does not tell of three is said to be down, once, until it tells again; of one alone it is not', async () => {
    const { recheck, directory, clock, said, leftAlone } = await aRecheckedSignIn()
    clock.pass(EVERY + 1)
    for (let round = 0; round < 5; round += 1) {
      directory.tell = () => Promise.reject(cut())
      await refusalFrom(recheck(somebody(2)))
      directory.tell = async () => GROUPS
      await recheck(somebody(3))
      clock.pass(EVERY + 1)
    }
    expect([said, leftAlone.down()]).toEqual([Array(5).fill('entra directory:count_differs'), []])
    directory.tell = () => Promise.reject(cut())
    for (const number of [2, 3, 4, 5]) await refusalFrom(recheck(somebody(number)))
    expect(leftAlone.down()).toEqual(['entra'])
    expect(said.slice(7)).toEqual(Array(2).fill('entra directory:count_differs, down'))
    directory.tell = async () => GROUPS
    await recheck(somebody(6))
    expect([said.at(-1), leftAlone.down()]).toEqual(['entra tells again', []])
  })

  it('is down while it throttles us, though what was asked before is answered still', async () => {
    const { recheck, directory, clock, leftAlone } = await aRecheckedSignIn()
    clock.pass(EVERY + 1)
    let tell = (_told: Told): void => undefined
    directory.tell = () => new Promise((resolve) => (tell = resolve))
    const slow = recheck(somebody(2))
    directory.tell = () => Promise.reject(throttled(10))
    await refusalFrom(recheck(somebody(3)))
    tell(GROUPS)
    await slow
    expect(leftAlone.down()).toEqual(['entra'])
  })

  it('is left alone no longer when somebody sets the clock back, nor is anybody’s question put off (security.md V-13)', async () => {
    const { recheck, directory, clock, asked, setClock } = await aRecheckedSignIn()
    clock.pass(2 * EVERY)
    directory.tell = () => Promise.reject(throttled(10))
    await refusalFrom(recheck())
    setClock(-600)
    clock.pass(10)
    directory.tell = async () => GROUPS
    await recheck(somebody(2))
    expect(asked).toEqual(['oid-1', 'oid-2'])
    setClock(-600)
    clock.pass(EVERY + 1)
    await recheck(somebody(2))
    expect(asked).toHaveLength(3)
  })

  it('is asked again after a sleep of the machine, which only the clock on the wall has seen', async () => {
    const { recheck, clock, asked, setClock } = await aRecheckedSignIn()
    clock.pass(EVERY + 1)
    await recheck()
    setClock(EVERY + 1)
    await recheck()
    expect(asked).toHaveLength(2)
  })

  it('in time is waited for no longer; what it says then is for the next try', async () => {
    const world = await aRecheckedSignIn()
    const { recheck, directory, clock, asked, sessions, session } = world
    let tell = (_told: Told): void => undefined
    directory.tell = () => new Promise((resolve) => (tell = resolve))
    clock.pass(EVERY + 1)
    const slow = refusalFrom(recheck())
    world.loseAllPatience()
    expect(await slow).toMatchObject({ code: 'idp_unavailable', reason: 'directory:slow' })
    tell(GROUPS)
    await recheck()
    expect(asked).toHaveLength(1)

    clock.pass(EVERY + 1)
    const again = refusalFrom(recheck())
    world.loseAllPatience()
    await again
    const joined = refusalFrom(recheck())
    directory.tell = async () => []
    tell([])
    expect((await joined).values['why']).toBe('groups_changed')
    expect(await sessions.get(session.id)).toBeUndefined()
    expect(asked).toHaveLength(3)
    expect(world.waiting.size).toBe(0)
  })

  it('is waited for a few seconds, and less than one for an SDK in a container, which gives up then', async () => {
    const { recheck, clock, patience, session } = await aRecheckedSignIn()
    clock.pass(EVERY + 1)
    await recheck()
    clock.pass(EVERY + 1)
    await recheck(session, { isHurried: true })
    expect(patience).toEqual([4_000, 700])
  })

  it('ends a sign-in also when it answers after everybody has gone on', async () => {
    const world = await aRecheckedSignIn({ otherwise: 'warn' })
    let tell = (_told: Told): void => undefined
    world.directory.tell = () => new Promise((resolve) => (tell = resolve))
    world.clock.pass(EVERY + 1)
    const gone = world.recheck()
    world.loseAllPatience()
    await gone
    const ended = new Promise<void>((resolve) => (world.onAudit = async () => resolve()))
    world.directory.tell = async () => []
    tell([])
    await ended
    expect(await world.sessions.get(world.session.id)).toBeUndefined()
  })
})

describe('a directory that tells what is not so', () => {
  it('once, signs nobody out: it is asked once more before a sign-in ends', async () => {
    const { recheck, directory, clock, asked, sessions, session } = await aRecheckedSignIn()
    const words: Told[] = [[], GROUPS, undefined, GROUPS, ['payments'], ['payments', 'admins']]
    directory.tell = async () => words.shift()
    for (const times of [2, 4]) {
      clock.pass(EVERY + 1)
      await recheck()
      expect(asked).toHaveLength(times)
      expect(await sessions.get(session.id)).toBeDefined()
    }
    clock.pass(EVERY + 1)
    expect((await refusalFrom(recheck())).values['why']).toBe('groups_changed')
    expect(asked).toHaveLength(6)
  })

  it('and is silent when it is asked once more, has told nothing', async () => {
    const { recheck, directory, clock, sessions, session } = await aRecheckedSignIn()
    directory.tell = async () => {
      directory.tell = () => Promise.reject(down())
      return []
    }
    clock.pass(EVERY + 1)
    expect((await refusalFrom(recheck())).code).toBe('idp_unavailable')
    expect(await sessions.get(session.id)).toBeDefined()
  })

  it('and then nothing more, has said enough that nothing is given with else: warn, until it says that they are the same', async () => {
    const { recheck, directory, clock, sessions, session } = await aRecheckedSignIn({ otherwise: 'warn' })
    directory.tell = async () => {
      directory.tell = () => Promise.reject(down())
      return ['payments']
    }
    clock.pass(EVERY + 1)
    const another = aSession({ ...session, id: 'another' })
    // As it fails, while it is left alone for that, and when it is asked again and is silent.
    for (const seconds of [0, 1, 60]) {
      clock.pass(seconds)
      for (const one of [session, another])
        expect(await refusalFrom(recheck(one))).toMatchObject({
          values: { why: 'groups_unread' },
          reason: 'directory:told_otherwise',
        })
    }
    expect(await sessions.get(session.id)).toBeDefined()
    clock.pass(60)
    directory.tell = async () => GROUPS
    await recheck()
    clock.pass(EVERY + 1)
    directory.tell = () => Promise.reject(down())
    await recheck()
  })

  it('and is slow when it is asked once more: nothing is given with else: warn', async () => {
    const world = await aRecheckedSignIn({ otherwise: 'warn' })
    const { recheck, directory, clock, asked } = world
    let tell = (_told: Told): void => undefined
    directory.tell = async () => {
      directory.tell = () => new Promise((resolve) => (tell = resolve))
      return []
    }
    clock.pass(EVERY + 1)
    const refused = refusalFrom(recheck())
    await expect.poll(() => asked.length).toBe(2)
    world.loseAllPatience()
    expect(await refused).toMatchObject({ code: 'idp_unavailable', reason: 'directory:told_otherwise' })
    tell(GROUPS)
    await recheck()
  })

  it('of an earlier sign-in, says nothing against one that was made since', async () => {
    const { recheck, directory, clock, now } = await aRecheckedSignIn({ otherwise: 'warn' })
    directory.tell = async () => {
      directory.tell = () => Promise.reject(down())
      return ['payments']
    }
    clock.pass(EVERY + 1)
    await refusalFrom(recheck())
    clock.pass(1)
    const principal = aPrincipal({ groups: ['payments', 'admins'] })
    const since = aSession({ id: 'since', principal, directoryId: 'oid-1', signedInAt: now() })
    clock.pass(EVERY + 1)
    await recheck(since)
  })

  it.each<[string, Told]>([
    ['in no group any more', []],
    ['gone', undefined],
  ])('of ten people in a minute ends their sign-ins, and of no more than that: that they are %s', async (_, told) => {
    const { recheck, directory, clock, outcomes, recorded, said, leftAlone } = await aRecheckedSignIn()
    directory.tell = async () => told
    clock.pass(EVERY + 1)
    const refused = []
    for (let number = 1; number <= 50; number += 1) refused.push(await refusalFrom(recheck(somebody(number))))
    expect(refused.map(({ code }) => code)).toEqual([
      ...Array<string>(10).fill('sign_in_required'),
      ...Array<string>(40).fill('idp_unavailable'),
    ])
    expect(refused.at(-1)).toMatchObject({ values: { why: 'groups_unread' }, reason: 'directory:too_many_gone' })
    expect(outcomes.filter((outcome) => outcome === 'changed')).toHaveLength(10)
    expect(recorded.filter(({ event }) => event === 'session_ended')).toHaveLength(10)
    expect([said[0], leftAlone.down()]).toEqual(['entra directory:too_many_gone, down', ['entra']])
    // Whoever is told of still is asked about, and whom it tells otherwise goes on.
    directory.tell = async () => ['payments']
    expect((await refusalFrom(recheck(somebody(51)))).values['why']).toBe('groups_changed')
    directory.tell = async () => GROUPS
    await recheck(somebody(52))
    // After a minute it is believed again, of ten.
    directory.tell = async () => told
    clock.pass(61)
    expect((await refusalFrom(recheck(somebody(50)))).code).toBe('sign_in_required')
  })

  it.each(['fail', 'warn'] as const)(
    'is believed of all who are really gone within minutes, ten a minute, however often they ask: else: %s',
    async (otherwise) => {
      const { recheck, directory, clock, recorded } = await aRecheckedSignIn({ otherwise })
      directory.tell = async () => undefined
      clock.pass(EVERY + 1)
      const people = new Set(Array.from({ length: 25 }, (_, number) => number))
      const endedBy: number[] = []
      for (let seconds = 0; seconds < 180; seconds += 15) {
        for (const number of people) {
          // And nobody is given anything meanwhile.
          const { code } = await refusalFrom(recheck(somebody(number)))
          if (code === 'sign_in_required') people.delete(number)
        }
        endedBy.push(25 - people.size)
        clock.pass(15)
      }
      expect(endedBy).toEqual([10, 10, 10, 10, 20, 20, 20, 20, 25, 25, 25, 25])
      expect(recorded.filter(({ event }) => event === 'session_ended')).toHaveLength(25)
    },
  )

  it('is said to be down until a minute has passed in which it said of nobody that they are gone, whatever it tells of others', async () => {
    const { recheck, directory, clock, said, leftAlone } = await aRecheckedSignIn()
    clock.pass(EVERY + 1)
    const isGone = async (number: number) => {
      directory.tell = async () => undefined
      return refusalFrom(recheck(somebody(number)))
    }
    const isSame = async (number: number) => {
      directory.tell = async () => GROUPS
      await recheck(somebody(number))
    }
    for (let number = 1; number <= 11; number += 1) await isGone(number)
    await isSame(12)
    clock.pass(59)
    await isSame(13)
    expect(leftAlone.down()).toEqual(['entra'])
    // There is room for one more, and who is believed counts as well.
    clock.pass(1)
    expect((await isGone(11)).code).toBe('sign_in_required')
    clock.pass(59)
    await isSame(14)
    expect(leftAlone.down()).toEqual(['entra'])
    // Between two who are told of, silence is still not everybody's.
    directory.tell = () => Promise.reject(down())
    for (const number of [15, 16]) await refusalFrom(recheck(somebody(number)))
    await isSame(17)
    directory.tell = () => Promise.reject(down())
    await refusalFrom(recheck(somebody(18)))
    expect(said).not.toContain('entra tells again')
    clock.pass(60)
    await isSame(19)
    expect([said.at(-1), leftAlone.down()]).toEqual(['entra tells again', []])
  })

  it('of one person at many sign-ins, or of those who were in none, is about no more than that', async () => {
    const { recheck, directory, clock } = await aRecheckedSignIn()
    directory.tell = async () => []
    clock.pass(EVERY + 1)
    for (let number = 1; number <= 20; number += 1) await recheck(somebody(number, []))
    for (let number = 1; number <= 20; number += 1) {
      const one = aSession({ ...somebody(number), directoryId: 'oid-1' })
      expect((await refusalFrom(recheck(aSession({ ...one, id: `another-${number}` })))).code).toBe('sign_in_required')
    }
  })
})

it('whatever the directory says, in whatever order of hand-overs, nobody goes on with groups it told otherwise', async () => {
  const act = fc.oneof(
    fc.record({ pass: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: EVERY + 1 })) }),
    fc.record({ tells: fc.subarray(['payments', 'platform', 'admins']) }),
    fc.constant('down' as const),
    fc.constant('take' as const),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 20 }), async (acts) => {
      const { recheck, directory, clock, sessions, session } = await aRecheckedSignIn()
      let told: readonly string[] | 'down' = GROUPS
      let sinceSame = 0
      let leftAlone = 0
      directory.tell = async () => {
        if (told === 'down') throw cut()
        return told
      }
      for (const one of acts) {
        if (one === 'down') told = 'down'
        else if (one !== 'take' && 'tells' in one) told = one.tells
        else if (one !== 'take') {
          clock.pass(one.pass)
          sinceSame += one.pass
          leftAlone -= one.pass
        } else {
          const isAsked = sinceSame > EVERY && leftAlone <= 0
          const went = await recheck().then(
            () => true,
            () => false,
          )
          const isSame = told !== 'down' && [...told].toSorted().join() === GROUPS.join()
          // Within its time nobody is asked; past it only the same list lets anybody on.
          expect(went).toBe(sinceSame <= EVERY || (isAsked && isSame))
          if (went && isAsked) sinceSame = 0
          if (isAsked && told === 'down') leftAlone = 10
          const isOver = (await sessions.get(session.id)) === undefined
          expect(isOver).toBe(isAsked && !isSame && told !== 'down')
          if (isOver) return
        }
      }
    }),
    { numRuns: 200 },
  )
})
