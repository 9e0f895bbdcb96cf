import { afterEach, describe, expect, it } from 'vitest'
import { aDemo } from '../support/a-demo.ts'
import { aVisitor } from '../support/a-person.ts'
import { groupId, groupIds, startFakeGraph, type GraphBend } from '../support/fake-graph.ts'
import { startFakeIdp } from '../support/fake-idp.ts'

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
  const demo = await aDemo({
    edit: (text) => text.replace(/\nidps:\n/, `\nidps:${entry}`).replace(/\nrules:\n/, `\nrules:${rule}`),
  })
  closing.push(() => demo.close())
  const visitor = aVisitor(demo)
  return {
    idp,
    graph,
    demo,
    visitor,
    async signIn(): Promise<Response> {
      const away = await visitor.fetch(`${demo.url}/sign-in/entra`)
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
