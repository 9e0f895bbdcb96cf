import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { withLock } from '../lock.ts'
import { readJson, unusable } from '../private-file.ts'
import { isRecord, recordOf } from '../record.ts'
import type { CliWorld } from '../world.ts'
import { configFolder } from './places.ts'

/** Hands on, once, what the first versions kept in plain text, and removes the file. */
export async function takeOverPlainTokens(
  world: CliWorld,
  take: (origin: string, tokens: unknown) => Promise<void>,
): Promise<void> {
  const path = join(configFolder(world), 'tokens.json')
  if ((await readJson(path)) === undefined) return
  await withLock(world, `${path}.lock`, async () => {
    const file = await readJson(path)
    if (file === undefined) return
    const { servers } = recordOf(file)
    if (!isRecord(servers)) throw unusable(path, undefined)
    for (const [origin, tokens] of Object.entries(servers)) await take(origin, tokens)
    await rm(path)
  })
}
