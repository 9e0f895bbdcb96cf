import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { SamlIdp } from '../../src/config/config.ts'
import { selfSigned } from '../support/saml/a-certificate.ts'
import { bareCertificate, sp, stranger } from '../support/saml/a-saml-world.ts'
import { A_FILE, aWorld, changed, faultsOf, load } from './a-file.ts'

const pem = (key: KeyObject, more: { cipher?: string; passphrase?: string } = {}): string =>
  key.export({ type: 'pkcs8', format: 'pem', ...more }).toString()
const weak = generateKeyPairSync('rsa', { modulusLength: 1024 })
const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const FILES = {
  '/run/saml/key.pem': pem(sp.privateKey),
  '/run/saml/cert.pem': sp.certificate,
  '/run/saml/both.pem': pem(sp.privateKey) + sp.certificate,
  '/run/saml/other-key.pem': pem(stranger.privateKey),
  '/run/saml/other-cert.pem': stranger.certificate,
  '/run/saml/weak-key.pem': pem(weak.privateKey),
  '/run/saml/weak-cert.pem': selfSigned('weak', 7, weak),
  '/run/saml/ec-key.pem': pem(elliptic.privateKey),
  '/run/saml/locked-key.pem': pem(sp.privateKey, { cipher: 'aes-256-cbc', passphrase: 'hush' }),
  '/run/saml/public.pem': sp.publicKey.export({ type: 'spki', format: 'pem' }) as string,
  '/run/saml/pkcs1-key.pem': sp.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
  '/run/saml/empty': '',
  '/run/saml/text': 'hello\n',
  '/run/saml/der': Buffer.from(bareCertificate(sp.certificate), 'base64'),
  '/etc/rolegate/saml/key.pem': pem(sp.privateKey),
  '/etc/rolegate/saml/cert.pem': sp.certificate,
}
const world = (changes: Parameters<typeof aWorld>[0] = {}) => aWorld({ files: FILES, ...changes })

const OIDC = A_FILE.slice(A_FILE.indexOf('  - id: entra'), A_FILE.indexOf('accounts:'))
const METADATA = 'metadata_url: https://idp.example.com/saml/metadata'
const USERNAME = 'username: attributes.mail'
const GROUPS = 'groups: { attribute: groups }'
const ENTITY_ID = 'entity_id: https://idp.example.com/saml'
/** A_FILE with a SAML IdP in place of the other. Its keys begin in column 5, `metadata_url` on line 7. */
const SAML = changed([
  OIDC,
  `  - id: entra\n    type: saml\n    ${METADATA}\n    ${USERNAME}\n    ${GROUPS}\n    ${ENTITY_ID}\n`,
])

/** The SAML file with one text in place of another, which must be there. */
function saml(...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the file of the tests has no ${JSON.stringify(from)}`)
    return text.replace(from, () => to)
  }, SAML)
}
/** The SAML file with more in the IdP's entry, from line 10 on. */
const withMore = (...lines: readonly string[]): string => saml([GROUPS, [GROUPS, ...lines].join('\n    ')])

type Case = { because: string; text: string; faults: readonly string[]; insecureDev?: true }
const check = (cases: readonly Case[]) =>
  it.each(cases)('$because', ({ text, faults, insecureDev }) => {
    expect(faultsOf(text, world({ insecureDev: insecureDev ?? false }))).toEqual(faults)
  })

const idpOf = (text: string, insecureDev = false): SamlIdp => {
  const [idp] = load(text, world({ insecureDev })).config.idps
  if (idp?.type !== 'saml') throw new Error('no SAML IdP')
  return idp
}

describe('a SAML IdP', () => {
  it('needs no more than metadata, a user name and groups', () => {
    expect(idpOf(SAML)).toEqual({
      type: 'saml',
      id: 'entra',
      label: 'entra',
      metadata: { url: 'https://idp.example.com/saml/metadata' },
      entityId: 'https://idp.example.com/saml',
      skewSeconds: 60,
      forceAuthn: false,
      contexts: [],
      allow: { http: false, idpInitiated: false, sha1: false, cbc: false },
      mapping: { idp: 'entra', subject: 'nameid', username: 'mail', groups: { claim: 'groups' }, keep: [] },
    })
    expect(load(SAML, world()).warnings).toEqual([])
  })

  it('takes what shows a second factor: contexts, or values of an attribute', () => {
    const mfaOf = (mfa: string) => idpOf(withMore(`mfa: ${mfa}`)).mapping.mfa
    expect(mfaOf('{ contexts: [urn:a, urn:b] }')).toEqual({ contexts: ['urn:a', 'urn:b'] })
    expect(mfaOf('{ attribute: amr, any_of: [mfa] }')).toEqual({ claim: 'amr', anyOf: ['mfa'] })
  })

  it.each([
    { mfa: '{ contexts: [] }', fault: 'idps[0].mfa.contexts: must not be empty' },
    { mfa: '{ attribute: amr }', fault: 'idps[0].mfa: must have either contexts, or attribute and any_of' },
    { mfa: '{ any_of: [mfa] }', fault: 'idps[0].mfa: must have either contexts, or attribute and any_of' },
    { mfa: '{}', fault: 'idps[0].mfa: must have either contexts, or attribute and any_of' },
    {
      mfa: '{ contexts: [urn:a], attribute: amr, any_of: [mfa] }',
      fault: 'idps[0].mfa: must have either contexts, or attribute and any_of',
    },
    { mfa: 'amr', fault: 'idps[0].mfa: must be a mapping' },
    { mfa: '{ claim: amr, any_of: [mfa] }', fault: 'idps[0].mfa.claim: unknown key' },
  ])('takes nothing else for one: $mfa', ({ mfa, fault }) => {
    expect(faultsOf(withMore(`mfa: ${mfa}`), world()).map((line) => line.replace(/^\S+ +/, ''))).toContain(fault)
  })

  it('takes all that can be said of it', () => {
    const text = withMore(
      'label: Contractors',
      'metadata_cert_file: /run/saml/other-cert.pem',
      'sign_requests: true',
      'signing_key_file: /run/saml/key.pem',
      'signing_cert_file: /run/saml/cert.pem',
      'decryption_key_file: /run/saml/key.pem',
      'decryption_cert_file: /run/saml/cert.pem',
      'clock_skew: 2m',
      'force_authn: true',
      'authn_contexts: [urn:a, urn:b]',
      'allow: { idp_initiated: true }',
      'subject: attributes.urn:oid:0.9.2342.19200300.100.1.1',
    ).replace(GROUPS, 'groups: { attribute: memberOf, delimiter: ";", limit: { count: 150 } }')
    const keys = { keyPem: pem(sp.privateKey), certificatePem: sp.certificate }
    expect(idpOf(text)).toEqual({
      type: 'saml',
      id: 'entra',
      label: 'Contractors',
      metadata: { url: 'https://idp.example.com/saml/metadata' },
      metadataCertificatePem: stranger.certificate,
      entityId: 'https://idp.example.com/saml',
      signing: keys,
      decryption: keys,
      skewSeconds: 120,
      forceAuthn: true,
      contexts: ['urn:a', 'urn:b'],
      allow: { http: false, idpInitiated: true, sha1: false, cbc: false },
      mapping: {
        idp: 'entra',
        subject: 'urn:oid:0.9.2342.19200300.100.1.1',
        username: 'mail',
        groups: { claim: 'memberOf', delimiter: ';', limit: { count: 150, else: 'fail' }, most: 150 },
        keep: [],
      },
    })
  })

  it('finds its metadata from the folder of the configuration', () => {
    expect(idpOf(saml([METADATA, 'metadata_file: saml/idp.xml'])).metadata).toEqual({
      file: '/etc/rolegate/saml/idp.xml',
    })
    expect(idpOf(saml([METADATA, 'metadata_file: /srv/idp.xml'])).metadata).toEqual({ file: '/srv/idp.xml' })
  })

  it('signs nothing unless it is told to, even with a key', () => {
    const text = withMore('signing_key_file: /run/saml/key.pem', 'signing_cert_file: /run/saml/cert.pem')
    expect(idpOf(text)).not.toHaveProperty('signing')
  })

  check([
    {
      because: 'names its protocol',
      text: saml(['type: saml', 'type: sam']),
      faults: ['6:11  idps[0].type: must be one of oidc, saml; did you mean "saml"?'],
    },
    {
      because: 'needs metadata',
      text: saml([`    ${METADATA}\n`, '']),
      faults: ['5:5  idps[0]: needs exactly one of metadata_file, metadata_url'],
    },
    {
      because: 'needs one metadata, not two',
      text: withMore('metadata_file: idp.xml'),
      faults: ['5:5  idps[0]: needs exactly one of metadata_file, metadata_url'],
    },
    {
      because: 'needs a user name: no attribute of SAML is everybody’s',
      text: saml([`    ${USERNAME}\n`, '']),
      faults: ['5:5  idps[0].username: is missing'],
    },
    {
      because: 'needs to know where groups are',
      text: saml([`    ${GROUPS}\n`, '']),
      faults: ['5:5  idps[0].groups: is missing'],
    },
    {
      because: 'reads its metadata by https (security.md S-39)',
      text: saml([METADATA, 'metadata_url: http://idp.example.com/metadata']),
      faults: ['7:19  idps[0].metadata_url: must be https'],
    },
    {
      because: 'reads none from loopback without --insecure-dev',
      text: saml([METADATA, 'metadata_url: https://localhost/metadata']),
      faults: ['7:19  idps[0].metadata_url: is on loopback, which is for development only: start with --insecure-dev'],
    },
    {
      because: 'reads none by http on loopback unless allow.http says so',
      text: saml([METADATA, 'metadata_url: http://127.0.0.1/metadata']),
      faults: ['7:19  idps[0].metadata_url: is http: set allow.http beside it, for development only'],
      insecureDev: true,
    },
    {
      because: 'reads none from what is no address',
      text: saml([METADATA, 'metadata_url: idp.xml']),
      faults: ['7:19  idps[0].metadata_url: must be a URL that starts with https://'],
    },
    {
      because: 'reads none with a password in its address',
      text: saml([METADATA, 'metadata_url: https://me:hush@idp.example.com/m']),
      faults: ['7:19  idps[0].metadata_url: must not hold a user name or a password'],
    },
    {
      because: 'names people by one attribute, or by the NameID',
      text: withMore('subject: uid'),
      faults: ['10:14  idps[0].subject: must name one attribute, as in attributes.uid, or nameid'],
    },
    {
      because: 'has no claims',
      text: saml([USERNAME, 'username: claims.sub']),
      faults: ['8:15  idps[0].username: must name one attribute, as in attributes.uid, or nameid'],
    },
    {
      because: 'has a clock that is not far from ours (security.md S-26)',
      text: withMore('clock_skew: 3m'),
      faults: ['10:17  idps[0].clock_skew: must be at most 2m, and is 3m'],
    },
    {
      because: 'has short delimiters',
      text: saml([GROUPS, 'groups: { attribute: groups, delimiter: "" }']),
      faults: ['9:45  idps[0].groups.delimiter: must not be empty'],
    },
    {
      because: 'has no long delimiters',
      text: saml([GROUPS, 'groups: { attribute: groups, delimiter: "----" }']),
      faults: ['9:45  idps[0].groups.delimiter: must be at most 3 characters'],
    },
    {
      because: 'may not be cut while a deny reads groups (threats.md R5)',
      text: saml(
        [GROUPS, 'groups: { attribute: groups, limit: { count: 150, else: warn } }'],
        ['store: {', '  - { id: no, match: { group: Out }, deny: { accounts: "*" } }\nstore: {'],
      ),
      faults: [
        '9:61  idps[0].groups.limit.else: must be fail: the deny "no" reads groups, and a cut list may lack them',
      ],
    },
    {
      because: 'says whom fetched metadata must be about (threats.md I2)',
      text: saml([`\n    ${ENTITY_ID}`, '']),
      faults: ['5:5  idps[0]: needs entity_id beside metadata_url: what is fetched must be about this one'],
    },
    {
      because: 'is not Rolegate itself (threats.md F4)',
      text: saml([ENTITY_ID, 'entity_id: https://aws.example.com']),
      faults: ['10:16  idps[0].entity_id: is Rolegate itself: an IdP must be somebody else'],
    },
    {
      because: 'has an id of its own',
      text: saml(['accounts:', `${OIDC}accounts:`]),
      faults: ['11:9  idps[1].id: "entra" is the id of idps[0] too'],
    },
  ])

  it('has no keys of OpenID Connect, and does not propose them', () => {
    expect(faultsOf(withMore('client_id: rolegate'), world())).toEqual(['10:5  idps[0].client_id: unknown key'])
  })

  it.each([
    'attributes.mail',
    'attributes.email',
    'attributes.Email',
    'attributes.e-mail',
    'attributes.emailAddress',
    'attributes.http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
    'attributes.urn:oid:0.9.2342.19200300.100.1.3',
  ])('does not name people by %s (threats.md I2)', (subject) => {
    expect(faultsOf(withMore(`subject: ${subject}`), world())).toEqual([
      '10:14  idps[0].subject: must not be the e-mail address, which passes from one person to another',
    ])
  })

  it.each(['nameid', 'attributes.uid', 'attributes.mailbox-id', 'attributes.urn:oid:0.9.2342.19200300.100.1.1'])(
    'may name people by %s',
    (subject) => {
      expect(faultsOf(withMore(`subject: ${subject}`), world())).toEqual([])
    },
  )
})

describe('its exceptions', () => {
  const LOCAL = 'metadata_url: http://127.0.0.1:8421/saml/metadata'
  const allowing = (what: string, url = METADATA) =>
    saml([METADATA, url], [GROUPS, `${GROUPS}\n    allow: { ${what}: true }`])

  it('http is for development on loopback', () => {
    expect(idpOf(allowing('http', LOCAL), true)).toMatchObject({ allow: { http: true } })
    expect(faultsOf(allowing('http', METADATA), world({ insecureDev: true }))).toEqual([
      '10:20  idps[0].allow.http: is for an IdP on loopback only',
    ])
    expect(faultsOf(allowing('http', METADATA), world())).toEqual([
      '10:20  idps[0].allow.http: is for development only: start with --insecure-dev',
    ])
  })

  it('http may go with a file, whose endpoints are then looked at', () => {
    expect(idpOf(allowing('http', 'metadata_file: idp.xml'), true).allow.http).toBe(true)
  })

  it.each([
    [
      'sha1',
      '10:20  idps[0].allow.sha1: takes signatures that can be forged; let the IdP sign with SHA-256 and remove it [weak-saml]',
    ],
    [
      'cbc',
      '10:19  idps[0].allow.cbc: takes encryption that nothing protects from changes; let the IdP encrypt with AES-GCM and remove it [weak-saml]',
    ],
  ])('%s works, with a warning of what it costs', (what, warning) => {
    const { config, warnings } = load(allowing(what), world())
    expect(warnings).toEqual([`/etc/rolegate/rolegate.yaml:${warning}`])
    expect(config.idps[0]).toMatchObject({ allow: { [what]: true } })
  })

  it('are none but these', () => {
    expect(faultsOf(allowing('unsigned'), world())).toEqual(['10:14  idps[0].allow.unsigned: unknown key'])
  })
})

describe('its keys', () => {
  const signing = (key: string, cert: string) =>
    withMore('sign_requests: true', `signing_key_file: ${key}`, `signing_cert_file: ${cert}`)
  const NO_KEY = 'holds no unencrypted PEM RSA private key of 2048 bits or more'
  const NEEDS = '10:20  idps[0].sign_requests: needs signing_key_file and signing_cert_file beside it'

  check([
    { because: 'are needed to sign', text: withMore('sign_requests: true'), faults: [NEEDS] },
    {
      because: 'are needed with a certificate',
      text: withMore('sign_requests: true', 'signing_key_file: /run/saml/key.pem'),
      faults: [NEEDS],
    },
    {
      because: 'are needed beside a certificate',
      text: withMore('sign_requests: true', 'signing_cert_file: /run/saml/cert.pem'),
      faults: [NEEDS, '11:24  idps[0].signing_cert_file: needs signing_key_file beside it'],
    },
    {
      because: 'are needed beside a certificate for decryption',
      text: withMore('decryption_cert_file: /run/saml/cert.pem'),
      faults: ['10:27  idps[0].decryption_cert_file: needs decryption_key_file beside it'],
    },
    {
      because: 'may decrypt without a certificate of ours',
      text: withMore('decryption_key_file: /run/saml/key.pem'),
      faults: [],
    },
    { because: 'may be PKCS #1', text: withMore('decryption_key_file: /run/saml/pkcs1-key.pem'), faults: [] },
    {
      because: 'are another’s certificate’s',
      text: signing('/run/saml/key.pem', '/run/saml/other-cert.pem'),
      faults: ['12:24  idps[0].signing_cert_file: is not the certificate of signing_key_file'],
    },
    {
      because: 'are another’s certificate’s, for decryption',
      text: withMore('decryption_key_file: /run/saml/key.pem', 'decryption_cert_file: /run/saml/other-cert.pem'),
      faults: ['11:27  idps[0].decryption_cert_file: is not the certificate of decryption_key_file'],
    },
    {
      because: 'are each said',
      text: signing('/run/saml/text', '/run/saml/text'),
      faults: [
        `11:23  idps[0].signing_key_file: ${NO_KEY}`,
        '12:24  idps[0].signing_cert_file: holds no PEM certificate',
      ],
    },
    {
      because: 'are there',
      text: signing('/run/saml/none', '/run/saml/nowhere'),
      faults: [
        '11:23  idps[0].signing_key_file: there is no /run/saml/none',
        '12:24  idps[0].signing_cert_file: there is no /run/saml/nowhere',
      ],
    },
    {
      because: 'do not lead out of the configuration folder',
      text: signing('../../run/saml/key.pem', '../../run/saml/cert.pem'),
      faults: [
        '11:23  idps[0].signing_key_file: leads out of the configuration folder; write an absolute path if that is meant',
        '12:24  idps[0].signing_cert_file: leads out of the configuration folder; write an absolute path if that is meant',
      ],
    },
    { because: 'stand in the configuration folder', text: signing('saml/key.pem', 'saml/cert.pem'), faults: [] },
    {
      because: 'of the metadata are a certificate',
      text: withMore('metadata_cert_file: /run/saml/text'),
      faults: ['10:25  idps[0].metadata_cert_file: holds no PEM certificate'],
    },
    {
      because: 'stand apart from the private key, which would be published with them',
      text: withMore(
        'sign_requests: true',
        'signing_key_file: /run/saml/both.pem',
        'signing_cert_file: /run/saml/both.pem',
      ),
      faults: [
        '12:24  idps[0].signing_cert_file: holds a private key as well: certificates are public, so they have a file of their own',
      ],
    },
    {
      because: 'of the metadata are there',
      text: withMore('metadata_cert_file: /run/saml/none'),
      faults: ['10:25  idps[0].metadata_cert_file: there is no /run/saml/none'],
    },
  ])

  it.each([
    ['a weak key', '/run/saml/weak-key.pem'],
    ['an elliptic curve', '/run/saml/ec-key.pem'],
    ['a key under a passphrase', '/run/saml/locked-key.pem'],
    ['a public key', '/run/saml/public.pem'],
    ['a certificate', '/run/saml/cert.pem'],
    ['an empty file', '/run/saml/empty'],
  ])('are not taken from %s', (_, file) => {
    expect(faultsOf(withMore(`decryption_key_file: ${file}`), world())).toEqual([
      `10:26  idps[0].decryption_key_file: ${NO_KEY}`,
    ])
  })

  it('that everybody may read are warned of; certificates may be read (security.md K-4)', () => {
    const text = signing('/run/saml/key.pem', '/run/saml/cert.pem')
    expect(load(text, world({ fileMode: () => 0o100644 })).warnings).toEqual([
      '/etc/rolegate/rolegate.yaml:11:23  idps[0].signing_key_file: may be read by everybody on this machine (mode 0644) [secret-readable-by-all]',
    ])
  })

  it('stand in no fault and in no warning', () => {
    const text = signing('/run/saml/locked-key.pem', '/run/saml/key.pem')
    expect(faultsOf(text, world()).join()).not.toMatch(/BEGIN|MII/)
  })
})

describe('the way to AWS by SAML', () => {
  const withSts = (more: string) => `${A_FILE}sts:\n  default: {}\n  other: { ${more} }\n`
  const ONLY = 'goes with "strategy: saml" only'
  const EITHER = 'goes with "strategy: saml" or "strategy: pass_through_saml" only'
  const stsOf = (more: string) => load(withSts(more), world()).config.sts.get('other')

  it('is off unless the strategy says so', () => {
    expect(stsOf('')).not.toHaveProperty('saml')
    expect(stsOf('strategy: web_identity')).not.toHaveProperty('saml')
  })

  it('names its IAM SAML provider, and takes an address and a certificate', () => {
    expect(stsOf('strategy: saml')?.saml).toEqual({ providerName: 'rolegate' })
    const all =
      'strategy: saml, provider_name: Corp_1, saml_endpoint: https://signin.aws.amazon.com/saml, saml_encryption_cert_file: /run/saml/cert.pem'
    expect(stsOf(all)?.saml).toEqual({
      providerName: 'Corp_1',
      endpoint: 'https://signin.aws.amazon.com/saml',
      encryptionCertificatePem: sp.certificate,
    })
  })

  check([
    {
      because: 'has no keys without the strategy: they would do nothing',
      text: withSts(
        'provider_name: x, saml_endpoint: https://aws.example.com/saml, saml_encryption_cert_file: /run/saml/cert.pem',
      ),
      faults: [
        `24:27  sts.other.provider_name: ${EITHER}`,
        `24:45  sts.other.saml_endpoint: ${EITHER}`,
        `24:102  sts.other.saml_encryption_cert_file: ${ONLY}`,
      ],
    },
    {
      because: 'has a provider with a name of IAM’s',
      text: withSts('strategy: saml, provider_name: "a/b"'),
      faults: ['24:43  sts.other.provider_name: must be the name of an IAM SAML provider'],
    },
    {
      because: 'goes to https (threats.md P5)',
      text: withSts('strategy: saml, saml_endpoint: http://aws.example.com/saml'),
      faults: ['24:43  sts.other.saml_endpoint: must be https'],
    },
    {
      because: 'goes to no loopback without --insecure-dev',
      text: withSts('strategy: saml, saml_endpoint: http://127.0.0.1/saml'),
      faults: [
        '24:43  sts.other.saml_endpoint: is on loopback, which is for development only: start with --insecure-dev',
      ],
    },
    {
      because: 'goes to AWS and nowhere else (threats.md F5)',
      text: withSts('strategy: saml, saml_endpoint: https://signin.evil.example/saml'),
      faults: ['24:43  sts.other.saml_endpoint: is not a sign-in address of aws'],
    },
    {
      because: 'goes to AWS’s own STS (threats.md F5)',
      text: withSts('strategy: saml, endpoint: https://sts.minio.example'),
      faults: [
        '24:38  sts.other.endpoint: is not AWS’s STS: a SAML assertion is for AWS itself, and goes nowhere else',
      ],
    },
    {
      because: 'has no audience to choose',
      text: withSts('strategy: saml, audience: sts.amazonaws.com'),
      faults: ['24:38  sts.other.audience: goes with "strategy: web_identity" only'],
    },
    {
      because: 'goes to loopback with it',
      text: withSts('strategy: saml, saml_endpoint: http://127.0.0.1/saml'),
      faults: [],
      insecureDev: true,
    },
    {
      because: 'encrypts to a certificate',
      text: withSts('strategy: saml, saml_encryption_cert_file: /run/saml/text'),
      faults: ['24:55  sts.other.saml_encryption_cert_file: holds no PEM certificate'],
    },
    {
      because: 'encrypts to a certificate that is there',
      text: withSts('strategy: saml, saml_encryption_cert_file: /run/saml/none'),
      faults: ['24:55  sts.other.saml_encryption_cert_file: there is no /run/saml/none'],
    },
  ])
})

describe('a console that the browser opens with our assertion', () => {
  const DEV = 'pay-dev: { id: "222222222222", env: dev'
  const samlAccount = (sts: string) =>
    `${changed([DEV, `${DEV}, sts: saml, console: saml_post`])}sts: { default: {}, saml: { ${sts} } }\n`

  it('goes with strategy saml', () => {
    const { accounts } = load(samlAccount('strategy: saml'), world()).config.mapping
    expect(accounts.get('pay-dev')).toMatchObject({ samlPost: true, sts: 'saml' })
    expect(accounts.get('pay-prod')).not.toHaveProperty('samlPost')
  })

  check([
    {
      because: 'needs strategy saml',
      text: samlAccount(''),
      faults: ['13:64  accounts.pay-dev.console: needs an sts entry with "strategy: saml"; "saml" has none'],
    },
    {
      because: 'needs strategy saml of the default entry too',
      text: changed([DEV, `${DEV}, console: saml_post`]),
      faults: ['13:53  accounts.pay-dev.console: needs an sts entry with "strategy: saml"; "default" has none'],
    },
    {
      because: 'needs an entry that is there',
      text: changed([DEV, `${DEV}, sts: smal, console: saml_post`]),
      faults: ['13:49  accounts.pay-dev.sts: unknown sts entry "smal"'],
    },
    {
      because: 'is opened in one of two ways',
      text: changed([DEV, `${DEV}, console: saml`]),
      faults: ['13:53  accounts.pay-dev.console: must be one of federation, saml_post'],
    },
  ])
})
