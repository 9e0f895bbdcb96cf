import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { aResponse } from './a-response.ts'
import { good, inGroup, type Hostile } from './hostile.ts'
import { base64 } from './markup.ts'

const { field } = inGroup('encoding')

const honest = () => base64(good())

/** The field is base64 of one UTF-8 document and nothing else (security.md S-2, S-3, S-38). What is inside is honest. */
export const hostileEncoding = (): readonly Hostile[] => [
  field('empty', 'S-3', () => ''),
  field('a blank', 'S-3', () => ' '),
  field('padding alone', 'S-3', () => '===='),
  field('one letter', 'S-3', () => 'A'),
  field('cut in the middle of a group of four', 'S-3', () => honest().slice(0, -6)),
  field('without its padding', 'S-3', () => padded().replace(/=+$/, '')),
  field('with padding too much', 'S-3', () => `${honest().replace(/=+$/, '')}====`),
  field('padding in the middle', 'S-3: two decoders stop at two places', () => `${padded()}${padded()}`),
  field('the alphabet of base64url', 'S-3', () => base64(withBothLetters()).replaceAll('+', '-').replaceAll('/', '_')),
  field(
    'a sign that base64 has not',
    'S-3: some decoders skip it',
    () => `${honest().slice(0, 400)}!${honest().slice(400)}`,
  ),
  field('a NUL', 'S-3: some decoders stop', () => `${honest()}\0`),
  field('a letter of another script', 'S-3', () => honest().replace('P', '\u0420')),
  field('percent-encoded once more', 'S-3', () => encodeURIComponent(base64(withBothLetters()))),
  field('percent-encoded twice more', 'S-3', () => encodeURIComponent(encodeURIComponent(base64(withBothLetters())))),
  field('+ that became blanks', 'S-3: a form that was not encoded', () =>
    base64(withBothLetters()).replaceAll('+', ' '),
  ),
  field('base64 of base64', 'S-3', () => base64(honest())),
  field('plain XML', 'S-3', () => good()),
  field('hexadecimal', 'S-3', () => Buffer.from(good()).toString('hex')),
  field('JSON', 'S-38', () => JSON.stringify({ SAMLResponse: honest() })),
  field('base64 of JSON', 'S-3', () => base64(JSON.stringify({ nameId: 'admin' }))),
  field('a URL', 'S-38', () => 'https://idp.example.com/response.xml'),
  field('a data URL', 'S-38', () => `data:text/xml;base64,${honest()}`),
  field('another field inside', 'S-38', () => `SAMLResponse=${honest()}`),
  field('two responses with a comma', 'S-38', () => `${honest()},${honest()}`),
  field('deflated, as on the Redirect binding', 'S-3: nothing is inflated', () =>
    deflateRawSync(good()).toString('base64'),
  ),
  field('deflated, with a header', 'S-3: nothing is inflated', () => deflateSync(good()).toString('base64')),
  field('gzip', 'S-3: nothing is inflated', () => gzipSync(good()).toString('base64')),
  field('a JWT', 'S-3', () => 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.'),
]

/** An honest response whose base64 ends in `=`. */
function padded(): string {
  for (const blanks of ['', '\n', '\n\n']) {
    const text = base64(good() + blanks)
    if (text.endsWith('=')) return text
  }
  throw new Error('no padding came out')
}

/** An honest response in whose base64 there are both a + and a /. */
function withBothLetters(): string {
  // Three of each, so that one of them is the third byte of a group: ~ ends in the bits of +, ? in those of /.
  const { xml } = aResponse({ attributes: [{ name: 'groups', values: ['~~~???'] }] })
  const text = base64(xml)
  if (!text.includes('+') || !text.includes('/')) throw new Error('the letters did not come out')
  return xml
}
