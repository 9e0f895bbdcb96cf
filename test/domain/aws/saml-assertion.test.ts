import fc from 'fast-check'
import { XmlC14NMode, XmlDocument, type XmlElement } from 'libxml2-wasm'
import { describe, expect, it } from 'vitest'
import { roleArnOf } from '../../../src/domain/aws/arn.ts'
import { PARTITIONS, samlAudienceOf, samlEndpointOf } from '../../../src/domain/aws/partition.ts'
import {
  samlResponseParts,
  signatureFor,
  signedInfoFor,
  type SamlAssertionRequest,
} from '../../../src/domain/aws/saml-assertion.ts'
import { sessionNameFor } from '../../../src/domain/aws/session-name.ts'
import { aPrincipal, sha256 } from '../../support/a-principal.ts'
import { NINE } from '../../support/a-session.ts'

const NAMESPACES = {
  saml: 'urn:oasis:names:tc:SAML:2.0:assertion',
  samlp: 'urn:oasis:names:tc:SAML:2.0:protocol',
  ds: 'http://www.w3.org/2000/09/xmldsig#',
}
const AWS = 'https://aws.amazon.com/SAML/Attributes/'

function aRequest(changes: Partial<SamlAssertionRequest> = {}): SamlAssertionRequest {
  const { accountId = '012345678901', roleName = 'rolegate/Developer' } = changes
  return {
    issuer: 'https://aws.example.com',
    audience: 'urn:amazon:webservices',
    recipient: 'https://eu-central-1.signin.aws.amazon.com/saml',
    roleArn: roleArnOf('aws', accountId, roleName),
    providerArn: `arn:aws:iam::${accountId}:saml-provider/rolegate`,
    accountId,
    roleName,
    principal: aPrincipal({ groups: ['secret-group'], claims: { department: 'secret-department' } }),
    sessionName: 'alice+aaaa',
    sessionTags: {},
    transitiveTags: [],
    seconds: 3600,
    id: '7d4b0a5e-0001',
    issuedAt: NINE,
    ...changes,
  }
}

/** The response with its assertion, before anybody signed it. */
function writtenFor(changes: Partial<SamlAssertionRequest> = {}) {
  const { assertion, response } = samlResponseParts(aRequest(changes), sha256)
  return { assertion: assertion.join(''), response: response.join(assertion.join('')) }
}

function reading<Value>(xml: string, read: (find: (path: string) => string[]) => Value): Value {
  const document = XmlDocument.fromString(xml)
  try {
    return read((path) => document.find(path, NAMESPACES).map((node) => node.content))
  } finally {
    document.dispose()
  }
}

const found = (path: string, changes: Partial<SamlAssertionRequest> = {}): string[] =>
  reading(writtenFor(changes).response, (find) => find(path))

/** Every attribute of the assertion by its name, less AWS's prefix. */
const attributesOf = (changes: Partial<SamlAssertionRequest> = {}): Record<string, string[]> => {
  const document = XmlDocument.fromString(writtenFor(changes).response)
  try {
    return Object.fromEntries(
      document.find('//saml:Attribute', NAMESPACES).map((each) => {
        const name = (each as XmlElement).attr('Name')?.value ?? ''
        expect(name.startsWith(AWS)).toBe(true)
        return [name.slice(AWS.length), each.find('saml:AttributeValue', NAMESPACES).map(({ content }) => content)]
      }),
    )
  } finally {
    document.dispose()
  }
}

const canonicalOf = (xml: string): string => {
  const document = XmlDocument.fromString(xml)
  try {
    return document.canonicalizeToString({ mode: XmlC14NMode.XML_C14N_EXCLUSIVE_1_0 })
  } finally {
    document.dispose()
  }
}

const refusal = (changes: Partial<SamlAssertionRequest>): unknown => {
  try {
    return writtenFor(changes)
  } catch (thrown) {
    return thrown
  }
}

describe('the SAML assertion toward AWS', () => {
  it('holds exactly the attributes AWS names: aws.md §4', () => {
    expect(
      attributesOf({
        sourceIdentity: 'alice+aaaa',
        sessionTags: { Team: 'Platform', Cost: 'a b' },
        transitiveTags: ['Team', 'Cost'],
      }),
    ).toEqual({
      Role: ['arn:aws:iam::012345678901:role/rolegate/Developer,arn:aws:iam::012345678901:saml-provider/rolegate'],
      RoleSessionName: ['alice+aaaa'],
      SessionDuration: ['3600'],
      SourceIdentity: ['alice+aaaa'],
      'PrincipalTag:Team': ['Platform'],
      'PrincipalTag:Cost': ['a b'],
      TransitiveTagKeys: ['Team', 'Cost'],
    })
  })

  it('leaves out source identity and tags where the role takes none', () => {
    expect(Object.keys(attributesOf())).toEqual(['Role', 'RoleSessionName', 'SessionDuration'])
  })

  it('names person, role and account in a persistent NameID (threats.md F1)', () => {
    expect(found('//saml:NameID')).toEqual([
      expect.stringMatching(/^012345678901:rolegate\/Developer:[a-z2-7]{26}$/) as string,
    ])
    expect(found('//saml:NameID/@Format')).toEqual(['urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'])
  })

  it('holds no group, no e-mail, no claim (threats.md I9)', () => {
    const { response } = writtenFor()
    for (const absent of ['secret', 'alice@', 'oid-1', 'idp.example.com', 'group', 'email'])
      expect(response).not.toContain(absent)
  })

  it('is for one audience and one recipient, which is where the response goes (security.md S-41)', () => {
    const recipient = 'https://eu-central-1.signin.aws.amazon.com/saml'
    expect(found('//saml:Audience')).toEqual(['urn:amazon:webservices'])
    expect(found('//saml:SubjectConfirmationData/@Recipient | /samlp:Response/@Destination')).toEqual([
      recipient,
      recipient,
    ])
    expect(found('//saml:SubjectConfirmation/@Method')).toEqual(['urn:oasis:names:tc:SAML:2.0:cm:bearer'])
  })

  it('comes from the issuer, in the response as in the assertion', () => {
    expect(found('//saml:Issuer')).toEqual(['https://aws.example.com', 'https://aws.example.com'])
  })

  it.each([
    { asked: undefined, until: '09:02:00' },
    { asked: 60, until: '09:01:00' },
    { asked: 300, until: '09:05:00' },
    { asked: 301, until: '09:05:00' },
    { asked: 86_400, until: '09:05:00' },
  ])('is good until $until when $asked seconds are configured (security.md S-41)', ({ asked, until }) => {
    const day = NINE.toISOString().slice(0, 11)
    expect(
      found('//saml:Conditions/@NotOnOrAfter | //saml:SubjectConfirmationData/@NotOnOrAfter', {
        ...(asked !== undefined && { lifetimeSeconds: asked }),
      }),
    ).toEqual([`${day}${until}Z`, `${day}${until}Z`])
  })

  it('lends no session longer than was decided, console or keys (threats.md F6)', () => {
    const at = new Date(NINE.getTime() + 900_000).toISOString().slice(0, 19)
    expect(found('//saml:AuthnStatement/@SessionNotOnOrAfter', { seconds: 900 })).toEqual([`${at}Z`])
    expect(attributesOf({ seconds: 900 })).toMatchObject({ SessionDuration: ['900'] })
  })

  it('counts in whole seconds, and dates nothing into the future', () => {
    const paths = '//@IssueInstant | //saml:Conditions/@NotBefore | //saml:AuthnStatement/@AuthnInstant'
    const now = `${NINE.toISOString().slice(0, 19)}Z`
    expect(found(paths, { issuedAt: new Date(NINE.getTime() + 999) })).toEqual([now, now, now, now])
  })

  it('gives response and assertion ids of their own, whatever the id begins with', () => {
    expect(found('//@ID')).toEqual(['r-7d4b0a5e-0001', 'a-7d4b0a5e-0001'])
  })
})

describe('one (role, provider) pair (security.md S-42)', () => {
  const mismatch = { code: 'internal', reason: 'role_and_provider_differ' }
  it.each([
    { why: 'a provider in another account', providerArn: 'arn:aws:iam::999999999999:saml-provider/rolegate' },
    { why: 'a provider in another partition', providerArn: 'arn:aws-cn:iam::012345678901:saml-provider/rolegate' },
    { why: 'an OIDC provider', providerArn: 'arn:aws:iam::012345678901:oidc-provider/aws.example.com' },
    { why: 'a second pair in the provider', providerArn: 'arn:aws:iam::012345678901:saml-provider/x,arn:aws:iam::1' },
    { why: 'another role than the NameID names', roleArn: roleArnOf('aws', '012345678901', 'Admin') },
    { why: 'another account than the NameID names', roleArn: roleArnOf('aws', '999999999999', 'rolegate/Developer') },
  ])('refuses $why', (changes) => {
    expect(refusal(changes)).toMatchObject(mismatch)
  })

  it('is always there exactly once, whatever the tags are called', () => {
    const odd = fc.constantFrom('Role', '/Role', '"/><saml:Attribute Name="Role', `${AWS}Role`, '__proto__x')
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(odd, xmlString()), xmlString()), (sessionTags) => {
        expect(found(`//saml:Attribute[@Name="${AWS}Role"]/saml:AttributeValue`, { sessionTags })).toHaveLength(1)
      }),
      { numRuns: 300 },
    )
  })
})

/** Text that XML can carry, crowded with what XML makes something else of. */
function xmlString(): fc.Arbitrary<string> {
  const trouble = fc.constantFrom(
    '&',
    '<',
    '>',
    '"',
    "'",
    ']]>',
    '\n',
    '\r',
    '\r\n',
    '\t',
    ' ',
    '&amp;',
    '&#13;',
    '<!--',
  )
  const any = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 1 })
    .filter((text) => /^[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]$/u.test(text))
  return fc.string({ unit: fc.oneof(trouble, any), maxLength: 20 })
}

describe('whatever the texts', () => {
  const requests = fc.record({
    username: xmlString(),
    issuer: xmlString(),
    audience: xmlString(),
    recipient: xmlString(),
    sourceIdentity: xmlString(),
    sessionTags: fc.dictionary(xmlString(), xmlString()),
    transitiveTags: fc.array(xmlString(), { minLength: 1 }),
  })

  it('a reader gets back exactly what was written (security.md S-41)', () => {
    fc.assert(
      fc.property(requests, ({ username, ...texts }) => {
        const sessionName = sessionNameFor(aPrincipal({ username }), sha256)
        const tags = Object.entries(texts.sessionTags)
        const changes = { ...texts, sessionName }
        expect(attributesOf(changes)).toEqual({
          Role: [expect.stringContaining('role/rolegate/Developer,arn:')],
          RoleSessionName: [sessionName],
          SessionDuration: ['3600'],
          SourceIdentity: [texts.sourceIdentity],
          ...Object.fromEntries(tags.map(([key, value]) => [`PrincipalTag:${key}`, [value]])),
          TransitiveTagKeys: texts.transitiveTags,
        })
        expect(sessionName).toMatch(/^[\w+=,.@-]{2,64}$/)
        reading(writtenFor(changes).response, (find) => {
          expect(find('//saml:Issuer')).toEqual([texts.issuer, texts.issuer])
          expect(find('//saml:Audience')).toEqual([texts.audience])
          expect(find('//@Recipient | /*/@Destination')).toEqual([texts.recipient, texts.recipient])
        })
      }),
      { numRuns: 1_000 },
    )
  })

  it('the assertion, what is signed, and both together are their own exclusive canonical form', () => {
    fc.assert(
      fc.property(requests, (texts) => {
        const { assertionId, assertion } = samlResponseParts(aRequest(texts), sha256)
        const signedInfo = signedInfoFor(assertionId, 'ZGlnZXN0')
        const signed = assertion.join(signatureFor(signedInfo, 'c2ln', 'Y2VydA=='))
        for (const text of [assertion.join(''), signedInfo, signed]) {
          expect(canonicalOf(text)).toBe(text)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    ['a control character', 'a\u0000b'],
    ['an escape', '\u001b[31m'],
    ['half a surrogate pair', 'a\ud800b'],
    ['a half the other way round', '\udc00'],
    ['a noncharacter', '\uffff'],
  ])('%s, which XML cannot carry, refuses and is not dropped or replaced', (_, text) => {
    const forbidden = { code: 'condition_unmet', values: { condition: 'xml_text' } }
    expect(refusal({ sessionTags: { Team: text } })).toMatchObject(forbidden)
    expect(refusal({ sessionTags: { [text]: 'Platform' } })).toMatchObject(forbidden)
    expect(refusal({ sourceIdentity: text })).toMatchObject(forbidden)
  })
})

describe('the NameID (threats.md F1, I1)', () => {
  const nameIdOf = (changes: Partial<SamlAssertionRequest>) => found('//saml:NameID', changes)[0]

  it('is never shared by two different persons, roles or accounts', () => {
    const triple = fc.record({
      accountId: fc.constantFrom('012345678901', '123456789012'),
      roleName: fc.constantFrom('a', 'a/a', 'a/a/a', 'A', 'a-a', 'a.a'),
      subject: fc.constantFrom('1', '11', '1:1', '', 'https://idp.example.com1'),
      issuer: fc.constantFrom('https://idp.example.com', 'https://idp.example.com1', 'https://idp.example.com:1'),
    })
    type Triple = typeof triple extends fc.Arbitrary<infer Value> ? Value : never
    const nameId = ({ subject, issuer, ...rest }: Triple) =>
      nameIdOf({ ...rest, principal: aPrincipal({ subject, issuer }) })
    fc.assert(
      fc.property(triple, triple, (one, other) => {
        expect(nameId(one) === nameId(other)).toBe(JSON.stringify(one) === JSON.stringify(other))
      }),
      { numRuns: 1_000 },
    )
  })

  it('does not depend on what a person is called today', () => {
    expect(nameIdOf({ principal: aPrincipal({ username: 'renamed', email: 'new@example.com' }) })).toBe(nameIdOf({}))
  })
})

describe('where AWS takes SAML (aws.md §4)', () => {
  it.each([
    ['aws', 'eu-central-1', 'urn:amazon:webservices', 'https://eu-central-1.signin.aws.amazon.com/saml'],
    ['aws-cn', 'cn-north-1', 'urn:amazon:webservices:cn-north-1', 'https://signin.amazonaws.cn/saml'],
    ['aws-us-gov', 'us-gov-west-1', 'urn:amazon:webservices:govcloud', 'https://signin.amazonaws-us-gov.com/saml'],
    ['aws-eusc', 'eusc-de-east-1', 'urn:amazon:webservices', 'https://eusc-de-east-1.signin.amazonaws-eusc.eu/saml'],
  ] as const)('%s', (partition, region, audience, endpoint) => {
    expect([samlAudienceOf(partition), samlEndpointOf(partition, region)]).toEqual([audience, endpoint])
  })

  it('no two partitions share an endpoint', () => {
    const endpoints = PARTITIONS.map((partition) => samlEndpointOf(partition, 'xx-east-1'))
    expect(new Set(endpoints).size).toBe(PARTITIONS.length)
  })
})
