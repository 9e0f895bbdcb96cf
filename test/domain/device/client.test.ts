import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  OWN_CLIENT,
  parseLoopbackRedirect,
  printable,
  redirectOf,
  type Client,
} from '../../../src/domain/device/client.ts'

const aClient = (...redirectPaths: string[]): Client => ({ ...OWN_CLIENT, kind: 'registered', redirectPaths })

describe('a redirect address on this machine (RFC 8252 §7.3)', () => {
  it.each([
    ['http://127.0.0.1', { origin: 'http://127.0.0.1', path: '/', port: undefined }],
    ['http://127.0.0.1/', { origin: 'http://127.0.0.1', path: '/', port: undefined }],
    ['http://127.0.0.1/oauth/callback', { origin: 'http://127.0.0.1', path: '/oauth/callback', port: undefined }],
    ['http://127.0.0.1:1/callback', { origin: 'http://127.0.0.1:1', path: '/callback', port: 1 }],
    ['http://127.0.0.1:65535/a/b-c_d~e/', { origin: 'http://127.0.0.1:65535', path: '/a/b-c_d~e/', port: 65_535 }],
    ['http://[::1]:50123/callback', { origin: 'http://[::1]:50123', path: '/callback', port: 50_123 }],
  ])('%s is one', (text, redirect) => {
    expect(parseLoopbackRedirect(text)).toEqual(redirect)
  })

  /** What others let through: the advisories of security.md D-6 and D-7, and their kin. */
  it.each([
    // Names, and addresses that only mean loopback to some.
    'http://localhost:80/callback',
    'http://LOCALHOST:80/callback',
    'http://localhost.evil.example:80/callback',
    'http://127.0.0.1.evil.example:80/callback',
    'http://127.0.0.1.:80/callback',
    'http://127.1:80/callback',
    'http://127.0.1:80/callback',
    'http://127.0.0.2:80/callback',
    'http://127.000.000.001:80/callback',
    'http://0177.0.0.1:80/callback',
    'http://0x7f.0.0.1:80/callback',
    'http://0x7f000001:80/callback',
    'http://2130706433:80/callback',
    'http://0.0.0.0:80/callback',
    'http://0:80/callback',
    'http://[::]:80/callback',
    'http://[0:0:0:0:0:0:0:1]:80/callback',
    'http://[::ffff:127.0.0.1]:80/callback',
    'http://[::1%25lo]:80/callback',
    'http://::1:80/callback',
    'http://１２７.0.0.1:80/callback',
    'http://127。0。0。1:80/callback',
    'http://10.0.0.1:80/callback',
    'http://169.254.169.254:80/callback',
    // Users, and what looks like one.
    'http://evil@127.0.0.1:80/callback',
    'http://127.0.0.1:80@evil.example/callback',
    'http://127.0.0.1:80@evil.example:80/callback',
    'http://127.0.0.1@evil.example/callback',
    'http://@127.0.0.1:80/callback',
    'http://a:b@@127.0.0.1:80/callback',
    // Backslashes, blanks, line ends and what a parser trims.
    'http://127.0.0.1:80\\@evil.example/callback',
    'http:\\\\127.0.0.1:80/callback',
    'http:/127.0.0.1:80/callback',
    'http:127.0.0.1:80/callback',
    'http:///127.0.0.1:80/callback',
    '//127.0.0.1:80/callback',
    ' http://127.0.0.1:80/callback',
    'http://127.0.0.1:80/callback ',
    'http://127.0.0.1:80/callback\n',
    'http://127.0.0.1:80/callback\r\nlocation: https://evil.example',
    'http://127.0.0.1:80/call\tback',
    'http://127.0.0.1:80/callback\0',
    'http://127.0.0.1\n.evil.example:80/callback',
    // Ports.
    'http://127.0.0.1:0/callback',
    'http://127.0.0.1:65536/callback',
    'http://127.0.0.1:99999/callback',
    'http://127.0.0.1:080/callback',
    'http://127.0.0.1:-80/callback',
    'http://127.0.0.1:+80/callback',
    'http://127.0.0.1:8e1/callback',
    'http://127.0.0.1:/callback',
    'http://127.0.0.1:80:80/callback',
    'http://127.0.0.1:80.evil.example/callback',
    'http://127.0.0.1:*/callback',
    // Folds and disguises in the path.
    'http://127.0.0.1:80/../callback',
    'http://127.0.0.1:80/callback/..',
    'http://127.0.0.1:80/callback/..;/x',
    'http://127.0.0.1:80/./callback',
    'http://127.0.0.1:80//callback',
    'http://127.0.0.1:80//evil.example/callback',
    'http://127.0.0.1:80/callback//',
    'http://127.0.0.1:80/%2e%2e/callback',
    'http://127.0.0.1:80/call%62ack',
    'http://127.0.0.1:80/callback;x=1',
    'http://127.0.0.1:80/callback\\x',
    'http://127.0.0.1:80/*',
    // Answers of their own.
    'http://127.0.0.1:80/callback?',
    'http://127.0.0.1:80/callback?code=x',
    'http://127.0.0.1:80?code=x',
    'http://127.0.0.1:80/callback&code=x',
    'http://127.0.0.1:80/callback#',
    'http://127.0.0.1:80/callback#code=x',
    'http://127.0.0.1:80#/callback',
    // Other schemes.
    'https://127.0.0.1:80/callback',
    'HTTP://127.0.0.1:80/callback',
    'httpx://127.0.0.1:80/callback',
    'javascript:alert(1)//http://127.0.0.1:80/callback',
    'data:text/html,http://127.0.0.1:80/callback',
    'file://127.0.0.1/callback',
    'com.example.app:/callback',
    'urn:ietf:wg:oauth:2.0:oob',
    'http://127.0.0.1:80/callback http://evil.example/',
    '',
    'null',
  ])('%j is none (security.md D-6, D-7)', (text) => {
    expect(parseLoopbackRedirect(text)).toBeUndefined()
  })

  it('reads all of it: no address is good for its first three hundred characters', () => {
    const long = `http://127.0.0.1:80/${'a'.repeat(280)}`
    expect(parseLoopbackRedirect(long)?.path).toHaveLength(281)
    expect(parseLoopbackRedirect(`${long}?code=x`)).toBeUndefined()
    expect(parseLoopbackRedirect(`${long}a`)).toBeUndefined()
  })

  it('is what a browser would go to, whatever was written', () => {
    const letters = fc.constantFrom(...'/:@.\\?#%;*-_~ 0127[]:1aé\n\t'.split(''))
    const end = fc.string({ unit: letters, maxLength: 12 })
    const start = fc.constantFrom('http://127.0.0.1', 'http://[::1]', 'http://127.0.0.1:80', 'http://127.0.0.1:9/')
    let taken = 0
    fc.assert(
      fc.property(start, end, (begins, ends) => {
        const text = `${begins}${ends}`
        const redirect = parseLoopbackRedirect(text)
        if (redirect === undefined) return
        taken += 1
        const { protocol, hostname, username, password, port, pathname, search, hash } = new URL(text)
        expect([protocol, username, password, search, hash]).toEqual(['http:', '', '', '', ''])
        expect(['127.0.0.1', '[::1]']).toContain(hostname)
        expect(pathname).toBe(redirect.path)
        expect(port === '' ? '80' : port).toBe(String(redirect.port ?? 80))
      }),
      { numRuns: 5_000 },
    )
    expect(taken).toBeGreaterThan(100)
  })
})

describe('where a code may be sent', () => {
  it('is any port, at a path the client registered', () => {
    const client = aClient('/oauth/callback', '/')
    for (const port of [1, 8080, 65_535])
      expect(redirectOf(client, `http://127.0.0.1:${port}/oauth/callback`)).toMatchObject({ port })
    expect(redirectOf(client, 'http://[::1]:8080')).toMatchObject({ path: '/' })
  })

  it.each([
    ['no port', 'http://127.0.0.1/oauth/callback'],
    ['the beginning of the path', 'http://127.0.0.1:80/oauth'],
    ['more than the path', 'http://127.0.0.1:80/oauth/callback/x'],
    ['a slash after it', 'http://127.0.0.1:80/oauth/callback/'],
    ['another case', 'http://127.0.0.1:80/OAuth/callback'],
    ['the path of another client', 'http://127.0.0.1:80/callback'],
    ['the path twice', 'http://127.0.0.1:80/oauth/callback/oauth/callback'],
  ])('is refused with %s', (_what, text) => {
    expect(redirectOf(aClient('/oauth/callback'), text)).toBeUndefined()
  })

  it('is nowhere for a client that registered nothing', () => {
    expect(redirectOf(aClient(), 'http://127.0.0.1:80/callback')).toBeUndefined()
    expect(redirectOf(aClient(), 'http://127.0.0.1:80/')).toBeUndefined()
  })
})

describe('what a program says of itself (threats.md D6)', () => {
  it.each([
    ['botocore-client-gw', 'botocore-client-gw'],
    ['Zoë’s  laptop (Büro, 東京)', 'Zoë’s  laptop (Büro, 東京)'],
    ['  blanks around  ', 'blanks around'],
    ['two\nlines\r\nand\ttabs', 'twolinesandtabs'],
    ['\u001b]0;owned\u0007\u001b[31mred', ']0;owned[31mred'],
    ['AWS \u202etroppuS\u202c', 'AWS troppuS'],
    ['left\u2066right\u2069\u200e\u200f\u061c', 'leftright'],
    ['a\u00adb\u200bc\u200dd\ufeffe\u2060f', 'abcdef'],
    ['line\u2028paragraph\u2029end\u0085', 'lineparagraphend'],
    ['no\u00a0break\u3000wide', 'nobreakwide'],
    // Letters that look like nothing at all.
    ['\u3164\u115f\u1160\uffa0', ''],
    ['\u2800\u2800', ''],
    ['\ud83d', ''],
    ['\u{e0041}\u{e007f}tags', 'tags'],
    // Marks piled upon a letter reach into the lines above.
    ['z\u0300\u0301\u0302\u0303algo', 'zalgo'],
    ['\ue000private', 'private'],
    ['', ''],
  ])('%j is shown as %j', (said, shown) => {
    expect(printable(said)).toBe(shown)
  })

  it('is cut at sixty-four characters, and never through the middle of one', () => {
    expect(printable('x'.repeat(200))).toBe('x'.repeat(64))
    expect(printable(`${'x'.repeat(63)}😀😀`)).toBe(`${'x'.repeat(63)}😀`)
    expect(printable(`${'x'.repeat(63)} y`)).toBe('x'.repeat(63))
  })

  it('is one line of what can be seen, whatever was said, and says it no other way twice', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 120 }), (said) => {
        const shown = printable(said)
        expect(shown).not.toMatch(/\p{C}|\p{Z}(?<! )|\p{Bidi_Control}|\p{Default_Ignorable_Code_Point}/u)
        expect(Array.from(shown).length).toBeLessThanOrEqual(64)
        expect(printable(shown)).toBe(shown)
      }),
      { numRuns: 5_000 },
    )
  })
})
