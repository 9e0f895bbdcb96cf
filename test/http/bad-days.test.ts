import { existsSync } from 'node:fs'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { aDemo } from '../support/a-demo.ts'
import { aPersonAt, aVisitor } from '../support/a-person.ts'

const ready = async (url: string) => (await request(url).get('/readyz')).body as { status: string; degraded: string[] }

describe('an IdP that is down', () => {
  it('stops nobody else: the gateway runs, /readyz and the page say so, and sign-in works again by itself', async () => {
    // A second IdP whose address nobody answers.
    const second = `
  - id: away
    type: oidc
    label: Away directory
    issuer: http://localhost:9
    client_id: rolegate
    client_secret_env: DEMO_CLIENT_SECRET
    allow: { http: true }
    groups: { claim: groups }
`
    const demo = await aDemo({ edit: (text) => text.replace('\naccounts:', `${second}\naccounts:`) })
    try {
      await expect.poll(() => ready(demo.managementUrl)).toMatchObject({ status: 'degraded', degraded: ['idp:away'] })
      await request(demo.managementUrl).get('/readyz').expect(200)

      const page = await aVisitor(demo).get('/sign-in').expect(200)
      expect(page.text).toContain('Away directory')
      expect(page.text).toMatch(/not answer|cannot be reached|unavailable/i)

      const refused = await aVisitor(demo).get('/sign-in/away').expect(503)
      expect(refused.text).toContain('identity provider does not answer')
      expect(refused.headers['retry-after']).toBeDefined()

      await (await aPersonAt(demo, 'alice')).get('/').expect(200)
    } finally {
      await demo.close()
    }
  })

  it('refuses an answer that comes to the callback of another IdP (RFC 9700 §4.4, security.md O-14)', async () => {
    const demo = await aDemo({
      edit: (text) =>
        text.replace(
          '\naccounts:',
          text
            .slice(text.indexOf('  - id: demo'), text.indexOf('  - id: contractors'))
            .replace('id: demo', 'id: other') + '\naccounts:',
        ),
    })
    try {
      const visitor = aVisitor(demo)
      const callback = await visitor.callbackUrl('alice')
      const answer = await visitor.fetch(callback.replace('/oidc/demo/', '/oidc/other/'))
      expect(answer.status).toBe(403)
      expect(demo.audit().at(-1)).toMatchObject({ event: 'sign_in_refused', reason: 'other_idp' })
    } finally {
      await demo.close()
    }
  })
})

describe('an audit log that cannot be written', () => {
  it.skipIf(!existsSync('/dev/full'))(
    'hands nothing over, not even a session, and says so (threats.md A3)',
    async () => {
      const demo = await aDemo({
        edit: (text) => text.replace('[{ type: store }, { type: stdout }]', '[{ type: file, path: /dev/full }]'),
      })
      try {
        const visitor = aVisitor(demo)
        const answer = await visitor.fetch(await visitor.callbackUrl('alice'))
        expect([answer.status, await answer.text()]).toEqual([
          503,
          expect.stringContaining('Nothing can be handed over right now'),
        ])
        await visitor.get('/').expect(303)
        expect(await ready(demo.managementUrl)).toMatchObject({ status: 'degraded', degraded: ['audit'] })
      } finally {
        await demo.close()
      }
    },
  )
})

describe('a token that was changed on its way', () => {
  it('is refused by AWS, and the page says why', async () => {
    // Another audience than the account's provider knows: as good as another token.
    const demo = await aDemo({
      edit: (text) => text.replace('audience: sts.demo.rolegate.example', 'audience: sts.demo.rolegate.examplf'),
    })
    try {
      const alice = await aPersonAt(demo, 'alice')
      const page = await alice
        .post('/roles/payments-dev/readonly/credentials', { _csrf: await alice.csrf() })
        .expect(403)
      expect(page.text).toContain('AWS did not accept the token Rolegate signed')
      expect(demo.audit().at(-1)).toMatchObject({
        event: 'refused',
        code: 'aws_refused',
        reason: 'InvalidIdentityToken',
      })
    } finally {
      await demo.close()
    }
  })
})

describe('a group that looks like something else', () => {
  it('a deny that reads groups refuses a sign-in that carries no groups claim (threats.md I4)', async () => {
    const deny = `
  - id: no-contractors
    match: { idp: demo, group: contractors }
    deny: { accounts: "env:prod" }
`
    const demo = await aDemo({
      edit: (text) => text.replace('\nsts:', `${deny}\nsts:`).replace('claim: groups,', 'claim: no-such-claim,'),
    })
    try {
      const visitor = aVisitor(demo)
      const answer = await visitor.fetch(await visitor.callbackUrl('alice'))
      expect([answer.status, await answer.text()]).toEqual([
        403,
        expect.stringContaining('Your sign-in carried no groups'),
      ])
    } finally {
      await demo.close()
    }
  })
})
