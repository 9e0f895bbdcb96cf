import { describe, expect, it } from 'vitest'
import { refusalFrom } from '../../support/a-refusal.ts'
import { aResponse } from '../../support/saml/a-response.ts'
import { base64 } from '../../support/saml/markup.ts'
import { aSamlProvider } from './a-provider.ts'

const { complete } = aSamlProvider()
const reasonOf = async (xml: string) => (await refusalFrom(complete(base64(xml)))).reason

/** A signed response with something in place of one of its tags, as a stranger would send it. */
function bent(tag: RegExp, instead: string): string {
  const { xml } = aResponse()
  if (!tag.test(xml)) throw new Error('nothing to bend')
  return xml.replace(tag, () => instead)
}

// Each of these would cost whole seconds in canonicalisation, and none gets there: `npm run bench -- hostile` has the figures.
describe('what a stranger makes long is refused before libxml2 sees it (security.md V-3)', () => {
  const method = 'Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"'

  it.each([
    [
      'elements inside SignatureMethod',
      () =>
        bent(
          /<ds:SignatureMethod [^>]*\/>/,
          `<ds:SignatureMethod ${method}>${'<x/>'.repeat(5_000)}</ds:SignatureMethod>`,
        ),
      'saml_signed_info',
    ],
    ['one element inside DigestValue', () => bent(/<ds:DigestValue>/, '<ds:DigestValue><ds:x/>'), 'saml_xml'],
    [
      'more namespaces at once than any honest message has',
      () =>
        bent(
          /<samlp:Response /,
          `<samlp:Response ${Array.from({ length: 65 }, (_, index) => `xmlns:n${index}="urn:n"`).join(' ')} `,
        ),
      'saml_xml',
    ],
    [
      'a namespace whose name is long, at many elements',
      () => `<x:a xmlns:x="urn:${'x'.repeat(60_000)}">${'<x:b/>'.repeat(5_000)}</x:a>`,
      'saml_xml',
    ],
    [
      'a namespace whose name is long, at many attributes',
      () =>
        `<a xmlns:x="urn:${'x'.repeat(60_000)}" ${Array.from({ length: 90 }, (_, index) => `x:a${index}=""`).join(' ')}/>`,
      'saml_xml',
    ],
  ])('%s', async (_, make, reason) => {
    expect(await reasonOf(make())).toBe(reason)
  })

  it('and 1,000 groups with types on each stay inside', async () => {
    const groups = Array.from({ length: 1000 }, (_, index) => `/acme/teams/group-${index}`)
    const { field } = aResponse({ attributes: [{ name: 'groups', values: groups }], typesDeclaredOn: 'value' })
    expect((await complete(field)).claims['groups']).toEqual(groups)
  })
})
