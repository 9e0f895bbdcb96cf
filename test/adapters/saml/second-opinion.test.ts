import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aResponse, type ResponseShape } from '../../support/saml/a-response.ts'
import { hostileResponses } from '../../support/saml/hostile-responses.ts'
import { legitimateResponses } from '../../support/saml/legitimate-responses.ts'
import { once } from '../../support/saml/markup.ts'
import { asNodeSaml, asXmlsec1, hasXmlsec1 } from '../../support/saml/oracles.ts'
import { aSamlProvider } from './a-provider.ts'

/** Everything that an operator can allow is allowed: what is accepted here is the most we ever accept. */
const { complete } = aSamlProvider({ allow: { cbc: true, sha1: true } })
const LONG = 180_000

/** node-saml does not know RSA-SHA384, nor the xmlenc11 form of OAEP. */
const UNKNOWN_TO_NODE_SAML = ['RSA-SHA384', 'encrypted, OAEP with SHA-256']

async function isAccepted(field: string): Promise<boolean> {
  try {
    await complete(field)
    return true
  } catch (thrown) {
    if (thrown instanceof RolegateError && thrown.code === 'sign_in_rejected') return false
    throw thrown
  }
}

const documentOf = (field: string): string => Buffer.from(field, 'base64').toString()

/** The IDs that the signatures of a document are about, as far as they can be seen without a key. */
const signedIdsOf = (xml: string): readonly string[] =>
  [...xml.matchAll(/<(?:\w+:)?Reference URI="#([^"]+)"/g)].map(([, id = '']) => id)

const anyWriting = fc.record({
  style: fc.constantFrom('saml', 'saml2', 'default', 'mixed'),
  sign: fc.constantFrom('assertion', 'response', 'both'),
  pretty: fc.boolean(),
  signature: fc.record({ prefix: fc.constantFrom('ds', 'dsig', '') }),
  attributes: fc.array(
    fc.record({
      name: fc.constantFrom('mail', 'groups', 'a b'),
      values: fc.array(fc.constantFrom('x', ' a&<">\' ', 'é', '')),
    }),
    { maxLength: 3 },
  ),
})
const anyOpen = fc.record({
  declareOnResponse: fc.boolean(),
  typesDeclaredOn: fc.constantFrom('assertion', 'value', 'response', null),
})
/** What is encrypted stands alone: it declares its namespaces itself. */
const anySealed = fc.record({
  typesDeclaredOn: fc.constantFrom('assertion', 'value', null),
  encryption: fc.constantFrom({}, { keyPlace: 'beside' }),
})
const anyShape: fc.Arbitrary<Partial<ResponseShape>> = fc
  .tuple(anyWriting, fc.oneof({ weight: 2, arbitrary: anyOpen }, anySealed))
  .map(([writing, rest]): Partial<ResponseShape> => ({ ...writing, ...rest }))
  // One default namespace cannot be two.
  .filter(({ style, declareOnResponse }) => style !== 'default' || declareOnResponse !== true)

describe('whatever is accepted here', () => {
  const accepted = once(async () => {
    const all: readonly { readonly name: string; readonly field: string }[] = [
      ...legitimateResponses(),
      ...hostileResponses(),
    ]
    const found: { name: string; field: string }[] = []
    for (const { name, field } of all) if (await isAccepted(field)) found.push({ name, field })
    return found
  })

  it(
    'has a signature that node-saml takes as well',
    async () => {
      const doubted: string[] = []
      for (const { name, field } of await accepted())
        if ((await asNodeSaml(field)) === 'refuses on signature') doubted.push(name)
      // Otherwise nothing was asked.
      expect((await accepted()).length).toBeGreaterThanOrEqual(legitimateResponses().length)
      expect(doubted.filter((name) => !UNKNOWN_TO_NODE_SAML.includes(name))).toEqual([])
    },
    LONG,
  )

  it.skipIf(!hasXmlsec1())(
    'has none but signatures that xmlsec1 verifies (skipped where there is no xmlsec1)',
    async () => {
      const doubted: string[] = []
      for (const { name, field } of await accepted()) {
        const xml = documentOf(field)
        for (const id of signedIdsOf(xml)) if (!(await asXmlsec1(xml, id))) doubted.push(`${name}: ${id}`)
      }
      expect(doubted).toEqual([])
    },
    LONG,
  )
})

describe('a response of any honest shape', () => {
  it(
    'is accepted, and by node-saml too',
    async () => {
      await fc.assert(
        fc.asyncProperty(anyShape, async (shape) => {
          const { field } = aResponse(shape)
          expect(await isAccepted(field)).toBe(true)
          expect(await asNodeSaml(field)).toBe('accepts')
        }),
        { numRuns: 80 },
      )
    },
    LONG,
  )
})
