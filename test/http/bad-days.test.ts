import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import request from 'supertest'
import { describe, expect, it } from 'vitest'
import { aDemo, type Demo } from '../support/a-demo.ts'
import { aPersonAt, aVisitor } from '../support/a-person.ts'

const ready = async (url: string) => (await request(url).get('/readyz')).body as { status: string; degraded: string[] }

describe('a callback', () => {
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
      await isNotAccepted(demo)
    } finally {
      await demo.close()
    }
  })

  it.each([
    ['header', 0],
    ['claims', 1],
    ['signature', 2],
  ])('by one character of its %s is refused too', async (_what, part) => {
    const way = await aWayThatChanges(part)
    const demo = await aDemo({ edit: way.leadTo })
    try {
      await isNotAccepted(demo)
      way.isHonest = true
      const alice = await aPersonAt(demo, 'alice')
      await alice.post('/roles/payments-dev/readonly/credentials', { _csrf: await alice.csrf() }).expect(200)
    } finally {
      await demo.close()
      await way.close()
    }
  })
})

async function isNotAccepted(demo: Demo): Promise<void> {
  const alice = await aPersonAt(demo, 'alice')
  const page = await alice.post('/roles/payments-dev/readonly/credentials', { _csrf: await alice.csrf() }).expect(403)
  expect(page.text).toContain('AWS did not accept the token Rolegate signed')
  expect(demo.audit().at(-1)).toMatchObject({ event: 'refused', code: 'aws_refused', reason: 'InvalidIdentityToken' })
}

/** Somebody between us and STS who changes a character in the middle of this part of each token. */
async function aWayThatChanges(part: number) {
  const way = { isHonest: false, target: '' }
  const changed = (body: string): string => {
    const asked = new URLSearchParams(body)
    const parts = (asked.get('WebIdentityToken') ?? '').split('.')
    const text = parts[part] ?? ''
    const middle = Math.floor(text.length / 2)
    parts[part] = text.slice(0, middle) + (text[middle] === 'A' ? 'B' : 'A') + text.slice(middle + 1)
    asked.set('WebIdentityToken', parts.join('.'))
    return asked.toString()
  }
  const server = createServer((req, res) => {
    void text(req).then(async (body) => {
      const answer = await fetch(way.target, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: way.isHonest ? body : changed(body),
      })
      res.writeHead(answer.status, { 'content-type': 'text/xml' }).end(await answer.text())
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(way, {
    leadTo: (file: string) =>
      file.replace(/(\n {4}endpoint: )(.*)/, (_, key: string, target: string) => {
        way.target = target
        return `${key}http://127.0.0.1:${(server.address() as AddressInfo).port}`
      }),
    close: () => new Promise((resolve) => server.close(resolve)),
  })
}

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
