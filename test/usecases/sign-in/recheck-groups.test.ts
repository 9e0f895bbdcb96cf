import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { makeEndSignIn } from '../../../src/usecases/sign-in/end-sign-in.ts'
import { makeRecheckGroups, type RecheckOutcome } from '../../../src/usecases/sign-in/recheck-groups.ts'
import { aDeviceWorld } from '../../support/a-device-world.ts'
import { aPrincipal } from '../../support/a-principal.ts'
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
  const deps = {
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
  const aGateway = () => makeRecheckGroups({ ...deps, rechecks })
  const recheckGroups = aGateway()
  return Object.assign(world, {
    asked,
    outcomes,
    directory,
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
    expect(asked).toHaveLength(2)
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
    ['does not answer', down()],
    ['tells no whole list', cut()],
    ['fails in a way nobody thought of', new TypeError('x')],
  ])('and %s: nothing is given with else: fail, and nobody’s sign-in ends', async (_, thrown) => {
    const { recheck, directory, clock, sessions, session, outcomes } = await aRecheckedSignIn()
    directory.tell = () => Promise.reject(thrown)
    clock.pass(EVERY + 1)
    expect(await refusalFrom(recheck())).toMatchObject({
      code: 'idp_unavailable',
      values: { why: 'groups_unread', retryAfterSeconds: 5 },
    })
    expect(await sessions.get(session.id)).toBeDefined()
    expect(outcomes).toEqual(['unanswered'])
  })

  it('with else: warn what was stated counts, for now: it is asked again the next time', async () => {
    const { recheck, directory, clock, outcomes, asked } = await aRecheckedSignIn({ otherwise: 'warn' })
    directory.tell = () => Promise.reject(cut())
    clock.pass(EVERY + 1)
    await recheck()
    await recheck()
    expect(asked).toHaveLength(2)
    directory.tell = async () => []
    expect((await refusalFrom(recheck())).code).toBe('sign_in_required')
    expect(outcomes).toEqual(['unanswered', 'unanswered', 'changed'])
  })

  it('is left alone for as long as it says, by everybody of its IdP, and for half a minute at most', async () => {
    const { recheck, directory, clock, asked } = await aRecheckedSignIn()
    const other = aSession({ id: 'session-2', directoryId: 'oid-2' })
    directory.tell = () => Promise.reject(down(17))
    clock.pass(EVERY + 1)
    await refusalFrom(recheck())
    clock.pass(10)
    expect((await refusalFrom(recheck(other))).values).toMatchObject({ retryAfterSeconds: 7 })
    expect(asked).toEqual(['oid-1'])
    clock.pass(7)
    directory.tell = () => Promise.reject(down(300))
    await refusalFrom(recheck(other))
    clock.pass(30)
    directory.tell = async () => GROUPS
    await recheck()
    expect(asked).toEqual(['oid-1', 'oid-2', 'oid-1'])
  })

  it('of one person tells nothing of it to others: what is theirs alone keeps nobody else from being asked about', async () => {
    const { recheck, directory, clock, asked } = await aRecheckedSignIn()
    const other = aSession({ id: 'session-2', principal: aPrincipal({ groups: GROUPS }), directoryId: 'oid-2' })
    directory.tell = () => Promise.reject(cut())
    clock.pass(EVERY + 1)
    await refusalFrom(recheck())
    directory.tell = async () => GROUPS
    await recheck(other)
    expect(asked).toEqual(['oid-1', 'oid-2'])
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
    tell([])
    expect((await joined).values['why']).toBe('groups_changed')
    expect(await sessions.get(session.id)).toBeUndefined()
    expect(asked).toHaveLength(2)
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
    tell([])
    await ended
    expect(await world.sessions.get(world.session.id)).toBeUndefined()
  })
})

it('whatever the directory says, in whatever order of hand-overs, nobody goes on with groups it told otherwise', async () => {
  const act = fc.oneof(
    fc.record({ pass: fc.integer({ min: 1, max: EVERY + 1 }) }),
    fc.record({ tells: fc.subarray(['payments', 'platform', 'admins']) }),
    fc.constant('down' as const),
    fc.constant('take' as const),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 20 }), async (acts) => {
      const { recheck, directory, clock, sessions, session } = await aRecheckedSignIn()
      let told: readonly string[] | 'down' = GROUPS
      let sinceSame = 0
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
        } else {
          const went = await recheck().then(
            () => true,
            () => false,
          )
          const isSame = told !== 'down' && [...told].toSorted().join() === GROUPS.join()
          // Within its time nobody is asked; past it only the same list lets anybody on.
          expect(went).toBe(sinceSame <= EVERY || isSame)
          if (went && sinceSame > EVERY) sinceSame = 0
          const isOver = (await sessions.get(session.id)) === undefined
          expect(isOver).toBe(!went && told !== 'down')
          if (isOver) return
        }
      }
    }),
    { numRuns: 200 },
  )
})
