import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeSealer } from '../../../src/adapters/store/keys.ts'
import { makeClients, requireOwnClient } from '../../../src/usecases/device/clients.ts'
import { refusalOf } from '../../support/a-refusal.ts'
import { aClock, NINE, secondsAfter } from '../../support/a-session.ts'

const DAY = 24 * 3600
const randomText = (bits: number) => randomBytes(bits / 8).toString('base64url')
const aKey = () => randomBytes(32)
/** What the AWS CLI says of itself. */
const STOCK = {
  name: 'botocore-client-gw',
  scopes: ['sso:account:access'],
  grantTypes: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  redirectUris: ['http://127.0.0.1/oauth/callback'],
}

/** The clients of a gateway that was started with these sealing keys. */
function aGateway(keys: readonly Uint8Array[] = [aKey()]) {
  const clock = aClock()
  return { keys, clock, clients: makeClients({ sealer: makeSealer(keys), randomText, now: clock.now }) }
}

const codeOf = (run: () => unknown) => refusalOf(run).code

describe('a registration (threats.md D6)', () => {
  it('is what the client said, and nothing of it is kept by us', () => {
    const { clients } = aGateway()
    const { clientId, clientSecret, issuedAt, expiresAt } = clients.register(STOCK)
    expect(clients.find(clientId)).toEqual({
      id: expect.stringMatching(/^[\w-]{16}$/),
      name: 'botocore-client-gw',
      kind: 'registered',
      redirectPaths: ['/oauth/callback'],
      grants: new Set(['authorization_code', 'refresh_token', 'device_code']),
    })
    expect(clients.authenticate(clientId, clientSecret)).toEqual(clients.find(clientId))
    expect([issuedAt, expiresAt]).toEqual([NINE, secondsAfter(NINE, 90 * DAY)])
  })

  it('is a new client each time, whoever asks', () => {
    const { clients } = aGateway()
    const [one, other] = [clients.register(STOCK), clients.register(STOCK)]
    expect(clients.find(one.clientId).id).not.toBe(clients.find(other.clientId).id)
  })

  it('may wait for a code and renew, where it names no grant', () => {
    const { clients } = aGateway()
    const { clientId } = clients.register({ ...STOCK, grantTypes: [], redirectUris: [], scopes: [] })
    const grants = new Set(['device_code', 'refresh_token'])
    expect(clients.find(clientId)).toMatchObject({ redirectPaths: [], grants })
  })

  it('has a name that can be read, and one where it has none', () => {
    const { clients } = aGateway()
    const nameOf = (name: string) => clients.find(clients.register({ ...STOCK, name }).clientId).name
    expect(nameOf('AWS \u202etroppuS\u0007')).toBe('AWS troppuS')
    for (const name of ['\u202e\u0007', ' ', '\u3164', '\u2800']) expect(nameOf(name)).toBe('a client without a name')
    expect(nameOf('x'.repeat(200))).toHaveLength(64)
  })

  it.each([
    ['another scope', { scopes: ['sso:account:access', 'openid'] }, 'invalid_scope'],
    ['an empty scope', { scopes: [''] }, 'invalid_scope'],
    ['a grant nobody has', { grantTypes: ['client_credentials'] }, 'unsupported_grant'],
    ['a grant by another name', { grantTypes: ['device_code'] }, 'unsupported_grant'],
    ['a grant of the language’s own', { grantTypes: ['__proto__'] }, 'unsupported_grant'],
    ['an address of another machine', { redirectUris: ['https://evil.example/'] }, 'invalid_request'],
    ['one good address and one bad', { redirectUris: [...STOCK.redirectUris, 'http://localhost/'] }, 'invalid_request'],
    ['six addresses', { redirectUris: Array.from({ length: 6 }, () => 'http://127.0.0.1/a') }, 'invalid_request'],
  ])('is refused for %s', (_what, changes, code) => {
    expect(codeOf(() => aGateway().clients.register({ ...STOCK, ...changes }))).toBe(code)
  })

  it('is refused when its id could not be carried where it is asked for', () => {
    const redirectUris = Array.from({ length: 5 }, (_, n) => `http://127.0.0.1/${String(n).repeat(270)}`)
    const refusal = refusalOf(() => aGateway().clients.register({ ...STOCK, redirectUris }))
    expect(refusal).toMatchObject({ code: 'invalid_request', values: { field: 'redirectUris' } })
  })

  it('is carried whole in an address, however much it says in earnest', () => {
    const name = '東'.repeat(64)
    const redirectUris = Array.from({ length: 5 }, (_, n) => `http://127.0.0.1/oauth/callback/${n}`)
    const { clientId } = aGateway().clients.register({ ...STOCK, name, redirectUris })
    expect(clientId.length).toBeLessThanOrEqual(1000)
  })
})

describe('a registration outlives', () => {
  it('a restart with the same key (clients ask once in ninety days)', () => {
    const before = aGateway()
    const { clientId, clientSecret } = before.clients.register(STOCK)
    expect(aGateway(before.keys).clients.authenticate(clientId, clientSecret)).toEqual(before.clients.find(clientId))
  })

  it('a change of the key, as long as the old one still opens (threats.md K2)', () => {
    const before = aGateway()
    const { clientId, clientSecret } = before.clients.register(STOCK)
    const fresh = aKey()
    const after = aGateway([fresh, ...before.keys])
    expect(after.clients.authenticate(clientId, clientSecret).name).toBe(STOCK.name)
    // What is sealed from now on needs the old one no more.
    const next = after.clients.register(STOCK)
    const { clients } = aGateway([fresh])
    expect(clients.authenticate(next.clientId, next.clientSecret).name).toBe(STOCK.name)
    expect(codeOf(() => clients.find(clientId))).toBe('invalid_client')
  })

  it('ninety days, and not a second more', () => {
    const { clock, clients } = aGateway()
    const { clientId, clientSecret } = clients.register(STOCK)
    clock.pass(90 * DAY - 1)
    expect(clients.authenticate(clientId, clientSecret).name).toBe(STOCK.name)
    clock.pass(1)
    expect(codeOf(() => clients.find(clientId))).toBe('invalid_client')
    expect(codeOf(() => clients.authenticate(clientId, clientSecret))).toBe('invalid_client')
  })
})

describe('no client is', () => {
  it('what another key sealed', () => {
    const { clientId, clientSecret } = aGateway().clients.register(STOCK)
    const { clients } = aGateway()
    expect(codeOf(() => clients.find(clientId))).toBe('invalid_client')
    expect(codeOf(() => clients.authenticate(clientId, clientSecret))).toBe('invalid_client')
  })

  it('an id or a secret that was touched at any place', () => {
    const { clients } = aGateway()
    const { clientId, clientSecret } = clients.register(STOCK)
    const touched = (text: string, at: number) =>
      `${text.slice(0, at)}${text[at] === 'A' ? 'Q' : 'A'}${text.slice(at + 1)}`
    // The last character also holds bits that belong to no byte.
    for (let at = 0; at < clientId.length - 1; at += 1)
      expect(codeOf(() => clients.find(touched(clientId, at)))).toBe('invalid_client')
    for (let at = 0; at < clientSecret.length - 1; at += 1)
      expect(codeOf(() => clients.authenticate(clientId, touched(clientSecret, at)))).toBe('invalid_client')
  })

  it('an id that was cut, put together from two, or made of anything else', () => {
    const { clients } = aGateway()
    const [one, other] = [clients.register(STOCK), clients.register(STOCK)]
    for (const id of [
      '',
      'x',
      '__proto__',
      'rolegate-cli',
      one.clientId.slice(0, -4),
      one.clientId.slice(4),
      `${one.clientId}AAAA`,
      `${one.clientId.slice(0, 80)}${other.clientId.slice(80)}`,
      one.clientSecret,
      'A'.repeat(100_000),
    ])
      expect(codeOf(() => clients.find(id))).toBe('invalid_client')
  })

  it('one with the secret of another, or with its own id for a secret', () => {
    const { clients } = aGateway()
    const [one, other] = [clients.register(STOCK), clients.register(STOCK)]
    for (const secret of [other.clientSecret, one.clientId, clients.find(one.clientId).id, ''])
      expect(codeOf(() => clients.authenticate(one.clientId, secret))).toBe('invalid_client')
  })
})

it('knows one client by name, our own, and no registered one passes for it', () => {
  const { clients } = aGateway()
  const { clientId } = clients.register({ ...STOCK, name: 'rolegate' })
  expect(requireOwnClient('rolegate-cli').kind).toBe('own')
  for (const id of [clientId, clients.find(clientId).id, 'rolegate', 'Rolegate-CLI', ''])
    expect(codeOf(() => requireOwnClient(id))).toBe('invalid_client')
})
