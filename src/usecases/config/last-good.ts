import type { LastGood } from '../../domain/policy/last-good.ts'
import type { Now } from '../ports.ts'
import type { ConfigEpochs, LastGoodManifests, LastGoodParts } from '../ports/tables.ts'
import { EPOCH_KEY } from './config-epoch.ts'

const KEY = 'last-good'
/** A row at most this long: whoever seals one is held up for moments. */
const PART = 500_000

type Deps = { lastGoodManifests: LastGoodManifests; lastGoodParts: LastGoodParts }

export type KeepLastGood = (config: Pick<LastGood, 'hash' | 'files'>) => Promise<void>

/** Keeps the files of what has come into force, sealed like every row, unless another gateway has something newer in force (threats.md R10). */
export function makeKeepLastGood(deps: Deps & { configEpochs: Pick<ConfigEpochs, 'get'>; now: Now }): KeepLastGood {
  return async function keepLastGood({ hash, files }) {
    if ((await deps.configEpochs.get(EPOCH_KEY))?.hash !== hash) return
    const former = await deps.lastGoodManifests.get(KEY)
    const named = files.map(({ name, text }) => ({ name, parts: Math.ceil(text.length / PART) }))
    if (former?.hash !== hash) {
      for (const [number, { text }] of files.entries())
        for (let part = 0; part * PART < text.length; part += 1)
          await deps.lastGoodParts.put(partKey(hash, number, part), {
            text: text.slice(part * PART, (part + 1) * PART),
          })
    }
    await deps.lastGoodManifests.put(KEY, { hash, at: deps.now().toISOString(), files: named })
    if (former === undefined || former.hash === hash) return
    for (const key of partKeysOf(former)) await deps.lastGoodParts.delete(key)
  }
}

/** What was kept; undefined when there is nothing, or not all of it. */
export async function readLastGood(deps: Deps): Promise<LastGood | undefined> {
  const manifest = await deps.lastGoodManifests.get(KEY)
  if (manifest === undefined) return undefined
  const files: { name: string; text: string }[] = []
  for (const [number, { name, parts }] of manifest.files.entries()) {
    let text = ''
    for (let part = 0; part < parts; part += 1) {
      const kept = await deps.lastGoodParts.get(partKey(manifest.hash, number, part))
      if (kept === undefined) return undefined
      text += kept.text
    }
    files.push({ name, text })
  }
  return { hash: manifest.hash, at: manifest.at, files }
}

type Manifest = Awaited<ReturnType<LastGoodManifests['get']>>

const partKeysOf = ({ hash, files }: NonNullable<Manifest>): readonly string[] =>
  files.flatMap(({ parts }, number) => Array.from({ length: parts }, (_, part) => partKey(hash, number, part)))

const partKey = (hash: string, number: number, part: number): string => `${hash}/${number}/${part}`
