import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { aDemo } from '../support/a-demo.ts'
import { aVisitor } from '../support/a-person.ts'
import { GOOGLE_GROUPS_SCOPE } from '../../src/adapters/directory/google.ts'
import { someGroups, startFakeGoogle } from '../support/fake-google.ts'
import { groupId, groupIds, startFakeGraph, type GraphBend } from '../support/fake-graph.ts'
import { keysFor, startFakeIdp, type FakeIdp } from '../support/fake-idp.ts'

const ALICE = 'aaaaaaaa-1111-4111-8111-111111111111'
const SECRET = 'kD9-fK2vq-entra'
const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** The demo's gateway with Entra beside its own directories: 250 groups, of which the last is in a rule. */
async function aGatewayWithEntra(bend: GraphBend = {}) {
  const idp = await startFakeIdp({
    client: { id: 'rolegate', method: 'client_secret_basic', secret: SECRET },
    person: {
      sub: 'pairwise-1',
      idToken: { oid: ALICE, preferred_username: 'alice@example.com', _claim_names: { groups: 'src1' } },
    },
  })
  closing.push(() => idp.stop())
  const graph = await startFakeGraph({
    members: new Map([[ALICE, groupIds(250)]]),
    takes: (token) => idp.clientTokens.has(token),
    bend,
  })
  closing.push(() => graph.stop())
  const entry = `
  - id: entra
    type: oidc
    issuer: ${idp.issuer}
    client_id: rolegate
    client_secret: ${SECRET}
    allow: { http: true }
    subject: claims.oid
    groups: { claim: groups, kind: id, overage: { on: graph, endpoint: "${graph.origin}" } }
`
  const rule = `
  - id: entra-devs
    match: { idp: entra, group: ${groupId(249)} }
    grant: { accounts: [payments-dev], roles: [developer] }
`
  return { ...(await aGatewayWith('entra', entry, rule, idp)), idp, graph }
}

/** The demo's gateway with one more IdP, one more rule, and somebody who may sign in there. */
async function aGatewayWith(id: string, entry: string, rule: string, idp: FakeIdp) {
  const demo = await aDemo({
    edit: (text) => text.replace(/\nidps:\n/, `\nidps:${entry}`).replace(/\nrules:\n/, `\nrules:${rule}`),
  })
  closing.push(() => demo.close())
  const visitor = aVisitor(demo)
  return {
    demo,
    visitor,
    async signIn(): Promise<Response> {
      const away = await visitor.fetch(`${demo.url}/sign-in/${id}`)
      return visitor.fetch((await idp.signIn(away.headers.get('location') ?? '')).href)
    },
  }
}

describe('somebody in more groups than Entra puts into a token', () => {
  it('has the role of the last of them, asked of Graph at sign-in', async () => {
    const { signIn, visitor, demo, graph } = await aGatewayWithEntra()
    expect((await signIn()).status).toBe(303)
    expect((await visitor.get('/').expect(200)).text).toContain('payments-dev/developer')
    expect(demo.audit().findLast(({ event }) => event === 'sign_in')).toMatchObject({ idp: 'entra', groups_count: 250 })
    expect(graph.seen).toHaveLength(1)
  })

  it('is refused, on record and in words, when Graph does not tell; no token is in any of it', async () => {
    const { signIn, demo, idp } = await aGatewayWithEntra({
      instead: (_, res) => (res.writeHead(403, { 'content-type': 'application/json' }).end('{}'), true),
    })
    const answer = await signIn()
    const page = await answer.text()
    expect(answer.status).toBe(403)
    expect(page).toContain('Your directory did not tell us all your groups')
    expect(page).toContain('asked for the whole list it did not give it')
    expect(demo.audit().findLast(({ event }) => event === 'sign_in_refused')).toMatchObject({
      idp: 'entra',
      code: 'groups_truncated',
      reason: 'directory:answered_403',
    })
    expect(demo.printed()).toContain('a directory did not tell all groups of somebody')
    for (const secret of [...idp.secrets, SECRET])
      if (secret !== '') expect(demo.printed() + page).not.toContain(secret)
  })
})

describe('somebody of Google’s', () => {
  async function aGatewayWithGoogle(hd: string) {
    const person = '108000000000000000001'
    const idp = await startFakeIdp({
      client: { id: 'rolegate', method: 'client_secret_basic', secret: SECRET },
      person: { sub: person, idToken: { email: 'alice@example.com', hd } },
    })
    closing.push(() => idp.stop())
    const keys = keysFor('service-account')
    const google = await startFakeGoogle({
      account: { email: 'rolegate@project.iam.gserviceaccount.com', publicKey: keys.publicKey },
      administrator: 'admin@example.com',
      scope: GOOGLE_GROUPS_SCOPE,
      members: new Map([
        [person, someGroups(1)],
        ['group-0@example.com', someGroups(2)],
        ['group-1@example.com', []],
      ]),
      now: () => new Date(),
    })
    closing.push(() => google.stop())
    const folder = mkdtempSync(join(tmpdir(), 'rolegate-google-'))
    closing.push(async () => rmSync(folder, { recursive: true }))
    const key = {
      type: 'service_account',
      client_email: 'rolegate@project.iam.gserviceaccount.com',
      private_key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    }
    writeFileSync(join(folder, 'google.json'), JSON.stringify(key), { mode: 0o600 })
    const entry = `
  - id: google
    type: oidc
    issuer: ${idp.issuer}
    client_id: rolegate
    client_secret: ${SECRET}
    scopes: [openid, email]
    hosted_domain: example.com
    allow: { http: true }
    username: claims.email
    groups:
      source: google_directory
      service_account_file: ${join(folder, 'google.json')}
      impersonate: admin@example.com
      endpoint: ${google.origin}
      token_endpoint: ${google.tokenEndpoint}
`
    const rule = `
  - id: google-devs
    match: { idp: google, group: group-1@example.com }
    grant: { accounts: [payments-dev], roles: [developer] }
`
    return { ...(await aGatewayWith('google', entry, rule, idp)), google }
  }

  it('has the role of a group that their group is in, asked of the directory at sign-in', async () => {
    const { signIn, visitor, google } = await aGatewayWithGoogle('example.com')
    expect((await signIn()).status).toBe(303)
    expect((await visitor.get('/').expect(200)).text).toContain('payments-dev/developer')
    expect(google.asked).toEqual(['token', '108000000000000000001', 'group-0@example.com', 'group-1@example.com'])
  })

  it('of another company is nobody here, and is not asked about', async () => {
    const { signIn, demo, google } = await aGatewayWithGoogle('evil.example')
    expect((await signIn()).status).toBe(403)
    expect(demo.audit().findLast(({ event }) => event === 'sign_in_refused')).toMatchObject({
      reason: 'other_hosted_domain',
    })
    expect(google.asked).toEqual([])
  })
})

describe('somebody in almost as many groups as their IdP sends', () => {
  async function aSignInWith(count: number) {
    const idp = await startFakeIdp({
      client: { id: 'rolegate', method: 'client_secret_basic', secret: SECRET },
      person: { sub: 'u-1', idToken: { preferred_username: 'alice', groups: groupIds(count) } },
    })
    closing.push(() => idp.stop())
    const entry = `
  - id: okta
    type: oidc
    issuer: ${idp.issuer}
    client_id: rolegate
    client_secret: ${SECRET}
    allow: { http: true }
    groups: { claim: groups, limit: { count: 100 } }
`
    const rule = `
  - id: okta-devs
    match: { idp: okta, everyone: true }
    grant: { accounts: [payments-dev], roles: [developer] }
`
    const gateway = await aGatewayWith('okta', entry, rule, idp)
    expect((await gateway.signIn()).status).toBe(303)
    const metrics = await (await fetch(`${gateway.demo.managementUrl}/metrics`)).text()
    const page = (await gateway.visitor.get('/me').expect(200)).text
    return { metrics, page, printed: gateway.demo.printed() }
  }

  it('is told so, and so is whoever runs this, with no name in it', async () => {
    const { metrics, page, printed } = await aSignInWith(85)
    expect(page).toContain('Your directory sends at most 100 groups')
    expect(page).toContain('85 at your sign-in')
    expect(metrics).toContain('rolegate_group_limit_warnings_total{idp="okta"} 1')
    expect(metrics).toContain('rolegate_sign_in_groups_max{idp="okta"} 85')
    const line = printed.split('\n').find((one) => one.includes('almost as many groups')) ?? ''
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', idp: 'okta', groups: 85, most: 100 })
    expect(line).not.toMatch(/alice|u-1|00000000-0000/)
  })

  it('is not, below four fifths', async () => {
    const { metrics, page, printed } = await aSignInWith(79)
    expect(page).not.toContain('sends at most')
    expect(metrics).toContain('rolegate_sign_in_groups_max{idp="okta"} 79')
    expect(metrics).not.toContain('rolegate_group_limit_warnings_total{')
    expect(printed).not.toContain('almost as many groups')
  })
})
