import { accessSync, constants, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Config } from '../../config/config.ts'
import type { Path } from '../../config/faults.ts'
import { shellWord } from '../../domain/plain.ts'

/** A setting that names where to write, and why that would not do. */
type Unusable = { readonly path: Path; readonly why: string }

/** Where `serve` writes, and could not as this user on this machine. Nothing is made, opened or changed. */
export function unusablePlaces({ store, audit }: Pick<Config, 'store' | 'audit'>): readonly Unusable[] {
  const places: { path: Path; file: string; isStore: boolean }[] = [
    ...(store.driver === 'sqlite' ? [{ path: ['store', 'path'], file: store.path, isStore: true }] : []),
    ...audit.sinks.flatMap((sink, at) =>
      sink.type === 'file' ? [{ path: ['audit', 'sinks', at, 'path'], file: sink.path, isStore: false }] : [],
    ),
  ]
  return places.flatMap(({ path, file, isStore }) => {
    const why = whyNot(file, isStore)
    return why === undefined ? [] : [{ path, why }]
  })
}

function whyNot(file: string, isStore: boolean): string | undefined {
  const folder = dirname(file)
  if (!isFolder(folder))
    return `there is no folder ${folder}. Make it, for the user the gateway runs as alone: mkdir -m 0700 ${shellWord(folder)}`
  if (isFolder(file)) return `${file} is a folder`
  const isThere = isGiven(file, constants.F_OK)
  // SQLite makes files beside its own.
  const unwritable = [...(isThere ? [file] : []), ...(isStore || !isThere ? [folder] : [])].find(
    (place) => !isGiven(place, constants.W_OK),
  )
  return unwritable && `the user this runs as may not write ${unwritable}`
}

const isFolder = (path: string): boolean => isSo(() => statSync(path).isDirectory())
const isGiven = (path: string, mode: number): boolean => isSo(() => (accessSync(path, mode), true))

function isSo(look: () => boolean): boolean {
  try {
    return look()
  } catch {
    return false
  }
}
