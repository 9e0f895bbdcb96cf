import { aResponse, assertionIn, type ResponseShape } from './a-response.ts'
import { once } from './markup.ts'

export type HostileGroup = 'xsw' | 'parser' | 'signature' | 'profile' | 'encryption' | 'size' | 'encoding'

export type Hostile = {
  readonly name: string
  readonly group: HostileGroup
  /** Made when it is first looked at. */
  readonly field: string
  readonly why: string
  /** The ID at or below which a signature of the trusted key is sound: what is wrong with the response is something else. */
  readonly genuine?: string
}

/** Makes the cases of one group from a document, or from the field itself. */
export function inGroup(group: HostileGroup) {
  const field = (name: string, why: string, make: () => string, genuine?: string): Hostile => {
    const made = once(make)
    return {
      name,
      group,
      why,
      ...(genuine !== undefined && { genuine }),
      get field() {
        return made()
      },
    }
  }
  const document = (name: string, why: string, make: () => string | Uint8Array, genuine?: string): Hostile =>
    field(name, why, () => Buffer.from(make() as string).toString('base64'), genuine)
  return { field, document }
}

/** The honest response that most attacks start from: alice's, its assertion signed. */
export const good = once(() => aResponse().xml)
/** The same, with the signature on the Response. */
export const goodResponse = once(() => aResponse({ sign: 'response' }).xml)
/** The same, with both. */
export const goodBoth = once(() => aResponse({ sign: 'both' }).xml)

export const EVIL_ID = '_evil-3f9a7c5b1d2e'
/** Who the attacker wants to be. */
export const EVIL: Partial<ResponseShape> = {
  assertionId: EVIL_ID,
  nameId: 'admin',
  attributes: [
    { name: 'mail', values: ['admin@example.com'] },
    { name: 'groups', values: ['admins'] },
  ],
}
/** An assertion that nobody signed. */
export const evilAssertion = (overrides: Partial<ResponseShape> = {}): string =>
  assertionIn(aResponse({ ...EVIL, sign: 'neither', ...overrides }).xml)

/** Exchanges one place of a text, which must be there: a case that lost its attack would pass for the wrong reason. */
export function swapped(text: string, from: string | RegExp, to: string): string {
  const after = text.replace(from, () => to)
  if (after === text) throw new Error(`nothing to exchange for ${to.slice(0, 80)}`)
  return after
}

const SIGNATURE = /<ds:Signature [\s\S]*?<\/ds:Signature>/

export const signatureIn = (xml: string): string => {
  const [signature] = SIGNATURE.exec(xml) ?? []
  if (signature === undefined) throw new Error('there is no signature')
  return signature
}

export const withoutSignature = (xml: string): string => swapped(xml, SIGNATURE, '')

/** The same element with more in it, before its end tag. */
export const holding = (element: string, more: string): string => {
  const end = element.lastIndexOf('</')
  return element.slice(0, end) + more + element.slice(end)
}
