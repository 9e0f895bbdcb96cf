import request from 'supertest'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { aPassingDemo } from '../support/a-passing-demo.ts'
import type { Demo } from '../support/a-demo.ts'
import { aPersonAt, aTerminalOf, aVisitor, type Person } from '../support/a-person.ts'

let demo: Demo
beforeAll(async () => void (demo = await aPassingDemo()))
afterEach(() => {
  demo.clock.offsetSeconds = 0
  demo.world.saml.behave()
  demo.world.aws.behave('normal')
})
afterAll(() => demo.close())

const AWS_DOOR = '/saml/contractors/aws'
const SAML_ROLE = '/roles/partners/readonly'
const lastAudit = () => demo.audit().at(-1)
const callsToAws = () => demo.world.aws.log().length

/** A contractor, signed in at the gateway and at their directory. */
async function aContractor(username = 'erin'): Promise<Person> {
  const visitor = aVisitor(demo)
  await visitor.postAcs(await visitor.samlAnswer(username)).expect(303)
  return visitor
}

const ask = async (person: Person, path: string, fields: Record<string, string> = {}) =>
  person.submit(path, { _csrf: await person.csrf(), ...fields })

/** What the directory answers once a role's form has sent the person there. */
const samlFor = async (person: Person, path = `${SAML_ROLE}/credentials`, username = 'erin') =>
  person.samlAnswer(username, await ask(person, path))

describe('a role by the SAML IdP’s own assertion (threats.md F7)', () => {
  it('sends the person to their IdP in AWS’s name, the intent on record, and asks AWS for nothing yet', async () => {
    const erin = await aContractor()
    const before = callsToAws()
    const away = await ask(erin, `${SAML_ROLE}/credentials`)
    expect([away.status, away.headers.get('cache-control')]).toEqual([303, 'no-store'])
    expect(away.headers.get('location')).toMatch(/^http:\/\/localhost:\d+\/saml\/sso\?SAMLRequest=/)
    const [cookie = ''] = away.headers.getSetCookie()
    expect(cookie).toMatch(/^rolegate-aws-attempt-[0-9a-f]{8}=[\w-]+.*; HttpOnly; Secure; SameSite=None/)
    expect(lastAudit()).toMatchObject({
      event: 'intent',
      hand_over: 'credentials',
      role: 'partners/readonly',
      strategy: 'pass_through_saml',
      session_name: null,
      source_identity: null,
    })
    expect(callsToAws()).toBe(before)
  })

  it('takes its answer to AWS at once, and shows the credentials to whoever asked for them', async () => {
    const erin = await aContractor()
    const page = await erin.postAcs(await samlFor(erin), AWS_DOOR).expect(200)
    expect(page.text).toMatch(/ASIA[A-Z0-9]{16}/)
    expect(page.text).toContain('erin@acme.example')
    expect(page.headers['cache-control']).toBe('no-store')
    const [intent, issued] = demo.audit().slice(-2)
    const call = demo.world.aws.log().at(-1)
    expect(issued).toMatchObject({
      event: 'issued',
      jti: intent?.['jti'],
      // As the directory told AWS, and not as we would have.
      session_name: 'erin@acme.example',
      source_identity: 'erin',
      access_key_id: call?.accessKeyId,
    })
    expect(call).toMatchObject({
      operation: 'AssumeRoleWithSAML',
      outcome: 'issued',
      sessionName: 'erin@acme.example',
      roleArn: 'arn:aws:iam::444455556666:role/rolegate/ReadOnly',
    })
  })

  it('opens the console, at the page that was asked for and for as long', async () => {
    const erin = await aContractor()
    const fields = await erin.samlAnswer(
      'erin',
      await ask(erin, `${SAML_ROLE}/console`, { destination: 's3', seconds: '900' }),
    )
    const { headers, text } = await erin.postAcs(fields, AWS_DOOR).expect(303)
    expect([text, headers['cache-control'], headers['referrer-policy']]).toEqual(['', 'no-store', 'no-referrer'])
    const url = new URL(String(headers['location']))
    expect([url.origin, url.searchParams.get('Destination')]).toEqual([
      demo.awsUrl,
      `${demo.consoleUrl}/s3/home?region=eu-central-1`,
    ])
    expect(lastAudit()).toMatchObject({ event: 'issued', hand_over: 'console', seconds: 900, limited_by: 'requested' })
  })

  it('refuses a destination before anybody is sent anywhere (threats.md H2)', async () => {
    const erin = await aContractor()
    const away = await ask(erin, `${SAML_ROLE}/console`, { destination: 'https://evil.example/' })
    expect([away.status, away.headers.get('location')]).toEqual([400, null])
    expect(lastAudit()).toMatchObject({ event: 'refused', code: 'destination_refused' })
  })

  it('keeps nothing of it: not in the log, not in the audit log', async () => {
    const erin = await aContractor()
    const fields = await samlFor(erin)
    await erin.postAcs(fields, AWS_DOOR).expect(200)
    const xml = Buffer.from(String(fields['SAMLResponse']), 'base64').toString()
    expect(demo.printed()).not.toContain(String(fields['SAMLResponse']).slice(0, 60))
    const [, signature = ''] = /SignatureValue>([^<]{40})/.exec(xml) ?? []
    expect(signature).not.toBe('')
    expect(demo.printed()).not.toContain(signature)
  })

  it('counts an answer once, in this browser and in any other (security.md S-29)', async () => {
    const erin = await aContractor()
    const fields = await samlFor(erin)
    const cookies = erin.jar.header(demo.url)
    await erin.postAcs(fields, AWS_DOOR).expect(200)
    const before = callsToAws()
    await erin.postAcs(fields, AWS_DOOR).expect(403)
    expect(lastAudit()).toMatchObject({ event: 'sign_in_refused', reason: 'no_attempt_in_this_browser' })
    await request(demo.url).post(AWS_DOOR).set('cookie', cookies).type('form').send(fields).expect(403)
    expect(lastAudit()).toMatchObject({ reason: 'attempt_used_before', jti: expect.any(String) })
    // The same assertion under an attempt that is fresh.
    const again = await samlFor(erin)
    await erin.postAcs({ ...again, SAMLResponse: String(fields['SAMLResponse']) }, AWS_DOOR).expect(403)
    expect(lastAudit()).toMatchObject({ event: 'refused', reason: 'saml_in_response_to', jti: expect.any(String) })
    expect(callsToAws()).toBe(before)
  })

  it('does not take it to another browser', async () => {
    const [erin, other] = [await aContractor(), await aContractor()]
    await other.postAcs(await samlFor(erin), AWS_DOOR).expect(403)
    expect(lastAudit()).toMatchObject({ event: 'sign_in_refused', reason: 'no_attempt_in_this_browser' })
  })

  it('refuses somebody else at the IdP, and says so', async () => {
    const erin = await aContractor()
    const away = await ask(erin, `${SAML_ROLE}/credentials`)
    // The browser's session at the directory is over, and somebody else begins one.
    erin.jar.forget('http://localhost')
    const before = callsToAws()
    const page = await erin.postAcs(await erin.samlAnswer('frank', away), AWS_DOOR).expect(403)
    expect(page.text).toContain('somebody else than the person who is signed in here')
    expect(lastAudit()).toMatchObject({ event: 'refused', code: 'condition_unmet', reason: 'other_person' })
    expect(callsToAws()).toBe(before)
  })

  it('refuses an assertion that does not name the role', async () => {
    const erin = await aContractor()
    const before = callsToAws()
    await erin.postAcs(await samlFor(erin, '/roles/partners/developer/credentials'), AWS_DOOR).expect(403)
    expect(lastAudit()).toMatchObject({ event: 'refused', code: 'sign_in_rejected', reason: 'saml_aws_role' })
    expect(callsToAws()).toBe(before)
  })

  it('refuses one that is older than five minutes', async () => {
    const erin = await aContractor()
    const fields = await samlFor(erin)
    demo.clock.offsetSeconds = 301
    await erin.postAcs(fields, AWS_DOOR).expect(403)
    // Its own five minutes are over too; a minute of skew is the clock's, not the assertion's.
    expect(lastAudit()).toMatchObject({ event: 'refused', reason: 'assertion_too_old' })
  })

  it('refuses an assertion for our own sign-in, and a sign-in by one for AWS', async () => {
    const erin = await aContractor()
    const own = await erin.samlAnswer('erin')
    const forAws = await samlFor(erin)
    await erin.postAcs(own, AWS_DOOR).expect(403)
    expect(lastAudit()).toMatchObject({ reason: 'no_attempt_in_this_browser' })
    await erin.postAcs(forAws).expect(403)
    expect(lastAudit()).toMatchObject({ reason: 'no_attempt_in_this_browser' })
    await erin.postAcs({ ...forAws, SAMLResponse: String(own['SAMLResponse']) }, AWS_DOOR).expect(403)
    expect(lastAudit()).toMatchObject({ event: 'refused', reason: 'saml_destination' })
  })

  it('hands nothing to somebody who signed out meanwhile (threats.md H5)', async () => {
    const erin = await aContractor()
    const fields = await samlFor(erin)
    await erin.post('/sign-out', { _csrf: await erin.csrf() }).expect(303)
    const before = callsToAws()
    const answer = await erin.postAcs(fields, AWS_DOOR)
    expect([answer.status, answer.headers['location']]).toEqual([303, '/sign-in?returnTo=%2F#-'])
    expect(lastAudit()).toMatchObject({ event: 'sign_in_refused', code: 'sign_in_required', jti: expect.any(String) })
    expect(callsToAws()).toBe(before)
  })

  it('withholds what AWS lent to somebody who signed out while AWS was thinking (threats.md H5)', async () => {
    const erin = await aContractor()
    const fields = await samlFor(erin)
    const hold = demo.world.aws.hold()
    const asked = erin.postAcs(fields, AWS_DOOR).then((answer) => answer)
    await hold.arrived
    await erin.post('/sign-out', { _csrf: await erin.csrf() }).expect(303)
    hold.release()
    const answer = await asked
    expect([answer.status, answer.text]).toEqual([303, expect.not.stringContaining('ASIA')])
    expect(lastAudit()).toMatchObject({
      event: 'withheld',
      code: 'sign_in_required',
      session_name: 'erin@acme.example',
    })
  })

  it('takes too long a trip for none', async () => {
    const erin = await aContractor()
    const fields = await samlFor(erin)
    demo.clock.offsetSeconds = 601
    await erin.postAcs(fields, AWS_DOOR).expect(400)
    expect(lastAudit()).toMatchObject({ event: 'sign_in_refused', code: 'sign_in_expired' })
  })

  it('says whose trust policy it is that says no', async () => {
    const role = demo.world.aws.role('444455556666', 'rolegate/ReadOnly')
    const kept = role.trustPolicy
    role.trustPolicy = { Version: '2012-10-17', Statement: [] }
    const erin = await aContractor()
    const page = await erin.postAcs(await samlFor(erin), AWS_DOOR).expect(403)
    role.trustPolicy = kept
    expect(page.text).toContain('what your identity provider sends')
    expect(lastAudit()).toMatchObject({ event: 'refused', code: 'aws_refused', jti: expect.any(String) })
  })
})

describe('a role by the OIDC IdP’s own ID token (threats.md F7)', () => {
  const OIDC_ROLE = '/roles/research/readonly'
  /** Back from the demo directory, up to our door, which is not yet called. */
  const callbackFor = async (person: Person, path = `${OIDC_ROLE}/credentials`) =>
    person.callbackUrl('alice', await ask(person, path))

  it('sends the person to their IdP for a client of its own, the intent on record', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const before = callsToAws()
    const away = await ask(alice, `${OIDC_ROLE}/credentials`)
    const url = new URL(String(away.headers.get('location')))
    expect(away.status).toBe(303)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      client_id: 'rolegate-aws',
      redirect_uri: `${demo.url}/oidc/demo/aws`,
      response_type: 'code',
      code_challenge_method: 'S256',
      nonce: expect.any(String),
      state: expect.stringMatching(/^[0-9a-f]{8}\./),
    })
    const [cookie = ''] = away.headers.getSetCookie()
    expect(cookie).toMatch(/^rolegate-aws-attempt-[0-9a-f]{8}=[\w-]+.*; HttpOnly; SameSite=Lax/)
    expect(lastAudit()).toMatchObject({
      event: 'intent',
      strategy: 'pass_through_oidc',
      session_name: expect.stringMatching(/^alice@example\.com\+/),
      source_identity: null,
    })
    expect(callsToAws()).toBe(before)
  })

  it('takes the ID token to AWS at once, and shows the credentials to whoever asked for them', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const page = await alice.fetch(await callbackFor(alice))
    expect([page.status, page.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(await page.text()).toMatch(/ASIA[A-Z0-9]{16}/)
    const [intent, issued] = demo.audit().slice(-2)
    const call = demo.world.aws.log().at(-1)
    expect(issued).toMatchObject({
      event: 'issued',
      jti: intent?.['jti'],
      session_name: intent?.['session_name'],
      source_identity: null,
      access_key_id: call?.accessKeyId,
    })
    expect(call).toMatchObject({
      operation: 'AssumeRoleWithWebIdentity',
      outcome: 'issued',
      sessionName: intent?.['session_name'],
    })
  })

  it('opens the console', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const opened = await alice.fetch(await callbackFor(alice, `${OIDC_ROLE}/console`))
    expect([opened.status, await opened.text(), opened.headers.get('referrer-policy')]).toEqual([
      303,
      '',
      'no-referrer',
    ])
    expect(new URL(String(opened.headers.get('location'))).origin).toBe(demo.awsUrl)
    expect(lastAudit()).toMatchObject({ event: 'issued', hand_over: 'console', strategy: 'pass_through_oidc' })
  })

  it.each([
    ['a head alone', { method: 'HEAD' }],
    ['what is fetched ahead', { headers: { 'sec-purpose': 'prefetch;prerender' } }],
    ['a page within another', { headers: { 'sec-fetch-dest': 'iframe' } }],
  ])('takes nothing for %s, and the trip is still good (security.md C-12)', async (_, how) => {
    const alice = await aPersonAt(demo, 'alice')
    const url = await callbackFor(alice)
    const before = callsToAws()
    expect((await alice.fetch(url, how)).status).toBeGreaterThanOrEqual(400)
    expect(callsToAws()).toBe(before)
    expect((await alice.fetch(url)).status).toBe(200)
  })

  it('keeps nothing of it in the log', async () => {
    const alice = await aPersonAt(demo, 'alice')
    await alice.fetch(await callbackFor(alice))
    expect(demo.printed()).not.toMatch(/eyJ[\w-]{20,}\.eyJ/)
  })

  it('counts an answer once, in its own browser alone', async () => {
    const [alice, other] = [await aPersonAt(demo, 'alice'), await aPersonAt(demo, 'alice')]
    const url = await callbackFor(alice)
    expect((await other.fetch(url)).status).toBe(403)
    expect(lastAudit()).toMatchObject({ event: 'sign_in_refused', reason: 'no_attempt_in_this_browser' })
    const cookies = alice.jar.header(demo.url)
    expect((await alice.fetch(url)).status).toBe(200)
    const before = callsToAws()
    await request(demo.url).get(url.slice(demo.url.length)).set('cookie', cookies).expect(403)
    expect(lastAudit()).toMatchObject({ reason: 'attempt_used_before', jti: expect.any(String) })
    expect(callsToAws()).toBe(before)
  })

  it('refuses somebody else at the IdP', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const away = await ask(alice, `${OIDC_ROLE}/credentials`)
    alice.jar.forget('http://localhost')
    const before = callsToAws()
    const page = await alice.fetch(await alice.callbackUrl('bob', away))
    expect(page.status).toBe(403)
    expect(await page.text()).toContain('somebody else than the person who is signed in here')
    expect(lastAudit()).toMatchObject({ event: 'refused', reason: 'other_person', jti: expect.any(String) })
    expect(callsToAws()).toBe(before)
  })

  it('mixes no two doors up: a sign-in’s answer is none for AWS, nor the other way round', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const own = await alice.callbackUrl('alice')
    const forAws = await callbackFor(alice)
    for (const url of [own.replace('/callback', '/aws'), forAws.replace('/aws', '/callback')]) {
      expect((await alice.fetch(url)).status).toBe(403)
      expect(lastAudit()).toMatchObject({ event: 'sign_in_refused', reason: 'no_attempt_in_this_browser' })
    }
    // One client's code at the door of the other's.
    const code = new URL(own).searchParams.get('code') ?? ''
    const bent = new URL(await callbackFor(alice))
    bent.searchParams.set('code', code)
    expect((await alice.fetch(bent.href)).status).toBe(403)
    expect(lastAudit()).toMatchObject({ event: 'refused', code: 'sign_in_rejected' })
  })

  it('hands nothing to somebody who signed out meanwhile (threats.md H5)', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const url = await callbackFor(alice)
    await alice.post('/sign-out', { _csrf: await alice.csrf() }).expect(303)
    const answer = await alice.fetch(url)
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in?returnTo=%2F#-'])
    expect(lastAudit()).toMatchObject({ event: 'sign_in_refused', code: 'sign_in_required' })
  })

  it('says what the IdP said, when it said no', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const url = new URL(await callbackFor(alice))
    url.searchParams.delete('code')
    url.searchParams.set('error', 'access_denied')
    expect((await alice.fetch(url.href)).status).toBe(403)
    expect(lastAudit()).toMatchObject({ event: 'refused', reason: 'idp_error:access_denied' })
  })

  it('is not for an elevated role', async () => {
    const alice = await aPersonAt(demo, 'alice')
    expect((await ask(alice, '/roles/research/admin/console')).status).toBe(403)
    expect(lastAudit()).toMatchObject({ event: 'refused', reason: 'elevated_passed_through' })
  })
})

describe('where the IdP’s own assertion does not go (threats.md F7)', () => {
  it.each(['/console', '/credentials'])('an elevated role: no form, and %s is refused', async (door) => {
    const erin = await aContractor()
    const page = await erin.get('/roles/partners/admin').expect(200)
    expect(page.text).toContain('Elevated roles are not given where the identity provider’s own token is taken')
    expect(page.text).not.toContain('action="/roles/partners/admin')
    const refused = await ask(erin, `/roles/partners/admin${door}`)
    expect(refused.status).toBe(403)
    expect(lastAudit()).toMatchObject({ event: 'refused', code: 'condition_unmet', reason: 'elevated_passed_through' })
  })

  it('somebody of another IdP: no form either', async () => {
    const alice = await aPersonAt(demo, 'alice')
    const page = await alice.get(SAML_ROLE).expect(200)
    expect(page.text).toContain('another identity provider than the one you signed in with')
    expect((await ask(alice, `${SAML_ROLE}/credentials`)).status).toBe(403)
    expect(lastAudit()).toMatchObject({ code: 'condition_unmet', reason: 'idp_passed_through' })
  })

  it.each(['/v1/credentials', '/v1/console'])('a terminal at %s: it is told to open a browser', async (path) => {
    const erin = await aContractor()
    const { accessToken } = await aTerminalOf(demo, erin)
    const bearer = { authorization: `Bearer ${accessToken}` }
    const answer = await request(demo.url).post(path).set(bearer).send({ role: 'partners/readonly' }).expect(403)
    expect(answer.body).toMatchObject({
      code: 'condition_unmet',
      detail: 'This account takes the identity provider’s own token: open it in the browser.',
    })
    expect(lastAudit()).toMatchObject({ event: 'refused', reason: 'browser_needed', via: 'device' })
    const { body } = await request(demo.url).get('/v1/roles').set(bearer).expect(200)
    const { roles } = body as { roles: readonly { role: string; state: string }[] }
    expect(roles.find(({ role }) => role === 'partners/readonly')?.state).toBe('not_now')
  })

  it('a page’s script at /v1, cookie or not', async () => {
    const erin = await aContractor()
    const headers = {
      cookie: erin.jar.header(demo.url),
      'sec-fetch-site': 'same-origin',
      origin: demo.url,
      'x-csrf-token': await erin.csrf(),
    }
    const answer = await request(demo.url).post('/v1/credentials').set(headers).send({ role: 'partners/readonly' })
    expect([answer.status, answer.body]).toMatchObject([403, { code: 'condition_unmet' }])
    expect(lastAudit()).toMatchObject({ event: 'refused', reason: 'browser_needed', via: 'browser' })
  })

  it('without our form’s token (security.md W-10)', async () => {
    const erin = await aContractor()
    const intents = () => demo.audit().filter(({ event }) => event === 'intent').length
    const before = intents()
    expect((await erin.submit(`${SAML_ROLE}/credentials`, { _csrf: 'x' })).status).toBe(403)
    expect(intents()).toBe(before)
  })

  it('through doors of an IdP that passes nothing through, or none', async () => {
    const plain = (path: string) => request(demo.url).post(path).type('form').send({ SAMLResponse: 'AAAA' })
    await plain('/saml/nobody/aws').expect(404)
    await plain('/saml/__proto__/aws').expect(404)
    await request(demo.url).get('/oidc/nobody/aws').expect(404)
    await plain(AWS_DOOR).expect(403)
    await plain(AWS_DOOR)
      .send({ SAMLResponse: 'A'.repeat(400_000) })
      .expect(413)
  })
})

describe('the role’s page', () => {
  it('says that the IdP is asked, lets its form lead there, and promises no name', async () => {
    const erin = await aContractor()
    const page = await erin.get(SAML_ROLE).expect(200)
    expect(page.text).toContain('AWS takes what it signs, and nothing of ours')
    expect(page.text).toContain('the name that Contractors’ directory (SAML) gives AWS')
    expect(page.text).not.toContain('rolegate exec')
    expect(page.headers['content-security-policy']).toMatch(
      /form-action 'self' http:\/\/127\.0\.0\.1:\d+ 127\.0\.0\.1:\d+ https: http:\/\/localhost:\d+;/,
    )
    const other = await erin.get('/roles/data-prod/readonly').expect(200)
    expect(other.headers['content-security-policy']).not.toContain('https:')
    // No one click on the portal: the page comes first.
    expect((await erin.get('/').expect(200)).text).not.toContain('formaction="/roles/partners/readonly/console"')
  })
})
