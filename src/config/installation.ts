import * as z from 'zod'
import type { Config } from './config.ts'
import { readDocument } from './document.ts'
import { ConfigFaults, printPath, type Finding, type Findings } from './faults.ts'
import { isNoFile, NO_FILE, whyUnread } from './files.ts'
import { fromFolder, realOr } from './paths.ts'
import { auditOf } from './resolve.ts'
import { schemaFindings, sayIssue } from './schema-faults.ts'
import { ConfigFile } from './schema.ts'
import { masterKeysOf } from './secrets.ts'
import { writtenByOthers } from './who-may-write.ts'
import type { World } from './world.ts'

/** What opens the store, and where records go. */
export type Installation = Pick<Config, 'masterKeys' | 'store' | 'audit'> & {
  readonly issuer: { readonly url: string }
}

const { secrets, store, issuer, audit } = ConfigFile.shape
const Part = z.object({
  server: z.object({ public_url: z.string() }),
  secrets,
  store,
  issuer,
  audit,
})

/**
 * Where the audit records of a configuration file are durable: in the store, or else in a file. Undefined: nowhere that
 * outlives a gateway.
 */
export type Records = { readonly store: string } | { readonly file: string }

const RecordsPart = z.object({ store, audit })

/** No secret is needed to know it. Throws ConfigFaults. */
export function loadRecords(world: World): Records | undefined {
  const document = readDocument(textOf(world))
  const parsed = RecordsPart.safeParse(document.value, { error: sayIssue })
  if (!parsed.success) throw new ConfigFaults(schemaFindings(parsed.error).map(document.locate))
  const { sinks } = auditOf(parsed.data.audit, world)
  const { store: kept } = parsed.data
  if (kept.driver === 'sqlite' && sinks.some(({ type }) => type === 'store'))
    return { store: fromFolder(kept.path, world) }
  const file = sinks.find((sink) => sink.type === 'file')
  return file && { file: file.path }
}

/** What the file calls things, for whoever names one: no secret is needed to know it. */
export type Names = {
  /** Alias → account id. */
  readonly accounts: ReadonlyMap<string, string>
  /** Key → IAM role, with its path. */
  readonly roles: ReadonlyMap<string, string>
  /** Of IdPs and workloads. */
  readonly vouchers: ReadonlySet<string>
}

const named = z.array(z.object({ id: z.string() }))
/** Loose: a misspelt key beside them hides no name. */
const NamesPart = z.object({
  accounts: z.record(z.string(), z.object({ id: z.string() })),
  roles: z.record(z.string(), z.object({ role_name: z.string() })),
  idps: named,
  workloads: named.default([]),
})

/** The names in a configuration file, even if other parts of it are wrong; undefined if they cannot be read. */
export const loadNames = (world: World): Names | undefined => unlessFaults(() => namesIn(textOf(world)))

/** The same of a text. */
export function namesIn(text: string): Names | undefined {
  const { data } = NamesPart.safeParse(unlessFaults(() => readDocument(text).value))
  if (data === undefined) return undefined
  return {
    accounts: new Map(Object.entries(data.accounts).map(([alias, { id }]) => [alias, id])),
    roles: new Map(Object.entries(data.roles).map(([key, role]) => [key, role.role_name])),
    vouchers: new Set([...data.idps, ...data.workloads].map(({ id }) => id)),
  }
}

function unlessFaults<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) return undefined
    throw thrown
  }
}

/**
 * Only what opens the store, from a file that may be wrong in any other way: a broken file must keep nobody from
 * closing a door (threats.md R8). Throws ConfigFaults.
 */
export const loadInstallation = (world: World): Installation => installationOf(readPart(world), world)

/**
 * As `loadInstallation`, but refuses a file, or keys it names, that anybody but root and this process's user may write
 * or move: they decide which store is believed (threats.md R7). Other faults of the file hide no such finding. Throws
 * ConfigFaults.
 */
export function loadOwnInstallation(world: World): Installation {
  refuseStrangers([world.file], world)
  const part = readPart(world)
  const { secrets: keys } = part.file
  const keyFiles = [keys, ...(keys?.previous ?? [])].flatMap((key) => key?.master_key_file ?? [])
  const paths = keyFiles.map((path) => fromFolder(path, world))
  refuseStrangers(paths, world)
  return installationOf(part, world)
}

function refuseStrangers(paths: readonly string[], world: World): void {
  const readings = paths.map((path) => ({ path, real: realOr(world.realPath, path) }))
  const faults = writtenByOthers({ readings: () => readings, folders: () => [] }, world)
  if (faults.length > 0) throw new ConfigFaults(faults)
}

function readPart(world: World) {
  const document = readDocument(textOf(world))
  const parsed = Part.safeParse(document.value, { error: sayIssue })
  if (!parsed.success) throw new ConfigFaults(schemaFindings(parsed.error).map(document.locate))
  return { document, file: parsed.data }
}

function installationOf({ document, file }: ReturnType<typeof readPart>, world: World): Installation {
  const found: Finding[] = []
  const into: Findings = {
    fault: (path, message, at) => void found.push({ path, message, ...(at !== undefined && { at }) }),
    warn: () => undefined,
    nameOf: printPath,
  }
  const masterKeys = masterKeysOf(file, world, into)
  if (found.length > 0) throw new ConfigFaults(found.map(document.locate))
  return {
    masterKeys,
    store:
      file.store.driver === 'sqlite'
        ? { driver: 'sqlite', path: fromFolder(file.store.path, world) }
        : { driver: 'memory' },
    issuer: { url: file.issuer.url ?? file.server.public_url },
    audit: auditOf(file.audit, world),
  }
}

const textOf = (world: World): string => new TextDecoder().decode(bytesOf(world))

function bytesOf(world: World): Uint8Array {
  const { readFile, file } = world
  if (isNoFile(file, world)) throw new ConfigFaults([{ line: 1, column: 1, path: '', message: NO_FILE }])
  try {
    const content = readFile(file)
    return typeof content === 'string' ? new TextEncoder().encode(content) : content
  } catch (thrown) {
    throw new ConfigFaults([{ line: 1, column: 1, path: '', message: whyUnread(file, thrown) }])
  }
}
