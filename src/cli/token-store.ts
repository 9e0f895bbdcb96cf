import { join } from 'node:path'
import { failure } from './failure.ts'
import { withLock } from './lock.ts'
import { readJson, unusable, writeJson } from './private-file.ts'
import { isRecord, recordOf } from './record.ts'
import { configFolder } from './settings.ts'
import type { CliWorld } from './world.ts'

/** What one sign-in at one gateway left with us. */
export type Tokens = {
  readonly accessToken: string
  readonly refreshToken?: string
  readonly expiresAt: Date
}

/** Tokens by exact origin: what one gateway gave is never read for another (threats.md D14). */
export type TokenStore = {
  readonly read: (origin: string) => Promise<Tokens | undefined>
  readonly keep: (origin: string, tokens: Tokens) => Promise<void>
  readonly forget: (origin: string) => Promise<void>
  /** Every gateway that a sign-in is kept for. */
  readonly origins: () => Promise<readonly string[]>
  /** One process at a time for each gateway: parallel commands refresh once. */
  readonly alone: <T>(origin: string, work: () => Promise<T>) => Promise<T>
}

/** The store that ROLEGATE_TOKEN_STORE names. */
export function makeTokenStore(world: CliWorld): TokenStore {
  const kind = world.env['ROLEGATE_TOKEN_STORE'] || 'file'
  if (kind === 'file') return makeFileStore(world)
  if (kind === 'memory') return makeMemoryStore()
  throw failure('config_invalid', {
    title: 'ROLEGATE_TOKEN_STORE names no store of this version',
    detail: kind === 'keychain' ? 'The keychain comes later; for now it is file or memory.' : 'It is file or memory.',
  })
}

type Kept = Readonly<Record<string, unknown>>

/** One file for its owner alone (0600): it keeps other people of this machine out, not programs that run as you. */
function makeFileStore(world: CliWorld): TokenStore {
  const folder = configFolder(world)
  const path = join(folder, 'tokens.json')
  const change = (edit: (kept: Kept) => Kept) =>
    withLock(world, `${path}.lock`, async () => writeJson(path, { version: 1, servers: edit(await readServers(path)) }))

  return {
    read: async (origin) => {
      const servers = await readServers(path)
      return Object.hasOwn(servers, origin) ? parseKept(servers[origin], path) : undefined
    },
    keep: (origin, tokens) => change((kept) => ({ ...kept, [origin]: tokens })),
    forget: (origin) =>
      change((kept) => Object.fromEntries(Object.entries(kept).filter(([known]) => known !== origin))),
    origins: async () => Object.keys(await readServers(path)),
    alone: (origin, work) => withLock(world, join(folder, `${encodeURIComponent(origin)}.lock`), work),
  }
}

async function readServers(path: string): Promise<Kept> {
  const file = await readJson(path)
  if (file === undefined) return {}
  const { servers } = recordOf(file)
  if (!isRecord(servers)) throw unusable(path, undefined)
  return servers
}

function parseKept(kept: unknown, path: string): Tokens {
  const { accessToken, refreshToken, expiresAt } = recordOf(kept)
  const until = new Date(typeof expiresAt === 'string' ? expiresAt : Number.NaN)
  if (typeof accessToken !== 'string' || Number.isNaN(until.getTime())) throw unusable(path, undefined)
  return { accessToken, expiresAt: until, ...(typeof refreshToken === 'string' && { refreshToken }) }
}

/** Ends with the process: for machines on which nothing may be written. */
function makeMemoryStore(): TokenStore {
  const kept = new Map<string, Tokens>()
  return {
    read: async (origin) => kept.get(origin),
    keep: async (origin, tokens) => void kept.set(origin, tokens),
    forget: async (origin) => void kept.delete(origin),
    origins: async () => [...kept.keys()],
    alone: (_origin, work) => work(),
  }
}
