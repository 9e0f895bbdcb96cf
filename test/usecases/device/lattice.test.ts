import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OWN_CLIENT } from '../../../src/domain/device/client.ts'
import { endWithin, sessionFault, type Act, type GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { aDeviceWorld, CLIENT } from '../../support/a-device-world.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

type Via = GatewaySession['via']

const CLASSES: readonly Via[] = ['browser', 'pkce', 'device', 'token-exchange']
/** Everything there is to ask of a session. */
const ACTS: readonly Act[] = [
  { kind: 'look' },
  { kind: 'approve-terminal' },
  { kind: 'approve-role' },
  ...[true, false].flatMap((elevated) =>
    (['credentials', 'console'] as const).flatMap((handOver) =>
      [true, false].map((closedToDevices): Act => ({ kind: 'take-role', elevated, handOver, closedToDevices })),
    ),
  ),
]
/** What each class may do, in one order of strength: what a stronger one is refused, no weaker one is given. */
const may = (via: Via) => ACTS.filter((act) => sessionFault(aSession({ via }), act, NINE) === undefined)
const isWithin = (weaker: Via, stronger: Via) => may(weaker).every((act) => may(stronger).includes(act))

/** How a session may come of another (threats.md I8): by the browser’s word alone. */
const BORN: readonly { parent: Via; child: Via }[] = CLASSES.flatMap((parent) =>
  CLASSES.filter((child) => child !== 'token-exchange' && child !== 'browser').map((child) => ({ parent, child })),
)

describe('the classes of sessions (threats.md I8)', () => {
  it.each([
    ['pkce', 'browser'],
    ['device', 'browser'],
    ['token-exchange', 'browser'],
    ['device', 'pkce'],
    ['token-exchange', 'pkce'],
  ] as const)('%s may do nothing that %s may not', (weaker, stronger) => {
    expect(isWithin(weaker, stronger)).toBe(true)
  })

  it('are not all one: a browser may more than any terminal', () => {
    for (const via of CLASSES.filter((each) => each !== 'browser')) expect(isWithin('browser', via)).toBe(false)
    expect(isWithin('pkce', 'device')).toBe(false)
  })
})

describe.each(BORN)('a $child session of a $parent one', ({ parent: via, child }) => {
  /** Asks for it at the story that makes such sessions. */
  async function born(parent: GatewaySession) {
    const world = await aDeviceWorld({ session: parent })
    if (child === 'device') {
      const { deviceCode, userCode } = await world.start()
      await world.decide(userCode, 'approve', parent)
      return { world, tokens: await world.redeem(deviceCode) }
    }
    const [codeVerifier, redirectUri] = ['v'.repeat(43), 'http://127.0.0.1:50123/callback']
    const code = await world.authorizeTerminal.approve({
      session: parent,
      ask: {
        client: OWN_CLIENT,
        redirectUri,
        codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
        claims: {},
      },
      request: aRequest(),
    })
    const request = aRequest()
    return {
      world,
      tokens: await world.redeemAuthorizationCode({ code, clientId: CLIENT, redirectUri, codeVerifier, request }),
    }
  }

  if (via !== 'browser')
    return it('there is none: a terminal lets no terminal in', async () => {
      const refusal = await refusalFrom(born(aSession({ via })))
      expect(refusal).toMatchObject({ code: 'condition_unmet', values: { condition: 'browser_session' } })
    })

  it('is the same person’s, of the same sign-in, weaker, and over no later, however often it is renewed', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 60, max: 48 * 3600 }),
        fc.array(fc.integer({ min: 1, max: 3 * 3600 }), { maxLength: 6 }),
        async (left, pauses) => {
          const [authenticatedAt, mfaAt] = [secondsAfter(NINE, -60), secondsAfter(NINE, -120)]
          const parent = aSession({ endsAt: secondsAfter(NINE, left), authenticatedAt, mfaAt })
          const { world, tokens: first } = await born(parent)
          let tokens = first
          for (const pause of [0, ...pauses]) {
            world.clock.pass(pause)
            if (pause > 0) {
              const next = await world
                .refreshTokens({ refreshToken: tokens.refreshToken, clientId: CLIENT })
                .catch(() => undefined)
              if (next === undefined) break
              tokens = next
            }
            const session = await world.authenticateBearer(tokens.accessToken)
            const { principal, signedInAt } = parent
            // Never as if they had shown themselves anew: threats.md I6.
            expect(session).toMatchObject({ via: child, principal, signedInAt, authenticatedAt, mfaAt })
            expect(session.endsAt.getTime()).toBeLessThanOrEqual(parent.endsAt.getTime())
            expect(world.clock.now().getTime() + tokens.expiresInSeconds * 1000).toBeLessThanOrEqual(
              session.endsAt.getTime(),
            )
            expect(isWithin(session.via, parent.via)).toBe(true)
          }
          world.clock.pass(left)
          expect(await world.authenticateBearer(tokens.accessToken).catch(() => undefined)).toBeUndefined()
        },
      ),
      { numRuns: 25 },
    )
  })
})

it('ends no session after what it descends from, whatever it asks for (threats.md I7)', () => {
  const seconds = fc.integer({ min: -100_000, max: 100_000 })
  fc.assert(
    fc.property(seconds, seconds, (most, parent) => {
      const ends = endWithin(NINE, most, secondsAfter(NINE, parent))
      expect(ends.getTime()).toBe(secondsAfter(NINE, Math.min(most, parent)).getTime())
    }),
  )
})
