import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import { SESSION_DATES, type GatewaySession } from '../../../src/domain/sign-in/session.ts'
import type { KnownPerson, SessionName } from '../../../src/usecases/ports/tables.ts'
import { terminalsOf } from '../../../src/usecases/sign-in/find-session.ts'
import { makeRememberPerson } from '../../../src/usecases/sign-in/people.ts'
import { forgetNames, makeFindSignedIn, makeNoteNames } from '../../../src/usecases/sign-in/signed-in-by-name.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aClock, aSession, NINE, secondsAfter } from '../../support/a-session.ts'

const digest = (text: string) => `digest(${text})`
const OKTA = { idp: 'okta', issuer: 'https://okta.example.com' }

function aGateway() {
  const clock = aClock()
  const store = makeMemoryStore({ now: clock.now })
  const sessions = makeTable<GatewaySession>(store, 'sessions', SESSION_DATES)
  const sessionNames = makeTable<SessionName>(store, 'session-names', ['signedInAt'])
  const people = makeTable<KnownPerson>(store, 'people', ['seenAt'])
  const looked: string[] = []
  const ended = new Set<string>()
  const nameDigests = (name: string): [string, ...string[]] => [`new(${name})`, `former(${name})`]
  const deps = { sessionNames, digest, nameDigests, people }
  const note = makeNoteNames(deps)
  const remember = makeRememberPerson(deps)
  const find = makeFindSignedIn({
    ...deps,
    sessions,
    async findSession(id) {
      looked.push(id)
      return ended.has(id) ? undefined : sessions.get(id)
    },
    issuerOf: (idp) =>
      ({
        entra: { issuer: aPrincipal().issuer, subjectClaim: 'oid' },
        okta: { issuer: OKTA.issuer, subjectClaim: 'sub' },
      })[idp],
    idps: new Set(['entra', 'okta']),
    now: clock.now,
  })
  async function signIn(changes: Partial<GatewaySession>): Promise<GatewaySession> {
    const session = aSession({ signedInAt: clock.now(), ...changes })
    await sessions.put(session.id, session, { expiresAt: session.endsAt })
    await note(session)
    await remember(session.principal, session.signedInAt)
    return session
  }
  async function terminal(parent: GatewaySession, id: string): Promise<void> {
    const session: GatewaySession = { ...parent, id, via: 'device' }
    await sessions.put(id, session, { owner: terminalsOf(parent.principal, digest), expiresAt: session.endsAt })
  }
  return { clock, store, sessions, sessionNames, looked, ended, find, signIn, terminal }
}

describe('somebody who is signed in', () => {
  it('is found by user name, e-mail address and subject, in any case but the subject’s', async () => {
    const { find, signIn } = aGateway()
    await signIn({
      id: 'a',
      principal: aPrincipal({ username: 'Alice', email: 'A.Archer@Example.com', emailVerified: true }),
    })
    for (const name of ['alice', 'ALICE ', 'a.archer@example.com', aPrincipal().subject])
      expect([name, (await find(name)).id]).toEqual([name, 'a'])
    for (const name of ['alic', '', aPrincipal().subject.toUpperCase(), aPrincipal().issuer])
      expect([name, (await refusalFrom(find(name))).code]).toEqual([name, 'role_unknown'])
  })

  it('is known by the newest of their sessions, whichever began it', async () => {
    const { find, signIn, clock } = aGateway()
    await signIn({ id: 'old' })
    clock.pass(60)
    await signIn({ id: 'new', principal: aPrincipal({ groups: ['Moved'] }) })
    expect((await find('alice@example.com')).principal.groups.names).toEqual(['Moved'])
  })

  it('is found by a terminal, once their browser has idled out', async () => {
    const { find, signIn, terminal, sessions } = aGateway()
    await terminal(await signIn({ id: 'browser' }), 'terminal')
    await sessions.delete('browser')
    expect(await find('alice@example.com')).toMatchObject({ id: 'terminal', via: 'device' })
  })

  it('is nobody any more after a sign-out, an emergency, or the end of it', async () => {
    const { find, signIn, sessions, ended, clock } = aGateway()
    await signIn({ id: 'gone' })
    await sessions.delete('gone')
    await signIn({ id: 'ended' })
    ended.add('ended')
    await signIn({ id: 'over', endsAt: secondsAfter(NINE, 600) })
    clock.pass(600)
    expect((await refusalFrom(find('alice@example.com'))).code).toBe('role_unknown')
  })

  it('is never guessed: of two who go by one name both are said, and the IdP or the subject tells them apart', async () => {
    const { find, signIn } = aGateway()
    await signIn({ id: 'entra' })
    await signIn({
      id: 'okta',
      principal: aPrincipal({
        ...OKTA,
        subject: 'o-7',
        email: 'Alice@example.com',
        emailVerified: true,
        username: 'al',
      }),
    })
    const { code, values } = await refusalFrom(find('alice@example.com'))
    expect(code).toBe('role_ambiguous')
    expect(values['people']).toHaveLength(2)
    expect(String(values['people'])).toContain('(o-7) at okta')
    expect((await find('alice@example.com', 'okta')).id).toBe('okta')
    expect((await find('o-7')).id).toBe('okta')
    // One subject at two IdPs is two people.
    await signIn({ id: 'same', principal: aPrincipal({ ...OKTA, username: 'other' }) })
    expect((await refusalFrom(find(aPrincipal().subject))).code).toBe('role_ambiguous')
  })

  it('is not somebody of another IdP who has taken their name; who says which IdP finds them (threats.md I1)', async () => {
    const { find, signIn } = aGateway()
    await signIn({ id: 'alice' })
    const shown = 'okta:alice@example.com'
    const principal = aPrincipal({ ...OKTA, subject: 'o-7', username: shown, email: shown, emailVerified: true })
    await signIn({ id: 'mallory', principal })
    expect((await find('alice@example.com')).id).toBe('alice')
    expect((await find(shown)).id).toBe('mallory')
    expect((await find('Alice@example.com', 'okta')).id).toBe('mallory')
  })

  it('is looked for among those of that name, however many others are signed in', async () => {
    const { find, signIn, looked } = aGateway()
    for (let at = 0; at < 50; at += 1)
      await signIn({ id: `s${at}`, principal: aPrincipal({ subject: `u-${at}`, username: `user-${at}` }) })
    expect((await find('user-7')).id).toBe('s7')
    expect(looked).toEqual(['s7'])
  })

  it('is not found by a row that somebody moved under another name (threats.md K1)', async () => {
    const { find, signIn, sessionNames } = aGateway()
    await signIn({ id: 'a' })
    const row = { name: 'alice@example.com', sessionId: 'a', ...aPrincipal(), signedInAt: NINE }
    await sessionNames.put('moved', row, { owner: `name:new(bob)` })
    expect((await refusalFrom(find('bob'))).code).toBe('role_unknown')
  })

  it('is not found by an address that their IdP does not vouch for (security.md O-10)', async () => {
    const { find, signIn } = aGateway()
    await signIn({ id: 'a', principal: aPrincipal({ username: 'mallory', email: 'alice@corp.example' }) })
    expect((await refusalFrom(find('alice@corp.example'))).code).toBe('role_unknown')
    expect((await find('mallory')).id).toBe('a')
  })

  it('is not pushed aside by somebody else who claims their name and signs in all day', async () => {
    const { find, signIn, clock } = aGateway()
    await signIn({ id: 'alice' })
    const mallory = {
      ...OKTA,
      subject: 'mallory',
      username: 'mallory',
      email: 'alice@example.com',
      emailVerified: true,
    } as const
    for (let at = 0; at < 205; at += 1) {
      clock.pass(1)
      await signIn({ id: `m${at}`, principal: aPrincipal(mallory) })
    }
    const { code, values } = await refusalFrom(find('alice@example.com'))
    expect([code, String(values['people'])]).toEqual(['role_ambiguous', expect.stringContaining('(oid-1) at entra')])
    expect((await find('alice@example.com', 'entra')).id).toBe('alice')
    expect((await find('alice@example.com', 'okta')).id).toBe('m204')
  })

  it('is looked for among the newest of their own sign-ins, and the answer says where there are more', async () => {
    const { find, signIn, sessions, looked, clock } = aGateway()
    for (let at = 0; at < 201; at += 1) {
      clock.pass(1)
      await signIn({ id: `s${at}` })
    }
    expect((await find('alice@example.com')).id).toBe('s200')
    expect(looked).toHaveLength(20)
    for (let at = 2; at < 201; at += 1) await sessions.delete(`s${at}`)
    expect((await find('alice@example.com')).id).toBe('s1')
    await sessions.delete('s1')
    expect((await refusalFrom(find('alice@example.com'))).values).toMatchObject({ lookedAt: 200 })
  })

  it('is found by what was noted before the master key was another', async () => {
    const { find, signIn, sessionNames } = aGateway()
    const session = await signIn({ id: 'a' })
    await forgetNames(sessionNames, 'a')
    const { idp, issuer, subject } = session.principal
    const row = { name: 'alice@example.com', sessionId: 'a', idp, issuer, subject, signedInAt: NINE }
    await sessionNames.put('a 0', row, { owner: 'name:former(alice@example.com)' })
    expect((await find('alice@example.com')).id).toBe('a')
  })

  it('leaves nothing behind once what came of it is over', async () => {
    const { signIn, clock, store } = aGateway()
    await signIn({ id: 'a' })
    clock.pass(12 * 3600)
    await store.sweep()
    expect(await store.listByOwner('session-names', `name:new(alice@example.com)`)).toEqual([])
  })
})
