import { describe, expect, it } from 'vitest'
import { UpstreamFailure } from '../../src/adapters/oidc/bounded-fetch.ts'
import { lookOnline, type Seen } from '../../src/program/check/online.ts'
import { A_FILE, aWorld, changed, load } from '../config/a-file.ts'
import { idpMetadata, NOW } from '../support/saml/a-saml-world.ts'

const IDP = 'https://idp.example.com'
const OURS = 'https://aws.example.com'
const WELL = '/.well-known/openid-configuration'
const RSA = { kty: 'RSA', use: 'sig', kid: '1' }

/** Everybody as they should be; a test changes what it is about. Anybody else does not answer. */
const everybody = (changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> => ({
  [`${IDP}${WELL}`]: { issuer: IDP, jwks_uri: `${IDP}/keys`, id_token_signing_alg_values_supported: ['RS256'] },
  [`${IDP}/keys`]: { keys: [RSA, { kty: 'RSA', use: 'enc' }] },
  [`${OURS}${WELL}`]: { issuer: OURS, jwks_uri: `${OURS}/keys`, id_token_signing_alg_values_supported: ['ES256'] },
  [`${OURS}/keys`]: { keys: [{ kty: 'EC', alg: 'ES256' }] },
  'https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15': 403,
  ...changes,
})

async function ask(world: Readonly<Record<string, unknown>>, text = A_FILE): Promise<readonly Seen[]> {
  const asked: string[] = []
  const fetch = (async (input: string, init?: RequestInit) => {
    expect(init).toBeUndefined()
    asked.push(input)
    const found = world[input]
    if (found === undefined) throw new UpstreamFailure('did not answer')
    if (found instanceof Error) throw found
    if (typeof found === 'number') return new Response('hush', { status: found })
    return new Response(typeof found === 'string' ? found : JSON.stringify(found))
  }) as typeof globalThis.fetch
  const { config } = load(text, aWorld())
  return lookOnline(config, { fetch, now: NOW })
}

const failures = async (changes: Readonly<Record<string, unknown>>, text?: string) =>
  (await ask(everybody(changes), text))
    .filter(({ state }) => state === 'fail')
    .map(({ check, says }) => `${check}: ${says}`)

describe('lookOnline', () => {
  it('finds everybody as the file says', async () => {
    expect(await ask(everybody())).toEqual([
      { check: 'IdP entra', state: 'ok', says: 'is who it should be, and has 1 key for RS256' },
      { check: 'our issuer', state: 'ok', says: 'is who it should be, and has 1 key for ES256' },
      { check: 'STS https://sts.us-east-1.amazonaws.com', state: 'ok', says: 'answers' },
    ])
  })

  it.each([
    [
      'an IdP that says it is another (security.md O-19)',
      { issuer: `${IDP}/` },
      `says it is "${IDP}/", and not ${IDP}`,
    ],
    [
      'an IdP that signs otherwise',
      { issuer: IDP, jwks_uri: `${IDP}/keys`, id_token_signing_alg_values_supported: ['ES256'] },
      'signs with ["ES256"], and the file takes RS256 only',
    ],
    ['an IdP without an address of keys', { issuer: IDP }, 'names no address of its keys'],
    ['an IdP that does not answer', new UpstreamFailure('did not answer in time'), 'did not answer in time'],
    ['an IdP that sends a page', '<html>', `${IDP}${WELL} is no JSON`],
    ['an IdP without the document', 404, `${IDP}${WELL} answered 404`],
    ['a failure that is nobody’s words', new Error('secret'), 'could not be asked'],
  ])('tells of %s', async (_what, answer, says) => {
    expect(await failures({ [`${IDP}${WELL}`]: answer })).toEqual([`IdP entra: ${says}`])
  })

  it.each([
    ['no keys', { keys: [] }],
    [
      'keys for other things',
      { keys: [{ kty: 'RSA', use: 'enc' }, { kty: 'EC' }, { kty: 'RSA', alg: 'PS256' }, null] },
    ],
    ['none at all', {}],
  ])('tells of an IdP with %s', async (_what, keys) => {
    expect(await failures({ [`${IDP}/keys`]: keys })).toEqual(['IdP entra: has no key for RS256'])
  })

  it('tells of ourselves when nobody answers under our name, and of what is no STS', async () => {
    expect(
      await failures({
        [`${OURS}${WELL}`]: new UpstreamFailure('did not answer'),
        'https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15': 200,
      }),
    ).toEqual(['our issuer: did not answer', 'STS https://sts.us-east-1.amazonaws.com: answered 200, as no STS does'])
  })

  it('asks issuers of jobs too', async () => {
    const jobs = 'workloads: [{ id: ci, issuer: https://ci.example.com, require: { project: "7" } }]\n'
    expect(await failures({}, `${A_FILE}${jobs}`)).toEqual(['workload ci: did not answer'])
  })

  const SAML = changed([
    /\n {4}type: oidc[\s\S]*?groups: \{ claim: groups \}/.exec(A_FILE)?.[0] ?? '',
    `\n    type: saml\n    metadata_url: ${IDP}/metadata\n    entity_id: ${IDP}/saml\n    username: attributes.name\n    groups: { attribute: groups }`,
  ])

  it('reads the metadata of a SAML IdP as the gateway will', async () => {
    const [idp] = await ask(everybody({ [`${IDP}/metadata`]: idpMetadata() }), SAML)
    expect(idp).toEqual({ check: 'IdP entra', state: 'ok', says: `${IDP}/saml has 2 certificates` })
    expect(
      await failures({ [`${IDP}/metadata`]: idpMetadata({ entityId: 'https://evil.example' }) }, SAML),
    ).toHaveLength(1)
    expect(await failures({ [`${IDP}/metadata`]: '<html/>' }, SAML)).toHaveLength(1)
  })
})
