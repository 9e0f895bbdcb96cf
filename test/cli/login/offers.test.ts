import { describe, expect, it } from 'vitest'
import { readLoginOffers } from '../../../src/cli/login/offers.ts'
import { aMetadata } from '../fake-gateway.ts'

const ORIGIN = 'https://aws.example.com'
const read = (over: object = {}) => {
  const { json } = aMetadata(ORIGIN, over)
  return readLoginOffers(async () => ({ status: 200, body: JSON.parse(JSON.stringify(json)) }), ORIGIN)
}

describe('what a gateway offers a terminal', () => {
  it('is a browser and a code', async () => {
    expect(await read()).toEqual({ endpoint: new URL(`${ORIGIN}/oauth/authorize`), code: true })
  })

  it.each([
    { authorization_endpoint: undefined },
    { code_challenge_methods_supported: undefined },
    { code_challenge_methods_supported: ['plain'] },
    { authorization_response_iss_parameter_supported: undefined },
    { authorization_response_iss_parameter_supported: 'true' },
  ])('is no browser with %o', async (over) => {
    expect(await read(over)).toEqual({ code: true })
  })

  it('is no code without an endpoint for one', async () => {
    expect((await read({ device_authorization_endpoint: undefined })).code).toBe(false)
  })

  it.each([
    { issuer: 'https://evil.example.com' },
    { issuer: undefined },
    { issuer: `${ORIGIN}/` },
    { authorization_endpoint: 'https://evil.example.com/oauth/authorize' },
    { authorization_endpoint: 'javascript:alert(1)' },
    { authorization_endpoint: '/oauth/authorize' },
  ])('is refused with %o: a browser is sent to the gateway and nowhere else (security.md D-24)', async (over) => {
    await expect(read(over)).rejects.toMatchObject({ code: 'config_invalid' })
  })

  it('is the gateway’s own failure when it does not say', async () => {
    const body = { title: 'Busy', code: 'rate_limited' }
    await expect(readLoginOffers(async () => ({ status: 429, body }), ORIGIN)).rejects.toMatchObject({
      code: 'rate_limited',
    })
  })
})
