import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import type {
  BrowserMove,
  IdentityProvider,
  LogoutMessage,
  LogoutRequest,
} from '../../../src/usecases/ports/identity-provider.ts'
import { idpSessionsOf, makeReceiveLogout } from '../../../src/usecases/sign-in/receive-logout.ts'
import { aDeviceWorld } from '../../support/a-device-world.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aRequest, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
const IDP = 'https://idp.example.com/tenant'
const message: LogoutMessage = { binding: 'redirect', query: 'SAMLRequest=x' }
const answer: BrowserMove = { url: 'https://idp.example.com/slo?SAMLResponse=y' }

const signedInAs = (nameId: string, index?: string) => ({
  idpSession: { nameId, format: PERSISTENT, ...(index !== undefined && { index }) },
})
const alice = (id: string, index?: string, changes: Partial<GatewaySession> = {}): GatewaySession =>
  aSession({ id, ...signedInAs('alice', index), ...changes })

type Heard = LogoutRequest | undefined | Error

/** Single logout over a real store, with an IdP that asks for whatever the test has it ask. */
async function aWorld({ sessions = [alice('one', '_1')] }: { sessions?: readonly GatewaySession[] } = {}) {
  const [first = aSession()] = sessions
  const world = await aDeviceWorld({ session: first })
  const heard = { request: undefined as Heard, messages: [] as LogoutMessage[] }
  const limits: string[] = []
  const saml = {
    metadata: async () => '',
    logoutMove: async () => undefined,
    forAws: {
      begin: () => Promise.reject(new Error('not here')),
      complete: () => Promise.reject(new Error('not here')),
    },
    async receiveLogout(received: LogoutMessage) {
      heard.messages.push(received)
      if (heard.request instanceof Error) throw heard.request
      return heard.request
    },
  }
  const provider = (id: string, more: Partial<IdentityProvider> = {}): IdentityProvider => ({
    id,
    label: id,
    issuer: () => IDP,
    begin: () => Promise.reject(new Error('not here')),
    complete: () => Promise.reject(new Error('not here')),
    isReady: () => true,
    recall: async () => {},
    warmUp: async () => {},
    signOutUrl: () => undefined,
    ...more,
  })
  const receiveLogout = makeReceiveLogout({
    providers: new Map([
      ['entra', provider('entra', { saml })],
      ['okta', provider('okta')],
    ]),
    sessions: world.sessions,
    digest: world.digest,
    endSession: world.endSession,
    async limitRate(key, limit, windowSeconds) {
      limits.push(`${key} ${limit}/${windowSeconds}`)
      await world.limitRate(key, limit, windowSeconds)
    },
    audit: world.audit,
  })
  for (const session of sessions) {
    const owner = idpSessionsOf(session, world.digest)
    await world.sessions.put(session.id, session, {
      expiresAt: session.endsAt,
      ...(owner !== undefined && { owner }),
    })
  }
  return {
    ...world,
    heard,
    limits,
    receive: (idp = 'entra') => receiveLogout(idp, message, aRequest()),
    async left(): Promise<readonly string[]> {
      const rows = await Promise.all(sessions.map(({ id }) => world.sessions.get(id)))
      return rows.flatMap((session) => session?.id ?? [])
    },
  }
}

const ends = (nameId: string, index?: string, more: Partial<LogoutRequest> = {}): LogoutRequest => ({
  issuer: IDP,
  nameId,
  indexes: index === undefined ? [] : [index],
  before: secondsAfter(NINE, 60),
  answer,
  ...more,
})

describe('a logout request of the IdP', () => {
  it('ends the one session that it names, and sends the browser back with the answer', async () => {
    const world = await aWorld({ sessions: [alice('one', '_1'), alice('two', '_2')] })
    world.heard.request = ends('alice', '_1')
    expect(await world.receive()).toEqual(answer)
    expect(await world.left()).toEqual(['two'])
    expect(world.heard.messages).toEqual([message])
  })

  it('ends all sessions of the person when it names none', async () => {
    const world = await aWorld({ sessions: [alice('one', '_1'), alice('two', '_2'), alice('three')] })
    world.heard.request = ends('alice')
    await world.receive()
    expect(await world.left()).toEqual([])
  })

  it.each<[string, GatewaySession, LogoutRequest]>([
    ['another person’s', aSession({ id: 'one', ...signedInAs('bob', '_1') }), ends('alice', '_1')],
    ['a person’s whose name differs by case', aSession({ id: 'one', ...signedInAs('Alice', '_1') }), ends('alice')],
    [
      'a person’s of that name at another IdP (threats.md I3)',
      alice('one', '_1', { principal: aPrincipal({ issuer: 'https://other.example.com' }) }),
      ends('alice'),
    ],
    ['a session of another index', alice('one', '_2'), ends('alice', '_1')],
    ['a session that no NameID was given for', aSession({ id: 'one', ...signedInAs('') }), ends('')],
    ['a session that came by OpenID Connect', aSession({ id: 'one' }), ends('alice')],
  ])('leaves %s', async (_, session, request) => {
    const world = await aWorld({ sessions: [session] })
    world.heard.request = request
    expect(await world.receive()).toEqual(answer)
    expect(await world.left()).toEqual(['one'])
  })

  it('ends the terminals with the session (threats.md D10)', async () => {
    const world = await aWorld()
    const { accessToken } = await world.signedIn()
    world.heard.request = ends('alice', '_1')
    await world.receive()
    expect((await refusalFrom(world.authenticateBearer(accessToken))).code).toBe('sign_in_required')
  })

  it('ends no session that has ended already, and answers all the same', async () => {
    const world = await aWorld()
    world.clock.pass(13 * 3600)
    world.heard.request = ends('alice', '_1')
    expect(await world.receive()).toEqual(answer)
    expect(world.recorded).toEqual([])
  })

  it('is answered when there is nobody of that name', async () => {
    const world = await aWorld()
    world.heard.request = ends('mallory')
    expect(await world.receive()).toEqual(answer)
    expect([await world.left(), world.recorded]).toEqual([['one'], []])
  })

  it('ends the session where the IdP takes no answer', async () => {
    const world = await aWorld()
    world.heard.request = { issuer: IDP, nameId: 'alice', indexes: [], before: secondsAfter(NINE, 60) }
    expect(await world.receive()).toBeUndefined()
    expect(await world.left()).toEqual([])
  })

  it('is on record, for each session that it ended', async () => {
    const world = await aWorld({ sessions: [alice('one', '_1'), alice('two', '_2')] })
    world.heard.request = ends('alice')
    await world.receive()
    expect(world.recorded).toMatchObject([
      { event: 'sign_out', request: aRequest(), principal: { subject: 'oid-1' }, session: { id: 'one' } },
      { event: 'sign_out', request: aRequest(), principal: { subject: 'oid-1' }, session: { id: 'two' } },
    ])
  })

  it('ends the session also when the record of it fails', async () => {
    const world = await aWorld()
    world.fails.audit = 'sign_out'
    world.heard.request = ends('alice')
    expect((await refusalFrom(world.receive())).code).toBe('audit_unavailable')
    expect(await world.left()).toEqual([])
  })

  it('ends every session of the person also when the record of the first fails', async () => {
    const world = await aWorld({ sessions: [alice('one', '_1'), alice('two', '_2')] })
    world.fails.audit = 'sign_out'
    world.heard.request = ends('alice')
    expect((await refusalFrom(world.receive())).code).toBe('audit_unavailable')
    expect(await world.left()).toEqual([])
  })
})

describe('a logout request that came before', () => {
  it('ends nobody who has signed in since: the same request once more is harmless', async () => {
    const world = await aWorld({
      sessions: [alice('one', '_1'), alice('two', '_1', { signedInAt: secondsAfter(NINE, 61) })],
    })
    world.heard.request = ends('alice')
    await world.receive()
    expect(await world.left()).toEqual(['two'])
  })

  it('means a session without an index as well: it cannot be told from the one it names', async () => {
    const world = await aWorld({ sessions: [alice('one', '_1'), alice('two')] })
    world.heard.request = ends('alice', '_1')
    await world.receive()
    expect(await world.left()).toEqual([])
  })
})

describe('an answer to a request of ours', () => {
  it('ends nothing and is the end of the trip (security.md S-44)', async () => {
    const world = await aWorld()
    expect(await world.receive()).toBeUndefined()
    expect([await world.left(), world.recorded]).toEqual([['one'], []])
  })
})

describe('a request that is refused', () => {
  const refusal = new RolegateError('sign_in_rejected', {}, { reason: 'saml_signature' })

  it('ends nothing, and is on record with its reason', async () => {
    const world = await aWorld()
    world.heard.request = refusal
    expect(await refusalFrom(world.receive())).toBe(refusal)
    expect(await world.left()).toEqual(['one'])
    expect(world.recorded).toEqual([
      {
        event: 'sign_out_refused',
        request: aRequest(),
        idp: 'entra',
        code: 'sign_in_rejected',
        reason: 'saml_signature',
      },
    ])
  })

  it('is on record as internal when what failed is nothing we know', async () => {
    const world = await aWorld()
    world.heard.request = new TypeError('x is not a function')
    await expect(world.receive()).rejects.toBe(world.heard.request)
    expect(world.recorded).toEqual([{ event: 'sign_out_refused', request: aRequest(), idp: 'entra', code: 'internal' }])
  })

  it('does not come through when the record fails', async () => {
    const world = await aWorld()
    world.heard.request = refusal
    world.fails.audit = 'sign_out_refused'
    expect((await refusalFrom(world.receive())).code).toBe('audit_unavailable')
  })
})

describe('what it takes from one network', () => {
  it('is 3,000 messages a minute, before anything is read', async () => {
    const world = await aWorld()
    for (let count = 0; count < 3_000; count++) await world.limitRate('callback:52.94.76.7', 3_000, 60)
    expect((await refusalFrom(world.receive())).code).toBe('rate_limited')
    expect(world.heard.messages).toEqual([])
  })

  it('is 60 refused ones a minute on record: a stranger must not fill the log', async () => {
    const world = await aWorld()
    world.heard.request = new RolegateError('sign_in_rejected', {}, { reason: 'saml_unsigned' })
    for (let count = 0; count < 60; count++) expect((await refusalFrom(world.receive())).code).toBe('sign_in_rejected')
    expect((await refusalFrom(world.receive())).code).toBe('rate_limited')
    expect(world.recorded).toHaveLength(60)
    world.clock.pass(61)
    expect((await refusalFrom(world.receive())).code).toBe('sign_in_rejected')
  })

  it('does not count what is genuine as refused', async () => {
    const world = await aWorld()
    world.heard.request = ends('alice')
    await world.receive()
    expect(world.limits).toEqual(['callback:52.94.76.7 3000/60'])
  })
})

describe('an IdP', () => {
  it.each(['nobody', '', '__proto__', 'okta'])('called %j has no single logout here', async (idp) => {
    const world = await aWorld()
    world.heard.request = ends('alice')
    expect(await refusalFrom(world.receive(idp))).toMatchObject({
      code: 'not_found',
      values: { what: 'identity provider' },
    })
    expect([world.heard.messages, world.limits, await world.left()]).toEqual([[], [], ['one']])
  })
})

describe('what a session is kept under for its IdP', () => {
  const digest = (text: string) => `digest(${text})`
  const owner = (session: GatewaySession) => idpSessionsOf(session, digest)

  it('is one for all sessions of a NameID, whichever they are', () => {
    const later = alice('two', '_2', { signedInAt: new Date(NINE.getTime() + 1) })
    expect(owner(later)).toBe(owner(alice('one', '_1')))
  })

  it('is another for each other IdP of the file, whatever name that one goes by (threats.md I2)', () => {
    const at = (idp: string) => owner(aSession({ principal: aPrincipal({ idp }), ...signedInAs('alice') }))
    expect(at('evil')).not.toBe(at('contractors'))
  })

  it('is another for each other NameID and issuer, however they are put together', () => {
    const of = (issuer: string, nameId: string) =>
      owner(aSession({ principal: aPrincipal({ issuer }), ...signedInAs(nameId) }))
    const all = [of('a', 'b'), of('a","b', 'c'), of('a', 'b","c'), of('ab', ''), of('', 'ab'), of('b', 'a')]
    expect(new Set(all).size).toBe(all.length)
  })

  it('is nothing where the IdP gave no NameID, or the session came another way', () => {
    expect(owner(aSession())).toBeUndefined()
    expect(owner(aSession(signedInAs('')))).toBeUndefined()
  })

  it('shows neither issuer nor name: the store’s rows are read by others', () => {
    const shown = idpSessionsOf(alice('one'), () => 'DIGEST')
    expect(shown).toBe('idp-session:DIGEST')
  })
})
