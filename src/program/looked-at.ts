import { lstatSync, readdirSync, readlinkSync, realpathSync, statSync, type Stats } from 'node:fs'
import { lstat, readdir, readlink, realpath, stat } from 'node:fs/promises'
import type { World } from '../config/world.ts'

/**
 * The state of everything a reading looked at, taken just before it was read. Reading again can only come out
 * differently if that state has changed.
 */
export type LookedAt = {
  /** As it stood then. */
  readonly asRead: string
  /** As it stands now. */
  readonly now: () => Promise<string>
}

type Kind = keyof typeof LOOK
/** Nothing at a path is also something to remember: a file may come. */
export type Mark = readonly [kind: Kind, path: string, mark: string]

const GONE = 'gone'

const bytesOf = ({ mtimeMs, ctimeMs, size, ino }: Stats): string => [mtimeMs, ctimeMs, size, ino].join(' ')
/** Owner and mode decide as well whether a file is taken; of a folder, only they do. */
const accessOf = ({ mode, uid }: Stats): string => `${mode} ${uid}`
const inOrder = (names: readonly string[]): string => names.toSorted().join(' ')

const LOOK = {
  names: (path: string) => inOrder(readdirSync(path)),
  path: (path: string) => realpathSync(path),
  link: (path: string) => `${lstatSync(path).uid} ${readlinkSync(path)}`,
  bytes: (path: string) => bytesOf(statSync(path)),
  access: (path: string) => accessOf(statSync(path)),
}
/** The same, while others are served. */
const LOOK_AGAIN = {
  names: async (path: string) => inOrder(await readdir(path)),
  path: (path: string) => realpath(path),
  link: async (path: string) => `${(await lstat(path)).uid} ${await readlink(path)}`,
  bytes: async (path: string) => bytesOf(await stat(path)),
  access: async (path: string) => accessOf(await stat(path)),
}

/**
 * The same world, noting the state of everything that is read through it: policy, secrets, keys, metadata, and files
 * that do not exist yet.
 */
export function watched(world: World): { readonly world: World; readonly marks: () => readonly Mark[] } {
  const marks = new Map<string, Mark>()
  const noting =
    <Answer>(kind: Kind, ask: (path: string) => Answer) =>
    (path: string): Answer => {
      const key = `${kind} ${path}`
      if (!marks.has(key)) marks.set(key, [kind, path, look(LOOK[kind], path)])
      return ask(path)
    }
  return {
    world: {
      ...world,
      readFile: noting('bytes', world.readFile),
      fileMode: noting('access', world.fileMode),
      fileOwner: noting('access', world.fileOwner),
      realPath: noting('path', world.realPath),
      // Something that is not a link can only become one if the real path changes, which is noted.
      linkAt: (path) => (world.linkAt(path) === undefined ? undefined : noting('link', world.linkAt)(path)),
      listFolder: noting('names', world.listFolder),
    },
    /** Plain data, since another thread may have done the reading. */
    marks: () => [...marks.values()],
  }
}

export const lookedAtBy = (marks: readonly Mark[]): LookedAt => ({
  asRead: printed(marks.map(([, , mark]) => mark)),
  now: async () => printed((await lookAgain(marks)).map(([, , mark]) => mark)),
})

/** The same things, as they stand now. */
export const lookAgain = (marks: readonly Mark[]): Promise<readonly Mark[]> =>
  Promise.all(
    marks.map(async ([kind, path]): Promise<Mark> => [kind, path, await LOOK_AGAIN[kind](path).catch(() => GONE)]),
  )

function look(ask: (path: string) => string, path: string): string {
  try {
    return ask(path)
  } catch {
    return GONE
  }
}

const printed = (marks: readonly string[]): string => marks.join('\n')
