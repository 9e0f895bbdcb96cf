import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { FEDERATION_BOUNDS, makeOpenFederation } from '../../../src/adapters/aws/federation.ts'
import { parseRoleArn } from '../../../src/domain/aws/arn.ts'
import { makeBoundedFetch } from '../../../src/adapters/oidc/bounded-fetch.ts'
import type { Destination } from '../../../src/domain/aws/destination.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aFakeAws, breaksOff, hangs, page, type Say } from './fake-aws.ts'

const credentials = {
  accessKeyId: 'ASIAEXAMPLEEXAMPLE00',
  secretAccessKey: 'canary-secret&access=key',
  sessionToken: 'canary/session+token==',
  expiresAt: new Date('2030-01-01T10:00:00Z'),
}
const destination = 'https://eu-west-1.console.aws.amazon.com/s3/home?region=eu-west-1&x=a b#top' as Destination
const signinToken = 'canary-signin-token&Destination=https://evil.example'
const answers: Say = (res) =>
  void res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ SigninToken: signinToken }))

async function aWorld(say: Say, sooner: { seconds?: number } = {}) {
  const aws = await aFakeAws(say)
  const asked: [string, string][] = []
  const openFederation = makeOpenFederation({
    endpointFor: (...of) => (asked.push(of), `${aws.url}/federation`),
    issuer: 'https://aws.example.com/',
    fetch: makeBoundedFetch({ ...FEDERATION_BOUNDS, ...sooner }),
  })
  return {
    ...aws,
    asked,
    open: () =>
      openFederation({
        sts: 'main',
        region: 'eu-west-1',
        roleArn: parseRoleArn('arn:aws:iam::111122223333:role/rolegate/Developer'),
        sessionName: 'alice@example.com',
        credentials,
        seconds: 3600,
        destination,
      }),
  }
}

/** The refusal, after a look for a secret wherever an error can hide one (security.md C-6). */
async function refusalOf(asked: Promise<unknown>): Promise<RolegateError> {
  const thrown = await asked.catch((refused: unknown) => refused)
  if (!(thrown instanceof RolegateError)) throw new Error(`not refused: ${inspect(thrown)}`)
  const everything = [
    thrown.message,
    thrown.stack,
    JSON.stringify(thrown),
    inspect(thrown, { depth: 20, showHidden: true }),
  ].join('\n')
  expect(everything).not.toMatch(/canary|ASIAEXAMPLE/)
  return thrown
}

describe('the way into the console', () => {
  it('asks by POST, with nothing in the URL (security.md C-6, C-7)', async () => {
    const { open, seen, asked } = await aWorld(answers)
    await open()
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ method: 'POST', url: '/federation' })
    expect(seen[0]?.headers['content-type']).toMatch(/^application\/x-www-form-urlencoded/)
    expect(asked).toEqual([['main', 'eu-west-1']])
  })

  it('hands AWS the credentials and the one limit of both (threats.md H4)', async () => {
    const { open, seen } = await aWorld(answers)
    await open()
    const body = seen[0]?.body ?? new URLSearchParams()
    expect([...body.keys()]).toEqual(['Action', 'SessionDuration', 'Session'])
    expect([body.get('Action'), body.get('SessionDuration')]).toEqual(['getSigninToken', '3600'])
    expect(JSON.parse(body.get('Session') ?? '')).toEqual({
      sessionId: 'ASIAEXAMPLEEXAMPLE00',
      sessionKey: 'canary-secret&access=key',
      sessionToken: 'canary/session+token==',
    })
  })

  it('leads to the destination, and back to us when the session ends (security.md C-4, C-5)', async () => {
    const { open, url } = await aWorld(answers)
    const move = new URL(await open())
    expect(move.origin + move.pathname).toBe(`${url}/federation`)
    expect(Object.fromEntries(move.searchParams)).toEqual({
      Action: 'login',
      Issuer: 'https://aws.example.com/',
      Destination: destination,
      SigninToken: signinToken,
    })
  })

  it('cannot be led elsewhere by what AWS calls its token (threats.md H2)', async () => {
    const { open } = await aWorld(answers)
    expect(new URL(await open()).searchParams.getAll('Destination')).toEqual([destination])
  })

  it('holds no credential (threats.md H3)', async () => {
    const { open } = await aWorld(answers)
    const move = decodeURIComponent(await open())
    for (const secret of [credentials.secretAccessKey, credentials.sessionToken, credentials.accessKeyId])
      expect(move).not.toContain(secret)
  })
})

describe('a federation endpoint that refuses or is not there', () => {
  const says = (status: number, text: string): Say => page(status, `${text} canary-secret&access=key`)
  const huge: Say = (res) =>
    void res.writeHead(200).end(JSON.stringify({ filler: 'x'.repeat(70_000), SigninToken: 'canary-late' }))

  it.each<[string, Say, string, string]>([
    ['a 400', says(400, 'bad'), 'aws_refused', 'federation_400'],
    ['a 403', says(403, 'no'), 'aws_refused', 'federation_403'],
    ['a 404', says(404, 'where?'), 'aws_refused', 'federation_404'],
    ['a 204', page(204, ''), 'aws_refused', 'federation_204'],
    ['a 429', says(429, 'later'), 'aws_unavailable', 'federation_429'],
    ['a 500', says(500, 'oh'), 'aws_unavailable', 'federation_500'],
    ['a 503', says(503, 'oh'), 'aws_unavailable', 'federation_503'],
    ['a page', says(200, '<html>'), 'aws_unavailable', 'federation_unreadable'],
    ['nothing', page(200, ''), 'aws_unavailable', 'federation_unreadable'],
    ['JSON without a token', page(200, '{"SigninTokens":"x"}'), 'aws_unavailable', 'federation_unreadable'],
    ['an empty token', page(200, '{"SigninToken":""}'), 'aws_unavailable', 'federation_unreadable'],
    ['a token that is no text', page(200, '{"SigninToken":{"canary":1}}'), 'aws_unavailable', 'federation_unreadable'],
    ['JSON that is null', page(200, 'null'), 'aws_unavailable', 'federation_unreadable'],
    ['more than the bound (C-7)', huge, 'aws_unavailable', 'federation_no_answer'],
    ['a connection that breaks off', breaksOff, 'aws_unavailable', 'federation_no_answer'],
  ])('%s', async (_, say, code, reason) => {
    const { open, seen } = await aWorld(say)
    expect(await refusalOf(open())).toMatchObject({ code, reason })
    expect(seen).toHaveLength(1)
  })

  it('names the console as what was refused', async () => {
    const { open } = await aWorld(says(400, 'bad'))
    expect(await refusalOf(open())).toMatchObject({ values: { because: 'console_federation' } })
  })

  it.each([301, 302, 303, 307, 308])(
    'a %d is not followed: the credentials go nowhere else (security.md C-7)',
    async (status) => {
      const elsewhere = await aFakeAws(answers)
      const { open } = await aWorld((res) => void res.writeHead(status, { location: elsewhere.url }).end())
      expect(await refusalOf(open())).toMatchObject({ code: 'aws_unavailable', reason: 'federation_no_answer' })
      expect(elsewhere.seen).toEqual([])
    },
  )

  it('a connection that is refused', async () => {
    const { open, stop } = await aWorld(answers)
    await stop()
    expect(await refusalOf(open())).toMatchObject({ code: 'aws_unavailable', values: { retryAfterSeconds: 5 } })
  })

  it('an endpoint that hangs is given up within ten seconds (security.md C-7)', async () => {
    const { open } = await aWorld(hangs, { seconds: 0.1 })
    expect(await refusalOf(open())).toMatchObject({ code: 'aws_unavailable', reason: 'federation_no_answer' })
    expect(FEDERATION_BOUNDS.seconds).toBeLessThanOrEqual(10)
  })
})
