import { createHash } from 'node:crypto'
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { ConfigFaults, loadConfig, printFaults } from '../config/load.ts'

export type LoadedFile = { readonly config: Config; readonly hash: string }

/** The file as a Config; its faults and warnings go to stderr, and undefined means it will not do. */
export function readConfigFile(file: string, { insecureDev }: { insecureDev: boolean }): LoadedFile | undefined {
  const path = resolve(file)
  try {
    const text = readFileSync(path, 'utf8')
    const { config, warnings } = loadConfig(text, { ...diskWorld(path), env: readOnce(process.env), insecureDev })
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
    return { config, hash: hashOf(text) }
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) process.stderr.write(printFaults(file, thrown.faults))
    else if (isMissing(thrown))
      process.stderr.write(`error: there is no file ${file}. Start from config/getting-started.example.yaml.\n`)
    else throw thrown
    return undefined
  }
}

/** What a record calls this configuration: the first twelve hex digits of its SHA-256. */
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** What loading a file needs of the machine. */
export const diskWorld = (path: string) => ({
  file: path,
  readFile: (name: string) => readFileSync(name),
  realPath: (name: string) => realpathSync(name),
  fileMode: (name: string) => statSync(name).mode,
})

/** An environment whose secrets leave it when they are read: no report or child shows them later (threats.md K10). */
function readOnce(env: NodeJS.ProcessEnv): Record<string, string | undefined> {
  const taken = new Map<string, string | undefined>()
  return new Proxy(env, {
    get(target, name) {
      if (typeof name !== 'string') return undefined
      if (!taken.has(name)) {
        taken.set(name, target[name])
        delete target[name]
      }
      return taken.get(name)
    },
  })
}

const isMissing = (thrown: unknown): boolean => thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT'
