import { dirname } from 'node:path'
import type { ClientAuthentication, ServiceAccount } from './config.ts'
import type { Findings, Path } from './faults.ts'
import { parseMasterKey } from './master-key.ts'
import { modeOf, printMode, readFile, readText, readVariable, warnIfOpen } from './files.ts'
import { fromFolder, isInside, realOr } from './paths.ts'
import { belongTogether, readCertificate, readSamlKeys, type SamlKeys } from './saml-keys.ts'
import type { ConfigFile, StsEntry } from './schema.ts'
import { readServiceAccount } from './service-account.ts'
import type { World } from './world.ts'

/** What the file's secrets came to. Whatever could not be read is a fault and absent here. */
export type Secrets = {
  readonly masterKeys: readonly Uint8Array[]
  readonly authentications: ReadonlyMap<string, ClientAuthentication>
  readonly samlKeys: ReadonlyMap<string, SamlKeys>
  /** Of `sts` entries that encrypt, by their name. */
  readonly encryptionCertificates: ReadonlyMap<string, string>
  /** Of `sts` entries that fetch ID tokens for AWS, by their name. */
  readonly stsAuthentications: ReadonlyMap<string, ClientAuthentication>
  /** Of IdPs whose groups stand in Google's directory, by their id. */
  readonly serviceAccounts: ReadonlyMap<string, ServiceAccount>
}

/** Reads every secret the file names (security.md K-3); each that is missing, open to others or an example is a fault. */
export function readSecrets(file: ConfigFile, world: World, findings: Findings): Secrets {
  const authentications = new Map<string, ClientAuthentication>()
  const samlKeys = new Map<string, SamlKeys>()
  const serviceAccounts = new Map<string, ServiceAccount>()
  file.idps.forEach((idp, index) => {
    const path = ['idps', index]
    if (idp.type === 'saml') samlKeys.set(idp.id, readSamlKeys(idp, path, world, findings))
    else {
      const authentication = authenticationOf(idp, path, world, findings) ?? unread(world)
      if (authentication !== undefined) authentications.set(idp.id, authentication)
      const account = readServiceAccount(idp.groups.service_account_file, [...path, 'groups'], world, findings)
      if (account !== undefined) serviceAccounts.set(idp.id, account)
    }
  })
  const encryptionCertificates = new Map(
    Object.entries(file.sts).flatMap(([name, { saml_encryption_cert_file: certFile }]) => {
      const path = ['sts', name, 'saml_encryption_cert_file']
      const pem = certFile === undefined ? undefined : readCertificate(certFile, path, world, findings)
      return pem === undefined ? [] : [[name, pem] as const]
    }),
  )
  const stsAuthentications = new Map(
    Object.entries(file.sts).flatMap(([name, entry]) => {
      const authentication =
        entry.strategy === 'pass_through_oidc'
          ? (authenticationOf(entry, ['sts', name], world, findings) ?? unread(world))
          : undefined
      return authentication === undefined ? [] : [[name, authentication] as const]
    }),
  )
  return {
    masterKeys: masterKeysOf(file, world, findings),
    authentications,
    samlKeys,
    encryptionCertificates,
    stsAuthentications,
    serviceAccounts,
  }
}

/** Stands where a secret is, for those who only look at the rules. */
const unread = ({ withoutSecrets = false }: World): ClientAuthentication | undefined =>
  withoutSecrets ? { method: 'client_secret_basic', secret: '' } : undefined

type KeyedFile = Pick<ConfigFile, 'secrets' | 'store'>
type KeySource = NonNullable<ConfigFile['secrets']>['previous'][number]

/** The keys the store is sealed with: all that a host command needs from a file that is otherwise unusable. */
export function masterKeysOf(file: KeyedFile, world: World, findings: Findings): Uint8Array[] {
  if (file.secrets === undefined) return []
  const sources: (readonly [Path, KeySource])[] = [
    [['secrets'], file.secrets],
    ...file.secrets.previous.map((source, index) => [['secrets', 'previous', index], source] as const),
  ]
  return sources.flatMap(([path, source]) => {
    const key = masterKeyOf(source, path, file, world, findings)
    return key === undefined ? [] : [key]
  })
}

function masterKeyOf(source: KeySource, path: Path, file: KeyedFile, world: World, findings: Findings) {
  const { master_key_file: keyFile, master_key_env: variable } = source
  if ((keyFile === undefined) === (variable === undefined)) {
    findings.fault(path, 'needs exactly one of master_key_file, master_key_env')
    return undefined
  }
  const here = [...path, keyFile === undefined ? 'master_key_env' : 'master_key_file']
  const found =
    keyFile === undefined
      ? readVariable(variable ?? '', here, world, findings)
      : readFile(keyFile, here, world, findings)
  if (found === undefined) return undefined
  if (keyFile !== undefined) guardMasterKeyFile(keyFile, here, file, world, findings)
  const key = parseMasterKey(found)
  if (typeof key !== 'string') return key
  findings.fault(here, key)
  return undefined
}

/** threats.md K2: nobody else reads the key, and no backup of the store takes it along. */
function guardMasterKeyFile(keyFile: string, path: Path, { store }: KeyedFile, world: World, findings: Findings): void {
  const real = realOr(world.realPath, fromFolder(keyFile, world))
  const mode = modeOf(real, world)
  if ((mode & 0o077) !== 0)
    findings.fault(path, `may be read by others (mode ${printMode(mode)}); set it to 0600 or 0400`)
  if (store.driver !== 'sqlite') return
  const folder = realOr(world.realPath, dirname(realOr(world.realPath, fromFolder(store.path, world))))
  if (isInside(real, folder))
    findings.fault(path, 'lies in the folder of the store; whoever copies the store would have both')
}

/** The keys of an IdP's entry, or of a client id of its own toward AWS. */
type Client = Pick<StsEntry, (typeof SECRETS)[number] | 'private_key_cert_file' | 'token_endpoint_auth_method'>

const SECRETS = ['client_secret_file', 'client_secret_env', 'client_secret', 'private_key_file'] as const

function authenticationOf(
  client: Client,
  path: Path,
  world: World,
  findings: Findings,
): ClientAuthentication | undefined {
  const given = SECRETS.filter((key) => client[key] !== undefined)
  const [way] = given
  if (way === undefined || given.length > 1) {
    findings.fault(path, 'needs exactly one of client_secret_file, client_secret_env, private_key_file')
    return undefined
  }
  const method = client.token_endpoint_auth_method
  const here = [...path, way]
  if (way === 'private_key_file') {
    if (method !== undefined) findings.fault([...path, 'token_endpoint_auth_method'], 'goes with a client secret only')
    return privateKeyOf(client, path, world, findings)
  }
  if (client.private_key_cert_file !== undefined)
    findings.fault([...path, 'private_key_cert_file'], 'goes with private_key_file only')
  const secret = clientSecretOf(client, way, here, world, findings)
  return secret === undefined ? undefined : { method: method ?? 'client_secret_basic', secret }
}

function privateKeyOf(client: Client, path: Path, world: World, findings: Findings): ClientAuthentication | undefined {
  const { private_key_file: keyFile = '', private_key_cert_file: certFile } = client
  const here = [...path, 'private_key_file']
  const pem = readText(keyFile, here, world, findings)
  if (pem === undefined) return undefined
  warnIfOpen(keyFile, here, world, findings)
  if (!/^-----BEGIN (?:RSA |EC )?PRIVATE KEY-----$/m.test(pem)) {
    findings.fault(here, 'holds no unencrypted PEM private key')
    return undefined
  }
  if (certFile === undefined) return { method: 'private_key_jwt', pem }
  const beside = [...path, 'private_key_cert_file']
  const certificatePem = readCertificate(certFile, beside, world, findings)
  if (certificatePem === undefined) return undefined
  if (!belongTogether(pem, certificatePem)) findings.fault(beside, 'is not the certificate of private_key_file')
  return { method: 'private_key_jwt', pem, certificatePem }
}

/** Values that stand in documentation and demos (threats.md P5). */
const EXAMPLES = new Set([
  'secret',
  'client-secret',
  'client_secret',
  'password',
  'demo',
  'example',
  'changeme',
  'change-me',
])

function clientSecretOf(
  client: Client,
  way: 'client_secret_file' | 'client_secret_env' | 'client_secret',
  path: Path,
  world: World,
  findings: Findings,
): string | undefined {
  const written = client[way] ?? ''
  if (way === 'client_secret')
    findings.warn(path, 'stands in the file; client_secret_file or client_secret_env keeps it out [secret-in-file]')
  if (way === 'client_secret_file') warnIfOpen(written, path, world, findings)
  const found =
    way === 'client_secret'
      ? written
      : way === 'client_secret_env'
        ? readVariable(written, path, world, findings)
        : readText(written, path, world, findings)
  const secret = found?.replace(/\r?\n$/, '')
  if (secret === '') findings.fault(path, 'is empty')
  if (secret !== undefined && EXAMPLES.has(secret.toLowerCase()) && !world.insecureDev) {
    findings.fault(path, 'is an example, not a secret: only with --insecure-dev')
  }
  return secret === '' ? undefined : secret
}
