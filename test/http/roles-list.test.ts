import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inFull } from '../../src/cli/compact-roles.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'
import { withManyAccounts } from '../support/many-accounts.ts'

let demo: Demo
let alice: Person
let bearer: { authorization: string }
beforeAll(async () => {
  demo = await aDemo({ edit: withManyAccounts(40) })
  alice = await aPersonAt(demo, 'alice')
  bearer = { authorization: `Bearer ${(await aTerminalOf(demo, alice)).accessToken}` }
})
afterAll(() => demo.close())

const list = (query = '', encoding = 'gzip') =>
  request(demo.url)
    .get(`/v1/roles${query}`)
    .set({ ...bearer, 'accept-encoding': encoding })

describe('GET /v1/roles', () => {
  it('is one object a role, unless something else is asked for', async () => {
    const { body } = await list().expect(200)
    expect(body.roles).toHaveLength(86)
    expect(body.roles[0]).toEqual({
      account: { id: '444400000001', alias: 'team-001', name: 'Team 001', environment: 'dev' },
      role: 'team-001/readonly',
      arn: 'arn:aws:iam::444400000001:role/rolegate/ReadOnly',
      maxSeconds: 43_200,
      elevated: false,
      state: 'available',
      via: ['many', 'platform-looks-at-dev'].map((rule) => ({ rule, group: 'platform-engineers' })),
    })
    expect((await list('?form=full').expect(200)).body).toEqual(body)
    expect((await list('?other=thing').expect(200)).body).toEqual(body)
  })

  it('says the same in its compact form, in a tenth of the bytes', async () => {
    const full = await list('', 'identity').expect(200)
    const compact = await list('?form=compact', 'identity').expect(200)
    expect(inFull(compact.body)).toEqual(full.body)
    expect(compact.body.accounts.alias.slice(0, 2)).toEqual(['team-001', 'team-002'])
    expect(Number(compact.headers['content-length']) * 5).toBeLessThan(Number(full.headers['content-length']))
  })

  it('gives the portal’s own pages the same', async () => {
    const asked = request(demo.url).get('/v1/roles?form=compact')
    const { body } = await asked
      .set({ cookie: alice.jar.header(demo.url), 'sec-fetch-site': 'same-origin' })
      .expect(200)
    expect(body.form).toBe('compact')
  })

  it.each(['?form=tiny', '?form=compact&form=full', '?form='])('refuses %s', async (query) => {
    expect((await list(query).expect(400)).body.code).toBe('invalid_request')
  })
})

describe('compression (DECISIONS.md 40)', () => {
  it.each(['', '?form=compact'])('the list goes out compressed to those who take gzip: %s', async (query) => {
    const { headers } = await list(query).expect(200)
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding', 'cache-control': 'no-store' })
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
  })

  it('says the same each time, and from the second time on in less', async () => {
    const answers = []
    for (let time = 0; time < 4; time += 1) answers.push(await list('?form=compact').expect(200))
    const [first, ...others] = answers
    for (const { body } of others) expect(body).toEqual(first?.body)
    expect((await list('?form=compact', 'identity').expect(200)).body).toEqual(first?.body)
    expect(Number(others.at(-1)?.headers['content-length'])).toBeLessThanOrEqual(
      Number(first?.headers['content-length']),
    )
  })

  it.each(['identity', 'gzip;q=0', 'br', ''])('and as it is to those who say “%s”', async (encoding) => {
    const { headers, body } = await list('', encoding).expect(200)
    expect(headers['content-encoding']).toBeUndefined()
    expect(headers['vary']).toBe('accept-encoding')
    expect(body.roles).toHaveLength(86)
  })

  it('a short list is not worth it', async () => {
    const bob = { authorization: `Bearer ${(await aTerminalOf(demo, await aPersonAt(demo, 'bob'))).accessToken}` }
    const { headers } = await list().set(bob).expect(200)
    expect(headers['content-encoding']).toBeUndefined()
  })

  it('no answer with a secret in it is ever compressed: its length would tell of it (BREACH)', async () => {
    const role = 'payments-dev/readonly'
    const gzip = { ...bearer, 'accept-encoding': 'gzip' }
    const answers = [
      await request(demo.url).post('/v1/credentials').set(gzip).send({ role }).expect(200),
      await request(demo.url).post('/v1/console').set(gzip).send({ role }).expect(200),
      await request(demo.url).get('/v1/whoami').set(gzip).expect(200),
      await request(demo.url)
        .post('/oauth/device_authorization')
        .set('accept-encoding', 'gzip')
        .type('form')
        .send({ client_id: 'rolegate-cli' })
        .expect(200),
      await alice
        .post(`/roles/${role}/credentials`, { _csrf: await alice.csrf() })
        .set('accept-encoding', 'gzip')
        .expect(200),
    ]
    for (const { headers } of answers) expect(headers['content-encoding']).toBeUndefined()
  })
})
