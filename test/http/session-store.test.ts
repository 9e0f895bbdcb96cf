import { expect, it } from 'vitest'
import { SessionStore } from '../../src/http/session-store.ts'
import { aSession, NINE } from '../support/a-session.ts'

function aStore() {
  const made: string[] = []
  const createIfAbsent = async (id: string) => made.push(id) > 0
  const store = new SessionStore({
    sessions: { createIfAbsent } as never,
    findSession: async () => undefined,
    digest: (sid) => `digest of ${sid}`,
    idleSeconds: 3600,
    now: () => NINE,
  })
  const save = (sid: string, signedIn: ReturnType<typeof aSession>) =>
    new Promise((resolve) => store.set(sid, { cookie: { originalMaxAge: null }, signedIn }, resolve))
  return { save, made }
}

it('makes a session’s row once, however often express-session saves it', async () => {
  const { save, made } = aStore()
  const signedIn = aSession({ id: 'digest of sid' })
  await save('sid', signedIn)
  await save('sid', signedIn)
  expect(made).toEqual(['digest of sid'])
})

it('makes no row under the id of another session (security.md W-1)', async () => {
  const { save, made } = aStore()
  await save('other', aSession({ id: 'digest of sid' }))
  expect(made).toEqual([])
})
