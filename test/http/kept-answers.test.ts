import request from 'supertest'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'
import { withManyAccounts } from '../support/many-accounts.ts'

const MINUTE = 60
/** In whole minutes, which have begun: up to a minute sooner than that. */
const clockIn = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString().slice(11, 16)

/** Alice's many accounts open in ten minutes, for half an hour. */
const openingSoon = (text: string): string =>
  withManyAccounts(60)(text).replace(
    'accounts: "tag:many", roles: [readonly, developer] }',
    `accounts: "tag:many", roles: [readonly, developer], require: { time: "${openingHours()}" } }`,
  )
/** Midnight ends a day as 24:00. */
const openingHours = (): string => `${clockIn(10 * MINUTE)}-${clockIn(40 * MINUTE)} UTC`.replace('-00:00', '-24:00')

let demo: Demo
let alice: Person
let bearer: { authorization: string }
beforeAll(async () => {
  demo = await aDemo({ edit: openingSoon })
  alice = await aPersonAt(demo, 'alice')
  bearer = { authorization: `Bearer ${(await aTerminalOf(demo, alice)).accessToken}` }
})
afterAll(() => demo.close())
beforeEach(() => void (demo.clock.offsetSeconds = 0))

const page = async (person = alice): Promise<string> =>
  (await person.get('/').set('accept-encoding', 'gzip').expect(200)).text

/** The states in which the compact list has developers of the many accounts. */
async function states(): Promise<ReadonlySet<string>> {
  const { body } = await request(demo.url).get('/v1/roles?form=compact').set(bearer).expect(200)
  const { accounts, lists, grants, kinds } = body as {
    accounts: { alias: string[]; list: number[] }
    lists: [number, number][][]
    grants: { state: string }[]
    kinds: { key: string }[]
  }
  const many = accounts.list.filter((_, place) => accounts.alias[place]?.startsWith('team-'))
  const roles = many.flatMap((list) => (lists[list] ?? []).filter(([kind]) => kinds[kind]?.key === 'developer'))
  return new Set(roles.map(([, grant]) => grants[grant]?.state ?? ''))
}

const OPENS = 'formaction="/roles/team-001/developer/console"'

describe('answers that are kept', () => {
  it('change with the moment, at the very next request, and back', async () => {
    for (const [after, isOpen] of [
      [0, false],
      [11 * MINUTE, true],
      [0, false],
      // A minute for the clock that shows whole ones, and one for this test to get here.
      [38 * MINUTE, true],
      [41 * MINUTE, false],
    ] as const) {
      demo.clock.offsetSeconds = after
      for (let time = 0; time < 3; time += 1) {
        expect([after, await states()]).toEqual([after, new Set([isOpen ? 'available' : 'not_now'])])
        expect([after, (await page()).includes(OPENS)]).toEqual([after, isOpen])
      }
    }
  })

  it('are one person’s own', async () => {
    const bob = await aPersonAt(demo, 'bob')
    for (let time = 0; time < 3; time += 1) {
      expect(await page()).toContain('team-001')
      expect(await page(bob)).not.toContain('team-001')
    }
  })

  it('are nobody’s who has signed out', async () => {
    const other = await aPersonAt(demo, 'alice')
    for (let time = 0; time < 3; time += 1) await page(other)
    await other.post('/sign-out', { _csrf: await other.csrf('/') }).expect(303)
    await other.get('/').expect(303)
  })
})
