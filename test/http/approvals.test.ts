import request from 'supertest'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, aVisitor, tripOf, type Person } from '../support/a-person.ts'

const ROLE = 'payments-dev/developer'
const asking = (by: string) => (file: string) =>
  file
    .replace(
      /(\n {2}developer: \{.*) \}/,
      (_, whole: string) => `${whole}, require: { approval: { by: ${by}, valid_for: 4h } } }`,
    )
    .replace(/\ntests:[\s\S]*$/, '\n')

let demo: Demo
let alice: Person
let bob: Person
let bearer: { authorization: string }
let bobsBearer: { authorization: string }

async function signIn(): Promise<void> {
  ;[alice, bob] = await Promise.all([aPersonAt(demo, 'alice'), aPersonAt(demo, 'bob')])
  const terminals = await Promise.all([aTerminalOf(demo, alice), aTerminalOf(demo, bob)])
  ;[bearer, bobsBearer] = terminals.map(({ accessToken }) => ({ authorization: `Bearer ${accessToken}` })) as [
    typeof bearer,
    typeof bearer,
  ]
}

async function aWorld(edit = asking('{ idp: demo, group: auditors }')): Promise<void> {
  demo = await aDemo({ edit })
  await signIn()
}

const api = (path: string, body?: object, who = bearer) => {
  const at = request(demo.url)
  return (body === undefined ? at.get(path) : at.post(path).send(body)).set(who)
}
const ask = async (body: object = {}): Promise<string> => {
  const { body: asked } = await api('/v1/requests', { role: ROLE, reason: 'INC-1', ...body }).expect(201)
  return asked.id as string
}
const answer = async (id: string, decision: string, fields: Record<string, string> = {}, person = bob) =>
  person.post(`/approvals/${id}`, { _csrf: await person.csrf(), decision, ...fields })
const take = (body: object = {}) => api('/v1/credentials', { role: ROLE, ...body })
const last = (count = 1) => demo.audit().slice(-count)

describe('a role that somebody has to approve', () => {
  beforeAll(() => aWorld())
  afterAll(() => demo.close())

  it('is asked for on its page, approved by somebody else, and taken at every door', async () => {
    const page = await alice.get(`/roles/${ROLE}`).expect(200)
    expect(page.text).toContain('Ask for approval</button>')
    await take().expect(403)

    const _csrf = await alice.csrf()
    const asked = await alice.post(`/roles/${ROLE}/request`, { _csrf, reason: 'INC-7', seconds: '3600' }).expect(303)
    const path = String(asked.headers['location'])
    expect((await alice.get(path).expect(200)).text).toContain('Waiting for an answer.')
    const waiting = (await alice.get(`/roles/${ROLE}`).expect(200)).text
    expect(waiting).toContain('Nobody has answered your request of')
    // What a terminal could do now is look: to take it fails.
    expect(waiting).toContain('<code>rolegate requests</code>')
    expect(waiting).not.toContain('rolegate exec')
    expect((await alice.get('/').expect(200)).text).toContain('waiting for approval')
    const { body: refused } = await take().expect(403)
    expect(refused).toMatchObject({
      code: 'approval_required',
      detail: 'You asked for it less than a minute ago, and nobody has answered yet.',
      pending: path.split('/').at(-1),
    })
    const { body: story } = await api('/v1/explain', { role: ROLE }).expect(200)
    expect(story).toMatchObject({ because: 'approval_required', pending: refused.pending })
    expect((await alice.get(`/roles/${ROLE}/why`).expect(200)).text).toContain(`<a href="${path}">Your request</a>`)
    const refusal = await alice.post(`/roles/${ROLE}/console`, { _csrf }).expect(403)
    expect(refusal.text).toContain(`href="${path}">Your request</a>`)

    expect((await bob.get('/approvals').expect(200)).text).toContain(`alice@example.com asks for ${ROLE}`)
    const shown = await bob.get(path).expect(200)
    expect(shown.text).toContain('INC-7')
    expect(shown.text).toContain('payments-developers')
    const id = path.split('/').at(-1) ?? ''
    await answer(id, 'approve', { seconds: '3600', note: 'be quick' })
    expect(last()[0]).toMatchObject({
      event: 'request_approved',
      approval: id,
      role: ROLE,
      subject: 'u-bob',
      requester: 'u-alice',
      seconds: 3600,
      reason_given: 'INC-7',
      note: 'be quick',
    })

    // A terminal, the stock clients, the portal: each has it now, and none for longer than the approval.
    const { body } = await take({ seconds: 7200 }).expect(200)
    expect(body.limitedBy).toBe('approval')
    expect(body.seconds).toBeLessThanOrEqual(3600)
    expect(body.seconds).toBeGreaterThan(3500)
    expect(last()[0]).toMatchObject({ event: 'issued', approval: id, limited_by: 'approval' })
    const sso = { 'x-amz-sso_bearer_token': bearer.authorization.replace('Bearer ', '') }
    const roles = await request(demo.url).get('/assignment/roles?account_id=111122223333').set(sso).expect(200)
    expect(roles.body.roleList.map(({ roleName }: { roleName: string }) => roleName)).toContain('developer')
    await request(demo.url)
      .get('/federation/credentials?account_id=111122223333&role_name=developer')
      .set(sso)
      .expect(200)
    const granted = await alice.get(`/roles/${ROLE}`).expect(200)
    expect(granted.text).toContain('<strong>Approved</strong> by bob@example.com')
    expect(granted.text).toContain('its approval ends then')
    expect(granted.text).toContain('renews them until the approval ends')
    await alice.post(`/roles/${ROLE}/console`, { _csrf }).expect(303)
    expect((await alice.get('/').expect(200)).text).toContain('Approved until')
    for (const form of ['', '?form=compact']) {
      const { text } = await api(`/v1/roles${form}`).expect(200)
      expect(text).toContain('"grantedUntil":"')
    }
    const explained = await api('/v1/explain', { role: ROLE }).expect(200)
    expect(explained.body).toMatchObject({
      available: true,
      conditions: [{ condition: 'approval', met: true, why: 'bob@example.com approved it.' }],
    })
    expect(explained.body.limits.map(({ by }: { by: string }) => by)).toContain('approval')

    // What is answered is told as it was answered.
    const approved = (await bob.get(path).expect(200)).text
    expect(approved).toMatch(/For how long<\/dt><dd>1h, from the approval on<\/dd>/)
    expect(approved).toContain('It is theirs by')

    // Taken back, it is over at once, and says by whom.
    await answer(id, 'end')
    const over = (await alice.get(path).expect(200)).text
    expect(over).toMatch(/bob@example.com had approved it, and bob@example.com took it back, <time/)
    expect(over).toContain('It was yours by')
    expect(last()[0]).toMatchObject({ event: 'approval_ended', subject: 'u-bob', approval: id })
    expect((await take().expect(403)).body.code).toBe('approval_required')
  })

  describe('once asked for', () => {
    let id: string
    beforeEach(async () => {
      id = await ask()
    })

    it('is the same request for whoever asks again, and another one once it is taken back', async () => {
      // 200: nothing was made. A new one is 201, as `ask` expects.
      const again = await api('/v1/requests', { role: ROLE, reason: 'something else' }).expect(200)
      expect(again.body).toMatchObject({ id, reason: 'INC-1', status: 'asked' })
      await api(`/v1/requests/${id}/cancel`, {}).expect(204)
      expect(last()[0]).toMatchObject({ event: 'request_cancelled', approval: id })
      expect((await api(`/v1/requests/${id}`).expect(200)).body.status).toBe('cancelled')
      expect((await answer(id, 'approve')).status).toBe(403)
      const other = await ask()
      expect(other).not.toBe(id)
      await answer(other, 'deny')
    })

    it('says where it stands, to whom it concerns', async () => {
      const { body } = await api(`/v1/requests/${id}`).expect(200)
      expect(body).toMatchObject({
        role: ROLE,
        status: 'asked',
        own: true,
        reason: 'INC-1',
        seconds: 4 * 3600,
        approvers: ['auditors'],
        url: `${demo.url}/approvals/${id}`,
        intervalSeconds: 5,
      })
      const waiting = await api('/v1/requests', undefined, bobsBearer).expect(200)
      expect(waiting.body.waiting[0]).toMatchObject({
        id,
        requester: { username: 'alice@example.com' },
        // What a terminal holds speaks for nobody (threats.md I8).
        mayApprove: false,
        why: 'This needs a browser that is signed in.',
      })
      await answer(id, 'deny', { note: 'not today' })
      const denied = await api(`/v1/requests/${id}`).expect(200)
      expect(denied.body).toMatchObject({ status: 'denied', answer: { by: 'bob@example.com', note: 'not today' } })
      const answered = await api('/v1/requests', undefined, bobsBearer).expect(200)
      expect(answered.body.answered[0]).toMatchObject({ id, status: 'denied', own: false })
      expect((await api('/v1/requests').expect(200)).body.answered).toEqual([])
      const page = (await bob.get('/approvals').expect(200)).text.replaceAll(/\s+/g, ' ')
      expect(page).toContain(
        `<h2>What you answered</h2> <article class="session"> <h3><a href="/approvals/${id}">alice@example.com for ${ROLE}</a> <em class="tag plain">denied</em>`,
      )
      expect(page).toContain('For 4h · answered by you, <time')
      expect((await alice.get('/approvals').expect(200)).text).not.toContain('What you answered')
      const far = await api('/v1/requests?answered=9', undefined, bobsBearer).expect(200)
      expect(far.body).toMatchObject({ answeredPage: 1, answeredPageCount: 1, answeredMore: false })
      expect((await take().expect(403)).body.code).toBe('approval_required')
    })

    it('is found by its role and by who asks, on the page and by programs', async () => {
      const found = await bob.get('/approvals?q=ALICE%20developer&page=x').expect(200)
      expect(found.text).toContain('1 request waits · <a href="/approvals">Show all</a>')
      expect(found.text).toContain(`alice@example.com asks for ${ROLE}`)
      const none = await bob.get('/approvals?q=%3Cb%3E').expect(200)
      expect(none.text).toContain('0 requests wait')
      expect(none.text).toContain('value="&lt;b&gt;"')
      const counts = { ownCount: 0, page: 1, pageCount: 1 }
      const all = await api('/v1/requests?page=7', undefined, bobsBearer).expect(200)
      expect([all.body, all.body.waiting.length]).toMatchObject([{ ...counts, waitingCount: 1 }, 1])
      const sought = await api('/v1/requests?q=someone', undefined, bobsBearer).expect(200)
      expect(sought.body).toMatchObject({ ...counts, waitingCount: 0, waiting: [] })
      await answer(id, 'deny')
    })

    it('is nobody else’s to see, to answer, or to take back', async () => {
      const carol = await aPersonAt(demo, 'carol')
      await carol.get(`/approvals/${id}`).expect(404)
      expect((await answer(id, 'approve', {}, carol)).status).toBe(404)
      await api(`/v1/requests/${id}/cancel`, {}, bobsBearer).expect(403)
      await api('/v1/requests/req-unknown').expect(404)
      await answer(id, 'deny')
    })

    it('is never approved by whoever asked, nor by a terminal, nor without our form (threats.md I3, I8)', async () => {
      const own = await answer(id, 'approve', {}, alice)
      expect([own.status, own.text.includes('Somebody else has to answer it')]).toEqual([403, true])
      for (const path of [`/v1/requests/${id}/approve`, `/v1/requests/${id}`])
        expect((await api(path, { decision: 'approve' }, bobsBearer)).status).toBe(404)
      await request(demo.url)
        .post(`/approvals/${id}`)
        .set(bobsBearer)
        .type('form')
        .send({ decision: 'approve' })
        .expect(401)
      expect((await bob.post(`/approvals/${id}`, { _csrf: 'x', decision: 'approve' })).status).toBe(403)
      expect((await api(`/v1/requests/${id}`).expect(200)).body.status).toBe('asked')
      await answer(id, 'deny')
    })

    it.each([
      ['approver', 'alice@example.com'],
      ['answeredBy', 'bob@example.com'],
      ['status', 'approved'],
      ['grantedSeconds', '14400'],
      ['answeredAt', '2030-01-01T00:00:00Z'],
    ])('takes no %s from anybody', async (field, value) => {
      expect((await answer(id, 'approve', { [field]: value })).status).toBe(400)
      await api('/v1/requests', { role: ROLE, reason: 'INC-1', [field]: value }).expect(400)
      expect((await api(`/v1/requests/${id}`).expect(200)).body.status).toBe('asked')
      await answer(id, 'deny')
    })

    it('is approved for as long as somebody says, and never for longer than was asked', async () => {
      await answer(id, 'deny')
      const short = await ask({ seconds: 1800 })
      expect((await answer(short, 'approve', { seconds: '86400' })).status).toBe(303)
      const { body } = await api(`/v1/requests/${short}`).expect(200)
      expect(body.answer.seconds).toBe(1800)
      // Near its end nothing is lent any more, and it may be asked for anew.
      demo.clock.offsetSeconds += 1000
      const late = await take().expect(403)
      expect([late.body.code, late.body.detail]).toEqual([
        'approval_required',
        'Less than 15 minutes are left of its approval, and AWS lends for no less.',
      ])
      const { body: listed } = await api('/v1/roles').expect(200)
      expect(listed.roles.find(({ role }: { role: string }) => role === ROLE).state).toBe('needs_approval')
      expect((await alice.get(`/roles/${ROLE}`).expect(200)).text).toContain('Ask for approval</button>')
      const next = await ask()
      await answer(next, 'deny')
    })
  })

  it('withholds what AWS lent when the approval is taken back meanwhile (threats.md H5)', async () => {
    const { body } = await api('/v1/requests').expect(200)
    const id =
      (body.own as { id: string; status: string }[]).find(({ status }) => status === 'asked')?.id ?? (await ask())
    await answer(id, 'approve')
    const hold = demo.world.aws.hold()
    const asked = take().then((got) => got)
    await hold.arrived
    await answer(id, 'end')
    hold.release()
    const got = await asked
    expect([got.status, got.body.code]).toEqual([403, 'approval_required'])
    expect(got.text).not.toContain('ASIA')
    expect(last()[0]).toMatchObject({ event: 'withheld', code: 'approval_required', approval: id })
  })

  it('is not asked for where nothing has to be approved, nor where the role is not theirs', async () => {
    const none = await api('/v1/requests', { role: 'payments-dev/readonly', reason: 'x' }).expect(403)
    expect(none.body.detail).toBe('Nothing about this role has to be approved for you.')
    await api('/v1/requests', { role: ROLE, reason: 'x' }, bobsBearer).expect(403)
    await api('/v1/requests', { role: 'nowhere/nothing', reason: 'x' }).expect(404)
    await api('/v1/requests', { role: ROLE }).expect(400)
    const short = await api('/v1/requests', { role: ROLE, reason: 'x', seconds: 900 }).expect(400)
    expect(short.body.detail).toContain('An approval is for 30m at least')
  })

  it('offers nothing that is over before anybody could use it', async () => {
    const offered = [...(await alice.get(`/roles/${ROLE}`).expect(200)).text.matchAll(/<option value="(\d+)"/g)]
    expect(offered.map(([, seconds]) => Number(seconds))).toEqual([1800, 3600, 7200, 14_400])
  })
})

describe('an elevated role that somebody has to approve', () => {
  const role = 'payments-prod/admin'
  let id: string
  beforeAll(() =>
    aWorld((file) =>
      file
        .replace(
          /(\n {2}admin: \{.*) \}/,
          (_, whole: string) =>
            `${whole}, require: { approval: { by: { idp: demo, group: auditors }, valid_for: 1h } } }`,
        )
        .replace(/\ntests:[\s\S]*$/, '\n'),
    ),
  )
  beforeEach(async () => {
    const { body: asked } = await api('/v1/requests', { role, reason: 'INC-9' }).expect(201)
    expect(asked.approvers).toEqual([])
    id = asked.id as string
  })
  afterEach(() => answer(id, 'deny'))
  afterAll(() => demo.close())

  const begin = (person: Person, start: string) =>
    person
      .get(start)
      .set({ 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' })
  const stepUpIn = (path: string) => new URL(path, demo.url).searchParams.get('step_up') ?? ''

  it('takes a fresh sign-in of whoever approves it, and for each use one of whoever has it (threats.md P3, H8)', async () => {
    const take = `/roles/${role}/step-up?for=credentials`
    expect((await begin(alice, take)).status).toBe(403)
    expect((await alice.get(`/approvals/${id}`).expect(200)).text).toContain('whoever looks after the account')

    const page = (await bob.get(`/approvals/${id}`).expect(200)).text
    expect(page).toContain('Sign in afresh to approve')
    expect(page).not.toContain('value="approve"')
    const before = demo.audit().length
    const unproved = await answer(id, 'approve')
    expect([unproved.status, unproved.text.includes('each approval of it takes a fresh sign-in of its own')]).toEqual([
      403,
      true,
    ])
    expect(unproved.text).toContain(`href="/approvals/${id}"`)

    const { path } = await tripOf(bob, `/approvals/${id}/step-up`, 'bob')
    expect(path).toMatch(new RegExp(`^/approvals/${id}\\?step_up=[\\w-]{22}$`))
    const step_up = stepUpIn(path)
    expect((await bob.get(path).expect(200)).text).toContain('value="approve"')
    expect((await answer(id, 'approve', { step_up, note: 'go' })).status).toBe(303)
    expect(
      demo
        .audit()
        .slice(before)
        .filter(({ event }) => event !== 'decision'),
    ).toMatchObject([
      { event: 'request_refused', approval: id, reason: 'elevated' },
      { event: 'sign_in' },
      { event: 'step_up', step_up, approval: id, role, subject: 'u-bob' },
      { event: 'request_approved', step_up, approval: id, role, subject: 'u-bob' },
    ])
    // Nothing more comes of that sign-in, and the page of before is like any.
    expect((await bob.get(path).expect(200)).text).not.toContain('value="approve"')

    expect((await begin(alice, take)).status).toBe(303)
    // What is approved is no fresh sign-in.
    const _csrf = await alice.csrf()
    expect((await alice.post(`/roles/${role}/credentials`, { _csrf })).status).toBe(403)
    expect(last()[0]).toMatchObject({ event: 'refused', code: 'step_up_required' })
    await answer(id, 'end')
  })

  it('is not approved by a fresh sign-in for something else, nor with an old one (threats.md H8, I6)', async () => {
    demo.clock.offsetSeconds = 120
    const stale = await tripOf(bob, `/approvals/${id}/step-up`, 'bob')
    demo.clock.offsetSeconds = 0
    expect([stale.status, stale.page]).toEqual([403, expect.stringContaining('without asking you anew')])
    expect(stale.page).toContain(`href="/approvals/${id}"`)
    expect(last()[0]).toMatchObject({ event: 'step_up_refused', reason: 'auth_time_stale', approval: id })

    await answer(id, 'deny')
    const { body: next } = await api('/v1/requests', { role, reason: 'INC-10' }).expect(201)
    const { path } = await tripOf(bob, `/approvals/${next.id}/step-up`, 'bob')
    await api(`/v1/requests/${next.id}/cancel`, {}).expect(204)
    const { body: last_ } = await api('/v1/requests', { role, reason: 'INC-11' }).expect(201)
    id = last_.id as string
    const wrong = await answer(id, 'approve', { step_up: stepUpIn(path) })
    expect([wrong.status, wrong.text.includes('was used already')]).toEqual([403, true])
    // Nor does it open a hand-over.
    await bob.get(`/step-up/${stepUpIn(path)}`).expect(403)
    expect((await api(`/v1/requests/${id}`).expect(200)).body.status).toBe('asked')
  })

  it('is not approved by the holder of a stolen cookie, who signs in as somebody else (threats.md H9)', async () => {
    const thief = aVisitor(demo)
    const victim = await aPersonAt(demo, 'bob')
    thief.jar.take(demo.url, [victim.jar.header(demo.url)])
    const { path } = await tripOf(thief, `/approvals/${id}/step-up`, 'carol')
    expect(path).toBe('/')
    await thief.get(`/approvals/${id}`).expect(404)
    expect((await api(`/v1/requests/${id}`).expect(200)).body.status).toBe('asked')
  })

  it('starts no trip for whoever may not answer, by another site’s link, or in a frame (security.md W-11)', async () => {
    const start = `/approvals/${id}/step-up`
    expect((await begin(alice, start)).status).toBe(403)
    const carol = await aPersonAt(demo, 'carol')
    expect((await begin(carol, start)).status).toBe(404)
    const linked = await bob.get(start).set('sec-fetch-site', 'cross-site').expect(303)
    expect(linked.headers['location']).toBe(`/approvals/${id}`)
    await bob.get(start).set('sec-fetch-site', 'same-origin').set('sec-fetch-dest', 'iframe').expect(403)
  })
})

describe('an approver', () => {
  it('is never whoever asks, though the file names a group of theirs (threats.md I3)', async () => {
    await aWorld(asking('{ idp: demo, any_of: [auditors, platform-engineers] }'))
    try {
      const id = await ask()
      expect((await answer(id, 'approve', {}, alice)).status).toBe(403)
      expect((await answer(id, 'approve')).status).toBe(303)
      await take().expect(200)
    } finally {
      await demo.close()
    }
  })
})

describe('where a claim names people at every identity provider (threats.md I3)', () => {
  const keyedBy = (claim: string) => (file: string) =>
    asking('{ idp: demo, group: auditors }')(file).replace(
      '    username: claims.preferred_username\n',
      (found) => `${found}    person_key: claims.${claim}\n`,
    )

  it('somebody of another key approves; no page, record or log says anybody’s', async () => {
    await aWorld(keyedBy('name'))
    try {
      const id = await ask()
      const pages = [await bob.get(`/approvals/${id}`).expect(200), await bob.get('/me').expect(200)]
      expect((await answer(id, 'approve')).status).toBe(303)
      const { body } = await take().expect(200)
      const listed = await api('/v1/requests', undefined, bobsBearer).expect(200)
      const told = [...pages.map(({ text }) => text), JSON.stringify([body, listed.body]), demo.printed()].join('\n')
      expect(told).toContain('alice@example.com')
      expect(told).not.toMatch(/Alice Archer|Bob Baker/)
    } finally {
      await demo.close()
    }
  })

  it('nobody is asked, where the identity provider does not send it; the answer says which claim', async () => {
    await aWorld(keyedBy('employee_id'))
    try {
      const { body } = await api('/v1/requests', { role: ROLE, reason: 'INC-1' }).expect(403)
      expect(body).toMatchObject({ code: 'condition_unmet', detail: expect.stringContaining('“employee_id”') })
      // Nothing offers what asking refuses.
      const page = (await alice.get(`/roles/${ROLE}`).expect(200)).text
      expect(page).toContain('“employee_id”')
      expect(page).not.toContain('Ask for approval</button>')
      const { body: listed } = await api('/v1/roles').expect(200)
      expect(listed.roles).toContainEqual(
        expect.objectContaining({ state: 'not_now', why: expect.stringContaining('“employee_id”') }),
      )
      const { body: explained } = await api('/v1/explain', { role: ROLE }).expect(200)
      expect(explained).toMatchObject({
        because: 'condition_unmet',
        unmet: [{ condition: 'person_key_missing', why: expect.stringContaining('nobody can tell who you are') }],
      })
    } finally {
      await demo.close()
    }
  })
})
