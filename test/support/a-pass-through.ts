import { makeMemoryStore } from '../../src/adapters/store/memory.ts'
import { makeLimitRate } from '../../src/adapters/store/limit-rate.ts'
import { makeTable } from '../../src/adapters/store/table.ts'
import type { PassThroughAttempt } from '../../src/domain/sign-in/attempt.ts'
import type { GatewaySession } from '../../src/domain/sign-in/session.ts'
import { makeBeginPassThrough } from '../../src/usecases/hand-over/begin-pass-through.ts'
import { makeCompletePassThrough } from '../../src/usecases/hand-over/complete-pass-through.ts'
import type { AssertionSource, IdpAssertion } from '../../src/usecases/ports/identity-provider.ts'
import { makeCountOnce } from '../../src/usecases/sign-in/count-once.ts'
import { makeRecordRefused } from '../../src/usecases/sign-in/record-refused.ts'
import { aHandOver } from './a-hand-over.ts'
import { aMapping, anAccount } from './a-mapping.ts'
import { aRequest, NINE } from './a-session.ts'

export const ASSERTION = 'CANARY-ASSERTION-OF-THE-IDP'

/** Both halves of a pass-through over plain functions: `payments-prod` takes what the IdP `entra` signs. */
export function aPassThrough({ mapping, session }: Parameters<typeof aHandOver>[0] = {}) {
  const gateway = aHandOver({
    mapping: mapping ?? aMapping({ accounts: [anAccount({ sts: 'own', passThroughIdp: 'entra' })] }),
    ...(session && { session }),
  })
  const { world, clock, recorded, happened } = gateway
  world.strategies.set('own', { kind: 'pass_through_saml', providerName: 'entra' })
  const { principal } = gateway.ask().session
  const answered: IdpAssertion = {
    assertion: {
      kind: 'saml',
      response: ASSERTION,
      providerArn: 'arn:aws:iam::012345678901:saml-provider/entra',
      byIdp: true,
    },
    claims: {
      issuer: principal.issuer,
      claims: { sub: principal.subject },
      authentication: { claims: {} },
      once: { id: 'assertion-1', until: new Date(NINE.getTime() + 600_000) },
    },
    issuedAt: NINE,
    names: { sessionName: 'alice', sourceIdentity: null },
  }
  const idp = { answer: (): Promise<IdpAssertion> => Promise.resolve(answered), begin: () => Promise.resolve() }
  const source: AssertionSource = {
    async begin(id) {
      happened.push('ask idp')
      await idp.begin()
      const pending = { kind: 'saml', state: `${id}.state`, requestId: '_1', startedAt: clock.now() } as const
      return { move: { url: 'https://idp.example.com/sso' }, pending }
    },
    async complete() {
      happened.push('read answer')
      return idp.answer()
    },
  }
  const store = makeMemoryStore({ now: clock.now })
  const limitRate = makeLimitRate({ store, now: clock.now })
  const usedAttempts = makeTable<{ readonly at: Date }>(store, 'used-attempts', ['at'])
  const deps = {
    ...gateway.halves,
    rules: () => world.rules,
    assertionSources: new Map([['own', source]]),
    now: clock.now,
  }
  let attempts = 0
  const begin = makeBeginPassThrough({ ...deps, newAttemptId: () => `0000000${(attempts += 1)}` })
  const complete = makeCompletePassThrough({
    ...deps,
    mappings: new Map([
      ['entra', { idp: 'entra', subject: 'sub', username: 'name', groups: { claim: 'groups' }, keep: [] }],
    ]),
    countOnce: makeCountOnce({ usedAttempts, now: clock.now }),
    findSession: async (id): Promise<GatewaySession | undefined> =>
      id === world.session?.id ? world.session : undefined,
    limitRate,
    recordRefused: makeRecordRefused({
      limitRate,
      async audit(event) {
        happened.push(event.event)
        recorded.push(event)
      },
    }),
  })
  const come = (attempt: PassThroughAttempt | undefined, at = 'entra') =>
    complete({ idp: at, attempt, answer: { parameters: new Map() }, request: aRequest({ requestId: 'request-2' }) })

  return { ...gateway, idp, answered, begin, come }
}

/** Away at the IdP: what the browser's cookie remembers. */
export async function away(
  { begin, ask }: ReturnType<typeof aPassThrough>,
  handOver: 'credentials' | 'console' = 'credentials',
  changes: Parameters<ReturnType<typeof aHandOver>['ask']>[0] = {},
): Promise<PassThroughAttempt> {
  const trip = await begin(handOver, ask(changes))
  if (trip === undefined) throw new Error('the account does not pass through')
  return trip.attempt
}
