import { createServer } from 'node:http'
import { isIP, type AddressInfo, type LookupFunction } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { attackClassOf } from '../../../src/domain/audit/attack-class.ts'
import { roleArnOf } from '../../../src/domain/aws/arn.ts'
import { makeStsClients } from '../../../src/adapters/aws/sts-clients.ts'
import { makeAssumeRole } from '../../../src/adapters/aws/sts.ts'
import { makeBoundedFetch, UpstreamFailure } from '../../../src/adapters/oidc/bounded-fetch.ts'
import { makeLookUp } from '../../../src/adapters/oidc/look-up.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aProvider } from './a-sign-in.ts'

/** A name server that says what a test tells it to, one answer after the other. */
function names(...answers: (readonly string[])[]) {
  const asked: string[] = []
  const resolve: LookupFunction = (hostname, options, done) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? []
    asked.push(hostname)
    const all = addresses.map((address) => ({ address, family: isIP(address) }))
    if (options.all === true) done(null, all)
    else done(null, all[0]?.address ?? '', all[0]?.family)
  }
  return { asked, lookup: makeLookUp(resolve) }
}

let port: number
let server: ReturnType<typeof createServer>
let served: number
beforeEach(async () => {
  served = 0
  // One request a connection, so that each begins with a look-up.
  server = createServer((_, res) => void ((served += 1), res.writeHead(200, { connection: 'close' }).end('ours')))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ;({ port } = server.address() as AddressInfo)
})
afterEach(() => void server.close())

const bounds = { seconds: 5, bytes: 1000 }
const causeOf = async (asked: Promise<unknown>): Promise<unknown> => {
  const failure = await asked.catch((thrown: unknown) => thrown)
  expect(failure).toBeInstanceOf(UpstreamFailure)
  return (failure as UpstreamFailure).cause
}

describe('what is asked of others is asked nowhere off limits (threats.md P2)', () => {
  it('reaches a name that leads elsewhere, loopback too', async () => {
    const { asked, lookup } = names(['127.0.0.1'])
    const answer = await makeBoundedFetch(bounds, lookup)(`http://idp.example.com:${port}/`)
    expect([await answer.text(), asked]).toEqual(['ours', ['idp.example.com']])
  })

  it.each([
    ['the metadata service', ['169.254.169.254']],
    ['it, as IPv6', ['fd00:ec2::254']],
    ['it, in the clothes of IPv6', ['::ffff:169.254.169.254']],
    ['the link', ['fe80::1']],
    ['it among others', ['127.0.0.1', '169.254.169.254']],
  ])('does not connect where a name leads to %s', async (_, addresses) => {
    const { lookup } = names(addresses)
    const cause = await causeOf(makeBoundedFetch(bounds, lookup)(`http://idp.example.com:${port}/`))
    expect(cause).toMatchObject({ name: 'OffLimits', code: 'OFF_LIMITS' })
    expect(served).toBe(0)
  })

  it('looks again at each connection: a name that changes gains nothing', async () => {
    const { asked, lookup } = names(['127.0.0.1'], ['169.254.169.254'])
    const bounded = makeBoundedFetch(bounds, lookup)
    expect((await bounded(`http://idp.example.com:${port}/`)).status).toBe(200)
    expect(await causeOf(bounded(`http://idp.example.com:${port}/`))).toMatchObject({ code: 'OFF_LIMITS' })
    expect([asked.length, served]).toEqual([2, 1])
  })

  it.each([
    'http://169.254.169.254/latest/meta-data/',
    'https://169.254.169.254/',
    'http://0xa9fea9fe/',
    'http://2852039166/',
    'http://169.254.43518/',
    'http://[fe80::1]/',
    'http://[fd00:ec2::254]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[::ffff:a9fe:a9fe]/',
  ])('does not connect to %s, which needs no look-up', async (url) => {
    const { asked, lookup } = names(['127.0.0.1'])
    expect(await causeOf(makeBoundedFetch(bounds, lookup)(url))).toMatchObject({ code: 'OFF_LIMITS' })
    expect(asked).toEqual([])
  })

  it('says of a name there is not what the name server says', async () => {
    const refused: LookupFunction = (_, __, done) => done(Object.assign(new Error('gone'), { code: 'ENOTFOUND' }), '')
    const cause = await causeOf(makeBoundedFetch(bounds, makeLookUp(refused))(`http://idp.example.com:${port}/`))
    expect(cause).toMatchObject({ code: 'ENOTFOUND' })
  })

  it('is counted as such where a sign-in is refused because of it (security.md A-9)', async () => {
    const { provider } = await aProvider({ settings: { issuer: 'https://169.254.169.254' } })
    const refusal = await refusalFrom(provider.begin('0a1b2c3d'))
    expect([refusal.code, attackClassOf(refusal)]).toEqual(['idp_unavailable', 'ssrf'])
  })

  it('goes for STS as well', async () => {
    const { asked, lookup } = names(['169.254.169.254'])
    const { clientFor, close } = makeStsClients(() => `http://sts.example.com:${port}`, { lookup })
    const refusal = await makeAssumeRole({ clientFor })({
      sts: 'default',
      region: 'eu-central-1',
      roleArn: roleArnOf('aws', '111111111111', 'x'),
      sessionName: 'x',
      seconds: 900,
      assertion: { kind: 'web_identity', token: 'x' },
    }).catch((thrown: unknown) => thrown)
    close()
    expect(refusal).toMatchObject({ code: 'aws_unavailable' })
    expect(asked).toContain('sts.example.com')
    expect(served).toBe(0)
  })
})
