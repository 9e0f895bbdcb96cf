import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startDemoIdp, type DemoIdpWithSaml } from '../../../src/sandbox/idp/demo-idp.ts'
import { redirectUrl } from '../../../src/sandbox/idp/saml/bindings.ts'
import { logoutRequest } from '../../../src/sandbox/idp/saml/logout-messages.ts'
import { SAML_PEOPLE } from '../../../src/sandbox/idp/people.ts'
import type { BrowserMove } from '../../../src/usecases/ports/identity-provider.ts'
import { IDP, idp as knownIdp, idpMetadata, NOW, sp } from '../../support/saml/a-saml-world.ts'
import { aSamlProvider, OUR_KEY } from './a-provider.ts'

const base = 'https://gate.example.com/saml/contractors'
let idp: DemoIdpWithSaml

beforeAll(async () => {
  idp = await startDemoIdp({
    port: 0,
    gatewayOrigin: 'https://gate.example.com',
    clientSecret: 'a-secret-of-this-test',
    saml: {
      sp: { entityId: `${base}/metadata`, acs: `${base}/acs`, slo: `${base}/slo`, signingCertificate: sp.certificate },
    },
    now: () => NOW,
    random: randomBytes,
  })
})
afterEach(() => idp.saml.behave())
afterAll(() => idp.close())

const urlOf = (move: BrowserMove | undefined): string =>
  move !== undefined && 'url' in move ? move.url : 'about:blank'

async function known(settings: Parameters<typeof aSamlProvider>[0] = {}) {
  const { provider } = aSamlProvider({ metadata: idp.saml.metadata(), allow: { http: true }, ...settings })
  await provider.warmUp()
  return provider
}
const signing = { settings: { signing: OUR_KEY } }
const ask = (url: string): Promise<Response> => fetch(url, { redirect: 'manual' })

describe('what we send, to an IdP that reads it with other eyes', () => {
  it.each([
    { name: 'unsigned, where that will do', options: {}, behaviour: {} },
    { name: 'signed, where it must be', options: signing, behaviour: { wantsSignedRequests: true } },
  ])('an AuthnRequest is taken: $name', async ({ options, behaviour }) => {
    idp.saml.behave(behaviour)
    const { move } = await (await known(options)).begin('0a1b2c3d')
    expect((await ask(urlOf(move))).status).toBeLessThan(400)
  })

  it('an unsigned AuthnRequest is refused where it must be signed', async () => {
    idp.saml.behave({ wantsSignedRequests: true })
    const { move } = await (await known()).begin('0a1b2c3d')
    expect((await ask(urlOf(move))).status).toBe(400)
  })

  it('a signed LogoutRequest is taken, and answered where we take answers', async () => {
    idp.saml.behave({ wantsSignedRequests: true })
    const move = await (await known(signing)).saml?.logoutMove({ nameId: 'alice', format: 'urn:x', index: '_1' })
    const answer = await ask(urlOf(move))
    const location = answer.headers.get('location') ?? ''
    expect(location).toContain(`${base}/slo?SAMLResponse=`)
    const query = new URL(location).search.slice(1)
    expect(await (await known()).saml?.receiveLogout({ binding: 'redirect', query })).toBeUndefined()
  })

  it('our answer to a LogoutRequest of its making is its to read', async () => {
    const { provider } = aSamlProvider({ ...signing, metadata: withTheirSlo(), allow: { http: true } })
    const person = SAML_PEOPLE[0]
    if (person === undefined) throw new Error('nobody is there')
    const session = { person, sessionIndex: '_s1', transientId: '_t1', signedInAt: NOW }
    const xml = logoutRequest({ id: '_r1', issuer: IDP, destination: `${base}/slo`, now: NOW }, session, 'persistent')
    const key = {
      privateKeyPem: knownIdp.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
      certificatePem: knownIdp.certificate,
    }
    const url = redirectUrl({ to: `${base}/slo`, kind: 'SAMLRequest', xml, relayState: 'a b&c' }, key)
    const request = await provider.saml?.receiveLogout({ binding: 'redirect', query: new URL(url).search.slice(1) })
    expect(request).toMatchObject({ issuer: IDP, nameId: person.subject, indexes: ['_s1'] })
    const answer = await ask(urlOf(request?.answer))
    // It reads the answer whole, finds it genuine, and only then misses the request that it never sent.
    expect(await answer.text()).toContain('No logout of ours is waiting for this answer.')
  })
})

const withTheirSlo = (): string =>
  idpMetadata({
    more:
      '<md:SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"' +
      ` Location="${idp.saml.sloUrl}"/>`,
  })
