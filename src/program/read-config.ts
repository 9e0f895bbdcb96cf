import { readFileSync, realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { ConfigFaults, printFaults } from '../config/faults.ts'
import { loadConfig } from '../config/load.ts'

/** The file as a Config; its faults and warnings go to stderr, and undefined means it will not do. */
export function readConfigFile(file: string, { insecureDev }: { insecureDev: boolean }): Config | undefined {
  const path = resolve(file)
  try {
    const { config, warnings } = loadConfig(readFileSync(path, 'utf8'), { ...diskWorld(path), insecureDev })
    for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
    return config
  } catch (thrown) {
    if (thrown instanceof ConfigFaults) process.stderr.write(printFaults(file, thrown.faults))
    else if ((thrown as { code?: string }).code === 'ENOENT')
      process.stderr.write(`error: there is no file ${file}. Start from config/getting-started.example.yaml.\n`)
    else throw thrown
    return undefined
  }
}

/** What loading a file needs of the machine. */
export const diskWorld = (path: string) => ({
  file: path,
  readFile: (name: string) => readFileSync(name),
  realPath: (name: string) => realpathSync(name),
  fileMode: (name: string) => statSync(name).mode,
  env: process.env,
})
