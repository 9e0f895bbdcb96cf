import { describe, expect, it } from 'vitest'
import { aProblem, aRole } from './fake-gateway.ts'
import { signedIn } from './fake-terminal.ts'

describe('hostile text from a server (security.md D-26)', () => {
  const HOSTILE = 'a\u001b[2J\u001b]0;t\u0007\u009b1m\u202Eb\u2066c\u2028d\re\u200bf\ufeff\u00ad\u{e0041}\u2800'
  const CLEAN =
    /^(?:\n|[^\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029\u200b-\u200f\ufeff\u00ad\u{e0000}-\u{e007f}\u2800])*$/u

  it('never reaches the terminal through a refusal', async () => {
    const { gateway, run } = await signedIn()
    gateway.on(
      'GET /v1/roles',
      aProblem(403, HOSTILE, { title: HOSTILE, detail: HOSTILE, next: HOSTILE, requestId: HOSTILE }),
    )
    const { err } = await run('list')
    expect(err).toMatch(CLEAN)
    // Spelt out and not left out: two names never look like one.
    expect(err).toContain(String.raw`a\u001b[2J\u001b]0;t`)
    expect(err).toContain(String.raw`\u200bf\ufeff\u00ad\ue0041\u2800`)
  })

  it('never reaches the terminal through names, in any form', async () => {
    const { gateway, run } = await signedIn()
    const account = { id: '111111111111', alias: 'a', name: `${HOSTILE}\nfake/row`, environment: HOSTILE }
    gateway.on('GET /v1/roles', { json: { roles: [aRole('a/b', { account, state: HOSTILE })], [HOSTILE]: HOSTILE } })
    for (const form of ['table', 'json']) expect((await run('list', '-o', form)).out).toMatch(CLEAN)
    expect((await run('list')).out.split('\n')).toHaveLength(3)
    expect((await run('list', '-o', 'csv')).out.replaceAll('\r\n', '')).toMatch(CLEAN)
  })

  it('never reaches the terminal through a person’s name or a request id', async () => {
    const { gateway, run } = await signedIn()
    const session = { via: HOSTILE, expiresAt: '2030-01-01T20:00:00Z' }
    const groups = { count: 1, truncated: true }
    gateway.on('GET /v1/whoami', {
      json: { subject: HOSTILE, username: `${HOSTILE}\n✓`, idp: HOSTILE, groups, session },
    })
    const { out, err } = await run('whoami', '-v')
    expect(out).toMatch(CLEAN)
    expect(err).toMatch(CLEAN)
    expect(out.split('\n')).toHaveLength(7)
  })

  it('never reaches the terminal through a code or an address to open', async () => {
    const { gateway, run } = await signedIn()
    const start = {
      device_code: 'd',
      user_code: HOSTILE,
      verification_uri: `${gateway.origin}/device`,
      expires_in: 300,
    }
    gateway.on('POST /oauth/device_authorization', { json: start })
    expect(await run('login')).toMatchObject({ exit: 9, err: expect.stringMatching(CLEAN) })
  })
})
