import { basename, dirname } from 'node:path'
import { ConfigFaults, printFault } from '../../src/config/faults.ts'
import { loadConfig, type Loaded } from '../../src/config/load.ts'
import { withText } from '../../src/config/with-text.ts'
import type { World } from '../../src/config/world.ts'

export const MASTER_KEY = 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQEjRWeJCrzf8='

/** The smallest file that loads without a warning but `no-egress-pin`; the tests change one thing in it. */
export const A_FILE = `version: 1
server:
  public_url: https://aws.example.com
idps:
  - id: entra
    type: oidc
    issuer: https://idp.example.com
    client_id: rolegate
    client_secret_env: IDP_SECRET
    groups: { claim: groups }
accounts:
  pay-prod: { id: "111111111111", env: prod, tags: [pci] }
  pay-dev: { id: "222222222222", env: dev }
roles:
  readonly: { role_name: ReadOnly }
  admin: { role_name: team/Admin, elevated: true }
rules:
  - id: team
    match: { idp: entra, group: Team }
    grant: { accounts: [pay-prod, pay-dev], roles: [readonly, admin] }
store: { driver: sqlite, path: /var/lib/rolegate/rolegate.db }
`

/** Behind A_FILE: then it loads without any warning. */
export const PINNED = 'sts: { default: { egress: { cidrs: [52.94.76.0/28] } } }\n'

/** A machine with the secrets the files of these tests name; every path is its own real path. */
export function aWorld(
  changes: Partial<World> & { files?: Readonly<Record<string, string | Uint8Array>> } = {},
): World {
  const { files = {}, ...rest } = changes
  const known = new Map<string, string | Uint8Array>([
    ['/run/secrets/master.key', `${MASTER_KEY}\n`],
    ...Object.entries(files),
  ])
  return {
    file: '/etc/rolegate/rolegate.yaml',
    readFile(path) {
      const found = known.get(path)
      if (found === undefined) throw missing()
      return found
    },
    realPath(path) {
      if (path !== '/etc/rolegate' && !known.has(path)) throw missing()
      return path
    },
    linkAt: () => undefined,
    listFolder(path) {
      const names = [...known.keys()].flatMap((file) => (dirname(file) === path ? basename(file) : []))
      if (names.length === 0) throw missing()
      return names
    },
    fileMode: () => 0o100600,
    fileOwner: () => 0,
    isReadOnly: () => false,
    user: 1000,
    env: { IDP_SECRET: 'kD9-fK2vq', ENTRA_CLIENT_SECRET: 'kD9-fK2vq' },
    insecureDev: false,
    purpose: 'serve',
    ...rest,
  }
}

/** What node:fs throws, with a message that must not come through. */
const missing = () => Object.assign(new Error('no such file: hush'), { code: 'ENOENT' })

/** A_FILE with one text in place of another; the text must be there. */
export function changed(...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the file of the tests has no ${JSON.stringify(from)}`)
    return text.replace(from, () => to)
  }, A_FILE)
}

/** What a test loads: warnings as they are printed, without that of ways to AWS, which egress.test.ts is about. */
export type Read = Omit<Loaded, 'warnings'> & { readonly warnings: readonly string[] }

export function load(text: string, world: World = aWorld()): Read {
  const { warnings, ...loaded } = loadConfig(withText(text, world))
  const others = warnings.filter(({ message }) => !message.endsWith('[no-egress-pin]'))
  return { ...loaded, warnings: others.map((warning) => printFault(world.file, warning)) }
}

/** `line:column  path: message` of every fault, its file before it where that is another; empty when the file loads. */
export const faultsOf = (text: string, world: World = aWorld()): readonly string[] => faultsIn(withText(text, world))

/** The same of the file that stands in this world. */
export function faultsIn(world: World): readonly string[] {
  try {
    loadConfig(world)
    return []
  } catch (thrown) {
    if (!(thrown instanceof ConfigFaults)) throw thrown
    return thrown.faults.map(
      ({ file, line, column, path, message }) =>
        `${file === undefined ? '' : `${file}:`}${line}:${column}  ${path === '' ? '' : `${path}: `}${message}`,
    )
  }
}
