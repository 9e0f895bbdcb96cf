import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import type { Findings, Path } from './faults.ts'
import { readText, warnIfOpen } from './files.ts'
import type { SamlEntry } from './idp-schema.ts'
import type { World } from './world.ts'

type KeyPair = { readonly keyPem: string; readonly certificatePem?: string }

/** The PEM files of one SAML IdP. Whatever could not be read is a fault and absent here. */
export type SamlKeys = {
  readonly signing?: Required<KeyPair>
  readonly decryption?: KeyPair
  readonly metadataCertificatePem?: string
}

/** Reads the keys and certificates a SAML IdP's entry names; each that is no key, no certificate, or another's is a fault. */
export function readSamlKeys(idp: SamlEntry, path: Path, world: World, findings: Findings): SamlKeys {
  const signing = pairOf(idp, ['signing_key_file', 'signing_cert_file'], path, world, findings)
  const decryption = pairOf(idp, ['decryption_key_file', 'decryption_cert_file'], path, world, findings)
  if (idp.sign_requests && (idp.signing_key_file === undefined || idp.signing_cert_file === undefined))
    findings.fault([...path, 'sign_requests'], 'needs signing_key_file and signing_cert_file beside it')
  if (!idp.sign_requests && idp.signing_key_file !== undefined)
    findings.warn([...path, 'signing_key_file'], 'signs nothing without "sign_requests: true" [unused-signing-key]')
  const { metadata_cert_file: certFile } = idp
  const metadataCertificatePem =
    certFile === undefined ? undefined : readCertificate(certFile, [...path, 'metadata_cert_file'], world, findings)
  return {
    ...(signing?.certificatePem !== undefined && {
      signing: { keyPem: signing.keyPem, certificatePem: signing.certificatePem },
    }),
    ...(decryption !== undefined && { decryption }),
    ...(metadataCertificatePem !== undefined && { metadataCertificatePem }),
  }
}

type PairKeys =
  readonly ['signing_key_file', 'signing_cert_file'] | readonly ['decryption_key_file', 'decryption_cert_file']

function pairOf(
  idp: SamlEntry,
  [keyName, certName]: PairKeys,
  path: Path,
  world: World,
  findings: Findings,
): KeyPair | undefined {
  const [keyFile, certFile] = [idp[keyName], idp[certName]]
  if (keyFile === undefined) {
    if (certFile !== undefined) findings.fault([...path, certName], `needs ${keyName} beside it`)
    return undefined
  }
  const keyPem = readKey(keyFile, [...path, keyName], world, findings)
  const certificatePem =
    certFile === undefined ? undefined : readCertificate(certFile, [...path, certName], world, findings)
  if (keyPem === undefined) return undefined
  if (certificatePem !== undefined && !belongTogether(keyPem, certificatePem))
    findings.fault([...path, certName], `is not the certificate of ${keyName}`)
  return { keyPem, ...(certificatePem !== undefined && { certificatePem }) }
}

const LEAST_BITS = 2048

function readKey(file: string, path: Path, world: World, findings: Findings): string | undefined {
  const text = readText(file, path, world, findings)
  if (text === undefined) return undefined
  warnIfOpen(file, path, world, findings)
  const key = attempt(() => createPrivateKey(text))
  const bits = key?.asymmetricKeyDetails?.modulusLength ?? 0
  if (key?.asymmetricKeyType === 'rsa' && bits >= LEAST_BITS) return text
  findings.fault(path, 'holds no unencrypted PEM RSA private key of 2048 bits or more')
  return undefined
}

/** A PEM certificate, or a fault. */
export function readCertificate(file: string, path: Path, world: World, findings: Findings): string | undefined {
  const text = readText(file, path, world, findings)
  if (text === undefined) return undefined
  // Certificates stand in public metadata: a key beside one must not go there with it.
  if (/PRIVATE KEY-----/.test(text)) {
    findings.fault(path, 'holds a private key as well: certificates are public, so they have a file of their own')
    return undefined
  }
  const certificate = attempt(() => new X509Certificate(text))
  if (certificate === undefined) findings.fault(path, 'holds no PEM certificate')
  return certificate?.toString()
}

/** True when the certificate is about this very key. */
export const belongTogether = (keyPem: string, certificatePem: string): boolean =>
  attempt(() => createPublicKey(keyPem).equals(new X509Certificate(certificatePem).publicKey)) === true

function attempt<Value>(run: () => Value): Value | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}
