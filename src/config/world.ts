/** A symbolic link: its text, and the uid of whom it belongs to itself. */
export type Link = { readonly to: string; readonly owner: number }

/** All that reading a configuration may ask of the machine. Handed in, so that checking changes nothing in it. */
export type World = {
  /** Path of the configuration file; relative paths in it start at its folder. */
  readonly file: string
  /** The content, as bytes or as UTF-8 text. Throws when it cannot be read. */
  readonly readFile: (path: string) => string | Uint8Array
  /** The path with every symbolic link followed. Throws when there is no such file. */
  readonly realPath: (path: string) => string
  /** The link that stands at a path; undefined where something else does, or nothing. */
  readonly linkAt: (path: string) => Link | undefined
  /** The names of what stands in a folder. Throws when it is none. */
  readonly listFolder: (path: string) => readonly string[]
  /** Permission bits, as stat(2) gives them. */
  readonly fileMode: (path: string) => number
  /** The uid of whom a file belongs to. */
  readonly fileOwner: (path: string) => number
  /** Whether nothing here is written by anybody in our view: the file system is mounted so. */
  readonly isReadOnly: (path: string) => boolean
  /** The uid this runs as; absent where there is no such thing, and modes and owners say nothing. */
  readonly user?: number
  readonly env: Readonly<Record<string, string | undefined>>
  /** `--insecure-dev`: loopback addresses and plain http are taken. */
  readonly insecureDev: boolean
  /** `check-config` says what `serve` would refuse of the machine, and goes on: a clone is not laid out like a server. */
  readonly purpose: 'serve' | 'check'
  /** The file is not served here, as in CI: no secret, key or certificate is read, and who may write it says nothing. */
  readonly withoutSecrets?: boolean
}
