import { SAML, ValidateInResponseTo } from '@node-saml/node-saml'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { ACS, idp, IDP, nextIdp, NOW, SKEW_SECONDS, SP, sp } from './a-saml-world.ts'
import { ASSERTION, PROTOCOL } from './names.ts'

/** `not asked` stands for a document on which node-saml would spend minutes, and has nothing to do with its worth. */
export type Opinion = 'accepts' | 'refuses on signature' | 'refuses otherwise' | 'not asked'

const MOST_CHARACTERS = 400_000
const MOST_ELEMENTS = 3_000
const MOST_REFERENCES = 10
/** What is encrypted cannot be counted. */
const MOST_ENCRYPTED = 40_000

/** What node-saml, with every check it has turned on, thinks of a form field at `NOW`. */
export async function asNodeSaml(field: string): Promise<Opinion> {
  if (isTooMuch(field)) return 'not asked'
  const reader = new SAML({
    callbackUrl: ACS,
    entryPoint: 'https://idp.example.com/saml/sso',
    issuer: SP,
    audience: SP,
    idpIssuer: IDP,
    idpCert: [idp.certificate, nextIdp.certificate],
    decryptionPvk: sp.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    validateInResponseTo: ValidateInResponseTo.never,
    wantAuthnResponseSigned: false,
    wantAssertionsSigned: false,
    acceptedClockSkewMs: SKEW_SECONDS * 1000,
  })
  // It reads the clock itself.
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] })
  try {
    const { profile } = await reader.validatePostResponseAsync({ SAMLResponse: field })
    return profile === null ? 'refuses otherwise' : 'accepts'
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : ''
    return /signature|signed|digest|reference/i.test(message) ? 'refuses on signature' : 'refuses otherwise'
  } finally {
    vi.useRealTimers()
  }
}

function isTooMuch(field: string): boolean {
  if (field.length > MOST_CHARACTERS) return true
  const text = Buffer.from(field, 'base64').toString()
  if (text.includes('EncryptedAssertion') && text.length > MOST_ENCRYPTED) return true
  const count = (what: string) => text.split(what).length - 1
  return count('<') > 2 * MOST_ELEMENTS || count('="') > MOST_ELEMENTS || count('<ds:Reference ') > MOST_REFERENCES
}

const XMLSEC1 = '/usr/bin/xmlsec1'

export const hasXmlsec1 = (): boolean => existsSync(XMLSEC1)

/**
 * Whether xmlsec1 finds the first signature at or below the element of this ID good under one of the IdP's two keys. It looks
 * at the signature alone: it knows nothing of SAML.
 */
export async function asXmlsec1(xml: string, id: string): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'saml-'))
  try {
    await writeFile(join(folder, 'response.xml'), xml)
    for (const [index, { certificate }] of [idp, nextIdp].entries()) {
      const path = join(folder, `${index}.pem`)
      await writeFile(path, certificate)
      if (await verifies(path, id, join(folder, 'response.xml'))) return true
    }
    return false
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function verifies(certificate: string, id: string, document: string): Promise<boolean> {
  const ids = [`${ASSERTION}:Assertion`, `${PROTOCOL}:Response`].flatMap((name) => ['--id-attr:ID', name])
  // KeyInfo is not to choose the key.
  const key = ['--enabled-key-data', 'rsa', '--pubkey-cert-pem', certificate]
  return new Promise((resolve) => {
    execFile(XMLSEC1, ['--verify', ...key, ...ids, '--node-id', id, document], { timeout: 20_000 }, (fault) =>
      resolve(fault === null),
    )
  })
}
