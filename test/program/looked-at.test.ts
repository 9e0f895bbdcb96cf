import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ConfigFaults, loadConfig } from '../../src/config/load.ts'
import { lookedAtBy, watched } from '../../src/program/looked-at.ts'
import { diskWorld, makeReader } from '../../src/program/read-config.ts'
import { A_FILE, aWorld } from '../config/a-file.ts'

const METADATA = '<EntityDescriptor/>'
const withFiles = A_FILE.replace('client_secret_env: IDP_SECRET', 'client_secret_file: secrets/idp').replace(
  'accounts:\n',
  `  - id: partners
    type: saml
    metadata_file: partners.xml
    entity_id: https://partners.example.com
    subject: attributes.uid
    username: attributes.name
    groups: { attribute: groups, kind: id }
include:
  - { files: rules/*.yaml, within: { idps: [entra], accounts: pay-dev, roles: [readonly] } }
accounts:
`,
)

describe('what a reading looked at', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolegate-looked-at-'))
    mkdirSync(join(folder, 'secrets'))
    mkdirSync(join(folder, 'rules'))
    put('rolegate.yaml', withFiles)
    put('secrets/idp', 'kD9-fK2vq')
    put('partners.xml', METADATA)
    put('rules/a.yaml', 'rules: []\n')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** Another time of change, however coarse the clock of the file system is. */
  let writes = 0
  function put(name: string, text: string) {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    const at = new Date(Date.now() - 3_600_000 + (writes += 1) * 1000)
    utimesSync(join(folder, name), at, at)
  }
  function read() {
    const { world, marks } = watched({ ...aWorld(), ...diskWorld(join(folder, 'rolegate.yaml')) })
    let loaded
    try {
      loaded = loadConfig(world)
    } catch (thrown) {
      if (!(thrown instanceof ConfigFaults)) throw thrown
    }
    const { asRead, now } = lookedAtBy(marks())
    return { loaded, isAnother: async () => (await now()) !== asRead }
  }

  it('is as it was while nothing is written', async () => {
    const { loaded, isAnother } = read()
    expect(loaded).toBeDefined()
    expect(await isAnother()).toBe(false)
  })

  it.each([
    ['the file itself', () => put('rolegate.yaml', withFiles)],
    ['a file that it includes', () => put('rules/a.yaml', 'rules: []\n')],
    ['a secret', () => put('secrets/idp', 'another-secret')],
    ['metadata of an IdP', () => put('partners.xml', `${METADATA}\n`)],
    ['a file that comes into a folder of rules', () => put('rules/b.yaml', 'rules: []\n')],
    ['a secret that is gone', () => rmSync(join(folder, 'secrets', 'idp'))],
    ['who may read it', () => chmodSync(join(folder, 'secrets', 'idp'), 0o644)],
  ])('is another: %s', async (_what, change) => {
    const { isAnother } = read()
    change()
    expect(await isAnother()).toBe(true)
  })

  it('is another when a link on its way goes elsewhere first, and still ends where it did', async () => {
    mkdirSync(join(folder, 'aside'))
    renameSync(join(folder, 'rolegate.yaml'), join(folder, 'aside', 'real.yaml'))
    symlinkSync('aside/real.yaml', join(folder, 'rolegate.yaml'))
    const { isAnother } = read()
    symlinkSync('real.yaml', join(folder, 'aside', 'hop.yaml'))
    expect(await isAnother()).toBe(false)
    rmSync(join(folder, 'rolegate.yaml'))
    symlinkSync('aside/hop.yaml', join(folder, 'rolegate.yaml'))
    expect(await isAnother()).toBe(true)
  })

  it('is another when a link in its path leads elsewhere, as of a Secret of Kubernetes', async () => {
    for (const version of ['..first', '..second']) {
      mkdirSync(join(folder, version))
      put(`${version}/idp`, 'same-secret')
    }
    rmSync(join(folder, 'secrets'), { recursive: true })
    mkdirSync(join(folder, 'secrets'))
    symlinkSync(join('..', '..first'), join(folder, 'secrets', '..data'))
    symlinkSync(join('..data', 'idp'), join(folder, 'secrets', 'idp'))
    const { loaded, isAnother } = read()
    expect(loaded).toBeDefined()
    symlinkSync(join('..', '..second'), join(folder, 'secrets', '..new'))
    renameSync(join(folder, 'secrets', '..new'), join(folder, 'secrets', '..data'))
    expect(await isAnother()).toBe(true)
  })

  it.each([
    ['a secret that was missing', () => rmSync(join(folder, 'secrets', 'idp')), () => put('secrets/idp', 'here-now')],
    ['a file that was missing', () => rmSync(join(folder, 'rolegate.yaml')), () => put('rolegate.yaml', withFiles)],
    [
      'a folder that was missing',
      () => rmSync(join(folder, 'rules'), { recursive: true }),
      () => mkdirSync(join(folder, 'rules')),
    ],
  ])('is known of a reading that failed, too: %s', async (_what, breaking, mending) => {
    breaking()
    const { loaded, isAnother } = read()
    expect(loaded).toBeUndefined()
    expect(await isAnother()).toBe(false)
    mending()
    expect(await isAnother()).toBe(true)
  })

  it('is nothing beside it: a store, or what somebody else keeps there', async () => {
    const { isAnother } = read()
    put('rolegate.db-wal', 'x')
    put('secrets/of-another', 'x')
    put('rules-of-yesterday.yaml', 'rules: []\n')
    expect(await isAnother()).toBe(false)
  })
})

describe('a reader', () => {
  it('reads here when there is no thread to be had, and says so first', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rolegate-reader-'))
    try {
      const file = join(folder, 'rolegate.yaml')
      writeFileSync(file, A_FILE.replace('_env: IDP_SECRET', ': kD9-fK2vq'), { mode: 0o600 })
      const noThread = async () => undefined
      const reader = makeReader(file, { insecureDev: true, purpose: 'serve' }, noThread)
      const said: string[] = []
      const sayHeldUp = () => void said.push(readFileSync(file, 'utf8').slice(0, 8))
      expect((await reader.readAside(sayHeldUp)).hash).toBe(reader.read().hash)
      writeFileSync(file, 'nonsense: 1\n')
      await expect(reader.readAside(sayHeldUp)).rejects.toThrow(ConfigFaults)
      expect(said).toEqual(['version:', 'nonsense'])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
