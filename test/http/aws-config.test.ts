import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, type Person } from '../support/a-person.ts'
import { noBotocore, readByBotocore } from '../support/sdk-readers.ts'

let demo: Demo
let alice: Person
let token: string
beforeAll(async () => {
  demo = await aDemo()
  alice = await aPersonAt(demo, 'alice')
  token = (await aTerminalOf(demo, alice)).accessToken
})
afterAll(() => demo.close())

const ask = (path: string) => request(demo.url).get(path).set('authorization', `Bearer ${token}`)

describe('GET /v1/aws-config', () => {
  it('gives facts, not lines, to a client that writes its own (threats.md D13)', async () => {
    const { body } = await ask('/v1/aws-config').expect(200)
    const session = new URL(demo.url).host.replace(':', '-')
    expect(body).toMatchObject({
      origin: demo.url,
      session,
      startUrl: 'https://rolegate.invalid.awsapps.com/start',
      ssoRegion: expect.stringMatching(/^[a-z]+-[a-z]+-\d$/),
      gatewayVersion: expect.stringMatching(/^\d/),
    })
    expect(body.profiles).toContainEqual({
      name: 'payments-dev.readonly',
      role: 'payments-dev/readonly',
      accountId: '111122223333',
      roleName: 'readonly',
      region: expect.any(String),
    })
  })

  it('leaves elevated roles out, for a browser too', async () => {
    const { body } = await alice
      .get('/v1/aws-config')
      .set('accept', '*/*')
      .set('sec-fetch-site', 'same-origin')
      .expect(200)
    const names = (body.profiles as { name: string }[]).map(({ name }) => name)
    expect(names).toContain('payments-prod.readonly')
    expect(names).not.toContain('payments-prod.admin')
    const admin = { role: 'payments-prod/admin', accountId: '222233334444', needs: ['elevated'] }
    expect(body.withoutProfile).toEqual([admin])
    expect((await ask('/v1/aws-config?format=text')).text).toContain(
      '#   payments-prod/admin (elevated): rolegate exec payments-prod/admin -- COMMAND\n',
    )
  })

  it.each([
    ['by its query', () => ask('/v1/aws-config?format=text')],
    ['by what is accepted', () => ask('/v1/aws-config').set('accept', 'text/plain')],
  ])('gives the text for ~/.aws/config, %s', async (_how, asked) => {
    const answer = await asked().expect(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'content-disposition': expect.stringMatching(/^attachment; filename=rolegate-aws-config-[0-9a-f]{16}\.txt$/),
    })
    // Allow-listed keys, and no host but our own.
    const keys = answer.text.split('\n').flatMap((line) => /^\s*(\w+) =/.exec(line)?.[1] ?? [])
    const allowed = ['sso_start_url', 'sso_region', 'sso_registration_scopes', 'sso_oidc', 'sso', 'endpoint_url']
    const perProfile = ['sso_session', 'sso_account_id', 'sso_role_name', 'region', 'services']
    expect(new Set(keys)).toEqual(new Set([...allowed, ...perProfile]))
    expect(answer.text).not.toContain('credential_process')
    const hosts = [...answer.text.matchAll(/https?:\/\/[^/\s]+/g)].map(([host]) => host)
    expect(new Set(hosts)).toEqual(new Set([demo.url, 'https://rolegate.invalid.awsapps.com']))
    expect(answer.text).not.toMatch(/rg[adr]_/)
  })

  it.skipIf(noBotocore !== undefined)('and Python’s SDK reads that text', async () => {
    const [read] = readByBotocore([(await ask('/v1/aws-config?format=text')).text])
    const session = new URL(demo.url).host.replace(':', '-')
    expect(read?.profiles['payments-dev.developer']).toMatchObject({
      sso_session: session,
      services: session,
      sso_account_id: '111122223333',
      sso_role_name: 'developer',
    })
    expect(read?.services[session]).toEqual({ sso: { endpoint_url: demo.url }, sso_oidc: { endpoint_url: demo.url } })
  })

  it.each(['/v1/aws-config?format=xml', '/v1/aws-config?template=x'])('%s is refused', async (path) => {
    expect((await ask(path).expect(400)).body.code).toBe('invalid_request')
  })
})
