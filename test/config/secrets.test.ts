import { describe, expect, it } from 'vitest'
import { ConfigFaults } from '../../src/config/load.ts'
import { A_FILE, aWorld, changed, faultsIn, faultsOf, load, MASTER_KEY } from './a-file.ts'
import { keysFor } from '../support/fake-idp.ts'
import { selfSigned } from '../support/saml/a-certificate.ts'

const FILE = `${A_FILE}secrets: { master_key_file: /run/secrets/master.key }\n`
const ENV = `${A_FILE}secrets: { master_key_env: MASTER }\n`
const AT = '22:29  secrets.master_key_file: '

const bytes = Uint8Array.from({ length: 32 }, (_, index) => (index * 37 + (index % 5) * 91) % 256)
const base64 = Buffer.from(bytes).toString('base64')

const withKey = (key: string | Uint8Array) => aWorld({ files: { '/run/secrets/master.key': key } })

describe('the master key', () => {
  it.each([
    { form: 'base64', key: base64 },
    { form: 'base64 with a newline', key: `${base64}\n` },
    { form: 'base64 with a Windows newline', key: `${base64}\r\n` },
    { form: 'base64 without padding', key: base64.replace('=', '') },
    { form: 'base64url', key: Buffer.from(bytes).toString('base64url') },
    { form: 'hex', key: Buffer.from(bytes).toString('hex') },
    { form: 'upper-case hex', key: Buffer.from(bytes).toString('hex').toUpperCase() },
    { form: 'raw bytes', key: bytes },
    { form: 'bytes that spell base64', key: new TextEncoder().encode(`${base64}\n`) },
  ])('is read from $form', ({ key }) => {
    expect(load(FILE, withKey(key)).config.masterKeys).toEqual([bytes])
  })

  it('is read from 32 characters as they are', () => {
    const text = 'kD9-fK2vq+Lx7Zt0mWb4Nc8Rj1Hs6Gy5'
    expect(load(FILE, withKey(text)).config.masterKeys).toEqual([new TextEncoder().encode(text)])
  })

  it('keeps earlier keys behind the first', () => {
    const text = `${A_FILE}secrets: { master_key_file: /run/secrets/master.key, previous: [{ master_key_env: OLD }] }\n`
    const world = aWorld({ env: { IDP_SECRET: 'kD9-fK2vq', OLD: base64 } })
    expect(load(text, world).config.masterKeys).toEqual([new Uint8Array(Buffer.from(MASTER_KEY, 'base64')), bytes])
  })

  it('leaves none when none is named: serve decides', () => {
    expect(load(A_FILE).config.masterKeys).toEqual([])
  })

  it.each([
    { because: 'nothing', key: '' },
    { because: 'a newline alone', key: '\n' },
    { because: '31 bytes', key: bytes.slice(1) },
    { because: '33 bytes as base64', key: Buffer.alloc(33, 'xyz').toString('base64') },
    { because: '16 bytes as base64', key: Buffer.alloc(16, 'xyz').toString('base64') },
    { because: 'two newlines at the end', key: `${base64}\n\n` },
    { because: 'bytes that were read as text', key: Buffer.from(bytes).toString('utf8') },
  ])('refuses $because (security.md K-2)', ({ key }) => {
    expect(faultsOf(FILE, withKey(key))).toEqual([`${AT}must be exactly 32 bytes, as base64, base64url, hex or raw`])
  })

  it.each([
    { because: 'all-equal bytes', key: Buffer.alloc(32).toString('base64') },
    { because: 'the letter a, 32 times', key: 'a'.repeat(32) },
    { because: 'a word that repeats', key: 'rolegaterolegaterolegaterolegate' },
    { because: 'bytes that count up', key: Uint8Array.from({ length: 32 }, (_, index) => index) },
    { because: 'the key of the AES examples', key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4' },
    { because: 'digits in a row', key: '12345678901234567890123456789012' },
  ])('refuses $because (security.md K-2)', ({ key }) => {
    expect(faultsOf(FILE, withKey(key))).toEqual([
      `${AT}is an example or a pattern, not a key; make one with: openssl rand -base64 32`,
    ])
  })

  it.each([0o640, 0o604, 0o660, 0o644])('refuses a file that others may read, mode %o (threats.md K2)', (mode) => {
    expect(faultsOf(FILE, aWorld({ fileMode: () => 0o100000 + mode }))).toEqual([
      `${AT}may be read by others (mode 0${mode.toString(8)}); set it to 0600 or 0400`,
    ])
  })

  it.each(['/var/lib/rolegate/master.key', '/var/lib/rolegate/keys/master.key'])(
    'refuses a file in the folder of the store: %s (threats.md K2)',
    (path) => {
      const world = aWorld({ files: { [path]: base64 } })
      expect(faultsOf(FILE.replace('/run/secrets/master.key', path), world)).toEqual([
        `${AT}lies in the folder of the store; whoever copies the store would have both`,
      ])
    },
  )

  it('follows links before it says where a file lies (threats.md K2)', () => {
    const world = aWorld({
      files: { '/var/lib/rolegate/master.key': base64 },
      realPath: (path) => (path === '/run/secrets/master.key' ? '/var/lib/rolegate/master.key' : path),
    })
    expect(faultsOf(FILE, world)).toEqual([
      `${AT}lies in the folder of the store; whoever copies the store would have both`,
    ])
  })

  it('says that a variable is not set, and trusts no inherited name', () => {
    expect(faultsOf(ENV)).toEqual(['22:28  secrets.master_key_env: the environment variable MASTER is not set'])
    expect(faultsOf(ENV.replace('MASTER', 'constructor'))).toEqual([
      '22:28  secrets.master_key_env: the environment variable constructor is not set',
    ])
  })

  it.each(['secrets: {}', 'secrets: { master_key_file: /run/secrets/master.key, master_key_env: MASTER }'])(
    'wants one source: %s',
    (secrets) => {
      expect(faultsOf(`${A_FILE}${secrets}\n`)).toEqual([
        '22:10  secrets: needs exactly one of master_key_file, master_key_env',
      ])
    },
  )
})

describe('a file that is read', () => {
  it('may be missing: the fault says how, not what the system said', () => {
    expect(faultsOf(FILE.replace('master.key', 'none'))).toEqual([`${AT}there is no /run/secrets/none`])
  })

  it('may lie in the configuration folder', () => {
    const world = aWorld({ files: { '/etc/rolegate/keys/master.key': base64 } })
    expect(load(FILE.replace('/run/secrets/', 'keys/'), world).config.masterKeys).toEqual([bytes])
  })

  it('must not leave the configuration folder by a relative path', () => {
    const world = aWorld({ files: { '/etc/master.key': base64 } })
    expect(faultsOf(FILE.replace('/run/secrets/', '../'), world)).toEqual([
      `${AT}leads out of the configuration folder; write an absolute path if that is meant`,
    ])
  })

  it('must not leave the configuration folder by a link', () => {
    const world = aWorld({
      files: { '/root/master.key': base64 },
      realPath: (path) => (path === '/etc/rolegate/master.key' ? '/root/master.key' : path),
    })
    expect(faultsOf(FILE.replace('/run/secrets/', ''), world)).toEqual([
      `${AT}leads out of the configuration folder; write an absolute path if that is meant`,
    ])
  })
})

const client = (text: string) => changed(['client_secret_env: IDP_SECRET', text])

describe('authentication at the IdP', () => {
  const PEM = '-----BEGIN PRIVATE KEY-----\nMIG2\n-----END PRIVATE KEY-----\n'
  const files = { '/run/secrets/idp': 'kD9-fK2vq\n', '/run/secrets/idp.pem': PEM, '/run/secrets/empty': '\n' }
  const authentication = (text: string) => {
    const [idp] = load(client(text), aWorld({ files })).config.idps
    return idp?.type === 'oidc' ? idp.authentication : undefined
  }

  it('reads a secret from a file, without the newline at its end', () => {
    expect(authentication('client_secret_file: /run/secrets/idp')).toEqual({
      method: 'client_secret_basic',
      secret: 'kD9-fK2vq',
    })
  })

  it('sends it in the form when asked to', () => {
    expect(
      authentication('client_secret_file: /run/secrets/idp\n    token_endpoint_auth_method: client_secret_post'),
    ).toEqual({
      method: 'client_secret_post',
      secret: 'kD9-fK2vq',
    })
  })

  it('reads a private key', () => {
    expect(authentication('private_key_file: /run/secrets/idp.pem')).toEqual({ method: 'private_key_jwt', pem: PEM })
  })

  describe('with a certificate for the key', () => {
    const keys = keysFor('client')
    const key = keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
    const certificate = selfSigned('rolegate', 1, keys)
    const read = (text: string, cert = certificate) => {
      const world = aWorld({ files: { '/run/secrets/idp.pem': key, '/run/secrets/idp.crt': cert } })
      return { faults: faultsOf(client(text), world), world }
    }
    const BOTH = 'private_key_file: /run/secrets/idp.pem\n    private_key_cert_file: /run/secrets/idp.crt'

    it('reads both', () => {
      const [idp] = load(client(BOTH), read(BOTH).world).config.idps
      expect(idp).toMatchObject({
        authentication: { method: 'private_key_jwt', pem: key, certificatePem: certificate },
      })
    })

    it.each([
      [
        'another key’s certificate',
        BOTH,
        selfSigned('rolegate', 1, keysFor('client of another')),
        'is not the certificate of private_key_file',
      ],
      ['no certificate', BOTH, 'x', 'holds no PEM certificate'],
      [
        'a key beside it',
        BOTH,
        `${certificate}${key}`,
        'holds a private key as well: certificates are public, so they have a file of their own',
      ],
      [
        'a secret in place of the key',
        'client_secret_env: IDP_SECRET\n    private_key_cert_file: /run/secrets/idp.crt',
        certificate,
        'goes with private_key_file only',
      ],
    ])('refuses %s', (_, text, cert, fault) => {
      expect(read(text, cert).faults).toEqual([`10:28  idps[0].private_key_cert_file: ${fault}`])
    })
  })

  it('warns of a secret that everybody may read (security.md K-4)', () => {
    const { warnings } = load(
      client('client_secret_file: /run/secrets/idp'),
      aWorld({ files, fileMode: () => 0o100444 }),
    )
    expect(warnings).toEqual([
      '/etc/rolegate/rolegate.yaml:9:25  idps[0].client_secret_file: may be read by everybody on this machine (mode 0444) [secret-readable-by-all]',
    ])
  })

  it.each([
    {
      because: 'no way at all',
      text: 'label: Entra',
      fault: '5:5  idps[0]: needs exactly one of client_secret_file, client_secret_env, private_key_file',
    },
    {
      because: 'two ways',
      text: 'client_secret_env: IDP_SECRET\n    private_key_file: /run/secrets/idp.pem',
      fault: '5:5  idps[0]: needs exactly one of client_secret_file, client_secret_env, private_key_file',
    },
    {
      because: 'a method for secrets beside a private key',
      text: 'private_key_file: /run/secrets/idp.pem\n    token_endpoint_auth_method: client_secret_post',
      fault: '10:33  idps[0].token_endpoint_auth_method: goes with a client secret only',
    },
    {
      because: 'a file that holds no private key',
      text: 'private_key_file: /run/secrets/idp',
      fault: '9:23  idps[0].private_key_file: holds no unencrypted PEM private key',
    },
    {
      because: 'an empty secret',
      text: 'client_secret_file: /run/secrets/empty',
      fault: '9:25  idps[0].client_secret_file: is empty',
    },
    {
      because: 'a variable that is not set',
      text: 'client_secret_env: NOBODY',
      fault: '9:24  idps[0].client_secret_env: the environment variable NOBODY is not set',
    },
    {
      because: 'an example secret (threats.md P5)',
      text: 'client_secret: changeme',
      fault: '9:20  idps[0].client_secret: is an example, not a secret: only with --insecure-dev',
    },
  ])('refuses $because', ({ text, fault }) => {
    expect(faultsOf(client(text), aWorld({ files }))).toEqual([fault])
  })

  it('keeps secrets out of what it says, whatever is wrong (security.md K-3)', () => {
    const texts = [
      client('client_secret: { hush-hush: 1 }'),
      client('client_secret: "hush-hush" "hush-hush"'),
      client('client_secret: [hush-hush'),
      client('client_secret: "hush-hush\\q"'),
    ]
    for (const text of texts) expect(said(text).replaceAll('client_secret["hush-hush"]', '')).not.toContain('hush')
    expect(said(FILE, withKey('hush'))).not.toContain('hush')
  })
})

function said(text: string, world = aWorld()): string {
  try {
    load(text, world)
    return ''
  } catch (thrown) {
    if (!(thrown instanceof ConfigFaults)) throw thrown
    return [thrown.message, ...thrown.faults.map(({ message }) => message)].join('\n')
  }
}

describe('a file that is only looked at', () => {
  it('has no secret read, and none asked of the environment', () => {
    const world = aWorld({ files: { '/etc/rolegate/rolegate.yaml': FILE, '/etc/rolegate/key.pem': 'no key' } })
    const env = new Proxy<Record<string, string>>(
      {},
      { get: untouched, getOwnPropertyDescriptor: untouched, has: untouched },
    )
    const text = FILE.replace('client_secret_env: IDP_SECRET', 'private_key_file: key.pem')
    for (const one of [text, FILE, `${A_FILE}secrets: { master_key_env: MASTER }\n`]) {
      const looked = {
        ...world,
        env,
        withoutSecrets: true,
        readFile: (path: string) => (path.endsWith('.yaml') ? one : untouched()),
        fileMode: untouched,
      }
      expect(faultsIn(looked)).toEqual([])
    }
  })
})

const untouched = (): never => {
  throw new Error('a secret was asked for')
}
