import { afterEach, describe, expect, it } from 'vitest'
import { makeBoundedFetch } from '../../../src/adapters/oidc/bounded-fetch.ts'
import { attackClassOf } from '../../../src/domain/audit/attack-class.ts'
import { digest } from '../../../src/adapters/store/keys.ts'
import { makeVerifyWorkloadToken } from '../../../src/adapters/workload/verify.ts'
import { aJobIssuer, type IssuerBend } from '../../support/a-job-issuer.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aClock } from '../../support/a-session.ts'

const EXCHANGE = 'https://aws.example.com/workloads'
const closing: (() => Promise<void>)[] = []
afterEach(async () => void (await Promise.all(closing.splice(0).map((close) => close()))))

async function aWorldOfJobs(bend: IssuerBend = {}, { allowHttp = true } = {}) {
  const clock = aClock()
  const issuer = await aJobIssuer({ bend, now: clock.now })
  closing.push(() => issuer.close())
  const failures: unknown[] = []
  const { verifyWorkloadToken, down } = makeVerifyWorkloadToken({
    workloads: [
      {
        label: 'CI',
        audience: EXCHANGE,
        containerAudience: 'containers',
        algorithms: ['RS256'],
        allowHttp,
        maxSeconds: 3600,
        mapping: { id: 'ci', issuer: issuer.issuer, require: { repository_id: ['74'] }, keep: [] },
      },
    ],
    fetch: makeBoundedFetch({ seconds: 2, bytes: 20_000 }),
    digest,
    now: clock.now,
    onFailure: (workload, cause) => void failures.push([workload, cause]),
  })
  return {
    clock,
    issuer,
    failures,
    down,
    verify: async (token?: string) => verifyWorkloadToken(token ?? (await issuer.token({ aud: EXCHANGE })), 'exchange'),
    jwksFetches: () => issuer.asked.filter((path) => path === '/jwks').length,
  }
}
type Send = NonNullable<IssuerBend['instead']>[string]

describe('an issuer’s keys', () => {
  it('are fetched at the first token and serve an hour, one fetch however many ask', async () => {
    const { verify, clock, jwksFetches } = await aWorldOfJobs()
    await Promise.all([verify(), verify(), verify()])
    clock.pass(3599)
    await verify()
    expect(jwksFetches()).toBe(1)
    clock.pass(1)
    await verify()
    await expect.poll(jwksFetches).toBe(2)
  })

  it('are looked for again when a token names a new one, as when the issuer has changed them', async () => {
    const { verify, clock, issuer } = await aWorldOfJobs()
    await verify()
    issuer.rotate('jobs-next')
    clock.pass(30)
    await verify()
  })

  it('are not fetched for every key id that strangers make up (threats.md F11, security.md O-23)', async () => {
    const { verify, clock, issuer, jwksFetches } = await aWorldOfJobs()
    await verify()
    clock.pass(30)
    for (let tries = 0; tries < 20; tries += 1) {
      const token = await issuer.token({ aud: EXCHANGE }, { header: { kid: `made-up-${tries}` } })
      expect((await refusalFrom(verify(token))).reason).toBe('err_jwks_no_matching_key')
    }
    expect(jwksFetches()).toBe(2)
    await verify()
  })

  it('serve on while the issuer is down, and nobody waits for it', async () => {
    const { verify, clock, issuer, down } = await aWorldOfJobs()
    await verify()
    issuer.bend.instead = { '/jwks': (_req, res) => void res.writeHead(503).end() }
    clock.pass(3600)
    await verify()
    await verify()
    expect(down()).toEqual([])
  })
})

describe('an issuer that cannot be asked', () => {
  it('is counted where it names an address at which nothing is asked (threats.md P2, security.md A-9)', async () => {
    const { verify } = await aWorldOfJobs({
      discovery: (honest) => ({ ...honest, jwks_uri: 'https://169.254.169.254/latest/meta-data/' }),
    })
    const refusal = await refusalFrom(verify())
    expect([refusal.code, attackClassOf(refusal)]).toEqual(['idp_unavailable', 'ssrf'])
  })

  const plainly =
    (status: number, headers: Record<string, string> = {}, body = '{}'): Send =>
    (_req, res) =>
      void res.writeHead(status, headers).end(body)
  it.each<[string, IssuerBend]>([
    ['is broken', { instead: { '/.well-known/openid-configuration': plainly(500) } }],
    ['knows no discovery', { instead: { '/.well-known/openid-configuration': plainly(404) } }],
    [
      'sends us elsewhere (security.md O-20)',
      { instead: { '/jwks': plainly(302, { location: 'http://127.0.0.1:1/' }) } },
    ],
    ['sends no JSON', { instead: { '/jwks': plainly(200, {}, '<html>') } }],
    ['sends too much (security.md O-22)', { instead: { '/jwks': plainly(200, {}, `"${'x'.repeat(30_000)}"`) } }],
    ['breaks off', { instead: { '/jwks': (req) => void req.socket.destroy() } }],
    ['sends no keys', { jwks: () => ({}) }],
    ['sends null', { jwks: () => null }],
    [
      'is about another issuer (security.md O-19)',
      { discovery: (honest) => ({ ...honest, issuer: 'https://evil.example' }) },
    ],
    ['names no address for its keys', { discovery: ({ issuer }) => ({ issuer }) }],
    ['keeps its keys at a file', { discovery: (honest) => ({ ...honest, jwks_uri: 'file:///etc/passwd' }) }],
    [
      'keeps its keys at plain http elsewhere (security.md O-21)',
      { discovery: (honest) => ({ ...honest, jwks_uri: 'http://10.0.0.1/jwks' }) },
    ],
  ])('%s: `idp_unavailable`, and asked again in three seconds', async (_how, bend) => {
    const { verify, clock, issuer, failures, down } = await aWorldOfJobs(bend)
    const refusal = await refusalFrom(verify())
    expect([refusal.code, refusal.values]).toEqual([
      'idp_unavailable',
      { idp: 'ci', label: 'CI', retryAfterSeconds: 5 },
    ])
    expect(failures).toHaveLength(1)
    expect(down()).toEqual(['ci'])
    await refusalFrom(verify())
    expect(failures).toHaveLength(1)
    for (const part of Object.keys(issuer.bend) as (keyof IssuerBend)[]) delete issuer.bend[part]
    clock.pass(3)
    await verify()
    expect(down()).toEqual([])
  })

  it('is asked again by whoever looks how it is', async () => {
    const { verify, clock, issuer, down } = await aWorldOfJobs({ jwks: () => null })
    await refusalFrom(verify())
    delete issuer.bend.jwks
    clock.pass(3)
    expect(down()).toEqual(['ci'])
    await expect.poll(down).toEqual([])
  })

  it('has its keys at plain http on loopback only where that is allowed', async () => {
    const { verify } = await aWorldOfJobs({}, { allowHttp: false })
    expect((await refusalFrom(verify())).code).toBe('idp_unavailable')
  })
})
