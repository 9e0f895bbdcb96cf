import { randomUUID } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { failure, failureLines } from './failure.ts'
import { wipeCredentials } from './kept/credential-cache.ts'
import { configFolder, fileNameOf, type Mark, markFile, marksFolder, readMark } from './kept/places.ts'
import { takeOverPlainTokens } from './kept/plain-tokens.ts'
import { makeTokenFile } from './kept/token-file.ts'
import { makeTokenKeychain, PATIENCE_MS } from './kept/token-keychain.ts'
import { withLock } from './lock.ts'
import { errnoOf, unusable, writeJson } from './private-file.ts'
import { recordOf } from './record.ts'
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
  /** Keeps a new sign-in, and deletes everything of the one before, its cached credentials included. */
  readonly keep: (origin: string, tokens: Tokens) => Promise<void>
  /** New tokens of the same sign-in. */
  readonly renew: (origin: string, tokens: Tokens) => Promise<void>
  readonly forget: (origin: string) => Promise<void>
  /** Forgets the sign-in, even one that cannot be read, and answers what it was; undefined if nobody was signed in. */
  readonly take: (origin: string) => Promise<Taken | undefined>
  /** Every gateway that a sign-in is kept for. */
  readonly origins: () => Promise<readonly string[]>
  /** One process at a time for each gateway: parallel commands refresh once. */
  readonly alone: <T>(origin: string, work: () => Promise<T>) => Promise<T>
}

/** The tokens of a sign-in, or why they could not be read. */
export type Taken = { readonly tokens: Tokens } | { readonly unread: unknown }

/**
 * How long work on a sign-in may hold the lock: it may ask the keychain three times, each time waiting for a person and
 * their password, and the gateway once. If the lock ended sooner, another process would renew with the same token, and
 * the gateway would end the sign-in.
 */
const HELD_AT_MOST_MS = 3 * PATIENCE_MS + 60_000

type Asked = Mark['store'] | undefined

/** ROLEGATE_TOKEN_STORE says where a new sign-in is kept; one that is kept already is found where it is. */
export function makeTokenStore(world: CliWorld, say: (line: string) => void = () => undefined): TokenStore {
  const asked = world.env['ROLEGATE_TOKEN_STORE'] || undefined
  if (asked === 'memory') return makeMemoryStore()
  if (asked === undefined || asked === 'keychain' || asked === 'file') return makeKeptStore(world, asked, say)
  throw failure('config_invalid', {
    title: 'ROLEGATE_TOKEN_STORE names no store',
    detail: 'It is keychain, file or memory.',
  })
}

function makeKeptStore(world: CliWorld, asked: Asked, say: (line: string) => void): TokenStore {
  const places = { file: makeTokenFile(world), keychain: makeTokenKeychain(world, say) }

  /** The keychain when it is wanted and works, else the file. */
  const put = async (origin: string, tokens: Tokens, wanted: Mark['store']): Promise<Mark['store']> => {
    if (wanted === 'keychain') {
      try {
        await places.keychain.write(origin, JSON.stringify(tokens))
        return 'keychain'
      } catch (thrown) {
        if (asked === 'keychain' || world.interrupted.aborted) throw thrown
        say(`${said(thrown)} The sign-in is kept in an encrypted file instead.`)
      }
    }
    await places.file.write(origin, JSON.stringify(tokens))
    return 'file'
  }

  const forget = async (origin: string): Promise<void> => {
    const mark = markOf(world, origin)
    if (mark === undefined) return
    // First of all: without it, nobody finds the tokens or can read the credentials.
    await rm(markFile(world, origin), { force: true })
    await wipeCredentials(world, origin)
    // If the keychain is locked, it keeps tokens that nobody will read; logout ends them at the gateway.
    await places[mark.store].remove(origin).catch((thrown: unknown) => {
      if (mark.store === 'file' || world.interrupted.aborted) throw thrown
    })
  }

  const keep = async (origin: string, tokens: Tokens): Promise<void> => {
    await forget(origin)
    const store = await put(origin, tokens, asked ?? 'keychain')
    await writeMark(world, origin, { store, signIn: randomUUID() })
  }

  const takeOver = () =>
    takeOverPlainTokens(world, async (origin, kept) => {
      const path = join(configFolder(world), 'tokens.json')
      if (markOf(world, origin) === undefined) await keep(origin, parseTokens(kept, path))
    })

  const read = async (origin: string): Promise<Tokens | undefined> => {
    await takeOver()
    const mark = markOf(world, origin)
    // A keychain that was asked for by name is tried before anybody is sent to a browser.
    const store = mark?.store ?? (asked === 'keychain' ? asked : undefined)
    if (store === undefined) return undefined
    try {
      const text = await places[store].read(origin)
      return mark && text !== undefined ? parseTokens(JSON.parse(text), placeName(store, world)) : undefined
    } catch (thrown) {
      if (store === 'file' || asked === 'keychain' || world.interrupted.aborted) throw thrown
      say(`${said(thrown)} It keeps your sign-in at ${origin}.`)
      return undefined
    }
  }

  const readMarked = async (origin: string, { store }: Mark): Promise<Taken> => {
    const place = placeName(store, world)
    try {
      const text = await places[store].read(origin)
      return text === undefined ? { unread: gone(place) } : { tokens: parseTokens(JSON.parse(text), place) }
    } catch (thrown) {
      if (world.interrupted.aborted) throw thrown
      return { unread: thrown }
    }
  }

  const take = async (origin: string): Promise<Taken | undefined> => {
    await takeOver()
    const mark = markOf(world, origin)
    if (mark === undefined) return undefined
    const taken = await readMarked(origin, mark)
    try {
      await forget(origin)
    } catch (thrown) {
      // What cannot be read cannot be removed either; without its mark nobody finds it.
      if ('tokens' in taken || world.interrupted.aborted || markOf(world, origin) !== undefined) throw thrown
    }
    return taken
  }

  return {
    read,
    forget,
    take,
    keep,
    renew: async (origin, tokens) => {
      const mark = markOf(world, origin)
      // Somebody has signed out meanwhile, and stays so.
      if (mark === undefined) return
      const store = await put(origin, tokens, mark.store)
      if (store !== mark.store) await writeMark(world, origin, { ...mark, store })
    },
    origins: async () => {
      await takeOver()
      return markedOrigins(world)
    },
    alone: (origin, work) =>
      withLock(world, join(configFolder(world), `${fileNameOf(origin)}.lock`), work, HELD_AT_MOST_MS),
  }
}

/** Our own sentence of a failure, without the code. */
const said = (thrown: unknown): string => (failureLines(thrown)[0] ?? '').replace(/^error: /, '')

const placeName = (store: Mark['store'], world: CliWorld): string =>
  store === 'file' ? join(configFolder(world), 'tokens.enc') : 'The keychain’s item “rolegate”'

const gone = (place: string) =>
  failure('config_invalid', { title: `${place} keeps no sign-in any more`, detail: 'Somebody removed it.' })

function markOf(world: CliWorld, origin: string): Mark | undefined {
  try {
    return readMark(world, origin)
  } catch (thrown) {
    throw unusable(markFile(world, origin), thrown)
  }
}

const writeMark = (world: CliWorld, origin: string, mark: Mark): Promise<void> =>
  writeJson(markFile(world, origin), { version: 1, origin, ...mark })

async function markedOrigins(world: CliWorld): Promise<readonly string[]> {
  try {
    const files = await readdir(marksFolder(world))
    const origins = files.filter((file) => file.endsWith('.json')).map((file) => decodeURIComponent(file.slice(0, -5)))
    return origins.toSorted()
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return []
    throw unusable(marksFolder(world), thrown)
  }
}

function parseTokens(kept: unknown, path: string): Tokens {
  const { accessToken, refreshToken, expiresAt } = recordOf(kept)
  const until = new Date(typeof expiresAt === 'string' ? expiresAt : Number.NaN)
  if (typeof accessToken !== 'string' || Number.isNaN(until.getTime())) throw unusable(path, undefined)
  return { accessToken, expiresAt: until, ...(typeof refreshToken === 'string' && { refreshToken }) }
}

/** Ends with the process: for machines on which nothing may be written. */
function makeMemoryStore(): TokenStore {
  const kept = new Map<string, Tokens>()
  const keep = async (origin: string, tokens: Tokens) => void kept.set(origin, tokens)
  return {
    read: async (origin) => kept.get(origin),
    keep,
    renew: keep,
    forget: async (origin) => void kept.delete(origin),
    take: async (origin) => {
      const tokens = kept.get(origin)
      kept.delete(origin)
      return tokens && { tokens }
    },
    origins: async () => [...kept.keys()],
    alone: (_origin, work) => work(),
  }
}
