import { describe, expect, it } from 'vitest'
import { legitimateResponses } from '../../support/saml/legitimate-responses.ts'
import { aSamlProvider } from './a-provider.ts'

const { complete } = aSamlProvider({ allow: { cbc: true } })
const sha1 = aSamlProvider({ allow: { sha1: true } })

describe('a response that an honest IdP sends', () => {
  it.each(legitimateResponses())(
    '$name: is taken, and says what was signed',
    async ({ field, expect: said, needs }) => {
      const { claims } = await (needs?.includes('sha1') ? sha1.complete(field) : complete(field))
      const lists = Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, [value].flat()]))
      expect(lists).toMatchObject(said.attributes)
      // A transient NameID names nobody (threats.md I2).
      expect(claims['nameid']).toBe(needs?.includes('subject-attribute') ? undefined : said.nameId)
    },
  )
})
