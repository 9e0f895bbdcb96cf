import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aTerminalBeside } from '../support/an-authorization.ts'
import { aPersonAt, type Person } from '../support/a-person.ts'

const ROLE = '/roles/payments-dev/developer'
const HERE = { 'x-forwarded-for': '::ffff:52.94.76.7' }

let demo: Demo
let alice: Person
let token: string
beforeAll(async () => {
  demo = await aDemo({
    edit: (text) =>
      text
        .replace('\n  management:', '\n  trusted_proxies: [127.0.0.1/32]\n  management:')
        .replace('summary: Deploy and debug,', 'summary: Deploy and debug, bind_ip: true,'),
  })
  alice = await aPersonAt(demo, 'alice')
  token = await aTerminalBeside(demo, alice)
})
afterAll(() => demo.close())

const ask = (headers: Record<string, string>, path = '/v1/credentials') =>
  request(demo.url)
    .post(path)
    .set({ authorization: `Bearer ${token}`, ...headers })
    .send({ role: 'payments-dev/developer' })

describe('a role with bind_ip (threats.md R12)', () => {
  it('is narrowed at AWS to whoever asks, and on record without naming them twice', async () => {
    await ask(HERE).expect(200)
    const { narrowedTo } = demo.world.aws.log().at(-1) as { narrowedTo: { policy: string } }
    expect(JSON.parse(narrowedTo.policy)).toEqual({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: '*', Resource: '*' },
        {
          Effect: 'Deny',
          Action: '*',
          Resource: '*',
          Condition: { NotIpAddress: { 'aws:SourceIp': '52.94.76.7' }, Bool: { 'aws:ViaAWSService': 'false' } },
        },
      ],
    })
    expect(demo.audit().slice(-2)).toMatchObject([
      { event: 'intent', bind_ip: true, client_ip: '52.94.76.7' },
      { event: 'issued', bind_ip: true },
    ])
  })

  it.each([
    ['that a proxy does not tell', {}, 'nobody could tell which yours is'],
    ['that is no address', { 'x-forwarded-for': 'unknown' }, 'nobody could tell which yours is'],
    ['of a private network', { 'x-forwarded-for': '10.1.2.3' }, 'AWS never sees it'],
  ])('is not given to an address %s, with a sentence that says so', async (_, headers, why) => {
    const before = demo.world.aws.log().length
    const { body } = await ask(headers).expect(403)
    expect(body).toMatchObject({ code: 'condition_unmet' })
    expect(JSON.stringify(body)).toContain(why)
    expect(demo.world.aws.log()).toHaveLength(before)
  })

  it.each([
    ['that a proxy does not tell', {}],
    ['of a private network', { 'x-forwarded-for': '10.1.2.3' }],
  ])('is offered by no list to an address %s (security.md M-21)', async (_, headers) => {
    const seenBy = async (asked: Record<string, string>) => {
      const get = (path: string, door: object) =>
        request(demo.url)
          .get(path)
          .set({ ...asked, ...door })
      const { body } = await get('/v1/roles', { authorization: `Bearer ${token}` }).expect(200)
      const { state, account } = body.roles.find(({ role }: { role: string }) => role === 'payments-dev/developer')
      const stock = await get(`/assignment/roles?account_id=${account.id}`, { 'x-amz-sso_bearer_token': token })
      return [state, stock.body.roleList.map(({ roleName }: { roleName: string }) => roleName).includes('developer')]
    }
    expect(await seenBy(HERE)).toEqual(['available', true])
    expect(await seenBy(headers)).toEqual(['not_now', false])
    const page = (await alice.get('/').expect(200)).text
    expect(page).toContain(`formaction="${ROLE.replace('developer', 'readonly')}/console"`)
    expect(page).not.toContain(`formaction="${ROLE}/console"`)
  })

  it('says so on its page and in the whole answer', async () => {
    expect((await alice.get(ROLE).expect(200)).text).toContain('from anywhere else AWS refuses these credentials')
    expect((await alice.get(`${ROLE}/why`).expect(200)).text).toContain('from the address alone that you ask from')
    const { body } = await ask(HERE, '/v1/explain').expect(200)
    expect(body).toMatchObject({ available: true, bindIp: true })
    const away = await ask({}, '/v1/explain').expect(200)
    expect(away.body).toMatchObject({
      available: false,
      because: 'condition_unmet',
      unmet: [{ condition: 'address_unknown' }],
    })
  })

  it('is as ever where nothing binds it', async () => {
    expect((await alice.get('/roles/payments-dev/readonly').expect(200)).text).not.toContain('AWS refuses these')
  })
})
