import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { anAuthorization, answered, redeem } from '../support/an-authorization.ts'
import { inTheDirectory } from '../support/in-the-directory.ts'
import { aPersonAt, tripOf, type Person } from '../support/a-person.ts'

const DEVELOPER = 'payments-dev/developer'
const ADMIN = 'payments-prod/admin'

let demo: Demo
beforeAll(async () => {
  demo = await aDemo({
    edit: (text) =>
      text
        .replace(/\ntests:[\s\S]*/, '\n')
        .replace('max_duration: 8h }', 'max_duration: 8h, require: { mfa_within: 1m } }')
        .replace('max_duration: 1h }', 'max_duration: 1h, require: { mfa_within: 1m, reason: true } }'),
  })
})
afterAll(() => demo.close())

/** Signed in a minute ago by the gateway’s clock, which is behind the IdP’s at first and then ahead, by less than is allowed. */
async function aStalePerson(): Promise<Person> {
  demo.clock.offsetSeconds = -55
  const alice = await aPersonAt(demo, 'alice')
  demo.clock.offsetSeconds = 7
  return alice
}

describe('a role that asks for a second factor a short while ago (threats.md I6)', () => {
  it('is given after a fresh sign-in, by the role’s own form, again and again', async () => {
    const alice = await aStalePerson()
    const form = `/roles/${DEVELOPER}/credentials`
    const refused = await alice.post(form, { _csrf: await alice.csrf() }).expect(403)
    expect(refused.text).toContain('step_up_required')
    expect((await alice.get(`/roles/${DEVELOPER}`)).text).toContain(`/roles/${DEVELOPER}/step-up?for=console`)
    expect((await tripOf(alice, `/roles/${DEVELOPER}/step-up?for=console`)).path).toBe(`/roles/${DEVELOPER}`)
    const _csrf = await alice.csrf()
    await alice.post(form, { _csrf }).expect(200)
    await alice.post(form, { _csrf }).expect(200)
  })

  it('is no less an elevated one for that: a fresh session gives none (threats.md H8)', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const reason = 'the night shift called'
    const answer = await alice.post(`/roles/${ADMIN}/credentials`, { _csrf: await alice.csrf(), reason }).expect(403)
    expect(answer.text).toContain('step_up_required')
  })

  it('is given with a reason by the last click, and a forgotten one costs no trip', async () => {
    const alice = await aStalePerson()
    const { path } = await tripOf(alice, `/roles/${ADMIN}/step-up?for=credentials`)
    expect(await (await alice.fetch(`${demo.url}${path}`)).text()).toContain('name="reason"')
    const _csrf = await alice.csrf()
    await alice.post(path, { _csrf }).expect(403)
    await alice.post(path, { _csrf, reason: 'the night shift called' }).expect(200)
    expect(demo.audit().at(-1)).toMatchObject({ event: 'issued', reason_given: 'the night shift called' })
  })
})

describe('in a terminal', () => {
  async function aStaleTerminal() {
    demo.clock.offsetSeconds = -55
    const alice = await aPersonAt(demo, 'alice')
    const asked = anAuthorization({ host: 'alices-laptop' })
    const code = (await answered(alice, asked)).searchParams.get('code') ?? ''
    const { access_token: token } = (await redeem(demo, asked, code).expect(200)).body as { access_token: string }
    demo.clock.offsetSeconds = 7
    const ask = (body: object) =>
      request(demo.url).post('/v1/credentials').set('authorization', `Bearer ${token}`).send(body)
    return { alice, ask }
  }
  const idOf = ({ body }: { body: unknown }) => (body as { confirm: { id: string } }).confirm.id

  async function confirm(alice: Person, id: string): Promise<string> {
    await tripOf(alice, `/step-up/${id}/sign-in`)
    const page = await (await alice.fetch(`${demo.url}/step-up/${id}`)).text()
    await alice.post(`/step-up/${id}`, { _csrf: await alice.csrf() }).expect(200)
    return page
  }

  it('it is confirmed in the browser, each time: the terminal’s own sign-in stays as old as it is (threats.md I8)', async () => {
    const { alice, ask } = await aStaleTerminal()
    const id = idOf(await ask({ role: DEVELOPER }).expect(403))
    await confirm(alice, id)
    await ask({ role: DEVELOPER, stepUp: id }).expect(200)
    expect((await ask({ role: DEVELOPER }).expect(403)).body).toMatchObject({ code: 'step_up_required' })
  })

  it('what was confirmed is what is given: for as long, and for the reason, that stood on the page', async () => {
    const { alice, ask } = await aStaleTerminal()
    const id = idOf(await ask({ role: ADMIN, seconds: 900, reason: 'the night shift called' }).expect(403))
    const page = await confirm(alice, id)
    expect(page).toMatch(/15m[\s\S]*the night shift called/)
    const given = await ask({ role: ADMIN, seconds: 3600, reason: 'another story', stepUp: id }).expect(200)
    expect(given.body).toMatchObject({ seconds: 900 })
    expect(demo.audit().at(-1)).toMatchObject({ reason_given: 'the night shift called', seconds: 900 })
  })

  it('what was confirmed for one role makes no other any fresher (threats.md H8)', async () => {
    const { alice, ask } = await aStaleTerminal()
    const reason = 'the night shift called'
    for (const [confirmed, other] of [
      [ADMIN, DEVELOPER],
      [DEVELOPER, ADMIN],
    ]) {
      const id = idOf(await ask({ role: confirmed, reason }).expect(403))
      await confirm(alice, id)
      const before = demo.audit().length
      expect((await ask({ role: other, reason, stepUp: id }).expect(403)).body).toMatchObject({
        code: 'step_up_required',
      })
      expect(demo.audit().slice(before)).toMatchObject([{ event: 'refused', role: other, code: 'step_up_required' }])
    }
  })

  it('nobody is sent to confirm what lacks a reason', async () => {
    const { ask } = await aStaleTerminal()
    const refused = await ask({ role: ADMIN }).expect(403)
    expect(refused.body).not.toHaveProperty('confirm')
  })
})

describe('an elevated role that one grant gives for a reason once it is approved, and another after a second factor just now', () => {
  let granted: Demo
  let grace: ReturnType<typeof inTheDirectory>
  beforeAll(async () => {
    grace = inTheDirectory('grace')
    granted = await aDemo({
      edit: (text) =>
        text
          .replace(/\ntests:[\s\S]*/, '\n')
          .replace(
            /( {2}- id: payments-admins\n.*\n {4}grant: \{.*) \}/,
            '$1, require: { reason: true, approval: { by: { idp: demo, group: auditors }, valid_for: 1h } } }',
          )
          .replace(
            '\nsts:',
            `
  - id: just-signed-in
    match: { idp: demo, group: just-signed-in }
    grant: { accounts: [payments-prod], roles: [admin], require: { mfa_within: 1m } }

sts:`,
          ),
    })
  })
  afterAll(async () => {
    grace.leave()
    await granted.close()
  })

  it('has the last click ask for that reason: a forgotten one costs no trip, whichever grant comes to be used', async () => {
    grace.groups = ['payments-admins']
    const [person, bob] = await Promise.all([aPersonAt(granted, 'grace'), aPersonAt(granted, 'bob')])
    const wish = { _csrf: await person.csrf(), reason: 'INC-3' }
    const request = String((await person.post(`/roles/${ADMIN}/request`, wish).expect(303)).headers['location'])
    const proof = new URL((await tripOf(bob, `${request}/step-up`, 'bob')).path, granted.url)
    const yes = { decision: 'approve', step_up: proof.searchParams.get('step_up') ?? '' }
    await bob.post(request, { _csrf: await bob.csrf(), ...yes }).expect(303)

    grace.groups = ['payments-admins', 'just-signed-in']
    const { path } = await tripOf(person, `/roles/${ADMIN}/step-up?for=credentials`, 'grace')
    const _csrf = await person.csrf()
    // By now the second factor of the trip is too old for the other grant, and what was approved is the nearer one.
    granted.clock.offsetSeconds = 61
    const forgotten = await person.post(path, { _csrf }).expect(403)
    expect(forgotten.text).toContain('It asks for a reason')
    await person.post(path, { _csrf, reason: 'the night shift called' }).expect(200)
    expect(granted.audit().at(-1)).toMatchObject({
      event: 'issued',
      rule: 'payments-admins',
      approval: request.split('/').at(-1),
      reason_given: 'the night shift called',
    })
  })
})
