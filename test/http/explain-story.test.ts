import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'
import { aTerminalBeside } from '../support/an-authorization.ts'

/** A rule that would give what groups name, with a fence that keeps out a group of alice's. */
const FENCED = `
  - id: by-name
    owner: "#naming"
    match: { idp: demo, pattern: '^(?P<team>[a-z]+)-developers$' }
    grant: { accounts: "\${team}-prod", roles: [operator] }
    within: { accounts: [data-prod], roles: [operator] }`

let demo: Demo
let alice: Person
let bearer: string
beforeAll(async () => {
  demo = await aDemo({
    edit: (text) =>
      text
        .replace(
          /(\n {2}readonly: \{.*) \}/,
          (_, whole: string) => `${whole}, default_duration: until 19:00, require: { reason: true } }`,
        )
        .replace('\nrules:', () => `\nrules:${FENCED}`),
  })
  alice = await aPersonAt(demo, 'alice')
  bearer = await aTerminalBeside(demo, alice)
})
afterAll(() => demo.close())

const asked = async (said: object) =>
  (await request(demo.url).post('/v1/explain').set('authorization', `Bearer ${bearer}`).send(said)).body as {
    rules: object[]
    ask: string[]
    nearest: string[]
    elevated?: true
    usual: { seconds: number; until: string; timeZone: string }
    code?: string
  }

describe('one story, whichever face tells it', () => {
  it('says which group of theirs a fence kept out, and whom to ask', async () => {
    const { rules, ask } = await asked({ role: 'payments-prod/operator' })
    expect(rules[0]).toEqual({ rule: 'by-name', effect: 'grant', owner: '#naming', fenced: 'payments-developers' })
    expect(ask).toContain('#naming')
    const page = await alice.get('/roles/payments-prod/operator/why').expect(200)
    expect(page.text).toMatch(/not to your group <code>payments-developers<\/code>: it fits the rule/)
  })

  it('offers what the list calls available, and break-glass last', async () => {
    const { nearest } = await asked({ role: 'payments-prod/operator' })
    expect(nearest).toEqual(['payments-prod/readonly', 'payments-prod/admin'])
    const page = await alice.get('/roles/payments-prod/operator/why').expect(200)
    const links = [...page.text.matchAll(/<li><a href="\/roles\/([^"]+)">/g)].map(([, name]) => name)
    expect(links).toEqual(nearest)
  })

  it('says that each use of an elevated role takes a fresh sign-in of its own (threats.md H8)', async () => {
    expect(await asked({ role: 'payments-prod/admin' })).toMatchObject({ available: true, elevated: true })
    expect((await alice.get('/roles/payments-prod/admin/why')).text).toContain(
      'Each use takes a fresh sign-in of its own.',
    )
  })

  it('lasts until a time of day by the clock of whoever asks, as the hand-over does', async () => {
    const role = 'payments-dev/readonly'
    const [here, there] = [await asked({ role }), await asked({ role, timeZone: 'Asia/Tokyo' })]
    expect(here.usual).toMatchObject({ until: '19:00', timeZone: 'UTC' })
    expect(there.usual).toMatchObject({ until: '19:00', timeZone: 'Asia/Tokyo' })
    const lent = await request(demo.url)
      .post('/v1/credentials')
      .set('authorization', `Bearer ${bearer}`)
      .send({ role, timeZone: 'Asia/Tokyo', reason: 'a look' })
    expect(Math.abs(lent.body.seconds - there.usual.seconds)).toBeLessThanOrEqual(30)
    expect((await alice.get(`/roles/${role}/why`)).text).toMatch(/19:00 in UTC, or where your browser is/)
    const beside = { role, timeZone: 'Asia/Tokyo', as: { idp: 'demo', groups: [] } }
    expect(await asked(beside)).toMatchObject({ code: 'invalid_request' })
  })
})
