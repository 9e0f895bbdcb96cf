import { describe, expect, it } from 'vitest'
import { IDP_BOUNDS, makeBoundedFetch } from '../../../src/adapters/oidc/bounded-fetch.ts'
import { makeOidcForAws } from '../../../src/adapters/oidc/for-aws.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aProvider, CLIENT_SECRET, type World } from './a-sign-in.ts'

const CALLBACK = 'https://aws.example.com/oidc/entra/aws'
const CLIENT = { id: 'rolegate-aws', method: 'client_secret_basic', secret: CLIENT_SECRET } as const

/** Somebody who went to the IdP for AWS, and is back at our door. */
async function backForAws(world: World = {}, clientId: string = CLIENT.id) {
  const { idp } = await aProvider({ client: CLIENT, ...world })
  const source = makeOidcForAws({
    settings: {
      id: 'entra',
      label: 'Example Inc.',
      issuer: idp.issuer,
      clientId,
      authentication: { method: 'client_secret_basic', secret: CLIENT_SECRET },
      scopes: ['openid'],
      algorithms: ['RS256'],
      allowHttp: true,
    },
    callback: CALLBACK,
    fetch: makeBoundedFetch(IDP_BOUNDS),
    randomText: (bits) => Buffer.from(crypto.getRandomValues(new Uint8Array(bits / 8))).toString('base64url'),
    now: () => new Date(),
    onFailure: () => {},
  })
  const awaited = { kind: 'pass_through_oidc' } as const
  const { move, pending } = await source.begin('0a1b2c3d', awaited)
  if (!('url' in move)) throw new Error('an OIDC IdP is gone to by redirect')
  const back = await idp.signIn(move.url)
  return { back, complete: () => source.complete({ parameters: new Map(back.searchParams) }, pending, awaited) }
}

describe('the IdP’s ID token for AWS (threats.md F7)', () => {
  it('comes to a callback of its own, and is forwarded as it was signed', async () => {
    const { back, complete } = await backForAws()
    expect(back.href.startsWith(CALLBACK)).toBe(true)
    const { assertion, claims, issuedAt, names } = await complete()
    if (assertion.kind !== 'web_identity') throw new Error('an OIDC IdP gives ID tokens')
    const [, payload = ''] = assertion.token.split('.')
    const said = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
    expect(said['aud']).toBe(CLIENT.id)
    expect(assertion.byIdp).toBe(true)
    expect(claims.claims).toEqual(said)
    expect(issuedAt.getTime()).toBe(Number(said['iat']) * 1000)
    expect(names).toEqual({ sourceIdentity: null })
  })

  it('is refused when it is for another client, the one people sign in with above all', async () => {
    const { complete } = await backForAws({ bend: () => ({ claims: (honest) => ({ ...honest, aud: 'rolegate' }) }) })
    await expect(complete()).rejects.toMatchObject({ code: 'sign_in_rejected' })
  })

  it('is refused when its signature is not the IdP’s, or it is no ID token', async () => {
    for (const header of [{ alg: 'none' }, { typ: 'at+jwt' }]) {
      const { complete } = await backForAws({ bend: () => ({ header: (honest) => ({ ...honest, ...header }) }) })
      await expect(complete()).rejects.toBeInstanceOf(RolegateError)
    }
  })
})
