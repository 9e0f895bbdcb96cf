import request, { type Response } from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { anIdpFor, idpEntry, withIdp } from '../support/a-directory-gateway.ts'
import { aPersonAt, aTerminalOf, aVisitor, type Person } from '../support/a-person.ts'
import type { FakeIdp } from '../support/fake-idp.ts'

const claims: Record<string, unknown> = { preferred_username: 'olga@example.com' }

let idp: FakeIdp
let demo: Demo
let alice: Person
let csrf: string
let bearer: string
/** The demo with an IdP beside it that states whatever it is told to, and is not there when the gateway starts. */
beforeAll(async () => {
  idp = await anIdpFor({ sub: 'olga', idToken: claims })
  await idp.stop()
  const entry = idpEntry('other', idp, '    label: Other directory\n    groups: { claim: groups }\n')
  const rule = `
  - id: odd-group
    match: { idp: other, group: __proto__ }
    grant: { accounts: [payments-dev], roles: [readonly] }
`
  demo = await aDemo({ edit: withIdp(entry, rule) })
  alice = await aPersonAt(demo, 'alice')
  bearer = (await aTerminalOf(demo, alice)).accessToken
  csrf = await alice.csrf()
})
afterAll(async () => {
  await demo.close()
  await idp.stop()
})

const seen = async (): Promise<{ status: string; degraded: readonly string[] }> =>
  (await request(demo.managementUrl).get('/readyz')).body
const codeIn = ({ body, text }: Response): unknown => body.code ?? /code +(\w+)/.exec(text)?.[1]
const asTerminal = () => request(demo.url).post('/v1/credentials').set('authorization', `Bearer ${bearer}`)
const take = (fields: Record<string, string>) => alice.post('/roles/payments-dev/readonly/console', fields)

/** Olga's sign-in, with these groups, up to the answer of our callback. */
async function olgaOf(groups: unknown) {
  claims['groups'] = groups
  const olga = aVisitor(demo)
  const away = await olga.fetch(`${demo.url}/sign-in/other`)
  const answer = await olga.fetch((await idp.signIn(away.headers.get('location') ?? '')).href)
  return { olga, status: answer.status, page: await answer.text() }
}

describe('an IdP that is down when the gateway starts', () => {
  it('is said to be, at the sign-in page and to machines; who tries is told so, on record; and it is back by itself', async () => {
    await expect.poll(seen).toMatchObject({ status: 'degraded', degraded: ['idp:other'] })
    expect((await aVisitor(demo).get('/sign-in').expect(200)).text).toMatch(/Other directory cannot be reached/)
    const refused = await aVisitor(demo).get('/sign-in/other').expect(503)
    expect([codeIn(refused), refused.headers['retry-after']]).toEqual(['idp_unavailable', '5'])
    await request(demo.managementUrl).get('/readyz').expect(200)
    expect(demo.audit().at(-1)).toMatchObject({
      event: 'sign_in_refused',
      idp: 'other',
      code: 'idp_unavailable',
      request_id: refused.headers['x-request-id'],
    })

    await idp.startAgain()
    demo.clock.offsetSeconds += 4
    await aVisitor(demo).get('/sign-in/other').expect(303)
    expect(await seen()).toMatchObject({ status: 'ok', degraded: [] })
    expect((await aVisitor(demo).get('/sign-in').expect(200)).text).not.toMatch(/cannot be reached/)
  })
})

describe('groups', () => {
  it('ten thousand of them sign nobody in, and none is left out in silence (security.md M-15)', async () => {
    const { status, page } = await olgaOf(Array.from({ length: 10_000 }, (_, n) => `group-${n}`))
    expect([status, page]).toEqual([403, expect.stringContaining('did not tell us all your groups')])
    expect(demo.audit().at(-1)).toMatchObject({ event: 'sign_in_refused', idp: 'other', code: 'groups_truncated' })
  })

  it('one called __proto__ is a group like any other, and opens what its rule says', async () => {
    const { olga, status } = await olgaOf(['__proto__', 'constructor', 'toString'])
    expect(status).toBe(303)
    expect(demo.audit().findLast(({ event }) => event === 'decision')).toMatchObject({ roles: 1, rules: ['odd-group'] })
    await olga
      .post('/roles/payments-dev/readonly/console', { _csrf: await olga.csrf() })
      .expect(303)
      .expect('location', /SigninToken/)
  })
})

describe('bad input is answered with a code and the request’s id, and leaves a record', () => {
  it.each([
    ['an IdP there is none of', () => aVisitor(demo).get('/sign-in/nowhere'), 404, 'not_found', 'sign_in_refused'],
    [
      'a callback of an IdP there is none of',
      () => aVisitor(demo).get('/oidc/nowhere/callback?code=x&state=y'),
      404,
      'not_found',
      'sign_in_refused',
    ],
    ['a role there is none of', () => asTerminal().send({ role: 'a/b' }), 404, 'role_unknown', 'refused'],
    [
      'a destination elsewhere',
      () => take({ _csrf: csrf, destination: 'https://evil.example/' }),
      400,
      'destination_refused',
      'refused',
    ],
    ['malformed JSON', () => asTerminal().type('json').send('{"role":'), 400, 'invalid_request', 'turned_away'],
    [
      'a body too large',
      () => asTerminal().send({ role: 'x'.repeat(20_000) }),
      413,
      'payload_too_large',
      'turned_away',
    ],
    [
      'a body of another kind',
      () => asTerminal().type('form').send({ role: 'a/b' }),
      415,
      'unsupported_media_type',
      'turned_away',
    ],
    ['a form that is not our page’s', () => take({ _csrf: 'x' }), 403, 'csrf_rejected', 'turned_away'],
  ] as const)('%s', async (_what, send, status, code, event) => {
    // A record a minute of each code: other tests may have had this one's.
    demo.clock.offsetSeconds += 61
    const answer = await send()
    expect([answer.status, codeIn(answer)]).toEqual([status, code])
    const requestId = answer.headers['x-request-id']
    expect(answer.text).toContain(requestId)
    const recorded = () => demo.audit().findLast((record) => record['request_id'] === requestId)
    await expect.poll(recorded).toMatchObject({ event, code, client_ip: '127.0.0.1' })
    if (code === 'csrf_rejected') expect(recorded()).toMatchObject({ username: 'alice@example.com', unrecorded: 0 })
  })

  it('but a way back that is not ours is left out of the way, and nothing is refused', async () => {
    const visitor = aVisitor(demo)
    const answer = await visitor.fetch(
      await visitor.callbackUrl('alice', '/sign-in/demo?returnTo=https%3A%2F%2Fevil.example%2F'),
    )
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/'])
  })
})
