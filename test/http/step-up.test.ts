import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { anAuthorization, answered, redeem } from '../support/an-authorization.ts'
import { aPersonAt, aVisitor, tripOf } from '../support/a-person.ts'
import { inTheDirectory } from '../support/in-the-directory.ts'

const ADMIN = '/roles/payments-prod/admin'
const ROLE = 'payments-prod/admin'

let demo: Demo
/** Moved by her directory from group to group. */
let grace: ReturnType<typeof inTheDirectory>
beforeAll(async () => {
  grace = inTheDirectory('grace')
  demo = await aDemo({
    edit: (text) =>
      text.replace(
        '\nsts:',
        `
  - id: contractors-too
    match: { idp: contractors, group: /acme/aws-devs }
    grant: { accounts: [payments-prod], roles: [admin] }

  - id: by-another-group
    match: { idp: demo, group: payments-leads }
    grant: { accounts: [payments-prod], roles: [admin] }

sts:`,
      ),
  })
})
afterAll(async () => {
  grace.leave()
  await demo.close()
})

const events = (since: number) =>
  demo
    .audit()
    .slice(since)
    .map(({ event }) => event)

describe('an elevated role in the browser (threats.md H8)', () => {
  it('is given after a trip to the IdP and a last click, once', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const { path } = await tripOf(alice, `${ADMIN}/step-up?for=credentials`)
    expect(path).toMatch(/^\/step-up\/[\w-]{22}$/)
    const page = await (await alice.fetch(`${demo.url}${path}`)).text()
    expect(page).toContain('arn:aws:iam::222233334444:role/rolegate/Admin')
    expect(page).not.toMatch(/ASIA/)
    const before = demo.audit().length
    const _csrf = await alice.csrf()
    const answer = await alice.post(path, { _csrf, seconds: '900' }).expect(200)
    expect(answer.text).toMatch(/ASIA/)
    const stepUp = path.slice('/step-up/'.length)
    expect(demo.audit().slice(before)).toMatchObject([
      { event: 'intent', role: ROLE, step_up: stepUp, seconds: 900 },
      { event: 'issued', role: ROLE, step_up: stepUp },
    ])
    const again = await alice.post(path, { _csrf, seconds: '900' }).expect(403)
    expect(again.text).toContain('was used already')
  })

  it('asks the IdP to ask them anew, though it knows them', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const start = await alice.get(`${ADMIN}/step-up?for=console`).expect(303)
    const asked = new URL(start.headers['location'] ?? '')
    expect([asked.searchParams.get('prompt'), asked.searchParams.get('max_age')]).toEqual(['login', '0'])
  })

  it('is there for each tab that made its trip, however many came back meanwhile: once, and for what it was made for', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const [one, two] = [
      await tripOf(alice, `${ADMIN}/step-up?for=credentials`),
      await tripOf(alice, `${ADMIN}/step-up?for=console`),
    ]
    const again = await tripOf(alice, `${ADMIN}/step-up?for=credentials`)
    const _csrf = await alice.csrf()
    expect((await alice.post(one.path, { _csrf, seconds: '900' }).expect(200)).text).toMatch(/ASIA/)
    await alice.post(one.path, { _csrf, seconds: '900' }).expect(403)
    expect((await alice.post(two.path, { _csrf, seconds: '900' }).expect(303)).headers['location']).toContain(
      '/federation',
    )
    await alice.post(two.path, { _csrf, seconds: '900' }).expect(403)
    await alice.post(again.path, { _csrf, seconds: '900' }).expect(200)
  })

  it('is nothing any more once they have signed out, though they are back', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const { path } = await tripOf(alice, `${ADMIN}/step-up?for=credentials`)
    await alice.post('/sign-out', { _csrf: await alice.csrf() }).expect(303)
    await alice.fetch(await alice.callbackUrl('alice'))
    expect((await alice.fetch(`${demo.url}${path}`)).status).toBe(403)
  })

  it('opens the console, at the page that was chosen with the last click', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const { path } = await tripOf(alice, `${ADMIN}/step-up?for=console&destination=s3`)
    const page = await (await alice.fetch(`${demo.url}${path}`)).text()
    expect(page).toContain('value="s3"')
    const _csrf = await alice.csrf()
    await alice.post(path, { _csrf, destination: 'https://evil.example/' }).expect(400)
    const answer = await alice.post(path, { _csrf, destination: 's3' }).expect(303)
    expect(answer.headers['location']).toContain('SigninToken')
  })

  it('is handed over once, however many press at the same moment', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const { path } = await tripOf(alice, `${ADMIN}/step-up?for=credentials`)
    const _csrf = await alice.csrf()
    const answers = await Promise.all(Array.from({ length: 20 }, async () => alice.post(path, { _csrf })))
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1)
  })

  it('is not given by any other form', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const { path } = await tripOf(alice, `${ADMIN}/step-up?for=credentials`)
    const _csrf = await alice.csrf()
    for (const way of ['console', 'credentials'])
      expect((await alice.post(`${ADMIN}/${way}`, { _csrf })).text).toContain('step_up_required')
    await alice.post(path, {}).expect(403)
    await alice.post(path, { _csrf }).expect(200)
  })

  it('gives a new session, and the old cookie opens nothing any more', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const stolen = alice.jar.header(demo.url)
    const { path } = await tripOf(alice, `${ADMIN}/step-up?for=credentials`)
    const thief = await request(demo.url).get(path).set('cookie', stolen).set('accept', 'text/html')
    expect([thief.status, thief.headers['location']]).toEqual([303, expect.stringMatching(/^\/sign-in/)])
  })

  it('is not given to the holder of a stolen cookie, who cannot show that it is them', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const thief = aVisitor(demo)
    thief.jar.take(demo.url, [alice.jar.header(demo.url)])
    const before = demo.audit().length
    const { path } = await tripOf(thief, `${ADMIN}/step-up?for=credentials`, 'bob')
    expect(path).toBe('/')
    expect(events(before)).toEqual(['step_up_refused', 'sign_out', 'sign_in', 'decision'])
    expect(demo.audit().slice(before)[0]).toMatchObject({ reason: 'other_person', username: 'bob@example.com' })
    expect((await thief.get('/v1/whoami').set('sec-fetch-site', 'same-origin')).body).toMatchObject({
      username: 'bob@example.com',
    })
  })

  it('sends nobody away for a role that is not theirs', async () => {
    const bob = await aPersonAt(demo, 'bob')
    const answer = await bob.get(`${ADMIN}/step-up?for=console`).expect(404)
    expect(answer.text).toContain('role_unknown')
  })

  it('starts no trip by another site’s link, nor inside a frame (security.md W-11)', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const start = `${ADMIN}/step-up?for=console`
    const linked = await alice.get(start).set('sec-fetch-site', 'cross-site').expect(303)
    expect(linked.headers['location']).toBe(ADMIN)
    await alice.get(start).set('sec-fetch-site', 'same-origin').set('sec-fetch-dest', 'iframe').expect(403)
  })

  it('is refused when the IdP lets them in without asking: its answer says when they signed in', async () => {
    const alice = await aPersonAt(demo, 'alice')
    demo.clock.offsetSeconds = 120
    const { status, page } = await tripOf(alice, `${ADMIN}/step-up?for=console`)
    demo.clock.offsetSeconds = 0
    expect([status, page]).toEqual([403, expect.stringContaining('without asking you anew')])
    expect(demo.audit().at(-1)).toMatchObject({ event: 'step_up_refused', reason: 'auth_time_stale' })
    await alice.get('/').expect(200)
  })

  it('of a SAML IdP asks with ForceAuthn, and comes back the same way', async () => {
    const erin = aVisitor(demo)
    await erin.postAcs(await erin.samlAnswer('erin')).expect(303)
    const fields = await erin.samlAnswer('erin', `${ADMIN}/step-up?for=credentials`)
    const back = await erin.postAcs(fields).expect(303)
    const path = String(back.headers['location'])
    expect(path).toMatch(/^\/step-up\//)
    const answer = await erin.post(path, { _csrf: await erin.csrf() }).expect(200)
    expect(answer.text).toMatch(/ASIA/)
  })
})

describe('an elevated role in a terminal (threats.md H8)', () => {
  async function aTerminal(username = 'alice') {
    const alice = await aPersonAt(demo, username)
    const asked = anAuthorization({ host: 'alices-laptop' })
    const code = (await answered(alice, asked)).searchParams.get('code') ?? ''
    const { access_token: token } = (await redeem(demo, asked, code).expect(200)).body as { access_token: string }
    const ask = (body: object, path = '/v1/credentials') =>
      request(demo.url)
        .post(path)
        .set('authorization', `Bearer ${token}`)
        .send({ role: ROLE, ...body })
    return { alice, ask }
  }
  const confirmOf = ({ body }: { body: unknown }) => (body as { confirm: { id: string; url: string } }).confirm

  it('is released to that terminal after a trip and a word in the browser, once', async () => {
    const { alice, ask } = await aTerminal()
    const refused = await ask({ seconds: 900 }).expect(403)
    expect(refused.body).toMatchObject({ code: 'step_up_required', confirm: { expiresIn: 300, interval: 2 } })
    const { id, url } = confirmOf(refused)
    expect(url).toBe(`${demo.url}/step-up/${id}`)
    const pending = await ask({ seconds: 900, stepUp: id }).expect(400)
    expect(pending.body).toMatchObject({ code: 'authorization_pending' })

    const page = await (await alice.fetch(url)).text()
    expect(page).toMatch(/alices-laptop[\s\S]*127\.0\.0\.1[\s\S]*same network/)
    await alice.post(`/step-up/${id}`, { _csrf: await alice.csrf() }).expect(403)
    const { path } = await tripOf(alice, `/step-up/${id}/sign-in`)
    expect(path).toBe(`/step-up/${id}`)
    expect(await (await alice.fetch(url)).text()).toContain('Give it to this terminal')
    const before = demo.audit().length
    await alice.post(path, { _csrf: await alice.csrf() }).expect(200)

    const given = await ask({ seconds: 900, stepUp: id }).expect(200)
    expect(given.body).toMatchObject({ role: ROLE, seconds: 900, accessKeyId: expect.stringMatching(/^ASIA/) })
    expect(demo.audit().slice(before)).toMatchObject([
      { event: 'step_up_released', via: 'browser', requester_address: '127.0.0.1' },
      { event: 'intent', via: 'pkce', step_up: id },
      { event: 'issued', via: 'pkce', step_up: id },
    ])
    const again = await ask({ seconds: 900, stepUp: id }).expect(403)
    expect(again.body).toMatchObject({ code: 'step_up_required' })
    expect(again.body).not.toHaveProperty('confirm')
  })

  it('is no other role, and no console, whatever was confirmed', async () => {
    const { alice, ask } = await aTerminal()
    const { id } = confirmOf(await ask({}).expect(403))
    await tripOf(alice, `/step-up/${id}/sign-in`)
    await alice.post(`/step-up/${id}`, { _csrf: await alice.csrf() }).expect(200)
    const other = await ask({ stepUp: id }, '/v1/console').expect(403)
    expect(other.body).toMatchObject({ code: 'step_up_required' })
  })

  it('opens the console too, when that was confirmed', async () => {
    const { alice, ask } = await aTerminal()
    const { id } = confirmOf(await ask({ destination: 's3' }, '/v1/console').expect(403))
    expect(await (await alice.fetch(`${demo.url}/step-up/${id}`)).text()).toContain('One console session')
    await tripOf(alice, `/step-up/${id}/sign-in`)
    await alice.post(`/step-up/${id}`, { _csrf: await alice.csrf() }).expect(200)
    const given = await ask({ destination: 's3', stepUp: id }, '/v1/console').expect(200)
    expect(given.body).toMatchObject({ url: expect.stringContaining('SigninToken') })
  })

  it('opens it in the region that stood on the page, whatever the terminal says afterwards (threats.md H1)', async () => {
    const { alice, ask } = await aTerminal()
    const { id } = confirmOf(await ask({ destination: 's3', region: 'eu-west-1' }, '/v1/console').expect(403))
    expect(await (await alice.fetch(`${demo.url}/step-up/${id}`)).text()).toContain('eu-west-1')
    await tripOf(alice, `/step-up/${id}/sign-in`)
    await alice.post(`/step-up/${id}`, { _csrf: await alice.csrf() }).expect(200)
    const given = await ask({ destination: 's3', region: 'us-east-1', stepUp: id }, '/v1/console').expect(200)
    const { url } = given.body as { url: string }
    expect(new URL(url).searchParams.get('Destination')).toContain('eu-west-1')
  })

  it('is refused for a page there is not before anybody is sent to confirm it, on record once', async () => {
    const { ask } = await aTerminal()
    const before = demo.audit().length
    const refused = await ask({ destination: 'https://evil.example/' }, '/v1/console').expect(400)
    expect(refused.body).toMatchObject({ code: 'destination_refused' })
    expect(refused.body).not.toHaveProperty('confirm')
    expect(demo.audit().slice(before)).toMatchObject([{ event: 'refused', code: 'destination_refused', role: ROLE }])
  })

  it('is not given to whom the trip shows without the group, though the terminal’s sign-in had it (threats.md I7)', async () => {
    grace.groups = ['payments-admins']
    const { alice: person, ask } = await aTerminal('grace')
    const { id } = confirmOf(await ask({}).expect(403))
    grace.groups = ['platform-engineers']
    await tripOf(person, `/step-up/${id}/sign-in`, 'grace')
    const before = demo.audit().length
    const refused = await person.post(`/step-up/${id}`, { _csrf: await person.csrf() }).expect(404)
    expect(refused.text).toContain('role_unknown')
    expect(demo.audit().slice(before)).toMatchObject([{ event: 'step_up_refused', reason: 'not_entitled' }])
    expect((await ask({ stepUp: id }).expect(400)).body).toMatchObject({ code: 'authorization_pending' })
  })

  it('is given by the groups just read, and on record by them (threats.md I7)', async () => {
    grace.groups = ['payments-admins']
    const { alice: person, ask } = await aTerminal('grace')
    const { id } = confirmOf(await ask({}).expect(403))
    grace.groups = ['payments-leads']
    await tripOf(person, `/step-up/${id}/sign-in`, 'grace')
    await person.post(`/step-up/${id}`, { _csrf: await person.csrf() }).expect(200)
    await ask({ stepUp: id }).expect(200)
    expect(demo.audit().at(-1)).toMatchObject({
      event: 'issued',
      via: 'pkce',
      rule: 'by-another-group',
      group: 'payments-leads',
    })
  })

  it('is not given when they refuse', async () => {
    const { alice, ask } = await aTerminal()
    const { id } = confirmOf(await ask({}).expect(403))
    const answer = await alice.post(`/step-up/${id}`, { _csrf: await alice.csrf(), decision: 'deny' }).expect(200)
    expect(answer.text).toContain('Nothing was given')
    const refused = await ask({ stepUp: id }).expect(403)
    expect(refused.body).toMatchObject({ code: 'step_up_required', detail: expect.stringContaining('refused') })
  })

  it('is nothing to anybody else who opens the address', async () => {
    const { ask } = await aTerminal()
    const { id } = confirmOf(await ask({}).expect(403))
    const bob = await aPersonAt(demo, 'bob')
    await bob.get(`/step-up/${id}`).expect(403)
    await bob.get(`/step-up/${id}/sign-in`).expect(403)
  })

  it('is not kept for a page of ours that asks by its cookie', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const answer = await request(demo.url)
      .post('/v1/credentials')
      .set('cookie', alice.jar.header(demo.url))
      .set('sec-fetch-site', 'same-origin')
      .set('x-csrf-token', await alice.csrf())
      .send({ role: ROLE })
    expect(answer.body).toMatchObject({ code: 'step_up_required' })
    expect(answer.body).not.toHaveProperty('confirm')
  })
})

describe('a step-up whose hand-over a limit refuses (threats.md H8, P7)', () => {
  let limited: Demo
  beforeAll(
    async () =>
      void (limited = await aDemo({ edit: (text) => `${text}\nlimits: { hand_overs: { role: 1, person: 60 } }\n` })),
  )
  afterAll(() => limited.close())

  it('is there again for the same last click, once', async () => {
    const [alice, again] = await Promise.all([aPersonAt(limited, 'alice'), aPersonAt(limited, 'alice')])
    const { path: first } = await tripOf(alice, `${ADMIN}/step-up?for=credentials`)
    const { path } = await tripOf(again, `${ADMIN}/step-up?for=credentials`)
    const [_csrf, other] = [await alice.csrf(), await again.csrf()]
    // All of what follows within one minute, and then the next.
    limited.clock.offsetSeconds = 60 - ((Date.now() / 1000) % 60)
    await alice.post(first, { _csrf }).expect(200)
    const refused = await Promise.all([1, 2, 3].map(async () => (await again.post(path, { _csrf: other })).status))
    expect(refused.filter((status) => ![429, 403].includes(status))).toEqual([])
    expect(refused).toContain(429)
    limited.clock.offsetSeconds += 60
    const given = await Promise.all([1, 2, 3, 4].map(async () => (await again.post(path, { _csrf: other })).status))
    expect(given.filter((status) => status === 200)).toHaveLength(1)
    expect((await again.post(path, { _csrf: other }).expect(403)).text).toContain('was used already')
    const issued = limited.audit().filter(({ event, step_up }) => event === 'issued' && path.endsWith(String(step_up)))
    expect(issued).toHaveLength(1)
  })
})
