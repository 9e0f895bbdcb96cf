import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { deserialize } from 'node:v8'
import { ConfigFaults, configOf, loadConfig, printFault, rulesOf, type Loaded } from '../config/load.ts'
import {
  loadInstallation,
  loadNames,
  loadOwnInstallation,
  loadRecords,
  type Installation,
  type Names,
  type Records,
} from '../config/installation.ts'
import type { Rule } from '../domain/entitlement/rule.ts'
import { plain } from '../domain/plain.ts'
import type { LoadedConfig } from '../compose/world.ts'
import { withFiles } from '../config/with-files.ts'
import type { LastGood } from '../domain/policy/last-good.ts'
import { lookAgain, lookedAtBy, watched, type Mark } from './looked-at.ts'
import { readInThread } from './reading-thread.ts'
import type { Link, World } from '../config/world.ts'

export type ReadOptions = Pick<World, 'insecureDev' | 'purpose' | 'withoutSecrets'>

/** The file, loaded; its faults and warnings go to stderr, and undefined means it will not do. */
export function readConfigFile(file: string, options: ReadOptions): Loaded | undefined {
  const read = tellFaults(file, () => readFromDisk(file, options))
  return read instanceof ConfigFaults ? undefined : read
}

/**
 * The same with another way of reading; also gives the faults if the file is unusable. Undefined: there is no such
 * file.
 */
export function tellFaults(file: string, read: () => Loaded): Loaded | ConfigFaults | undefined {
  if (!existsSync(resolve(file))) {
    process.stderr.write(`error: there is no file ${file}. Start from config/getting-started.example.yaml.\n`)
    return undefined
  }
  try {
    const loaded = read()
    for (const warning of loaded.warnings) process.stderr.write(`warning: ${plain(printFault(file, warning))}\n`)
    return loaded
  } catch (thrown) {
    if (!(thrown instanceof ConfigFaults)) throw thrown
    for (const fault of thrown.faults) process.stderr.write(`${plain(printFault(file, fault))}\n`)
    return thrown
  }
}

/** The file as it is on disk now, as often as it is asked for. Throws ConfigFaults. */
export const readFromDisk = (file: string, options: ReadOptions): Loaded => loadConfig(worldOf(file, options))

/** The same, by one who wants to know when to read again. */
export function makeReader(file: string, options: ReadOptions, inThread = readInThread) {
  let marks: readonly Mark[] = []

  function read(): Loaded {
    const seen = watched(worldOf(file, options))
    try {
      return loadConfig(seen.world)
    } finally {
      marks = seen.marks()
    }
  }

  const readOnceAside = () =>
    inThread({ file: resolve(file), options, env: environment.known() }).catch(async (thrown: unknown) => {
      // The thread's notes of what it read are lost with it. These, taken now, keep it from being tried again at once.
      marks = await lookAgain(marks)
      throw thrown
    })

  return {
    read,
    /** In a thread of its own, while requests are served: reading and checking twenty thousand rules takes seconds. */
    readAside: async (sayHeldUp: () => void = () => undefined): Promise<LoadedConfig> => {
      let said = await readOnceAside()
      // The thread gets only the variables that were asked for before (threats.md K10). If it needs another, it reads
      // once more.
      while (said !== undefined && environment.takeNew(said.variables)) said = await readOnceAside()
      // A thread that cannot be had must not hold a deny back.
      if (said === undefined) {
        sayHeldUp()
        return read()
      }
      marks = said.marks
      if ('faults' in said) throw new ConfigFaults(said.faults, said.tests)
      const { checked, ...rest } = said.loaded
      const written: typeof checked.file.rules = []
      const rules: Rule[] = []
      for (const piece of said.rules) {
        await setTimeout(1)
        const some = deserialize(piece) as typeof written
        written.push(...some)
        rules.push(...rulesOf(some, checked.file, checked.policies))
      }
      await setTimeout(1)
      const config = configOf({ ...checked, file: { ...checked.file, rules: written } }, worldOf(file, options), rules)
      await setTimeout(1)
      return { ...rest, config }
    },
    /** Of the last reading, well or badly as it ended. */
    lookedAt: () => lookedAtBy(marks),
  }
}

/**
 * Reads these texts instead of the files on disk; secrets and keys are read from where they are now. Throws
 * ConfigFaults.
 */
export const readFrom = (files: LastGood['files'], file: string, options: ReadOptions): Loaded =>
  loadConfig(withFiles(files, worldOf(file, options)))

const worldOf = (file: string, options: ReadOptions): World => ({
  ...diskWorld(resolve(file)),
  env: environment.asked,
  ...options,
})

/** Only what opens the store, from a file that may be wrong in any other way. Throws ConfigFaults. */
export const readInstallation = (file: string): Installation =>
  loadInstallation({ ...diskWorld(resolve(file)), env: environment.asked, insecureDev: true, purpose: 'check' })

/** The same, but refuses a file or keys that others may write (threats.md R7). Throws ConfigFaults. */
export const readOwnInstallation = (file: string): Installation =>
  loadOwnInstallation({ ...diskWorld(resolve(file)), env: environment.asked, insecureDev: true, purpose: 'check' })

/** Where a file says that audit records are kept. Throws ConfigFaults. */
export const readRecords = (file: string): Records | undefined =>
  loadRecords({ ...diskWorld(resolve(file)), env: environment.asked, insecureDev: true, purpose: 'check' })

/** The names in a file; undefined where they are not to be read. */
export const readNames = (file: string): Names | undefined =>
  loadNames({ ...diskWorld(resolve(file)), env: environment.asked, insecureDev: true, purpose: 'check' })

/** What loading a file needs of the machine. */
export const diskWorld = (path: string): Omit<World, 'env' | 'insecureDev' | 'purpose'> => ({
  file: path,
  readFile: (name: string) => readFileSync(name),
  realPath: (name: string) => realpathSync(name),
  linkAt,
  listFolder: (name: string) => readdirSync(name),
  fileMode: (name: string) => statSync(name).mode,
  fileOwner: (name: string) => statSync(name).uid,
  isReadOnly: isOnReadOnlyMount,
  // Windows has no such owners, and every file there looks open to all.
  ...(process.getuid !== undefined && { user: process.getuid() }),
})

function linkAt(path: string): Link | undefined {
  try {
    return { to: readlinkSync(path), owner: lstatSync(path).uid }
  } catch {
    return undefined
  }
}

/** The kernel says so before it looks at permissions, to root as well. */
function isOnReadOnlyMount(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EROFS'
  }
}

/**
 * The environment. A secret is removed from it when it is read, so that no report or child process shows it later
 * (threats.md K10). It is remembered here, since a reload asks for it again.
 */
const environment = readOnce(process.env)

function readOnce(env: NodeJS.ProcessEnv) {
  const taken = new Map<string, string>()
  const take = (name: string): string | undefined => {
    const value = env[name]
    if (value === undefined) return taken.get(name)
    delete env[name]
    taken.set(name, value)
    return value
  }
  const asked = new Proxy<Record<string, string | undefined>>(
    {},
    {
      get: (_none, name) => (typeof name === 'string' ? take(name) : undefined),
      getOwnPropertyDescriptor(_none, name) {
        const isSet = typeof name === 'string' && (taken.has(name) || Object.hasOwn(env, name))
        return isSet ? { configurable: true, enumerable: true, value: undefined } : undefined
      },
    },
  )
  return {
    asked,
    /** Takes those that are set; true if any is new. */
    takeNew: (names: readonly string[]): boolean => names.filter((name) => taken.get(name) !== take(name)).length > 0,
    /** The variables asked for so far: for our reading thread, which gets no environment of its own. */
    known: (): Record<string, string | undefined> => Object.fromEntries(taken),
  }
}
