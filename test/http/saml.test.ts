import request from 'supertest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aVisitor, type Person } from '../support/a-person.ts'

let demo: Demo
beforeAll(async () => void (demo = await aDemo()))
afterAll(() => demo.close())

const ACS = '/saml/contractors/acs'
const lastRefusal = () => demo.audit().findLast(({ event }) => event === 'sign_in_refused')

/** Somebody who came back from the contractors' directory. */
async function aContractor(username = 'erin'): Promise<Person> {
  const visitor = aVisitor(demo)
  await visitor.postAcs(await visitor.samlAnswer(username)).expect(303)
  return visitor
}

describe('signing in with SAML', () => {
  it('takes the directory’s answer, and sends the person where they wanted to go', async () => {
    const visitor = aVisitor(demo)
    const fields = await visitor.samlAnswer('erin', '/sign-in/contractors?returnTo=%2Froles%2Fdata-prod%2Freadonly')
    const back = await visitor.postAcs(fields).expect(303)
    expect(back.headers['location']).toBe('/roles/data-prod/readonly')
    expect((await visitor.get('/roles/data-prod/readonly').expect(200)).text).toContain('erin@acme.example')
    expect(demo.audit().findLast(({ event }) => event === 'sign_in')).toMatchObject({
      idp: 'contractors',
      subject: 'erin',
      groups_count: 2,
      via: 'browser',
    })
  })

  it('tells somebody in no group why they have no roles', async () => {
    const frank = await aContractor('frank')
    expect((await frank.get('/').expect(200)).text).toMatch(/in no groups/i)
  })

  it('counts an answer once, in this browser and in any other (security.md S-29, S-35)', async () => {
    const visitor = aVisitor(demo)
    const fields = await visitor.samlAnswer('erin')
    const attempt = visitor.jar.header(demo.url)
    await visitor.postAcs(fields).expect(303)
    await visitor.postAcs(fields).expect(403)
    expect(lastRefusal()).toMatchObject({ reason: 'no_attempt_in_this_browser' })
    // Whoever copied the cookie as well is no better off.
    await request(demo.url).post(ACS).set('cookie', attempt).type('form').send(fields).expect(403)
    expect(lastRefusal()).toMatchObject({ reason: 'attempt_used_before' })
  })

  it('does not take another browser’s answer (security.md, finding 6)', async () => {
    const [mallory, victim] = [aVisitor(demo), aVisitor(demo)]
    const fields = await mallory.samlAnswer('erin')
    await victim.postAcs(fields).expect(403)
    expect(lastRefusal()).toMatchObject({ reason: 'no_attempt_in_this_browser' })
    // Nor under an attempt of the victim's own: it is an answer to another question.
    const own = await victim.samlAnswer('frank')
    await victim.postAcs({ ...fields, RelayState: String(own['RelayState']) }).expect(403)
    expect(lastRefusal()).toMatchObject({ reason: 'saml_in_response_to' })
    await victim.get('/').expect(303)
  })

  it('uses an attempt up, right or wrong (security.md S-35)', async () => {
    const visitor = aVisitor(demo)
    const fields = await visitor.samlAnswer('erin')
    const attempt = visitor.jar.header(demo.url)
    const post = (sent: object) => request(demo.url).post(ACS).set('cookie', attempt).type('form').send(sent)
    await post({ ...fields, SAMLResponse: 'AAAA' }).expect(403)
    await post(fields).expect(403)
    expect(lastRefusal()).toMatchObject({ reason: 'attempt_used_before' })
  })

  it('says what the directory said, when it said no', async () => {
    const visitor = aVisitor(demo)
    const fields = await visitor.samlAnswer('erin')
    const no =
      '<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion"' +
      ' ID="_1" Version="2.0"><a:Issuer>x</a:Issuer><p:Status>' +
      '<p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Responder">' +
      '<p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:RequestDenied"/></p:StatusCode></p:Status></p:Response>'
    const page = await visitor
      .postAcs({ ...fields, SAMLResponse: Buffer.from(no).toString('base64') })
      .set('accept', 'text/html')
      .expect(403)
    expect(page.text).toContain('does not let you sign in here')
    expect(lastRefusal()).toMatchObject({ reason: 'saml_status:RequestDenied' })
  })

  it.each([
    ['no RelayState', ({ SAMLResponse }: Record<string, string>) => ({ SAMLResponse })],
    ['a RelayState that is a place', (fields: object) => ({ ...fields, RelayState: 'https://evil.example/' })],
    ['no SAMLResponse', ({ RelayState }: Record<string, string>) => ({ RelayState })],
    ['two SAMLResponses', (fields: Record<string, string>) => ({ ...fields, SAMLResponse: ['x', 'y'] })],
  ])('refuses an answer with %s, on record, and goes nowhere (security.md S-36, S-38)', async (_, bend) => {
    const visitor = aVisitor(demo)
    const fields = await visitor.samlAnswer('erin')
    const before = demo.audit().length
    const answer = await visitor.postAcs(bend(fields) as Record<string, string>)
    expect([answer.status, answer.headers['location']]).toEqual([403, undefined])
    expect(demo.audit().slice(before)).toMatchObject([{ event: 'sign_in_refused', idp: 'contractors' }])
  })

  it('reads no answer but a form that is posted, and none that is too large (contract.md, ACS limits)', async () => {
    const plain = () => request(demo.url)
    await plain().get(ACS).query({ SAMLResponse: 'AAAA' }).expect(404)
    await plain().post(ACS).send({ SAMLResponse: 'AAAA' }).expect(403)
    await plain()
      .post(ACS)
      .type('form')
      .send({ SAMLResponse: 'A'.repeat(400_000) })
      .expect(413)
    await plain().post('/saml/demo/acs').type('form').send({}).expect(404)
    await plain().post('/saml/nobody/acs').type('form').send({}).expect(404)
    await plain().post('/saml/__proto__/acs').type('form').send({}).expect(404)
  })

  it('signs in over somebody else: their session ends on record, and nobody goes on where they were (threats.md H9)', async () => {
    const visitor = await aPersonAt(demo, 'bob')
    const bob = visitor.jar.header(demo.url)
    const fields = await visitor.samlAnswer('erin', '/sign-in/contractors?returnTo=%2Froles%2Fdata-prod%2Freadonly')
    // As a browser does it: the session's cookie stays at home when another site posts.
    const attempt = visitor.jar
      .header(demo.url)
      .split('; ')
      .filter((pair) => pair.startsWith('rolegate-attempt-'))
    const back = await request(demo.url)
      .post(ACS)
      .set({ cookie: attempt.join('; '), 'sec-fetch-site': 'cross-site' })
      .type('form')
      .send(fields)
      .expect(303)
    expect(back.headers['location']).toBe('/')
    await request(demo.url).get('/').set({ cookie: bob, accept: 'text/html' }).expect(303)
    expect(demo.audit().some(({ event, username }) => event === 'sign_out' && username === 'bob@example.com')).toBe(
      true,
    )
  })

  it('gives out its metadata: our name, addresses and nothing secret', async () => {
    const { text, headers } = await request(demo.url).get('/saml/contractors/metadata').buffer().expect(200)
    expect(headers['content-type']).toContain('application/samlmetadata+xml')
    expect(text).toContain(`entityID="${demo.url}/saml/contractors/metadata"`)
    expect(text).toContain(`${demo.url}/saml/contractors/acs`)
    await request(demo.url).get('/saml/demo/metadata').expect(404)
  })
})

describe('an answer by the wrong door', () => {
  it('is not read out of a URL (security.md S-38)', async () => {
    const visitor = aVisitor(demo)
    const { SAMLResponse = '', RelayState = '' } = await visitor.samlAnswer('erin')
    const query = new URLSearchParams({ SAMLResponse, RelayState, state: RelayState })
    await visitor.get(`/oidc/contractors/callback?${query.toString()}`).expect(404)
    await visitor.postAcs({ SAMLResponse, RelayState }).expect(303)
  })

  it.each(['iframe', 'image', 'script', 'empty'])(
    'is not asked for by an %s of another page (security.md W-11)',
    async (dest) => {
      const answer = await aVisitor(demo).get('/sign-in/contractors').set('sec-fetch-dest', dest).expect(403)
      expect(answer.headers['set-cookie']).toBeUndefined()
    },
  )
})

describe('an answer that nobody asked for', () => {
  const unasked = { SAMLResponse: 'PHg+', RelayState: 'https://idp.example.com/app' }

  it('is refused, unless the file says otherwise (security.md S-25)', async () => {
    await aVisitor(demo).postAcs(unasked).expect(403)
  })

  it('starts a sign-in of ours where it is allowed, is not believed, and cannot go round in circles', async () => {
    const open = await aDemo({
      edit: (text) => text.replace(/(metadata_url: .*\n.*\n    allow: \{ http: true)/, '$1, idp_initiated: true'),
    })
    try {
      const visitor = aVisitor(open)
      const away = await visitor.postAcs(unasked).expect(303)
      expect(away.headers['location']).toBe('/sign-in/contractors')
      await visitor.postAcs(await visitor.samlAnswer('erin')).expect(303)
      // Nor where the IdP drops RelayState: a browser that is away on a sign-in of ours is not sent away again.
      const round = aVisitor(open)
      const { SAMLResponse } = await round.samlAnswer('erin')
      await round.postAcs({ SAMLResponse: String(SAMLResponse) }).expect(403)
      // A browser without the attempt's cookie is told so, and not sent away again.
      await aVisitor(open)
        .postAcs({ ...unasked, RelayState: '0a1b2c3d.AAAAAAAAAAAAAAAAAAAAAA' })
        .expect(403)
    } finally {
      await open.close()
    }
  })
})

describe('an IdP whose metadata cannot be had', () => {
  it('costs nobody else anything, and comes back by itself (security.md V-7)', async () => {
    const away = await aDemo({
      edit: (text) => text.replace(/metadata_url: http:\S+/, 'metadata_url: http://localhost:1/'),
    })
    try {
      const refused = await aVisitor(away).get('/sign-in/contractors').expect(503)
      expect(refused.text).toContain('identity provider does not answer')
      expect((await aVisitor(away).get('/sign-in').expect(200)).text).toContain('cannot be reached just now')
      await (await aPersonAt(away, 'alice')).get('/').expect(200)
    } finally {
      await away.close()
    }
  })
})

describe('roles by SAML', () => {
  it('go through AssumeRoleWithSAML, each with an intent of the same id (threats.md A1)', async () => {
    const bob = await aPersonAt(demo, 'bob')
    await bob.post('/roles/data-prod/readonly/credentials', { _csrf: await bob.csrf() }).expect(200)
    const call = demo.world.aws.log().findLast(({ operation }) => operation === 'AssumeRoleWithSAML')
    const intent = demo.audit().findLast(({ event }) => event === 'intent')
    expect(call).toMatchObject({ outcome: 'issued', jti: `a-${String(intent?.['jti'])}` })
    expect(call?.sourceIdentity).toBe(intent?.['source_identity'])
  })

  it('an assertion for one role is refused for every other (threats.md F1, F6)', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const page = await alice.post('/roles/sandbox/readonly/console', { _csrf: await alice.csrf() }).expect(200)
    const assertion = /name="SAMLResponse" value="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const ask = (account: string) =>
      request(demo.awsUrl)
        .post('/')
        .type('form')
        .send({
          Action: 'AssumeRoleWithSAML',
          Version: '2011-06-15',
          RoleArn: `arn:aws:iam::${account}:role/rolegate/ReadOnly`,
          PrincipalArn: `arn:aws:iam::${account}:saml-provider/rolegate`,
          SAMLAssertion: assertion,
        })
    expect((await ask('333344445555')).status).toBeGreaterThanOrEqual(400)
    expect((await ask('012345678901')).status).toBe(200)
  })

  it('the page that posts the assertion is kept by no cache, runs nothing inline, and tells nobody where it came from', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const page = await alice.post('/roles/sandbox/readonly/console', { _csrf: await alice.csrf() }).expect(200)
    expect(page.headers['cache-control']).toBe('no-store')
    const policy = String(page.headers['content-security-policy'])
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain(`form-action 'self' https: ${demo.awsUrl}`)
    expect(policy).not.toMatch(/unsafe|nonce/)
  })

  it('a terminal gets a sign-in URL for such an account, and never our assertion', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const { aTerminalOf } = await import('../support/a-person.ts')
    const { accessToken } = await aTerminalOf(demo, alice)
    const answer = await request(demo.url)
      .post('/v1/console')
      .set('authorization', `Bearer ${accessToken}`)
      .send({ role: 'sandbox/readonly' })
      .expect(200)
    expect((answer.body as { url: string }).url).toContain('/federation?')
    expect(JSON.stringify(answer.body)).not.toContain('SAML')
  })

  it('says in words what is wrong when AWS knows another key of ours', async () => {
    const other = await aDemo({
      edit: (text) => text.replace('provider_name: rolegate', 'provider_name: somebody-else'),
    })
    try {
      const bob = await aPersonAt(other, 'bob')
      const page = await bob.post('/roles/data-prod/readonly/credentials', { _csrf: await bob.csrf() }).expect(403)
      expect(page.text).toContain('SAML provider')
    } finally {
      await other.close()
    }
  })
})
