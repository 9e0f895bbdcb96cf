import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { failure } from './failure.ts'
import { recordOf } from './record.ts'

/** The JSON in a file; undefined when there is no file. Anything else fails with `config_invalid`, naming the file. */
export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'))
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw unusable(path, thrown)
  }
}

/** Writes JSON for its owner alone. */
export const writeJson = (path: string, value: unknown): Promise<void> =>
  writePrivate(path, `${JSON.stringify(value, null, 2)}\n`)

/** Writes a file for its owner alone, whole or not at all: a reader never sees half of it. */
export async function writePrivate(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await writeNew(draft, content)
    await rename(draft, path)
  } catch (thrown) {
    await rm(draft, { force: true })
    throw unusable(path, thrown)
  }
}

/** Creates a file of mode 0600 that must not exist yet. */
export async function writeNew(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

export const errnoOf = (thrown: unknown): string => {
  const { code } = recordOf(thrown)
  return typeof code === 'string' ? code : ''
}

/** Only the errno: a parser's message would quote the file, which may hold tokens. */
export const unusable = (path: string, thrown: unknown) =>
  failure('config_invalid', {
    title: `${path} cannot be used`,
    detail: errnoOf(thrown) === '' ? 'It is not what rolegate writes there.' : `The system said ${errnoOf(thrown)}.`,
    next: 'Repair or delete it, then sign in again: rolegate login',
  })
