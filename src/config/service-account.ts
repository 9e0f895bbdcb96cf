import { createPrivateKey } from 'node:crypto'
import * as z from 'zod'
import type { ServiceAccount } from './config.ts'
import type { Findings, Path } from './faults.ts'
import { readText, warnIfOpen } from './files.ts'
import type { World } from './world.ts'

/** The parts of Google's key file that we use. Its token address is ignored (security.md O-20). */
const KeyFile = z.object({
  type: z.literal('service_account'),
  client_email: z.string().regex(/^[^\s@]+@[^\s@]+$/),
  private_key_id: z.string().min(1).max(200).optional(),
  private_key: z.string(),
})

/** The key of a service account, from the JSON file that Google gives; undefined where none is named. */
export function readServiceAccount(
  file: string | undefined,
  groups: Path,
  world: World,
  findings: Findings,
): ServiceAccount | undefined {
  if (file === undefined) return undefined
  // For those who only look at the rules.
  if (world.withoutSecrets === true) return { email: '', pem: '' }
  const path = [...groups, 'service_account_file']
  const text = readText(file, path, world, findings)
  if (text === undefined) return undefined
  warnIfOpen(file, path, world, findings)
  const { data } = KeyFile.safeParse(jsonOf(text))
  if (data === undefined) {
    findings.fault(path, 'holds no key of a service account: it must be the JSON file that Google gives, unchanged')
    return undefined
  }
  if (!isStrongRsa(data.private_key)) {
    findings.fault(path, 'holds a private key that is no RSA key of 2048 bits or more')
    return undefined
  }
  const { client_email: email, private_key_id: keyId, private_key: pem } = data
  return { email, pem, ...(keyId !== undefined && { keyId }) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isStrongRsa(pem: string): boolean {
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPrivateKey(pem)
    return asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048
  } catch {
    return false
  }
}
