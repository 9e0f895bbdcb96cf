import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { withText } from '../../src/config/with-text.ts'
import type { World } from '../../src/config/world.ts'
import { diskWorld } from '../../src/program/read-config.ts'
import { A_FILE, MASTER_KEY, aWorld, faultsIn, load } from './a-file.ts'
import { loadInstallation, loadOwnInstallation } from '../../src/config/installation.ts'
import { loadConfig, printFault } from '../../src/config/load.ts'

const FILE = '/etc/rolegate/rolegate.yaml'
const WHY = 'and whoever writes it decides who may do what'
const TEXT = `${A_FILE}include: [{ files: rules/*.yaml, within: { idps: [], accounts: pay-dev, roles: readonly } }]\n`

/** A machine where the one file has this mode and owner, and all others are root's alone. */
function aMachine(
  path: string,
  { mode = 0o644, owner = 0, ...rest }: Partial<World> & { mode?: number; owner?: number },
) {
  return aWorld({
    files: { [FILE]: TEXT, '/etc/rolegate/rules/x.yaml': 'rules: []' },
    fileMode: (file) => (file === path ? 0o100000 | mode : 0o100600),
    fileOwner: (file) => (file === path ? owner : 0),
    ...rest,
  })
}

describe('a file of the policy that a stranger may write (threats.md R7)', () => {
  it.each([
    [0o664, `may be written by its group (mode 0664), ${WHY}: chmod g-w ${FILE}`],
    [0o646, `may be written by everybody on this machine (mode 0646), ${WHY}: chmod o-w ${FILE}`],
    [0o666, `may be written by everybody on this machine (mode 0666), ${WHY}: chmod go-w ${FILE}`],
  ])('is refused with mode %o', (mode, message) => {
    expect(faultsIn(aMachine(FILE, { mode }))).toEqual([`1:1  ${message}`])
  })

  it('is refused where it belongs to neither root nor the user this runs as', () => {
    expect(faultsIn(aMachine(FILE, { owner: 1001 }))).toEqual([
      `1:1  belongs to user 1001, who is neither root nor the one this runs as (1000), ${WHY}: chown root ${FILE}`,
    ])
    expect(faultsIn(aMachine(FILE, { owner: 1000 }))).toEqual([])
    expect(faultsIn(aMachine(FILE, { owner: 0 }))).toEqual([])
  })

  it('is found among the included ones', () => {
    const included = '/etc/rolegate/rules/x.yaml'
    expect(faultsIn(aMachine(included, { mode: 0o664 }))).toEqual([
      `rules/x.yaml:1:1  may be written by its group (mode 0664), ${WHY}: chmod g-w ${included}`,
    ])
    expect(faultsIn(aMachine(included, { owner: 1001 }))).toHaveLength(1)
  })

  it.each([
    ['check-config', { purpose: 'check' as const }],
    ['--insecure-dev', { insecureDev: true }],
  ])('is a warning of %s', (_, how) => {
    const machine = aMachine(FILE, { mode: 0o664, ...how })
    expect(faultsIn(machine)).toEqual([])
    expect(loadConfig(machine).warnings.map((warning) => printFault(FILE, warning))).toContain(
      `${FILE}:1:1  may be written by its group (mode 0664), ${WHY}: chmod g-w ${FILE}`,
    )
  })

  it('is not looked for where the file is only read, as in CI', () => {
    const machine = aMachine(FILE, { mode: 0o666, purpose: 'check', withoutSecrets: true })
    expect(loadConfig(machine).warnings.filter(({ message }) => message.includes('written'))).toEqual([])
  })

  it('is not looked for where files have no such owners', () => {
    const { user: _, ...elsewhere } = aMachine(FILE, { mode: 0o666, owner: 7 })
    expect(faultsIn(elsewhere)).toEqual([])
  })

  it('may be read by everybody: it holds no secret', () => {
    expect(faultsIn(aMachine(FILE, { mode: 0o644 }))).toEqual([])
    expect(load(A_FILE).warnings).toEqual([])
  })
})

describe('a folder where a stranger may put another file in the place of one (threats.md R7)', () => {
  const FOLDER = '/etc/rolegate'
  const RULES = '/etc/rolegate/rules'
  const REPLACES = 'can put another file in its place'

  /** A machine where the one folder has this mode and owner. */
  const withFolder = (path: string, { mode = 0o755, owner = 0, ...rest }: Parameters<typeof aMachine>[1]) =>
    aMachine(path, { owner, fileMode: modes(path, mode), ...rest })

  it.each([
    [0o775, 'its group (mode 0775)', 'g-w'],
    [0o757, 'everybody on this machine (mode 0757)', 'o-w'],
    [0o777, 'everybody on this machine (mode 0777)', 'go-w'],
    [0o2775, 'its group (mode 0775)', 'g-w'],
  ])('is refused with mode %o', (mode, who, cure) => {
    expect(faultsIn(withFolder(FOLDER, { mode }))).toEqual([
      `1:1  stands in a folder that may be written by ${who}, and whoever writes there ${REPLACES}: chmod ${cure} ${FOLDER}`,
    ])
  })

  it('is refused where it belongs to neither root nor the user this runs as, who may always write it', () => {
    expect(faultsIn(withFolder(FOLDER, { owner: 1001 }))).toEqual([
      `1:1  stands in a folder of user 1001, who is neither root nor the one this runs as (1000) and ${REPLACES}: chown root ${FOLDER}`,
    ])
    expect(faultsIn(withFolder(FOLDER, { owner: 1001, mode: 0o1777 }))).toHaveLength(1)
    expect(faultsIn(withFolder(FOLDER, { owner: 1000 }))).toEqual([])
  })

  it('is found among those below, once and not for each file there', () => {
    const files = {
      [FILE]: TEXT,
      '/etc/rolegate/rules/x.yaml': 'rules: []',
      '/etc/rolegate/rules/y.yaml': 'rules: []',
    }
    expect(faultsIn(aWorld({ files, fileMode: modes(RULES, 0o777) }))).toEqual([
      `rules/x.yaml:1:1  stands in a folder that may be written by everybody on this machine (mode 0777), and whoever writes there ${REPLACES}: chmod go-w ${RULES}`,
    ])
  })

  it('may have the sticky bit, which keeps files to their owners', () => {
    expect(faultsIn(withFolder(FOLDER, { mode: 0o1777 }))).toEqual([])
    expect(faultsIn(withFolder(FOLDER, { mode: 0o1775, owner: 1000 }))).toEqual([])
  })

  it('has no use of the sticky bit where `include` takes what is added', () => {
    expect(faultsIn(withFolder(RULES, { mode: 0o1777 }))).toEqual([
      `rules/x.yaml:1:1  stands in a folder that may be written by everybody on this machine (mode 1777), and whoever writes there can add files for \`include\` to take: chmod go-w ${RULES}`,
    ])
  })

  it('may have any mode and owner on a mount that is read-only for us, as a volume of Kubernetes', () => {
    const isReadOnly = () => true
    expect(faultsIn(withFolder(FOLDER, { mode: 0o777, isReadOnly }))).toEqual([])
    expect(faultsIn(withFolder(RULES, { mode: 0o1777, owner: 65534, isReadOnly }))).toEqual([])
    expect(faultsIn(withFolder(FOLDER, { mode: 0o777, isReadOnly: (path) => path !== FOLDER }))).toHaveLength(1)
  })

  it.each([
    ['where links lead', '/etc/rolegate/..2026_11_22'],
    ['where links stand', '/etc/rolegate/rules'],
  ])('is looked for %s', (_, folder) => {
    const files = {
      [FILE]: TEXT,
      '/etc/rolegate/..2026_11_22/x.yaml': 'rules: []',
      '/etc/rolegate/rules/x.yaml': 'link',
    }
    const world = aWorld({ files, fileMode: modes(folder, 0o777) })
    const linked = withLink(world, '/etc/rolegate/rules/x.yaml', '/etc/rolegate/..2026_11_22/x.yaml')
    expect(faultsIn(linked)).toEqual([expect.stringContaining(`${REPLACES}: chmod go-w ${folder}`)])
  })

  it('is looked for where the main file is a link to elsewhere', () => {
    const world = aWorld({
      files: { [FILE]: A_FILE, '/srv/policy/main.yaml': A_FILE },
      fileMode: modes('/srv/policy', 0o777),
    })
    expect(faultsIn(withLink(world, FILE, '/srv/policy/main.yaml'))).toEqual([
      expect.stringContaining('chmod go-w /srv/policy'),
    ])
  })

  it.each([
    ['check-config', { purpose: 'check' as const }],
    ['--insecure-dev', { insecureDev: true }],
  ])('is a warning of %s', (_, how) => {
    const machine = withFolder(FOLDER, { mode: 0o777, ...how })
    expect(faultsIn(machine)).toEqual([])
    expect(loadConfig(machine).warnings.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(`chmod go-w ${FOLDER}`),
    )
  })

  it('is nothing to a text that was handed in, as the demo’s is', () => {
    expect(faultsIn(withText(A_FILE, withFolder(FOLDER, { mode: 0o777 })))).toEqual([])
  })

  it('is nothing to such a text under a name that no folder stands before', () => {
    const world = { ...withFolder(FOLDER, {}), ...diskWorld('demo.yaml'), fileMode: () => 0o777, insecureDev: true }
    expect(load(A_FILE, world).warnings).toEqual([])
  })

  it('is seen on a real disk', () => {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'rolegate-folders-')))
    try {
      const file = join(folder, 'rolegate.yaml')
      writeFileSync(file, A_FILE, { mode: 0o644 })
      const world = { ...aWorld(), ...diskWorld(file) }
      expect(faultsIn(world)).toEqual([])
      chmodSync(folder, 0o777)
      expect(faultsIn(world)).toEqual([expect.stringContaining(`(mode 0777), and whoever writes there ${REPLACES}`)])
      chmodSync(folder, 0o1777)
      expect(faultsIn(world)).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('the way to a file of the policy, from the root on (threats.md R7)', () => {
  const REPLACES = 'can put another file in its place'
  let top: string
  beforeEach(() => {
    top = realpathSync(mkdtempSync(join(tmpdir(), 'rolegate-way-')))
    for (const folder of ['conf', 'open', 'safe']) mkdirSync(join(top, folder))
    put('safe/rolegate.yaml')
    chmodSync(join(top, 'open'), 0o777)
  })
  afterEach(() => rmSync(top, { recursive: true }))

  const put = (name: string) => writeFileSync(join(top, name), A_FILE, { mode: 0o644 })
  const link = (name: string, to: string) => symlinkSync(to, join(top, name))
  const onDisk = (name: string, changes: Partial<World> = {}): World => ({
    ...aWorld(),
    ...diskWorld(join(top, name)),
    ...changes,
  })
  const isOpen = () => [
    `1:1  is found through a folder that may be written by everybody on this machine (mode 0777), and whoever writes there ${REPLACES}: chmod go-w ${join(top, 'open')}`,
  ]

  it('goes through no folder where a stranger may put another link', () => {
    link('open/current', join(top, 'safe/rolegate.yaml'))
    link('conf/rolegate.yaml', '../open/current')
    expect(faultsIn(onDisk('conf/rolegate.yaml'))).toEqual(isOpen())
  })

  it('nor one where they may put another configuration folder, behind a link or in it', () => {
    link('open/current', '../safe')
    expect(faultsIn(onDisk('open/current/rolegate.yaml'))).toEqual(isOpen())
    mkdirSync(join(top, 'open/conf'))
    put('open/conf/rolegate.yaml')
    expect(faultsIn(onDisk('open/conf/rolegate.yaml'))).toEqual(isOpen())
  })

  it('nor one that a link leaves again, which `..` would hide', () => {
    mkdirSync(join(top, 'open/inner'))
    link('conf/rolegate.yaml', '../open/inner/../../safe/rolegate.yaml')
    expect(faultsIn(onDisk('conf/rolegate.yaml'))).toEqual(isOpen())
  })

  it('nor one of a third user, however far above', () => {
    const owner = (path: string) => (path === top ? 1001 : 0)
    expect(faultsIn(onDisk('safe/rolegate.yaml', { fileOwner: owner }))).toEqual([
      expect.stringContaining(`is found through a folder of user 1001, who is neither root`),
    ])
  })

  it('may go through what only root and this process write', () => {
    link('current', 'safe')
    link('conf/rolegate.yaml', '../current/rolegate.yaml')
    expect(faultsIn(onDisk('conf/rolegate.yaml'))).toEqual([])
    expect(faultsIn(onDisk('current/rolegate.yaml'))).toEqual([])
  })

  it('may go through a folder with the sticky bit, as /tmp, by links of root’s and of ours', () => {
    chmodSync(join(top, 'open'), 0o1777)
    link('open/current', '../safe')
    const from = (owner: number) => {
      const world = onDisk('open/current/rolegate.yaml', { user: 1000, fileOwner: () => 0 })
      const linkAt = (path: string) => {
        const found = world.linkAt(path)
        return found && { ...found, owner }
      }
      return faultsIn({ ...world, linkAt })
    }
    expect(from(0)).toEqual([])
    expect(from(1000)).toEqual([])
    expect(from(1001)).toEqual([
      `1:1  is found through a link of user 1001, who is neither root nor the one this runs as (1000) and can lead it elsewhere: chown -h root ${join(top, 'open/current')}`,
    ])
  })

  it('may go through any folder to what is mounted there read-only, for nobody moves that', () => {
    mkdirSync(join(top, 'open/conf'))
    put('open/conf/rolegate.yaml')
    const isMounted = (path: string) => path.startsWith(join(top, 'open/conf'))
    expect(faultsIn(onDisk('open/conf/rolegate.yaml', { isReadOnly: isMounted }))).toEqual([])
  })

  it('is not let through by a link to a mount that is read-only', () => {
    link('open/current', '../safe')
    const isMounted = (path: string) => path.startsWith(join(top, 'safe')) || path === join(top, 'open/current')
    expect(faultsIn(onDisk('open/current/rolegate.yaml', { isReadOnly: isMounted }))).toEqual(isOpen())
  })

  it('may be as the volumes of Kubernetes lay it, read-only', () => {
    for (const folder of ['open/..2026', 'open/..2026/rules']) mkdirSync(join(top, folder), { mode: 0o777 })
    put('open/..2026/rolegate.yaml')
    link('open/..data', '..2026')
    link('open/rolegate.yaml', '..data/rolegate.yaml')
    const isMounted = (path: string) => path.startsWith(join(top, 'open'))
    expect(faultsIn(onDisk('open/rolegate.yaml', { isReadOnly: isMounted }))).toEqual([])
    expect(faultsIn(onDisk('open/rolegate.yaml'))).toHaveLength(1)
  })

  it('ends, where links lead in a circle', () => {
    const world = { ...aWorld(), linkAt: () => ({ to: '/etc/rolegate', owner: 0 }) }
    expect(faultsIn({ ...world, readFile: () => A_FILE })).toEqual([])
  })
})

/** The same, where one path is a link to another. */
const withLink = (world: World, from: string, to: string): World => ({
  ...world,
  realPath: (path) => (path === from ? to : world.realPath(path)),
  linkAt: (path) => (path === from ? { to, owner: 0 } : undefined),
})

const modes = (folder: string, mode: number) => (path: string) => (path === folder ? 0o040000 | mode : 0o100600)

describe('a broken file that says which store is believed (threats.md R7, R10)', () => {
  const KEY = '/run/secrets/master.key'
  const FORMER = '/run/former/master.key'
  const BROKEN = `${A_FILE}nonsense: 1\nsecrets: { master_key_file: ${KEY}, previous: [{ master_key_file: ${FORMER} }] }\n`
  const broken = (path: string, changes: Parameters<typeof aMachine>[1], text = BROKEN) => ({
    ...aMachine(path, changes),
    ...aWorldOf({ [FILE]: text, [FORMER]: MASTER_KEY }),
  })
  const aWorldOf = (files: Record<string, string>) => {
    const { readFile, realPath } = aWorld({ files })
    return { readFile, realPath }
  }
  const own = (world: World) => () => loadOwnInstallation(world)

  it('is taken where it is our own', () => {
    const world = broken('', {})
    expect(loadOwnInstallation(world)).toEqual(loadInstallation(world))
  })

  it.each([FILE, '/etc/rolegate', '/etc', KEY, '/run/secrets', FORMER, '/run/former'])(
    'is not where a stranger may write or move %s',
    (path) => {
      for (const purpose of ['serve', 'check'] as const)
        for (const insecureDev of [true, false]) {
          expect(own(broken(path, { mode: 0o666, purpose, insecureDev }))).toThrow(path)
          expect(own(broken(path, { owner: 1001, purpose, insecureDev }))).toThrow(`chown root ${path}`)
        }
    },
  )

  it('is not read at all before', () => {
    expect(own(broken(FILE, { mode: 0o666 }, 'idps: ['))).toThrow('may be written by everybody')
  })
})
