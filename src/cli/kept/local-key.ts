import { randomBytes, randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errnoOf, unusable, writeNew } from '../private-file.ts'
import { localKeyFile, type Place } from './places.ts'

const BYTES = 32

/**
 * A random key for this person on this machine, made when first needed. It is in a file (0600) beside what it seals:
 * that protects against other people of this machine and against a copy of one file alone, not against programs that
 * run as this person (threats.md D14).
 */
export async function localKey(place: Place): Promise<Buffer> {
  const path = localKeyFile(place)
  try {
    const key = (await readKey(path)) ?? (await makeKey(path))
    if (key.length === BYTES) return key
  } catch (thrown) {
    throw unusable(path, thrown)
  }
  throw unusable(path, undefined)
}

async function readKey(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (thrown) {
    if (errnoOf(thrown) === 'ENOENT') return undefined
    throw thrown
  }
}

/** Of two processes that make it at once, one wins: link() fails when the name is taken. */
async function makeKey(path: string): Promise<Buffer> {
  const draft = `${path}.${randomUUID()}.tmp`
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeNew(draft, randomBytes(BYTES))
  try {
    await link(draft, path)
  } catch (thrown) {
    if (errnoOf(thrown) !== 'EEXIST') throw thrown
  } finally {
    await rm(draft, { force: true })
  }
  return readFile(path)
}
