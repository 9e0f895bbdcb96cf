import { deflateRawSync } from 'node:zlib'
import { aResponse, ASSERTION_ID, type ResponseShape } from './a-response.ts'
import { stranger } from './a-saml-world.ts'
import { handSigned } from './a-signature.ts'
import { good, inGroup, swapped, type Hostile } from './hostile.ts'
import { ofSize } from './legitimate-responses.ts'

const { document, field } = inGroup('size')

/** alice's response with more in a place that nobody signed. */
const filled = (content: string) =>
  swapped(good(), '<samlp:Status>', `<samlp:Extensions>${content}</samlp:Extensions><samlp:Status>`)
/** An assertion that the IdP signed as it is, by hand: xml-crypto would take minutes. */
const signedWith = (shape: Partial<ResponseShape>) =>
  handSigned(aResponse({ sign: 'neither', ...shape }).xml, ASSERTION_ID)
const valued = (content: string) => signedWith({ attributes: [{ name: 'x', values: [], content }] })
const numbered = (length: number, make: (index: number) => string) =>
  Array.from({ length }, (_, index) => make(index)).join('')

/** Elements in a response without prefixes, whose values are empty, and which has so many in all. */
const ofElements = (count: number): string => {
  const shape = { style: 'default', typesDeclaredOn: null, signature: { certificate: null } } as const
  const made = (values: number) =>
    handSigned(
      aResponse({
        ...shape,
        sign: 'neither',
        attributes: [{ name: 'groups', values: [], content: '<AttributeValue/>'.repeat(values) }],
      }).xml,
      ASSERTION_ID,
    )
  const elementsOf = (xml: string) => xml.match(/<[A-Za-z]/g)?.length ?? 0
  return made(count - elementsOf(made(1)) + 1)
}

/** More than a sign-in needs: refused, and refused soon (security.md S-2, S-6; contract.md, ACS limits). */
export const hostileSize = (): readonly Hostile[] => [
  document('10 MB of XML', 'S-2', () => filled('x'.repeat(10_000_000))),
  field('10 MB of base64 letters', 'S-2', () => 'A'.repeat(10_000_000)),
  field('10 MB of blanks', 'S-2: CVE-2025-54572', () => ' '.repeat(10_000_000)),
  field('2 MB of =', 'S-2: CVE-2025-54572', () => '='.repeat(2_000_000)),
  document('256 KiB and one byte, correctly signed', 'S-2', () => ofSize(256 * 1024 + 1), ASSERTION_ID),
  document('5 MB of text', 'S-6', () => filled('<x>'.concat('x'.repeat(5_000_000), '</x>'))),
  document('5 MB in an attribute', 'S-6', () => filled(`<x a="${'x'.repeat(5_000_000)}"/>`)),
  document('20,000 elements deep', 'S-6: GHSA-2v35', () => filled('<x>'.repeat(20_000) + '</x>'.repeat(20_000))),
  document('20,000 elements deep, without end tags', 'S-6', () => `${good()}${'<x>'.repeat(20_000)}`),
  document(
    'one element deeper than 40, correctly signed',
    'S-6',
    // Response, Assertion, AttributeStatement, Attribute and AttributeValue are the first five.
    () => valued(`<saml:AttributeValue>${'<x>'.repeat(36)}${'</x>'.repeat(36)}</saml:AttributeValue>`),
    ASSERTION_ID,
  ),
  document('30,000 empty elements', 'S-6: 55 s of node-saml', () => filled('<x/>'.repeat(30_000))),
  document('12,001 elements, correctly signed', 'S-6', () => ofElements(12_001), ASSERTION_ID),
  document('10,000 attributes on one element', 'S-6: GHSA-8344, quadratic', () =>
    filled(`<x ${numbered(10_000, (index) => `a${index}="" `)}/>`),
  ),
  document('101 attributes on one element', 'S-6', () => filled(`<x ${numbered(101, (index) => `a${index}="" `)}/>`)),
  document('500 namespaces over 500 children', 'S-6: GHSA-965w, quadratic', () =>
    filled(
      `<x ${numbered(500, (index) => `xmlns:p${index}="urn:${index}" `)}>${numbered(500, (index) => `<p${index}:y/>`)}</x>`,
    ),
  ),
  document('5,000 namespaces, each on its own element', 'S-6', () =>
    filled(numbered(5000, (index) => `<p${index}:y xmlns:p${index}="urn:${index}"/>`)),
  ),
  document('20,000 character references', 'S-6', () => filled('&#65;'.repeat(20_000))),
  document('a reference with 200,000 zeros', 'S-6', () => filled(`&#${'0'.repeat(200_000)}65;`)),
  document('a name of 200,000 letters', 'S-6', () => filled(`<${'x'.repeat(200_000)}/>`)),
  document('200,000 blanks in a tag', 'S-6: ReDoS', () => filled(`<x${' '.repeat(200_000)}`)),
  document('100,000 times <', 'S-6: ReDoS', () => '<'.repeat(100_000)),
  document('100,000 times &', 'S-6: ReDoS', () => filled('&'.repeat(100_000))),
  document('50,000 comments that do not end', 'S-6: ReDoS', () => filled('<!--'.repeat(50_000))),
  document('1000 Signatures', 'S-11', () =>
    filled('<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>'.repeat(1000)),
  ),
  document(
    '1000 groups, signed by a stranger',
    'what nobody signed must not cost much',
    () =>
      aResponse({
        attributes: [{ name: 'groups', values: Array.from({ length: 1000 }, (_, index) => `group-${index}`) }],
        signature: { by: stranger, certificate: stranger.certificate },
      }).xml,
  ),
  document(
    '1500 Audiences, none of them ours',
    'S-21',
    () => signedWith({ audiences: [Array.from({ length: 1500 }, (_, index) => `urn:a:${index}`)] }),
    ASSERTION_ID,
  ),
  field('a deflate bomb', 'CVE-2025-25293: nothing is inflated here', () =>
    deflateRawSync(Buffer.alloc(50_000_000, 0x20)).toString('base64'),
  ),
]
