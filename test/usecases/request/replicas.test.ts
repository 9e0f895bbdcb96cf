import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeSqliteStore } from '../../../src/adapters/store/sqlite.ts'
import type { Store } from '../../../src/usecases/ports/store.ts'
import { whyNoSqlite } from '../../adapters/store/sql.ts'
import { aRequestWorld } from '../../support/a-request-world.ts'
import { aLead } from '../../support/a-role-request.ts'
import { aClock, aSession } from '../../support/a-session.ts'

type Gateway = ReturnType<typeof aRequestWorld>
type Opened = { readonly stores: readonly [Store, Store]; readonly close: () => Promise<void> }

const other = aSession({ id: 'session-3', principal: aLead({ subject: 'oid-3', email: 'otto@example.com' }) })
const succeeded = (all: readonly PromiseSettledResult<unknown>[]) =>
  all.filter(({ status }) => status === 'fulfilled').length

/** One store under two gateways, whatever keeps the rows. */
function races(name: string, open: (clock: ReturnType<typeof aClock>) => Opened): void {
  describe(`two gateways over ${name}`, () => {
    async function over(run: (one: Gateway, two: Gateway, clock: ReturnType<typeof aClock>) => Promise<void>) {
      const clock = aClock()
      const { stores, close } = open(clock)
      const [one, two] = [aRequestWorld(clock, stores[0]), aRequestWorld(clock, stores[1])]
      try {
        await run(one, two, clock)
      } finally {
        await close()
      }
    }

    it('make one request of many that are asked at once', () =>
      over(async (one, two) => {
        const asked = await Promise.all([one.ask(), two.ask(), one.ask(), two.ask()])
        expect(new Set(asked.map(({ id }) => id)).size).toBe(1)
        expect((await two.answers.list(two.lead)).waiting).toHaveLength(1)
      }))

    it('take one word of two approvers, and the other is told that it is over', () =>
      over(async (one, two) => {
        const { id } = await one.ask()
        const done = await Promise.allSettled([
          one.answers.approve(one.by(one.lead, id), { seconds: 3600 }),
          two.answers.approve(two.by(other, id), { seconds: 7200 }),
        ])
        expect(succeeded(done)).toBe(1)
        expect(
          [one, two].flatMap(({ recorded }) => recorded.filter(({ event }) => event === 'request_approved')),
        ).toHaveLength(1)
        expect(await two.isOpen()).toBe(true)
      }))

    it('either approve or cancel, and never both', () =>
      over(async (one, two) => {
        const { id } = await one.ask()
        await Promise.allSettled([
          one.answers.approve(one.by(one.lead, id), {}),
          two.answers.cancel(two.by(two.alice, id)),
        ])
        const { status } = (await one.requests.get(id)) ?? {}
        expect(['approved', 'cancelled']).toContain(status)
        expect(await one.isOpen()).toBe(status === 'approved')
      }))

    it('see at once what the other has ended, and neither answers what has expired', () =>
      over(async (one, two, clock) => {
        const { id } = await one.ask()
        await one.answers.approve(one.by(one.lead, id), {})
        expect(await two.isOpen()).toBe(true)
        await two.answers.end(two.by(two.alice, id))
        expect(await one.isOpen()).toBe(false)
        const late = await one.ask()
        clock.pass(86_400)
        const fresh = aSession({
          principal: aLead(),
          signedInAt: clock.now(),
          endsAt: new Date(clock.now().getTime() + 1e6),
        })
        const done = await Promise.allSettled([
          one.answers.approve(one.by(fresh, late.id), {}),
          two.answers.deny(two.by(fresh, late.id), {}),
        ])
        expect([succeeded(done), await two.isOpen()]).toEqual([0, false])
      }))
  })
}

races('one memory', ({ now }) => {
  const store = makeMemoryStore({ now })
  return { stores: [store, store], close: () => store.close() }
})

describe.skipIf(whyNoSqlite !== undefined)('with SQLite', () => {
  races('one file', ({ now }) => {
    const folder = mkdtempSync(join(tmpdir(), 'rolegate-requests-'))
    const path = join(folder, 'store.db')
    const stores = [makeSqliteStore({ path, now }), makeSqliteStore({ path, now })] as const
    return {
      stores,
      async close() {
        await Promise.all(stores.map((store) => store.close()))
        rmSync(folder, { recursive: true })
      },
    }
  })
})
