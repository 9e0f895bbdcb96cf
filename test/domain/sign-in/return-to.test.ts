import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HOME, parseReturnTo } from '../../../src/domain/sign-in/return-to.ts'

const GATEWAY = 'https://gw.example'
const staysHere = (path: string) => {
  // However often somebody on the way resolves or decodes it, the browser stays with us.
  expect(path.startsWith('/')).toBe(true)
  expect(path).not.toMatch(/^\/[/\\]/)
  expect(new URL(path, GATEWAY).origin).toBe(GATEWAY)
  expect(new URL(new URL(path, GATEWAY).pathname, GATEWAY).origin).toBe(GATEWAY)
}

describe('parseReturnTo', () => {
  it.each([
    ['/', '/'],
    ['/roles/payments-prod/dev', '/roles/payments-prod/dev'],
    ['/go?account=payments-prod&role=dev', '/go?account=payments-prod&role=dev'],
    ['/roles/a/b?x=1#part', '/roles/a/b?x=1'],
    ['/roles/a.b/c..d', '/roles/a.b/c..d'],
    ['/me', '/me'],
    ['/@alice', '/@alice'],
    ['/caf\u00e9', '/caf%C3%A9'],
    ['/device', '/device'],
    ['/devices?x=1', '/devices?x=1'],
    ['/sign-in-help', '/sign-in-help'],
  ])('returns to a path of ours: %s', (text, path) => {
    expect(parseReturnTo(text)).toBe(path)
  })

  it('keeps a console URL that a deep link carries in its query', () => {
    const link = `/go?url=${encodeURIComponent('https://console.aws.amazon.com/s3/home/../x?y=1')}`
    expect(parseReturnTo(link)).toBe(link)
    expect(parseReturnTo('/go?url=https://evil.example/x')).toBe('/go?url=https://evil.example/x')
  })

  it.each(['/device?user_code=WDJB-MJHT', '/device/?user_code=WDJB-MJHT', '/Device?user_code=WDJB-MJHT'])(
    'drops the user code from %s (threats.md D5)',
    (text) => {
      expect(parseReturnTo(text)).not.toContain('WDJB')
    },
  )

  it.each([
    '/sign-in',
    '/sign-in/entra',
    '/SIGN-IN/entra',
    '/sign-in?returnTo=/sign-in',
    '/sign-out',
    '/signed-out',
    '/oidc/entra/callback?code=x&state=y',
    '/oauth/token?x=1',
    '/oauth/authorize/x',
    '/v1/credentials',
  ])('goes home instead of %s, which is no place to return to', (text) => {
    expect(parseReturnTo(text)).toBe(HOME)
  })

  it.each([undefined, null, 7, ['/me'], { toString: () => '/me' }, '', `/${'x'.repeat(2000)}`])(
    'goes home for what is no text, empty or endless: %o',
    (text) => {
      expect(parseReturnTo(text)).toBe(HOME)
    },
  )

  // Each is somebody's open redirect: RFC 9700 §4.11.1, security.md W-16.
  const attempts = [
    'https://evil.example',
    'http://evil.example',
    'HTTPS://EVIL.EXAMPLE',
    'https:evil.example',
    'https:/evil.example',
    'https:///evil.example',
    'http:evil.example',
    '//evil.example',
    '///evil.example',
    '////evil.example',
    '//evil.example/%2e%2e',
    '//evil.example:443/',
    '//user@evil.example',
    '//gw.example@evil.example',
    '//evil.example#gw.example',
    '//evil.example?gw.example',
    '//[::1]',
    '//evil%E3%80%82example',
    '/\\evil.example',
    '\\/evil.example',
    '\\\\evil.example',
    '/\\/evil.example',
    '/\\\\evil.example',
    '\\evil.example',
    '/%5cevil.example',
    '/%5Cevil.example',
    '/%5c/evil.example',
    '/%5c%5cevil.example',
    '/%2fevil.example',
    '/%2Fevil.example',
    '/%2f%2fevil.example',
    '/x/%2f%2fevil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/./\\evil.example',
    '/x/..//evil.example',
    '/x/../..//evil.example',
    '/%2e//evil.example',
    '/%2E//evil.example',
    '/%2e%2e//evil.example',
    '/.%2e//evil.example',
    '/%2e.//evil.example',
    '/x/%2e%2e//evil.example',
    '/x/.%2E/%2fevil.example',
    '/x/..',
    '/.',
    '/..?//evil.example',
    '/\tevil.example',
    '/\t/evil.example',
    '\t//evil.example',
    '/\n/evil.example',
    '/\r/evil.example',
    '/\r\nLocation: https://evil.example',
    '/ /evil.example',
    ' //evil.example',
    ' /me',
    '\u0000//evil.example',
    '/\u0000/evil.example',
    '/\u0001/evil.example',
    '/\u001f/evil.example',
    '/\u007f/evil.example',
    '/\u0085/evil.example',
    '/\u009f/evil.example',
    '\u00a0//evil.example',
    '\ufeff//evil.example',
    '\u2028//evil.example',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'file:///etc/passwd',
    'blob:https://gw.example/x',
    'about:blank',
    'mailto:x@evil.example',
    'evil.example',
    '@evil.example',
    ':443/x',
    '?//evil.example',
    '#//evil.example',
    '.evil.example',
    './/evil.example',
    '..//evil.example',
    '\uff0f/evil.example',
    '\uff0f\uff0fevil.example',
    '\u2215\u2215evil.example',
  ]
  it.each(attempts)('goes home for %j', (text) => {
    expect(parseReturnTo(text)).toBe(HOME)
  })

  it.each([
    '/@evil.example',
    '/;@evil.example',
    '/:evil.example',
    '/https://evil.example',
    '/x//evil.example',
    '/%09/evil.example',
    '/%0d%0aSet-Cookie:a=b',
    '/%00/evil.example',
    '/%252fevil.example',
    '/%255cevil.example',
    '/\u2044evil.example',
    '/\uff0fevil.example',
    '/\uff3cevil.example',
    '/\u2028/evil.example',
    '/?//evil.example',
    '/#//evil.example',
    '/?/\u0062/../../x',
    '/%',
    '/%zz',
  ])('keeps %j a local path', (text) => {
    staysHere(parseReturnTo(text))
  })

  it('has tried sixty ways out and more', () => {
    expect(new Set(attempts).size).toBeGreaterThanOrEqual(60)
  })

  const pieces = [
    '/',
    '\\',
    '.',
    '..',
    '%2e',
    '%2f',
    '%5c',
    '@',
    ':',
    '?',
    '#',
    '\t',
    '\n',
    ' ',
    'evil.example',
    'https:',
    '%',
    'x',
  ]
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => parts.join('')),
    fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((parts) => `/${parts.join('')}`),
    fc.webUrl(),
  )

  it('stays on this origin whatever it is given', () => {
    fc.assert(
      fc.property(text, (tried) => staysHere(parseReturnTo(tried))),
      { numRuns: 20_000 },
    )
  })

  it('leaves its own answer as it is', () => {
    fc.assert(
      fc.property(text, (tried) => {
        const path = parseReturnTo(tried)
        expect(parseReturnTo(path)).toBe(path)
      }),
      { numRuns: 5_000 },
    )
  })
})
