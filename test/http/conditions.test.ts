import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'

/** Hours by UTC that are open for so many minutes from now on, and were for the hour before. */
function openFor(minutes: number): string {
  const at = (offset: number) => new Date(Date.now() + offset * 60_000).toISOString().slice(11, 16)
  return `${at(-60)}-${at(minutes)} UTC`.replace('-00:00', '-24:00')
}
const require = (key: string, asked: string) => (file: string) =>
  file.replace(new RegExp(`(\\n {2}${key}: \\{.*) \\}`), (_, whole: string) => `${whole}, require: ${asked} }`)
const edits =
  (...changes: readonly ((file: string) => string)[]) =>
  (file: string): string =>
    changes.reduce((text, change) => change(text), file).replace(/\ntests:[\s\S]*$/, '\n')

const TICKET = `{ reason: { pattern: '^INC-[0-9]+$', hint: "A ticket, as INC-123." } }`
const READONLY = 'payments-dev/readonly'
const DEVELOPER = 'payments-dev/developer'

describe('a role that asks for a reason', () => {
  let demo: Demo
  let alice: Person
  let bearer: { authorization: string }
  beforeAll(async () => {
    demo = await aDemo({ edit: edits(require('readonly', TICKET)) })
    alice = await aPersonAt(demo, 'alice')
    bearer = { authorization: `Bearer ${(await aTerminalOf(demo, alice)).accessToken}` }
  })
  afterAll(() => demo.close())

  const ask = (path: string, body: object) =>
    request(demo.url)
      .post(path)
      .set(bearer)
      .send({ role: READONLY, ...body })

  it('asks for it on its page, with the hint, and on the portal by no single click', async () => {
    const page = await alice.get(`/roles/${READONLY}`).expect(200)
    expect(page.text).toMatch(/name="reason"[^>]* required/)
    expect(page.text).toContain('A ticket, as INC-123.')
    const portal = await alice.get('/').expect(200)
    expect(portal.text).not.toContain(`formaction="/roles/${READONLY}/console"`)
    expect(portal.text).toContain(`formaction="/roles/${DEVELOPER}/console"`)
  })

  it.each(['/v1/credentials', '/v1/console'])('%s: without one, with another, with one that fits', async (path) => {
    const none = await ask(path, {}).expect(403)
    expect(none.body).toMatchObject({
      code: 'condition_unmet',
      detail: expect.stringContaining('A ticket, as INC-123.'),
    })
    expect(none.body.next).toContain('--reason')
    const other = await ask(path, { reason: 'please' }).expect(403)
    expect(other.body.detail).toContain('yours does not fit')
    await ask(path, { reason: ' INC-7 ' }).expect(200)
    const [intent, issued] = demo.audit().slice(-2)
    expect([intent?.['event'], intent?.['reason_given']]).toEqual(['intent', 'INC-7'])
    expect([issued?.['event'], issued?.['reason_given']]).toEqual(['issued', 'INC-7'])
  })

  it.each(['', '   ', 'two\nlines', '\u0007', '\u202eturned', 'x'.repeat(201), 7, null])(
    'takes no %j for one, and puts it nowhere',
    async (reason) => {
      const before = demo.audit().length
      const { body } = await ask('/v1/credentials', { reason }).expect(400)
      expect([body.code, body.detail]).toEqual(['invalid_request', 'The value of reason is missing or malformed.'])
      // That somebody sent something unreadable is on record once a minute; what they sent is not.
      const told = demo.audit().slice(before)
      expect(told.filter(({ event }) => event !== 'turned_away')).toEqual([])
      expect(told.some((record) => 'reason_given' in record)).toBe(false)
    },
  )

  it('is given from its page for a reason that fits', async () => {
    const _csrf = await alice.csrf()
    const refused = await alice.post(`/roles/${READONLY}/credentials`, { _csrf, reason: '' }).expect(403)
    expect(refused.text).toContain('A ticket, as INC-123.')
    const given = await alice.post(`/roles/${READONLY}/credentials`, { _csrf, reason: 'INC-8' }).expect(200)
    expect(given.text).toContain('ASIA')
    await alice.post(`/roles/${READONLY}/console`, { _csrf, reason: 'INC-9' }).expect(303)
    expect(demo.audit().at(-1)).toMatchObject({ event: 'issued', reason_given: 'INC-9' })
  })

  it('puts a reason that nobody asked for on record too', async () => {
    await ask('/v1/credentials', { role: DEVELOPER, reason: 'because' }).expect(200)
    expect(demo.audit().at(-1)).toMatchObject({ event: 'issued', reason_given: 'because' })
    await ask('/v1/credentials', { role: DEVELOPER }).expect(200)
    expect(demo.audit().at(-1)).not.toHaveProperty('reason_given')
  })

  it('is not offered to the stock clients, which can give none, and refused in their own words', async () => {
    const token = { 'x-amz-sso_bearer_token': bearer.authorization.replace('Bearer ', '') }
    const { body } = await request(demo.url).get('/assignment/roles?account_id=111122223333').set(token).expect(200)
    expect(body.roleList.map(({ roleName }: { roleName: string }) => roleName)).toEqual(['developer'])
    const refused = await request(demo.url)
      .get('/federation/credentials?account_id=111122223333&role_name=readonly')
      .set(token)
      .expect(403)
    expect(refused.headers['x-amzn-errortype']).toBe('ForbiddenException')
    expect(refused.text).toContain('A ticket, as INC-123.')
  })

  it('is available on the list, and explained as such', async () => {
    const { body } = await request(demo.url).get('/v1/roles').set(bearer).expect(200)
    const row = body.roles.find(({ role }: { role: string }) => role === READONLY)
    expect([row.state, row.why]).toEqual(['available', undefined])
    const explained = await ask('/v1/explain', {}).expect(200)
    expect(explained.body).toMatchObject({
      because: 'granted',
      conditions: [{ condition: 'reason', met: false, of: { role: READONLY }, wants: 'A ticket, as INC-123.' }],
    })
  })
})

describe('roles that are not to be had now', () => {
  let demo: Demo
  let alice: Person
  let bearer: { authorization: string }
  beforeAll(async () => {
    demo = await aDemo({
      edit: edits(
        require('readonly', '{ ip: [203.0.113.0/24] }'),
        require('developer', '{ approval: { by: { idp: demo, group: payments-leads }, valid_for: 4h } }'),
        require('admin', `{ time: "${openFor(-30)}" }`),
      ),
    })
    alice = await aPersonAt(demo, 'alice')
    bearer = { authorization: `Bearer ${(await aTerminalOf(demo, alice)).accessToken}` }
  })
  afterAll(() => demo.close())

  it('say so on every list, and why', async () => {
    const { body } = await request(demo.url).get('/v1/roles').set(bearer).expect(200)
    const stated = Object.fromEntries(
      body.roles.map(({ role, state, why }: Record<string, string>) => [role, [state, why]]),
    )
    expect(stated[READONLY]).toEqual(['not_now', 'It is given to 203.0.113.0/24 only; you ask from 127.0.0.1.'])
    expect(stated[DEVELOPER]).toEqual([
      'needs_approval',
      'Somebody else has to approve it first, and nobody has. An approval is good for 4h at most.',
    ])
    const token = { 'x-amz-sso_bearer_token': bearer.authorization.replace('Bearer ', '') }
    const accounts = await request(demo.url).get('/assignment/accounts').set(token).expect(200)
    expect(accounts.body.accountList).toEqual([])
  })

  it('are on the portal with their reasons, and open no console from there', async () => {
    const { text } = await alice.get('/').expect(200)
    expect(text).toContain('not now')
    expect(text).toContain('needs approval')
    expect(text).toContain('you ask from 127.0.0.1')
    expect(text).not.toContain('formaction')
  })

  it.each([
    [READONLY, 'you ask from 127.0.0.1', 'Ask again from there.'],
    [DEVELOPER, 'Somebody else has to approve it first', 'Ask for approval</button>'],
    ['payments-prod/admin', 'It is given at these times only', 'Ask again then.'],
  ])('have a page that says why, in place of a form: %s', async (role, why, next) => {
    const { text } = await alice.get(`/roles/${role}`).expect(200)
    expect(text).toContain(why)
    expect(text).toContain(next)
    expect(text).not.toContain('Open the console</button>')
    const explained = await alice.get(`/roles/${role}/why`).expect(200)
    expect(explained.text).toContain('Asked by the role, whatever gives it.')
  })

  it('are explained with what was wanted and what was seen, and whom to ask only where the way in is no secret (threats.md P3)', async () => {
    const explain = (role: string) => request(demo.url).post('/v1/explain').set(bearer).send({ role })
    expect((await explain(READONLY).expect(200)).body).toMatchObject({
      available: false,
      because: 'condition_unmet',
      conditions: [{ condition: 'ip', met: false, wants: '203.0.113.0/24', saw: '127.0.0.1' }],
      rules: [{ rule: 'platform-looks-at-dev', used: true }, { rule: 'payments-developers' }],
    })
    expect((await explain(DEVELOPER).expect(200)).body).toMatchObject({
      because: 'approval_required',
      conditions: [{ condition: 'approval', approvers: ['payments-leads'] }],
    })
  })
})

describe('an hour that ends while AWS is asked (threats.md H5)', () => {
  it('withholds what AWS lent', async () => {
    const demo = await aDemo({ edit: edits(require('readonly', `{ time: "${openFor(30)}" }`)) })
    try {
      const alice = await aPersonAt(demo, 'alice')
      const _csrf = await alice.csrf()
      const hold = demo.world.aws.hold()
      const asked = alice.post(`/roles/${READONLY}/credentials`, { _csrf }).then((answer) => answer)
      await hold.arrived
      demo.clock.offsetSeconds = 31 * 60
      hold.release()
      const answer = await asked
      expect(answer.status).toBe(403)
      expect(answer.text).not.toContain('ASIA')
      expect(demo.audit().slice(-2)).toMatchObject([
        { event: 'intent' },
        { event: 'withheld', code: 'condition_unmet' },
      ])
    } finally {
      await demo.close()
    }
  })
})

describe('a role that is lent until a time of day', () => {
  /** An hour from now, by UTC, which is what the file says of clocks. */
  const soon = new Date(Date.now() + 3_600_000).toISOString().slice(11, 16)
  let demo: Demo
  let alice: Person
  beforeAll(async () => {
    demo = await aDemo({
      edit: edits((file) => file.replace(/(\n {2}readonly: \{.*) \}/, `$1, default_duration: until ${soon} }`)),
    })
    alice = await aPersonAt(demo, 'alice')
  })
  afterAll(() => demo.close())

  const lent = async (fields: Record<string, string>) => {
    await alice.post(`/roles/${READONLY}/credentials`, { _csrf: await alice.csrf(), ...fields }).expect(200)
    return Number(demo.audit().at(-1)?.['seconds'])
  }

  it('says so on its page, and sends no length of its own', async () => {
    const { text } = await alice.get(`/roles/${READONLY}`).expect(200)
    expect(text).toContain(`<option value="" selected>until ${soon} (UTC)</option>`)
    expect(text).toContain('name="time_zone"')
  })

  it('lasts until then by the clocks of the file, or of the browser, where that is a zone', async () => {
    const byFile = await lent({ seconds: '' })
    expect(byFile).toBeGreaterThan(3_400)
    expect(byFile).toBeLessThanOrEqual(3_600)
    // There it is three hours earlier.
    const elsewhere = await lent({ seconds: '', time_zone: 'America/Sao_Paulo' })
    expect(Math.round((elsewhere - byFile) / 3_600)).toBe(3)
    expect(Math.round((await lent({ seconds: '', time_zone: 'Mars/Olympus' })) / 3_600)).toBe(1)
    expect(await lent({ seconds: '900', time_zone: 'America/Sao_Paulo' })).toBe(900)
  })

  it.each(['/v1/credentials', '/v1/console'])('lasts by the clock of a terminal that says it: %s', async (path) => {
    const bearer = `Bearer ${(await aTerminalOf(demo, alice)).accessToken}`
    const hours = async (said: object) => {
      const { body } = await request(demo.url)
        .post(path)
        .set('authorization', bearer)
        .send({ role: READONLY, ...said })
        .expect(200)
      return Math.round(body.seconds / 3_600)
    }
    expect(await hours({})).toBe(1)
    expect(await hours({ timeZone: 'America/Sao_Paulo' })).toBe(4)
    expect(await hours({ timeZone: 'Mars/Olympus' })).toBe(1)
    expect(await hours({ timeZone: 'America/Sao_Paulo', seconds: 7_200 })).toBe(2)
  })
})

describe('a fresh sign-in beside other conditions (threats.md H8, I6)', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await aDemo({
      edit: edits(
        require('admin', TICKET.replace('{ ', '{ mfa_within: 10m, ')),
        require('readonly', '{ mfa_within: 10m }'),
      ),
    })
  })
  afterAll(() => demo.close())

  const returned = async (alice: Person, start: string) =>
    (await alice.fetch(await alice.callbackUrl('alice', start))).headers.get('location') ?? ''

  it('an elevated role asks for the reason with the last click, and a slip costs no second trip', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const path = await returned(alice, '/roles/payments-prod/admin/step-up?for=credentials')
    expect((await alice.get(path).expect(200)).text).toContain('name="reason"')
    const _csrf = await alice.csrf()
    expect((await alice.post(path, { _csrf, reason: 'please' }).expect(403)).text).toContain('yours does not fit')
    expect((await alice.post(path, { _csrf, reason: 'INC-7' }).expect(200)).text).toContain('ASIA')
    expect(demo.audit().at(-1)).toMatchObject({ event: 'issued', reason_given: 'INC-7' })
  })

  it('another role that wants a fresh second factor sends them for one, and is theirs after it', async () => {
    const alice = await aPersonAt(demo, 'alice')
    try {
      demo.clock.offsetSeconds = 11 * 60
      const page = await alice.get(`/roles/${READONLY}`).expect(200)
      expect(page.text).toContain(`href="/roles/${READONLY}/step-up?for=console"`)
      await alice.post(`/roles/${READONLY}/credentials`, { _csrf: await alice.csrf() }).expect(403)
      // The demo’s IdP keeps the real time.
      demo.clock.offsetSeconds = 0
      expect(await returned(alice, `/roles/${READONLY}/step-up?for=console`)).toBe(`/roles/${READONLY}`)
      const given = await alice.post(`/roles/${READONLY}/credentials`, { _csrf: await alice.csrf() }).expect(200)
      expect(given.text).toContain('ASIA')
    } finally {
      demo.clock.offsetSeconds = 0
    }
  })
})
