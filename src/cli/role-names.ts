import { join } from 'node:path'
import { readJson, writeJson } from './private-file.ts'
import { recordOf } from './record.ts'
import { configFolder } from './kept/places.ts'
import type { CliWorld } from './world.ts'

type Place = Pick<CliWorld, 'env' | 'homeFolder'>

/**
 * The role names last listed at each gateway, so that a shell can complete them without asking anybody. Only names,
 * readable by their owner only; they grant nothing, and only completion reads them.
 */
export async function readRoleNames(place: Place, origin: string): Promise<readonly string[]> {
  const kept = (await readServers(place))[origin]
  return Array.isArray(kept) ? kept.filter((name) => typeof name === 'string') : []
}

/** Kept when it can be: a list that cannot be written is no reason to fail. */
export async function keepRoleNames(place: Place, origin: string, names: readonly string[]): Promise<void> {
  // For machines on which nothing may be written.
  if (place.env['ROLEGATE_TOKEN_STORE'] === 'memory') return
  const servers = await readServers(place)
  if (JSON.stringify(servers[origin]) === JSON.stringify(names)) return
  await write(place, { ...servers, [origin]: names })
}

export async function forgetRoleNames(place: Place, origin: string): Promise<void> {
  const { [origin]: gone, ...others } = await readServers(place)
  if (gone !== undefined) await write(place, others)
}

async function readServers(place: Place): Promise<Readonly<Record<string, unknown>>> {
  const file = await readJson(namesFile(place)).catch(() => undefined)
  return recordOf(recordOf(file)['servers'])
}

const write = (place: Place, servers: Readonly<Record<string, unknown>>): Promise<void> =>
  writeJson(namesFile(place), { version: 1, servers }).catch(() => undefined)

const namesFile = (place: Place): string => join(configFolder(place), 'roles.json')
