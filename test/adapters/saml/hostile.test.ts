import { describe, expect, it } from 'vitest'
import { principalFrom } from '../../../src/domain/sign-in/claims.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aResponse } from '../../support/saml/a-response.ts'
import { NOW, secondsFromNow, SKEW_SECONDS } from '../../support/saml/a-saml-world.ts'
import { hostileResponses, type HostileGroup } from '../../support/saml/hostile-responses.ts'
import * as names from '../../support/saml/names.ts'
import { aSamlProvider, pending, RELAY_STATE } from './a-provider.ts'

const { complete } = aSamlProvider()
const mapping = { idp: 'contractors', subject: 'nameid', username: 'mail', groups: { claim: 'groups' }, keep: [] }

/** The provider's refusals; nothing of the document is in them but the IdP's own status word, cut to letters. */
const REASON = /^saml_[a-z0-9_]+(?::[A-Za-z]{0,40})?$/
/** Genuine, and about nobody: the mapping of claims refuses them, when the NameID is the subject (threats.md I2). */
const NOBODY = ['no NameID', 'a transient NameID']

const honestly = (): string => aResponse().field

const GROUPS: readonly HostileGroup[] = ['xsw', 'parser', 'signature', 'profile', 'encryption', 'size', 'encoding']

describe.each(GROUPS)('a hostile response of the group %s', (group) => {
  const cases = hostileResponses().filter((hostile) => hostile.group === group && !NOBODY.includes(hostile.name))

  it.each(cases)('$name: is refused ($why)', async ({ field }) => {
    const refusal = await refusalFrom(complete(field))
    expect(refusal.code).toBe('sign_in_rejected')
    expect(refusal.reason).toMatch(REASON)
    expect(refusal.message).toBe(`sign_in_rejected: ${refusal.reason}`)
    const word = /^saml_status:(.*)/.exec(refusal.reason ?? '')?.[1]
    expect(refusal.values).toEqual(word === undefined ? {} : { idpSaid: word })
  })
})

describe('a response about nobody', () => {
  it.each(hostileResponses().filter(({ name }) => NOBODY.includes(name)))(
    '$name: names no subject',
    async ({ field }) => {
      const claims = await complete(field)
      expect(claims.claims['nameid']).toBeUndefined()
      expect(await refusalFrom((async () => principalFrom(claims, mapping))())).toMatchObject({
        code: 'sign_in_rejected',
        reason: 'subject_claim_unusable:nameid',
      })
    },
  )
})

describe('a response to another question than this browser’s (security.md S-24, S-36)', () => {
  it('is refused when the request was another', async () => {
    const refusal = await refusalFrom(complete(honestly(), { requestId: '_another' }))
    expect(refusal.reason).toBe('saml_in_response_to')
  })

  it('is refused when its RelayState is not the attempt’s', async () => {
    const refusal = await refusalFrom(complete(honestly(), { state: '0a1b2c3d.BBBBBBBBBBBBBBBBBBBBBB' }))
    expect(refusal.reason).toBe('saml_relay_state')
  })

  it.each<[string, Map<string, string>, string]>([
    ['without RelayState', new Map([['SAMLResponse', honestly()]]), 'saml_relay_state'],
    ['without SAMLResponse', new Map([['RelayState', RELAY_STATE]]), 'saml_no_response'],
    ['with nothing', new Map(), 'saml_relay_state'],
  ])('is refused %s', async (_, parameters, reason) => {
    const { provider } = aSamlProvider()
    expect(await refusalFrom(provider.complete({ parameters }, pending))).toMatchObject({
      code: 'sign_in_rejected',
      reason,
    })
  })

  it('is refused when the browser was sent away by another protocol', async () => {
    const { provider } = aSamlProvider()
    const oidc = { kind: 'oidc', state: RELAY_STATE, nonce: 'n', codeVerifier: 'v', startedAt: NOW } as const
    const parameters = new Map([
      ['SAMLResponse', honestly()],
      ['RelayState', RELAY_STATE],
    ])
    expect((await refusalFrom(provider.complete({ parameters }, oidc))).reason).toBe('saml_other_protocol')
  })
})

describe('what the operator has asked for beside', () => {
  it('an older proof than the request is refused with force_authn (threats.md I6)', async () => {
    const forced = aSamlProvider({ settings: { forceAuthn: true } })
    const startedAt = NOW
    const old = aResponse({ authnInstant: secondsFromNow(-SKEW_SECONDS - 1) })
    expect((await refusalFrom(forced.complete(old.field, { startedAt }))).reason).toBe('saml_authn_too_old')
    const fresh = aResponse({ authnInstant: secondsFromNow(-SKEW_SECONDS) })
    expect((await forced.complete(fresh.field, { startedAt })).claims['nameid']).toBe('alice')
  })

  it('another authentication context than those of authn_contexts is refused (security.md S-31)', async () => {
    const strict = aSamlProvider({ settings: { contexts: ['urn:example:mfa'] } })
    expect((await refusalFrom(strict.complete(honestly()))).reason).toBe('saml_authn_context')
    const password = 'urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport'
    const lenient = aSamlProvider({ settings: { contexts: ['urn:example:mfa', password] } })
    expect((await lenient.complete(honestly())).claims['nameid']).toBe('alice')
  })

  it('SHA-1 and CBC are refused unless they are allowed (security.md S-14, S-33)', async () => {
    const cbc = aResponse({ encryption: { cipher: 'aes128-cbc' } }).field
    expect((await refusalFrom(complete(cbc))).reason).toBe('saml_cipher')
    const sha1 = aResponse({ signature: { algorithm: names.RSA_SHA1, digest: names.SHA1 } }).field
    expect((await refusalFrom(complete(sha1))).reason).toBe('saml_signature_algorithm')
  })

  it('an encrypted assertion is refused where there is no key for it', async () => {
    const keyless = aSamlProvider({ withoutDecryption: true })
    const field = aResponse({ encryption: {} }).field
    expect((await refusalFrom(keyless.complete(field))).reason).toBe('saml_decryption_not_configured')
  })
})
