import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, aVisitor, type Person } from '../support/a-person.ts'
import { aTerminalBeside } from '../support/an-authorization.ts'

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

describe('explaining of somebody imagined (security.md M-22)', () => {
  const somebody = { idp: 'demo', groups: ['auditors'] }
  const as = async (bearer: string, role: string, said: object = somebody) =>
    request(demo.url).post('/v1/explain').set('authorization', `Bearer ${bearer}`).send({ role, as: said })
  it('tells an operator and an auditor every rule about the role, by the configuration in force', async () => {
    for (const username of ['alice', 'bob']) {
      const bearer = await aTerminalBeside(demo, await aPersonAt(demo, username))
      const { body } = await as(bearer, 'payments-prod/admin')
      expect(body).toMatchObject({
        role: 'payments-prod/admin',
        available: false,
        because: 'not_entitled',
        rules: [{ rule: 'payments-admins', verdict: 'other_group', of: { idp: 'demo', groups: ['payments-admins'] } }],
        as: somebody,
        config: expect.stringMatching(/^[0-9a-f]{12}$/),
      })
      expect((await as(bearer, 'data-prod/readonly')).body).toMatchObject({ available: true, nearest: [] })
    }
  })

  it('goes by the browser’s session on our own pages, too', async () => {
    const sent = () =>
      request(demo.url)
        .post('/v1/explain')
        .set({ cookie: alice.jar.header(demo.url), 'sec-fetch-site': 'same-origin', origin: demo.url })
        .send({ role: 'data-prod/readonly', as: somebody })
    await sent().expect(403)
    await sent()
      .set('x-csrf-token', await alice.csrf())
      .expect(200)
  })

  it('refuses everybody else, whatever they ask, and tells nothing by it', async () => {
    const carol = await aTerminalBeside(demo, await aPersonAt(demo, 'carol'))
    const answers = [
      await as(carol, 'payments-prod/admin'),
      await as(carol, 'no/where'),
      await as(carol, 'data-prod/readonly', { idp: 'x', groups: [] }),
    ]
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [403, 'not_entitled']))
    const [first, ...others] = answers.map(({ body }) => ({ ...body, requestId: '' }))
    for (const other of others) expect(other).toEqual(first)
    // Of oneself too it is a question of somebody imagined.
    expect((await as(carol, 'payments-prod/admin', { idp: 'demo', groups: [] })).status).toBe(403)
  })

  it('takes no operator’s terminal that signed in with a code (threats.md P1)', async () => {
    const { status, body } = await as(token, 'payments-prod/admin')
    expect([status, body.code, body.detail]).toEqual([403, 'condition_unmet', expect.stringContaining('browser')])
  })

  it('asks for a new sign-in once the groups are an hour old', async () => {
    const other = await aDemo()
    const operator = await aPersonAt(other, 'alice')
    other.clock.offsetSeconds = 1_800
    // A terminal's groups are as old as the browser's.
    const bearer = await aTerminalBeside(other, operator)
    const send = (said: object) =>
      request(other.url).post('/v1/explain').set('authorization', `Bearer ${bearer}`).send(said)
    await send({ role: 'payments-prod/admin', as: somebody }).expect(200)
    other.clock.offsetSeconds = 3_605
    const { status, body } = await send({ role: 'payments-prod/admin', as: somebody })
    expect([status, body.code, body.detail]).toEqual([
      401,
      'sign_in_required',
      expect.stringContaining('within the hour'),
    ])
    await other.close()
  })

  it.each([
    [
      'a directory there is not',
      { idp: 'nowhere', groups: [] },
      'There is no identity provider of that name. There are: demo, contractors.',
    ],
    ['no directory', { groups: [] }, 'as.idp'],
    ['no groups', { idp: 'demo' }, 'as.groups'],
    ['an unknown field', { ...somebody, subject: 'u-alice' }, 'subject'],
    ['an empty group', { idp: 'demo', groups: [''] }, 'as.groups'],
    ['a group that no sign-in may state', { idp: 'demo', groups: ['x'.repeat(257)] }, 'as.groups'],
    ['groups in one text', { idp: 'demo', groups: 'a,b' }, 'as.groups'],
    ['a time without a zone', { ...somebody, at: '2030-01-07T09:00' }, 'as.at'],
    ['a time that is none', { ...somebody, at: '2030-13-07T09:00:00Z' }, 'as.at'],
    ['an address that is none', { ...somebody, ip: '10.0.0.256' }, 'as.ip'],
    ['a second factor without a unit', { ...somebody, mfa: '5' }, 'as.mfa'],
    ['a second factor of long ago', { ...somebody, mfa: '25h' }, 'as.mfa'],
    ['a reason of two lines', { ...somebody, reason: 'a\nb' }, 'as.reason'],
  ])('refuses %s', async (_, said, detail) => {
    const bearer = await aTerminalBeside(demo, alice)
    const { status, body } = await as(bearer, 'data-prod/readonly', said)
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    expect(body.detail).toContain(detail)
  })

  it('says the same of somebody as they are told themselves', async () => {
    const bob = await aPersonAt(demo, 'bob')
    const bearer = await aTerminalBeside(demo, alice)
    for (const role of ['data-prod/readonly', 'payments-dev/readonly']) {
      const own = (await ask(role, await aTerminalBeside(demo, bob))).body
      const told = (await as(bearer, role)).body
      for (const key of ['role', 'arn', 'available', 'because', 'idp', 'groups', 'unmet', 'nearest'])
        expect([key, told[key]]).toEqual([key, own[key]])
    }
  })
})

describe('POST /v1/explain of somebody who is signed in', () => {
  const of = (person: object | string, role = 'data-prod/readonly', bearer = operator) =>
    request(demo.url)
      .post('/v1/explain')
      .set('authorization', `Bearer ${bearer}`)
      .send({ role, person: typeof person === 'string' ? { name: person } : person })
  let operator = ''
  beforeAll(async () => {
    operator = await aTerminalBeside(demo, alice)
    await aPersonAt(demo, 'bob')
  })

  it.each(['bob@example.com', ' Bob@Example.com ', 'u-bob'])('finds them by %j', async (name) => {
    const { body } = await of(name).expect(200)
    expect(body).toMatchObject({
      available: true,
      idp: 'demo',
      groups: { count: 1, state: 'stated' },
      rules: expect.arrayContaining([expect.objectContaining({ rule: 'auditors', verdict: 'met' })]),
      person: { username: 'bob@example.com', subject: 'u-bob', idp: 'demo', via: 'browser' },
    })
    expect(body).not.toHaveProperty('as')
    expect(body.person.groupsAgeSeconds).toBeLessThan(60)
    expect((await of(name, 'payments-prod/admin').expect(200)).body).toMatchObject({ because: 'not_entitled' })
  })

  it('finds whoever signed in by SAML, at the IdP they did', async () => {
    const erin = aVisitor(demo)
    await erin.postAcs(await erin.samlAnswer('erin')).expect(303)
    expect((await of('erin@acme.example').expect(200)).body).toMatchObject({ person: { idp: 'contractors' } })
    expect((await of({ name: 'erin@acme.example', idp: 'demo' })).status).toBe(404)
  })

  it('says so when nobody of that name is signed in, as after a sign-out', async () => {
    const frank = aVisitor(demo)
    await frank.postAcs(await frank.samlAnswer('frank')).expect(303)
    await of('frank@acme.example').expect(200)
    await frank.post('/sign-out', { _csrf: await frank.csrf() })
    for (const name of ['frank@acme.example', 'u-frank', 'frank', 'nobody']) {
      const { status, body } = await of(name)
      expect([status, body.code, body.title]).toEqual([404, 'role_unknown', 'Nobody of that name is signed in'])
    }
  })

  const lookUps = () => demo.audit().filter(({ event }) => event === 'person_looked_up')

  it('is on record, with who asked and who was found (threats.md P1)', async () => {
    await of('Bob@example.com').expect(200)
    expect(lookUps().at(-1)).toMatchObject({
      subject: 'u-alice',
      via: 'pkce',
      asked_name: 'Bob@example.com',
      role: 'data-prod/readonly',
      found_idp: 'demo',
      found_subject: 'u-bob',
    })
    await alice.post('/admin/access', {
      _csrf: await alice.csrf('/admin/access'),
      role: '',
      idp: '',
      groups: '',
      person: 'u-bob',
    })
    expect(lookUps().at(-1)).toMatchObject({ subject: 'u-alice', via: 'browser', found_subject: 'u-bob' })
    expect(lookUps().at(-1)).not.toHaveProperty('role')
  })

  it('is on record where nobody is found, and not where nobody was looked for', async () => {
    const before = lookUps().length
    await of('nobody@example.com')
    expect(lookUps()).toHaveLength(before + 1)
    expect(lookUps().at(-1)).toMatchObject({ asked_name: 'nobody@example.com', code: 'role_unknown' })
    expect(lookUps().at(-1)).not.toHaveProperty('found_subject')
    const carol = await aTerminalBeside(demo, await aPersonAt(demo, 'carol'))
    await of('u-bob', undefined, carol)
    await request(demo.url)
      .post('/v1/explain')
      .set('authorization', `Bearer ${operator}`)
      .send({ role: 'data-prod/readonly', as: { idp: 'demo', groups: [] } })
    expect(lookUps()).toHaveLength(before + 1)
  })

  it('takes what is said of when, where and how', async () => {
    const said = { name: 'u-bob', at: '2030-01-07T09:00:00Z', ip: '192.0.2.1', mfa: '5m', reason: 'why not' }
    await of(said).expect(200)
  })

  it.each([
    ['a directory there is not', { name: 'u-bob', idp: 'nowhere' }, 'There are: demo, contractors.'],
    ['no name', { idp: 'demo' }, 'person.name'],
    ['a blank name', { name: '  ' }, 'person.name'],
    ['groups of their own', { name: 'u-bob', groups: ['x'] }, 'groups'],
    ['an address that is none', { name: 'u-bob', ip: 'x' }, 'person.ip'],
  ])('refuses %s', async (_, person, detail) => {
    const { status, body } = await of(person)
    expect([status, body.code]).toEqual([400, 'invalid_request'])
    expect(body.detail).toContain(detail)
  })

  it('refuses a person beside somebody imagined: whose groups would count?', async () => {
    const body = { role: 'data-prod/readonly', as: { idp: 'demo', groups: [] }, person: { name: 'u-bob' } }
    await request(demo.url).post('/v1/explain').set('authorization', `Bearer ${operator}`).send(body).expect(400)
  })

  it('tells nobody else who is signed in, and nothing by it (security.md M-22)', async () => {
    const carol = await aTerminalBeside(demo, await aPersonAt(demo, 'carol'))
    const answers = [
      await of('u-bob', undefined, carol),
      await of('nobody', undefined, carol),
      await of('u-carol', undefined, carol),
    ]
    expect(answers.map(({ status, body }) => [status, body.code])).toEqual(answers.map(() => [403, 'not_entitled']))
    const [first, ...others] = answers.map(({ body }) => ({ ...body, requestId: '' }))
    for (const other of others) expect(other).toEqual(first)
  })
})

describe('the page of operators and auditors', () => {
  const asked = async (person: Person, fields: Record<string, string>) =>
    person.post('/admin/access', {
      _csrf: await person.csrf('/admin/access'),
      role: '',
      idp: '',
      groups: '',
      ...fields,
    })

  it('says which groups open a role', async () => {
    const page = await asked(alice, { role: 'payments-prod/admin' })
    expect(page.text).toContain('Who may take payments-prod/admin')
    expect(page.text).toContain('<code>payments-admins</code>')
  })

  it('says what the rules make of somebody, a group a line', async () => {
    const bob = await aPersonAt(demo, 'bob')
    const page = await asked(bob, {
      role: 'payments-dev/developer',
      idp: 'demo',
      groups: ' payments-developers \r\n\r\nx, y\r\n',
    })
    expect(page.text).toContain('They may take this role now.')
    expect(page.text).toContain('by <code>payments-developers</code>')
    const closed = await asked(bob, {
      role: 'payments-dev/developer',
      idp: 'contractors',
      groups: 'payments-developers',
    })
    expect(closed.text).toContain('No rule gives them this role.')
    expect(closed.text).toContain('is about another directory')
  })

  it('says it of somebody who is signed in, by name', async () => {
    await aPersonAt(demo, 'bob')
    const page = await asked(alice, { role: 'data-prod/readonly', person: 'bob@example.com' })
    expect(page.text).toContain('They may take this role now.')
    expect(page.text).toMatch(/<code>u-bob<\/code> at <code>demo<\/code>[\s\S]*Groups read/)
    const all = await asked(alice, { person: 'u-bob' })
    expect(all.text).toMatch(/<code>data-prod\/readonly<\/code>[\s\S]*by rule auditors/)
    const none = await asked(alice, { role: 'data-prod/readonly', person: '"><script>alert(1)</script>' })
    expect([none.status, none.text]).toEqual([404, expect.stringContaining('Nobody of that name is signed in')])
    expect(none.text).not.toContain('<script>alert')
    const both = await asked(alice, { person: 'u-bob', idp: 'demo', groups: 'x' })
    expect([both.status, both.text]).toEqual([400, expect.stringContaining('groups beside somebody signed in')])
  })

  it('keeps what was typed where there is no such role, and steers no browser with it', async () => {
    const page = await asked(alice, { role: 'no/where', idp: 'demo', groups: '</textarea><script>alert(1)</script>"' })
    expect(page.status).toBe(404)
    expect(page.text).toContain('There is no such role')
    expect(page.text).toContain('value="no/where"')
    expect(page.text).not.toContain('<script>alert')
    expect((await asked(alice, { role: 'data-prod/readonly', idp: 'nowhere' })).status).toBe(400)
  })

  it('is nothing to anybody else', async () => {
    const carol = await aPersonAt(demo, 'carol')
    const answer = await carol.post('/admin/access', {
      _csrf: await carol.csrf(),
      role: 'payments-prod/admin',
      idp: '',
      groups: '',
    })
    expect(answer.status).toBe(404)
    expect(answer.text).not.toContain('payments-admins')
  })
})

describe('somebody signed in, and what they are told themselves', () => {
  let other: Demo
  beforeAll(async () => {
    other = await aDemo({
      edit: (text) =>
        text
          .replace(
            'session_tags: { team: payments }',
            'session_tags: { team: { claim: claims.team, idps: [demo], any_of: [x] } }',
          )
          .replace('\nsts:', '\nsessions: { claims_max_age: { env: { dev: 15m } } }\n\nsts:'),
    })
  })
  afterAll(() => other.close())

  it.each([
    ['a session tag they lack', 0, 'payments-dev/developer', 'tag_unavailable'],
    ['groups that are too old', 16 * 60, 'payments-dev/readonly', 'old_groups'],
  ])('are one and the same: %s', async (_, later, role, condition) => {
    other.clock.offsetSeconds = 0
    const carol = await aPersonAt(other, 'alice')
    const own = await aTerminalBeside(other, carol)
    other.clock.offsetSeconds = later
    const send = async (said: object) =>
      request(other.url)
        .post('/v1/explain')
        .set('authorization', `Bearer ${own}`)
        .send({ role, ...said })
    const [themselves, staff] = [await send({}), await send({ person: { name: 'alice@example.com' } })]
    expect(themselves.body).toMatchObject({ available: false, because: 'condition_unmet', unmet: [{ condition }] })
    for (const key of ['available', 'because', 'unmet'])
      expect([key, staff.body[key]]).toEqual([key, themselves.body[key]])
    const page = await carol.post('/admin/access', {
      _csrf: await carol.csrf('/admin/access'),
      role: '',
      idp: '',
      groups: '',
      person: 'alice@example.com',
    })
    expect(page.text).toMatch(new RegExp(`<code>${role}</code>[^\n]*Not now. They are told: `))
  })
})
