import { readFileSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import type { CliWorld } from '../world.ts'

export type Place = Pick<CliWorld, 'env' | 'homeFolder'>

/** Where this client keeps its settings, its sign-ins and the key of this machine. */
export const configFolder = (place: Place): string =>
  place.env['ROLEGATE_CONFIG_DIR'] || join(xdgFolder(place, 'XDG_CONFIG_HOME', '.config'), 'rolegate')

/** Where it keeps what can be fetched again. */
export const cacheFolder = (place: Place): string =>
  place.env['ROLEGATE_CONFIG_DIR']
    ? join(place.env['ROLEGATE_CONFIG_DIR'], 'cache')
    : join(xdgFolder(place, 'XDG_CACHE_HOME', '.cache'), 'rolegate')

/** See local-key.ts. */
export const localKeyFile = (place: Place): string => join(configFolder(place), 'local.key')

export const settingsFile = (place: Place): string => join(configFolder(place), 'settings.json')

/** An origin as the name of a file or folder. */
export const fileNameOf = (origin: string): string => encodeURIComponent(origin)

/** XDG Base Directory Specification: a relative path is invalid and ignored. */
function xdgFolder({ env, homeFolder }: Place, name: string, usual: string): string {
  const named = env[name] ?? ''
  return isAbsolute(named) ? named : join(homeFolder, usual)
}

/**
 * The unencrypted facts about the sign-in kept for a gateway: where its tokens are, and the random id that its cached
 * credentials are sealed with. Another sign-in has another id, so it cannot read them.
 */
export type Mark = { readonly store: 'keychain' | 'file'; readonly signIn: string }

export const marksFolder = (place: Place): string => join(configFolder(place), 'sign-ins')

export const markFile = (place: Place, origin: string): string => join(marksFolder(place), `${fileNameOf(origin)}.json`)

/** The mark of this exact origin (threats.md D14); undefined when nobody is signed in there. Throws on a broken file. */
export function readMark(place: Place, origin: string): Mark | undefined {
  let text: string
  try {
    text = readFileSync(markFile(place, origin), 'utf8')
  } catch (thrown) {
    if (isMissing(thrown)) return undefined
    throw thrown
  }
  const { origin: named, store, signIn } = JSON.parse(text) as Record<string, unknown>
  if (named !== origin || typeof signIn !== 'string' || signIn === '') throw new SyntaxError('not a mark')
  return { store: store === 'keychain' ? 'keychain' : 'file', signIn }
}

/** The id of the sign-in kept for this origin, when it can be read. */
export function signInOf(place: Place, origin: string): string | undefined {
  try {
    return readMark(place, origin)?.signIn
  } catch {
    return undefined
  }
}

const isMissing = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
