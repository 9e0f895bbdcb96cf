import { describe, expect, it } from 'vitest'
import type { World } from '../../src/config/world.ts'
import { A_FILE, aWorld, faultsIn, load } from './a-file.ts'
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
    expect(loadConfig(aMachine(FILE, { mode: 0o666, purpose: 'check', withoutSecrets: true })).warnings).toEqual([])
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
