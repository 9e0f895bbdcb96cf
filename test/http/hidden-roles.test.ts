import request, { type Response } from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ACCESS_TOKEN, EXCHANGE_GRANT } from '../support/a-demo-with-jobs.ts'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, form, type Person } from '../support/a-person.ts'
import { aTerminalBeside } from '../support/an-authorization.ts'

/** Elevated, so not discoverable: bob has no grant of it. The other does not exist. */
const [HIDDEN, NOWHERE] = ['payments-prod/admin', 'payments-prod/other']

type Holder = { readonly person: Person; readonly access: string }
type Door = (demo: Demo, holder: Holder, role: string) => Promise<Response>

const page =
  (way: string): Door =>
  async (_demo, { person }, role) =>
    person.post(`/roles/${role}/${way}`, { _csrf: await person.csrf() })
const look =
  (path: string): Door =>
  async (_demo, { person }, role) =>
    person.get(`/roles/${role}${path}`)
const v1 =
  (path: string): Door =>
  async ({ url }, { access }, role) =>
    request(url).post(path).set('authorization', `Bearer ${access}`).send({ role })

const DOORS: Readonly<Record<string, Door>> = {
  'the role’s page': look(''),
  'the page “Why?”': look('/why'),
  'a step-up': look('/step-up?for=console'),
  'the console, from a page': page('console'),
  'credentials, from a page': page('credentials'),
  'POST /v1/credentials': v1('/v1/credentials'),
  'POST /v1/console': v1('/v1/console'),
  'POST /v1/explain': v1('/v1/explain'),
  'GET /federation/credentials': async ({ url }, { access }, role) =>
    request(url)
      .get(`/federation/credentials?account_id=222233334444&role_name=${role.split('/')[1] ?? ''}`)
      .set('x-amz-sso_bearer_token', access),
  'a container’s token': async (demo, { access }, role) =>
    form(demo, '/oauth/token', {
      grant_type: EXCHANGE_GRANT,
      subject_token_type: ACCESS_TOKEN,
      subject_token: access,
      scope: `container:${role}`,
    }),
}

/** Where nothing would be handed over, and so nothing is on record. */
const ONLY_LOOKED = new Set(['the role’s page', 'the page “Why?”', 'a step-up', 'POST /v1/explain'])

/** What is said, without what differs from request to request. */
const said = ({ status, text, headers }: Response, role: string) => ({
  status,
  location: headers['location'],
  exception: headers['x-amzn-errortype'],
  text: text
    .replaceAll(role, 'ROLE')
    .replaceAll(String(headers['x-request-id']), 'REQUEST')
    .replaceAll(/value="[\w-]{40,}"/g, 'value="CSRF"')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?/g, 'TIME'),
})

describe.each([
  ['a role that no rule gives them', (text: string) => text],
  [
    'a role that a rule denies to everybody',
    (text: string) =>
      text
        .replace(/\ntests:[\s\S]*/, '\n')
        .replace(
          '\nsts:',
          '\n  - { id: frozen, match: { everyone: true }, deny: { accounts: [payments-prod], roles: [admin] } }\n\nsts:',
        ),
  ],
])('%s, and that is not discoverable (threats.md P3)', (_, edit) => {
  let demo: Demo
  let atTerminals: readonly Holder[]
  beforeAll(async () => {
    demo = await aDemo({ edit })
    const person = await aPersonAt(demo, 'bob')
    atTerminals = [
      { person, access: await aTerminalBeside(demo, person) },
      { person, access: (await aTerminalOf(demo, person)).accessToken },
    ]
  })
  afterAll(() => demo.close())

  it.each(Object.entries(DOORS))('is one that there is not: %s', async (name, knock) => {
    for (const holder of atTerminals) {
      const before = demo.audit().length
      const [hidden, nowhere] = [await knock(demo, holder, HIDDEN), await knock(demo, holder, NOWHERE)]
      expect(hidden.status).toBe(404)
      expect(said(hidden, HIDDEN)).toEqual(said(nowhere, NOWHERE))
      // Records are not for them: there it says which it was.
      const refused = demo
        .audit()
        .slice(before)
        .map(({ code, reason }) => [code, reason])
      const both = [
        ['role_unknown', 'not_entitled'],
        ['role_unknown', undefined],
      ]
      expect(refused).toEqual(ONLY_LOOKED.has(name) ? [] : both)
    }
  })
})
