import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'

let demo: Demo
let alice: Person
let token: string
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
  token = (await aTerminalOf(demo, alice)).accessToken
})
afterAll(() => demo.close())

const ask = (role: string, bearer = token) =>
  request(demo.url).post('/v1/explain').set('authorization', `Bearer ${bearer}`).send({ role })

describe('POST /v1/explain', () => {
  it('explains a role one has', async () => {
    const { body } = await ask('payments-dev/developer').expect(200)
    expect(body).toMatchObject({
      role: 'payments-dev/developer',
      available: true,
      because: 'granted',
      rules: [{ rule: 'payments-developers', met: { group: 'payments-developers' } }],
    })
  })

  it('says what a terminal is kept from, in words', async () => {
    const { body } = await ask('payments-prod/admin').expect(200)
    expect(body).toMatchObject({
      available: false,
      because: 'condition_unmet',
      unmet: [{ condition: 'browser_session_for_elevated', why: expect.stringContaining('browser') }],
    })
  })

  it('tells those who lack an elevated role no more than that there is none (threats.md P3)', async () => {
    const bob = await aPersonAt(demo, 'bob')
    const { accessToken } = await aTerminalOf(demo, bob)
    const [hidden, nowhere] = [await ask('payments-prod/admin', accessToken), await ask('nowhere/admin', accessToken)]
    expect([hidden.status, hidden.body.code]).toEqual([404, 'role_unknown'])
    expect({ ...hidden.body, requestId: '' }).toEqual({ ...nowhere.body, requestId: '' })
  })
})

describe('the page “Why?”', () => {
  it('shows the same to a person, and what they have instead', async () => {
    const mine = await alice.get('/roles/payments-dev/developer/why').expect(200)
    expect(mine.text).toContain('You may take this role now.')
    expect(mine.text).toContain('payments-developers')
    const not = await alice.get('/roles/data-prod/developer/why').expect(200)
    expect(not.text).toContain('No rule gives you this role.')
    expect(not.text).toContain('data-prod/readonly')
  })

  it('is a click away where a role is refused', async () => {
    const refused = await alice.get('/roles/data-prod/developer').expect(403)
    expect(refused.text).toContain('href="/roles/data-prod/developer/why"')
  })
})
