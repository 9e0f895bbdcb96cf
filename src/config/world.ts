/** All that reading a configuration may ask of the machine. Handed in, so that checking changes nothing in it. */
export type World = {
  /** Path of the configuration file; relative paths in it start at its folder. */
  readonly file: string
  /** The content, as bytes or as UTF-8 text. Throws when it cannot be read. */
  readonly readFile: (path: string) => string | Uint8Array
  /** The path with every symbolic link followed. Throws when there is no such file. */
  readonly realPath: (path: string) => string
  /** Permission bits, as stat(2) gives them. */
  readonly fileMode: (path: string) => number
  readonly env: Readonly<Record<string, string | undefined>>
  /** `--insecure-dev`: loopback addresses and plain http are taken. */
  readonly insecureDev: boolean
}

/** The same world, in which the configuration file is this text. */
export const withText = (text: string, world: World): World => ({
  ...world,
  readFile: (path) => (path === world.file ? text : world.readFile(path)),
  realPath: (path) => (path === world.file ? path : world.realPath(path)),
})
