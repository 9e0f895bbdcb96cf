import { sign } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { attributeOf } from '../../../src/adapters/saml/names.ts'
import { readStrictXml } from '../../../src/adapters/saml/strict-xml.ts'
import type { LogoutRequest } from '../../../src/usecases/ports/identity-provider.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import {
  bareCertificate,
  IDP,
  idp,
  idpMetadata,
  nextIdp,
  NOW,
  secondsFromNow,
  SKEW_SECONDS,
  sp,
  stranger,
  type Holder,
} from '../../support/saml/a-saml-world.ts'
import { signed } from '../../support/saml/a-signature.ts'
import { base64, element, escaped } from '../../support/saml/markup.ts'
import * as names from '../../support/saml/names.ts'
import { aSamlProvider, OUR_KEY } from './a-provider.ts'

const SLO = 'https://gate.example.com/saml/contractors/slo'
const THEIR_SLO = 'https://idp.example.com/saml/slo'
const BINDING = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const withLogout = (more = '') =>
  idpMetadata({ more: `<md:SingleLogoutService Binding="${BINDING}" Location="${THEIR_SLO}"${more}/>` })

const { provider } = aSamlProvider({ metadata: withLogout() })
const REQUEST_ID = '_logout-1'

type Shape = {
  name: string
  id: string | null
  version: string
  issueInstant: string | null
  destination: string | null
  notOnOrAfter: string | null
  issuer: string | null
  nameId: string
  indexes: readonly string[]
}

/** A LogoutRequest for alice's session, honest but for what is changed. */
function aLogout(changes: Partial<Shape> = {}): string {
  const shape: Shape = {
    name: 'LogoutRequest',
    id: REQUEST_ID,
    version: '2.0',
    issueInstant: secondsFromNow(0),
    destination: SLO,
    notOnOrAfter: secondsFromNow(300),
    issuer: IDP,
    nameId: `<saml:NameID Format="${names.PERSISTENT}">alice</saml:NameID>`,
    indexes: ['_session-1'],
    ...changes,
  }
  return element(
    `samlp:${shape.name}`,
    {
      'xmlns:samlp': names.PROTOCOL,
      'xmlns:saml': names.ASSERTION,
      ID: shape.id,
      Version: shape.version,
      IssueInstant: shape.issueInstant,
      Destination: shape.destination,
      NotOnOrAfter: shape.notOnOrAfter,
    },
    (shape.issuer === null ? '' : element('saml:Issuer', {}, escaped(shape.issuer))) +
      shape.nameId +
      shape.indexes.map((index) => element('samlp:SessionIndex', {}, escaped(index))).join(''),
  )
}

type Sent = { relayState?: string; by?: Holder; algorithm?: string; hash?: string; kind?: string }

/** saml-bindings-2.0 §3.4.4.1, by hand. */
function aQuery(xml: string, { relayState, by = idp, algorithm = names.RSA_SHA256, hash, kind }: Sent = {}): string {
  const octets = [
    `${kind ?? 'SAMLRequest'}=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}`,
    ...(relayState === undefined ? [] : [`RelayState=${encodeURIComponent(relayState)}`]),
    `SigAlg=${encodeURIComponent(algorithm)}`,
  ].join('&')
  const signature = sign(hash ?? 'sha256', Buffer.from(octets), by.privateKey).toString('base64')
  return `${octets}&Signature=${encodeURIComponent(signature)}`
}

const unsignedQuery = (xml: string, kind = 'SAMLRequest'): string =>
  `${kind}=${encodeURIComponent(deflateRawSync(xml).toString('base64'))}`

type Provider = typeof provider
const byRedirect = (query: string, at: Provider = provider): Promise<LogoutRequest | undefined> =>
  at.saml?.receiveLogout({ binding: 'redirect', query }) ?? Promise.reject(new Error('no single logout'))
const byPost = (fields: Record<string, string>, at: Provider = provider): Promise<LogoutRequest | undefined> =>
  at.saml?.receiveLogout({ binding: 'post', fields: new Map(Object.entries(fields)) }) ??
  Promise.reject(new Error('no single logout'))

async function reasonOf(outcome: Promise<unknown>): Promise<string> {
  const { code, reason = '', values, message } = await refusalFrom(outcome)
  expect([code, values, message]).toEqual(['sign_in_rejected', {}, `sign_in_rejected: ${reason}`])
  return reason
}

/** One text of a query in place of another, which must be there. */
function swapped(text: string, from: string | RegExp, to: string): string {
  const after = text.replace(from, () => to)
  if (after === text) throw new Error(`nothing to exchange for ${to}`)
  return after
}

const ALICE = { issuer: IDP, nameId: 'alice', indexes: ['_session-1'] }

describe('a logout request by Redirect', () => {
  it('says who is to be signed out, when it is signed', async () => {
    expect(await byRedirect(aQuery(aLogout()))).toMatchObject(ALICE)
  })

  it.each<[string, Sent]>([
    ['with the second key', { by: nextIdp }],
    ['with RSA-SHA384', { algorithm: names.RSA_SHA384, hash: 'sha384' }],
    ['with RSA-SHA512', { algorithm: names.RSA_SHA512, hash: 'sha512' }],
    ['with a RelayState', { relayState: 'a b+c&d=e' }],
    ['with a RelayState that is empty', { relayState: '' }],
  ])('is taken when it is signed %s', async (_, sent) => {
    expect(await byRedirect(aQuery(aLogout(), sent))).toMatchObject(ALICE)
  })

  it('is taken as its sender has encoded it: the octets are signed, not what they mean', async () => {
    const lower = aLogout()
    const octets =
      `SAMLRequest=${encodeURIComponent(deflateRawSync(lower).toString('base64')).replaceAll('%2F', '%2f')}` +
      `&RelayState=a+b%7ec&SigAlg=${names.RSA_SHA256.replace('#', '%23')}`
    const signature = encodeURIComponent(sign('sha256', Buffer.from(octets), idp.privateKey).toString('base64'))
    const request = await byRedirect(`${octets}&Signature=${signature}`)
    expect(request).toMatchObject(ALICE)
  })

  it('is taken in another order than it was signed in: the order is the binding’s', async () => {
    const query = aQuery(aLogout(), { relayState: 'here' })
    const reordered = query.split('&').toReversed().join('&')
    expect(await byRedirect(reordered)).toMatchObject(ALICE)
  })

  it('is of all sessions when it names none', async () => {
    const request = await byRedirect(aQuery(aLogout({ indexes: [] })))
    expect(request).toMatchObject({ issuer: IDP, nameId: 'alice', indexes: [] })
  })

  const honest = () => aQuery(aLogout(), { relayState: 'here' })
  const evil = aLogout({ nameId: '<saml:NameID>bob</saml:NameID>' })
  it.each<[string, () => string, string]>([
    ['without a signature', () => unsignedQuery(aLogout()), 'unsigned'],
    ['whose signature was cut off', () => swapped(honest(), /&Signature=.*/, ''), 'unsigned'],
    ['whose algorithm was cut off', () => swapped(honest(), /&SigAlg=[^&]*/, ''), 'unsigned'],
    ['whose signature is empty', () => swapped(honest(), /&Signature=.*/, '&Signature='), 'base64'],
    ['whose signature is no base64', () => swapped(honest(), /&Signature=.*/, '&Signature=%21%21'), 'base64'],
    ['signed by a stranger', () => aQuery(aLogout(), { by: stranger }), 'signature'],
    ['signed by ourselves', () => aQuery(aLogout(), { by: sp }), 'signature'],
    ['signed with SHA-1', () => aQuery(aLogout(), { algorithm: names.RSA_SHA1, hash: 'sha1' }), 'unsigned'],
    ['signed with HMAC', () => aQuery(aLogout(), { algorithm: `${names.DSIG}hmac-sha256` }), 'unsigned'],
    ['that says another algorithm than it was signed with', () => aQuery(aLogout(), { hash: 'sha512' }), 'signature'],
    [
      'whose algorithm was changed afterwards',
      () => swapped(honest(), encodeURIComponent(names.RSA_SHA256), encodeURIComponent(names.RSA_SHA512)),
      'signature',
    ],
    ['exchanged after it was signed', () => swapped(honest(), /SAMLRequest=[^&]*/, unsignedQuery(evil)), 'signature'],
    ['whose RelayState was changed', () => swapped(honest(), 'RelayState=here', 'RelayState=there'), 'signature'],
    ['whose RelayState was cut off', () => swapped(honest(), '&RelayState=here', ''), 'signature'],
    ['given a RelayState afterwards', () => `${aQuery(aLogout())}&RelayState=there`, 'signature'],
    [
      'encoded otherwise than it was signed',
      () => swapped(honest(), 'RelayState=here', 'RelayState=%68ere'),
      'signature',
    ],
    ['with a request twice', () => `${honest()}&${unsignedQuery(evil)}`, 'logout_form'],
    ['with an evil one first', () => `${unsignedQuery(evil)}&${honest()}`, 'logout_form'],
    ['with an evil one under an encoded name', () => `${honest()}&%53${unsignedQuery(evil).slice(1)}`, 'logout_form'],
    ['with a RelayState twice', () => `${honest()}&RelayState=there`, 'logout_form'],
    ['with a signature twice', () => `${honest()}&Signature=AAAA`, 'logout_form'],
    ['with an algorithm twice', () => `${honest()}&SigAlg=none`, 'logout_form'],
    ['with anything twice', () => `${honest()}&x=1&x=2`, 'logout_form'],
    ['under an encoded name alone', () => swapped(honest(), 'SAMLRequest=', '%53AMLRequest='), 'signature'],
    ['that is empty', () => '', 'logout_form'],
    ['with no request', () => swapped(honest(), /SAMLRequest=[^&]*&/, ''), 'logout_form'],
    ['whose request is empty', () => aQuery('').replace(/SAMLRequest=[^&]*/, 'SAMLRequest='), 'signature'],
  ])('is refused %s (security.md S-44, CVE-2025-27773)', async (_, make, reason) => {
    expect(await reasonOf(byRedirect(make()))).toBe(`saml_${reason}`)
  })

  it('is refused when its RelayState, under an encoded name, is not what was signed', async () => {
    expect(await reasonOf(byRedirect(`${aQuery(aLogout())}&Relay%53tate=there`))).toBe('saml_signature')
  })

  const signedField = (field: string): string => {
    const octets = `SAMLRequest=${encodeURIComponent(field)}&SigAlg=${encodeURIComponent(names.RSA_SHA256)}`
    const signature = sign('sha256', Buffer.from(octets), idp.privateKey).toString('base64')
    return `${octets}&Signature=${encodeURIComponent(signature)}`
  }
  it.each<[string, string, string]>([
    ['a deflate bomb (security.md V-2)', deflateRawSync(Buffer.alloc(50_000_000, 0x20)).toString('base64'), 'encoding'],
    ['more than a message may be', 'A'.repeat(600_000), 'too_large'],
    ['what is not deflated', base64(aLogout()), 'encoding'],
    ['what is no base64', '%%%', 'base64'],
    ['no UTF-8', deflateRawSync(Buffer.from([0x3c, 0xff])).toString('base64'), 'encoding'],
    ['no XML', deflateRawSync('x').toString('base64'), 'xml'],
    ['a DOCTYPE', deflateRawSync(`<!DOCTYPE x>${aLogout()}`).toString('base64'), 'xml'],
    [
      'two ids that are one',
      deflateRawSync(aLogout({ nameId: `<saml:NameID ID="${REQUEST_ID}">alice</saml:NameID>` })).toString('base64'),
      'id_twice',
    ],
  ])('is refused that holds %s, though it is signed', async (_, field, reason) => {
    expect(await reasonOf(byRedirect(signedField(field)))).toBe(`saml_${reason}`)
  })
})

describe('a signed logout request', () => {
  const skew = SKEW_SECONDS
  it.each<[string, Partial<Shape>, string]>([
    ['to another address', { destination: `${SLO}/` }, 'destination'],
    ['to another IdP’s address with us', { destination: SLO.replace('contractors', 'other') }, 'destination'],
    ['to no address', { destination: null }, 'destination'],
    ['from another', { issuer: 'https://other.example.com/' }, 'issuer'],
    ['from nobody', { issuer: null }, 'issuer'],
    ['from an IdP with a blank before its name', { issuer: ` ${IDP}` }, 'issuer'],
    ['made later than now', { issueInstant: secondsFromNow(skew + 1) }, 'issue_instant'],
    ['made long ago', { issueInstant: secondsFromNow(-600 - skew - 1) }, 'issue_instant'],
    ['made at no time', { issueInstant: null }, 'time_form'],
    ['made at a local time', { issueInstant: '2030-01-01T09:00:00' }, 'time_form'],
    ['that has ended', { notOnOrAfter: secondsFromNow(-skew) }, 'expired'],
    ['that ends at no time', { notOnOrAfter: 'soon' }, 'time_form'],
    ['of another version', { version: '1.1' }, 'logout_form'],
    ['without an id', { id: null }, 'logout_form'],
    ['about nobody', { nameId: '' }, 'logout_form'],
    ['about somebody encrypted', { nameId: '<saml:EncryptedID/>' }, 'logout_form'],
    ['with an element in the name', { nameId: '<saml:NameID>ali<x/></saml:NameID>' }, 'xml'],
    ['that is another message', { name: 'AuthnRequest' }, 'logout_form'],
    ['that is a response under a request’s name', { name: 'LogoutResponse' }, 'logout_form'],
  ])('is refused %s', async (_, changes, reason) => {
    expect(await reasonOf(byRedirect(aQuery(aLogout(changes))))).toBe(`saml_${reason}`)
  })

  it.each<[string, Partial<Shape>]>([
    ['made as late as the clocks may differ', { issueInstant: secondsFromNow(skew) }],
    ['made ten minutes ago', { issueInstant: secondsFromNow(-600 - skew) }],
    ['that ended as long ago as the clocks may differ', { notOnOrAfter: secondsFromNow(-skew + 1) }],
    ['that has no end', { notOnOrAfter: null }],
  ])('is taken %s', async (_, changes) => {
    expect(await byRedirect(aQuery(aLogout(changes)))).toMatchObject(ALICE)
  })

  it('does not take SHA-1 even where assertions may have it', async () => {
    const sha1 = aSamlProvider({ allow: { sha1: true }, metadata: withLogout() }).provider
    const query = aQuery(aLogout(), { algorithm: names.RSA_SHA1, hash: 'sha1' })
    expect(await reasonOf(byRedirect(query, sha1))).toBe('saml_unsigned')
    const SAMLRequest = base64(signed(aLogout(), REQUEST_ID, { algorithm: names.RSA_SHA1, digest: names.SHA1 }))
    expect(await reasonOf(byPost({ SAMLRequest }, sha1))).toBe('saml_signature_algorithm')
  })

  it('ends each session that it names: SessionIndex may come several times (saml-core-2.0 §3.7.1)', async () => {
    const request = await byRedirect(aQuery(aLogout({ indexes: ['_session-1', '_session-2'] })))
    expect(JSON.stringify(request)).toContain('_session-2')
  })
})

describe('a logout request by POST', () => {
  const good = () => signed(aLogout(), REQUEST_ID)
  const post = (xml: string, more: Record<string, string> = {}) => byPost({ SAMLRequest: base64(xml), ...more })

  it('says who is to be signed out, when it is signed', async () => {
    expect(await post(good())).toMatchObject(ALICE)
    expect(await post(signed(aLogout(), REQUEST_ID, { by: nextIdp, prefix: '' }))).toMatchObject(ALICE)
  })

  const signatureOf = (xml: string): string => /<ds:Signature [\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? ''
  const EVIL = aLogout({ id: '_evil', nameId: '<saml:NameID>bob</saml:NameID>' })
  const into = (outer: string, inner: string): string =>
    swapped(outer, '</samlp:LogoutRequest>', `${inner}</samlp:LogoutRequest>`)

  it.each<[string, () => string, string]>([
    ['without a signature', () => aLogout(), 'unsigned'],
    [
      'signed by a stranger',
      () => signed(aLogout(), REQUEST_ID, { by: stranger, certificate: stranger.certificate }),
      'signature',
    ],
    ['changed after it was signed', () => swapped(good(), '>alice<', '>bob<'), 'digest'],
    ['renamed after it was signed', () => swapped(good(), ` ID="${REQUEST_ID}"`, ' ID="_evil"'), 'reference'],
    [
      'with its signature elsewhere',
      () => into(swapped(good(), signatureOf(good()), ''), signatureOf(good())),
      'signature_place',
    ],
    ['wrapped around the genuine one', () => into(EVIL, good()), 'signature_place'],
    [
      'wrapped around the genuine one, whose signature it shows',
      () =>
        into(
          swapped(EVIL, '</saml:Issuer>', `</saml:Issuer>${signatureOf(good())}`),
          swapped(good(), signatureOf(good()), ''),
        ),
      'reference',
    ],
    [
      'of the genuine one’s id, with the genuine one inside',
      () =>
        into(
          swapped(swapped(EVIL, '_evil', REQUEST_ID), '</saml:Issuer>', `</saml:Issuer>${signatureOf(good())}`),
          swapped(good(), signatureOf(good()), ''),
        ),
      'id_twice',
    ],
    [
      'with the genuine one inside the signature',
      () =>
        swapped(
          EVIL,
          '</saml:Issuer>',
          `</saml:Issuer>${swapped(signatureOf(good()), '</ds:Signature>', `<ds:Object>${good()}</ds:Object></ds:Signature>`)}`,
        ),
      'signature_place',
    ],
    ['with a comment in the name', () => swapped(good(), '>alice<', '>ali<!-- -->ce<'), 'xml'],
  ])('is refused %s', async (_, make, reason) => {
    expect(await reasonOf(post(make()))).toBe(`saml_${reason}`)
  })

  it('does not take the Redirect binding’s signature', async () => {
    const fields = Object.fromEntries(new URLSearchParams(aQuery(aLogout())))
    expect(await reasonOf(byPost({ ...fields, SAMLRequest: base64(aLogout()) }))).toBe('saml_unsigned')
    expect((await refusalFrom(byPost(fields))).code).toBe('sign_in_rejected')
  })

  it('is refused without a message', async () => {
    expect(await reasonOf(byPost({}))).toBe('saml_logout_form')
    expect(await reasonOf(byPost({ RelayState: 'x' }))).toBe('saml_logout_form')
  })

  it('is refused that is no logout request, though the IdP has signed it', async () => {
    const xml = signed(aLogout({ name: 'ManageNameIDRequest' }), REQUEST_ID)
    expect(await reasonOf(post(xml))).toBe('saml_logout_form')
  })
})

describe('a LogoutResponse (security.md S-44)', () => {
  const answer = aLogout({ name: 'LogoutResponse', indexes: [], nameId: '', notOnOrAfter: null })

  it.each<[string, () => Promise<unknown>]>([
    ['signed, by Redirect', () => byRedirect(aQuery(answer, { kind: 'SAMLResponse' }))],
    ['unsigned, by Redirect', () => byRedirect(unsignedQuery(answer, 'SAMLResponse'))],
    ['signed by a stranger', () => byRedirect(aQuery(answer, { kind: 'SAMLResponse', by: stranger }))],
    ['signed, by POST', () => byPost({ SAMLResponse: base64(signed(answer, REQUEST_ID)) })],
    ['unsigned, by POST', () => byPost({ SAMLResponse: base64(answer) })],
    ['of no form at all', () => byPost({ SAMLResponse: '' })],
    ['beside a request, which then counts for nothing', () => byRedirect(`${aQuery(aLogout())}&SAMLResponse=x`)],
  ])('ends nobody’s session: %s', async (_, receive) => {
    expect(await receive()).toBeUndefined()
  })
})

describe('our answer to a logout request', () => {
  async function answered(
    { relayState, ...options }: Parameters<typeof aSamlProvider>[0] & { relayState?: string } = {},
    request = aLogout(),
  ) {
    const { provider: at } = aSamlProvider({ metadata: withLogout(), ...options })
    return byRedirect(aQuery(request, relayState === undefined ? {} : { relayState }), at)
  }
  function urlOf(request: LogoutRequest | undefined): URL {
    if (request?.answer === undefined || !('url' in request.answer)) throw new Error('no answer')
    return new URL(request.answer.url)
  }
  const messageIn = (url: URL) =>
    readStrictXml(inflateRawSync(Buffer.from(url.searchParams.get('SAMLResponse') ?? '', 'base64')).toString())

  it('says which request it answers, and that it is done', async () => {
    const url = urlOf(await answered())
    expect(`${url.origin}${url.pathname}`).toBe(THEIR_SLO)
    const root = messageIn(url)
    expect(Object.fromEntries(root.attributes.map(({ name, value }) => [name, value]))).toEqual({
      ID: expect.stringMatching(/^_[\w-]{27}$/) as string,
      Version: '2.0',
      IssueInstant: NOW.toISOString(),
      Destination: THEIR_SLO,
      InResponseTo: REQUEST_ID,
    })
    expect(root.children.map(({ name }) => name)).toEqual(['Issuer', 'Status'])
    expect(root.children[1]?.children[0] && attributeOf(root.children[1].children[0], 'Value')).toBe(
      'urn:oasis:names:tc:SAML:2.0:status:Success',
    )
  })

  it.each(['here', 'a b+c&d=e#f"<>', 'é'])('brings the RelayState %j back', async (relayState) => {
    expect(urlOf(await answered({ relayState })).searchParams.get('RelayState')).toBe(relayState)
  })

  it('has no RelayState when there was none', async () => {
    expect(urlOf(await answered()).searchParams.has('RelayState')).toBe(false)
  })

  it('goes where the IdP wants answers', async () => {
    const url = urlOf(await answered({ metadata: withLogout(` ResponseLocation="${THEIR_SLO}/done"`) }))
    expect(`${url.origin}${url.pathname}`).toBe(`${THEIR_SLO}/done`)
    expect(attributeOf(messageIn(url), 'Destination')).toBe(`${THEIR_SLO}/done`)
  })

  it('is signed when that is configured', async () => {
    const url = urlOf(await answered({ settings: { signing: OUR_KEY }, relayState: 'here' }))
    expect([...url.searchParams.keys()]).toEqual(['SAMLResponse', 'RelayState', 'SigAlg', 'Signature'])
  })

  it('is not given where the IdP has no address for it', async () => {
    const request = await answered({ metadata: idpMetadata() })
    expect(request).toMatchObject(ALICE)
    expect(request).not.toHaveProperty('answer')
  })

  it('keeps an id that has markup in it as text', async () => {
    const id = '_"><evil/>&amp;'
    const root = messageIn(urlOf(await answered({}, aLogout({ id }))))
    expect([attributeOf(root, 'InResponseTo'), root.children.length]).toEqual([id, 2])
  })
})

describe('logout while the IdP’s metadata was never had', () => {
  it('fails with idp_unavailable', async () => {
    const { provider: at } = aSamlProvider({ metadata: new Error('down') })
    expect((await refusalFrom(byRedirect(aQuery(aLogout()), at))).code).toBe('idp_unavailable')
  })

  it('takes no key from the message', async () => {
    const { provider: at } = aSamlProvider({ metadata: idpMetadata({ certificates: [stranger.certificate] }) })
    const xml = signed(aLogout(), REQUEST_ID, { by: idp })
    expect(xml).toContain(bareCertificate(idp.certificate))
    expect(await reasonOf(byPost({ SAMLRequest: base64(xml) }, at))).toBe('saml_signature')
  })
})
