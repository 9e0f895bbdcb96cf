import { expect, it } from 'vitest'
import { RolegateError } from '../../src/domain/errors.ts'
import type { GatewaySession } from '../../src/domain/sign-in/session.ts'
import { SessionStore } from '../../src/http/session-store.ts'
import type { Sessions } from '../../src/usecases/ports/tables.ts'
import { aSession, NINE } from '../support/a-session.ts'

function aStore(found?: GatewaySession, { canWrite = true } = {}) {
  let now = NINE
  const made: string[] = []
  const unnoted: unknown[] = []
  const seen: { readonly at: Date; readonly until: Date | undefined }[] = []
  const sessions = {
    createIfAbsent: async (id) => made.push(id) > 0,
    async update(_id, change) {
      if (!canWrite) throw new RolegateError('store_unavailable')
      const { next, answer, keep } = change(found as GatewaySession)
      if (next !== null && keep !== undefined) seen.push({ at: next.lastSeenAt, until: keep.expiresAt })
      return answer
    },
  } satisfies Partial<Sessions>
  const store = new SessionStore({
    sessions: sessions as unknown as Sessions,
    findSession: async () => found,
    digest: (sid) => `digest of ${sid}`,
    idleSeconds: 3600,
    now: () => now,
    onUnnoted: (cause) => unnoted.push(cause),
  })
  return {
    save: (sid: string, signedIn: GatewaySession) =>
      new Promise((resolve) => store.set(sid, { cookie: { originalMaxAge: null }, signedIn }, resolve)),
    readAt(at: Date) {
      now = at
      return new Promise<GatewaySession | undefined>((resolve, reject) =>
        store.get('sid', (failure, data) => (failure ? reject(failure) : resolve(data?.signedIn))),
      )
    },
    made,
    seen,
    unnoted,
  }
}

const after = (seconds: number) => new Date(NINE.getTime() + seconds * 1000)

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

it('writes when a session was last seen once a minute, and keeps its row for as long as it may idle (security.md W-6)', async () => {
  const { readAt, seen } = aStore(aSession({ signedInAt: NINE, lastSeenAt: NINE, endsAt: after(36_000) }))
  await readAt(after(59))
  expect(seen).toEqual([])
  await readAt(after(60))
  expect(seen).toEqual([{ at: after(60), until: after(3_660) }])
})

it('finds a session whose last visit cannot be written, and says so once in five minutes', async () => {
  const session = aSession({ signedInAt: NINE, lastSeenAt: NINE, endsAt: after(36_000) })
  const { readAt, unnoted } = aStore(session, { canWrite: false })
  expect(await readAt(after(60))).toMatchObject({ id: session.id })
  await readAt(after(61))
  expect(unnoted).toMatchObject([{ code: 'store_unavailable' }])
  await readAt(after(360))
  expect(unnoted).toHaveLength(2)
})

it('knows no session that has idled, and does not wake it (security.md W-6)', async () => {
  const { readAt, seen } = aStore(aSession({ signedInAt: NINE, lastSeenAt: NINE, endsAt: after(36_000) }))
  expect(await readAt(after(3_599))).toMatchObject({ lastSeenAt: NINE })
  seen.length = 0
  expect(await readAt(after(3_600))).toBeUndefined()
  expect(seen).toEqual([])
})

it('is printed by its id, which is what express-session compares, and leaves the row’s own value as it is', async () => {
  const session = aSession({ id: 'digest of sid', signedInAt: NINE, lastSeenAt: NINE, endsAt: after(36_000) })
  const { readAt } = aStore(session)
  expect(JSON.stringify(await readAt(NINE))).toBe('"digest of sid"')
  expect(JSON.parse(JSON.stringify(session))).toMatchObject({ via: session.via })
})
