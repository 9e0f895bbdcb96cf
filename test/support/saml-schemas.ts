import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const XMLLINT = '/usr/bin/xmllint'
const SAML = '/usr/share/xml/opensaml'
const SIGNATURES = '/usr/share/xml/xmltooling'
const missing = [XMLLINT, SAML, SIGNATURES].filter((path) => !existsSync(path))

/** Why nothing can be held against the SAML schemas here; undefined where it can. */
export const noSchemas =
  missing.length === 0
    ? undefined
    : `no ${missing.join(', ')} on this machine: apt-get install libxml2-utils opensaml-schemas xmltooling-schemas`

/** The schemas name their neighbours by addresses on the web: whoever imports those first decides where they are found. */
const schemaOf = (name: 'protocol' | 'metadata'): string => {
  const parts = [
    ['http://www.w3.org/XML/1998/namespace', `${SIGNATURES}/xml.xsd`],
    ['http://www.w3.org/2000/09/xmldsig#', `${SIGNATURES}/xmldsig-core-schema.xsd`],
    ['http://www.w3.org/2001/04/xmlenc#', `${SIGNATURES}/xenc-schema.xsd`],
    ['urn:oasis:names:tc:SAML:2.0:assertion', `${SAML}/saml-schema-assertion-2.0.xsd`],
    [`urn:oasis:names:tc:SAML:2.0:${name}`, `${SAML}/saml-schema-${name}-2.0.xsd`],
  ]
  const imports = parts.map(([namespace, at]) => `<import namespace="${namespace}" schemaLocation="${at}"/>`)
  return `<schema xmlns="http://www.w3.org/2001/XMLSchema">${imports.join('')}</schema>`
}

/** What the SAML 2.0 schema of this name has against a document; empty when it is valid. Nothing is fetched. */
export function schemaFaults(name: 'protocol' | 'metadata', document: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'rolegate-schema-'))
  const schema = join(folder, 'driver.xsd')
  writeFileSync(schema, schemaOf(name))
  try {
    execFileSync(XMLLINT, ['--nonet', '--noout', '--schema', schema, '-'], { input: document, stdio: 'pipe' })
    return ''
  } catch (thrown) {
    return String((thrown as { stderr?: Buffer }).stderr ?? thrown)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
