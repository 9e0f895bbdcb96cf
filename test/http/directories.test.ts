import { afterEach, describe, expect, it } from 'vitest'
import {
  aGatewayWith,
  aGatewayWithEntra,
  aGatewayWithGoogle,
  anIdpFor,
  idpEntry,
  IDP_SECRET,
} from '../support/a-directory-gateway.ts'
import { groupIds } from '../support/fake-graph.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

describe('somebody in more groups than Entra puts into a token', () => {
  it('has the role of the last of them, asked of Graph at sign-in', async () => {
    const { signIn, visitor, demo, graph } = await aGatewayWithEntra(closing)
    expect((await signIn()).status).toBe(303)
    expect((await visitor.get('/').expect(200)).text).toContain('payments-dev/developer')
    expect(demo.audit().findLast(({ event }) => event === 'sign_in')).toMatchObject({ idp: 'entra', groups_count: 250 })
    expect(graph.seen).toHaveLength(1)
  })

  it('is refused, on record and in words, when Graph does not tell; no token is in any of it', async () => {
    const { signIn, demo, idp } = await aGatewayWithEntra(closing, {
      bend: { instead: (_, res) => (res.writeHead(403, { 'content-type': 'application/json' }).end('{}'), true) },
    })
    const answer = await signIn()
    const page = await answer.text()
    expect(answer.status).toBe(403)
    expect(page).toContain('Your directory did not tell us all your groups')
    expect(page).toContain('asked it for the whole list, and did not get it')
    expect(demo.audit().findLast(({ event }) => event === 'sign_in_refused')).toMatchObject({
      idp: 'entra',
      code: 'groups_truncated',
      reason: 'directory:answered_403',
    })
    expect(demo.printed()).toContain('a directory did not tell all groups of somebody')
    for (const secret of [...idp.secrets, IDP_SECRET])
      if (secret !== '') expect(demo.printed() + page).not.toContain(secret)
  })
})

describe('somebody of Google’s', () => {
  it('has the role of a group that their group is in, asked of the directory at sign-in', async () => {
    const { signIn, visitor, google } = await aGatewayWithGoogle(closing)
    expect((await signIn()).status).toBe(303)
    expect((await visitor.get('/').expect(200)).text).toContain('payments-dev/developer')
    expect(google.asked).toEqual(['token', '108000000000000000001', 'group-0@example.com', 'group-1@example.com'])
  })

  it('of another company is nobody here, and is not asked about', async () => {
    const { signIn, demo, google } = await aGatewayWithGoogle(closing, { hd: 'evil.example' })
    expect((await signIn()).status).toBe(403)
    expect(demo.audit().findLast(({ event }) => event === 'sign_in_refused')).toMatchObject({
      reason: 'other_hosted_domain',
    })
    expect(google.asked).toEqual([])
  })
})

describe('somebody in almost as many groups as their IdP sends', () => {
  async function aSignInWith(count: number) {
    const idp = await anIdpFor({ sub: 'u-1', idToken: { preferred_username: 'alice', groups: groupIds(count) } })
    closing.push(() => idp.stop())
    const entry = idpEntry('okta', idp, '    groups: { claim: groups, limit: { count: 100 } }\n')
    const rule = `
  - id: okta-devs
    match: { idp: okta, everyone: true }
    grant: { accounts: [payments-dev], roles: [developer] }
`
    const gateway = await aGatewayWith(closing, { id: 'okta', entry, rule, idp })
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
