import { randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { failure } from '../failure.ts'
import { errnoOf, writeNew } from '../private-file.ts'
import type { CliWorld } from '../world.ts'

type Place = Pick<CliWorld, 'env' | 'homeFolder'>

/** Where every AWS tool looks, `~` included (AWS SDKs and Tools Reference Guide, "Location of the shared files"). */
export const configFile = (place: Place): string => fileIn(place, 'AWS_CONFIG_FILE', 'config')
export const credentialsFile = (place: Place): string => fileIn(place, 'AWS_SHARED_CREDENTIALS_FILE', 'credentials')

function fileIn({ env, homeFolder }: Place, variable: string, name: string): string {
  const named = env[variable] || join(homeFolder, '.aws', name)
  return /^~[/\\]/.test(named) ? join(homeFolder, named.slice(2)) : named
}

/**
 * A file's text; empty if there is no file. Refuses text that is not UTF-8, since it could not be written back
 * unchanged.
 */
export async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(path))
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return ''
    const isText = !(thrown instanceof TypeError)
    throw cannot(path, isText ? `The system said ${errnoOf(thrown)}.` : 'It is not UTF-8 text.')
  }
}

/**
 * Writes the file whole or not at all. Its mode is kept; a new file is readable by its owner only. If it is a link, its
 * target is replaced: people keep such files elsewhere.
 */
export async function replaceText(path: string, text: string): Promise<void> {
  let draft = ''
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const real = await realpath(path).catch(() => path)
    draft = `${real}.${randomUUID()}.tmp`
    await writeNew(draft, text)
    const mode = await stat(real).then(
      (found) => found.mode & 0o777,
      () => undefined,
    )
    if (mode !== undefined) await chmod(draft, mode)
    await rename(draft, real)
  } catch (thrown) {
    if (draft !== '') await rm(draft, { force: true })
    throw cannot(path, `The system said ${errnoOf(thrown)}.`)
  }
}

const cannot = (path: string, detail: string) =>
  failure('config_invalid', { title: `${path} cannot be used`, detail: `${detail} Nothing was changed.` })
