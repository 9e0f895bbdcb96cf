import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { ConfigFaults, loadConfig, printFaults, type Loaded } from '../config/load.ts'
import type { World } from '../config/world.ts'

/** The file, loaded; its faults and warnings go to stderr, and undefined means it will not do. */
export function readConfigFile(file: string, options: Pick<World, 'insecureDev' | 'purpose'>): Loaded | undefined {
  const path = resolve(file)
  if (!existsSync(path)) {
    process.stderr.write(`error: there is no file ${file}. Start from config/getting-started.example.yaml.\n`)
    return undefined
  }
  try {
    const loaded = loadConfig({ ...diskWorld(path), env: readOnce(process.env), ...options })
    for (const warning of loaded.warnings) process.stderr.write(`warning: ${warning}\n`)
    return loaded
  } catch (thrown) {
    if (!(thrown instanceof ConfigFaults)) throw thrown
    process.stderr.write(printFaults(file, thrown.faults))
    return undefined
  }
}

/** What loading a file needs of the machine. */
export const diskWorld = (path: string): Omit<World, 'env' | 'insecureDev' | 'purpose'> => ({
  file: path,
  readFile: (name: string) => readFileSync(name),
  realPath: (name: string) => realpathSync(name),
  listFolder: (name: string) => readdirSync(name),
  fileMode: (name: string) => statSync(name).mode,
  fileOwner: (name: string) => statSync(name).uid,
  // Windows has no such owners, and every file there looks open to all.
  ...(process.getuid !== undefined && { user: process.getuid() }),
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
