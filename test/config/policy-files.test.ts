import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { loadInstallation } from '../../src/config/installation.ts'
import { loadConfig } from '../../src/config/load.ts'
import { A_FILE, aWorld, changed, faultsIn, faultsOf, load } from './a-file.ts'

const FILE = '/etc/rolegate/rolegate.yaml'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A world whose file reads otherwise each time, until the texts run out. */
function aWorldThatChanges(...texts: readonly string[]) {
  let reads = 0
  const world = aWorld({ files: { [FILE]: A_FILE } })
  return {
    reads: () => reads,
    world: {
      ...world,
      readFile: (path: string) => (path === FILE ? (texts[reads++] ?? texts.at(-1) ?? '') : world.readFile(path)),
    },
  }
}

describe('the hash of a configuration', () => {
  it('is what sha256sum says of its files, shortened', () => {
    expect(load(A_FILE).hash).toBe(sha256(`${sha256(A_FILE)}  rolegate.yaml\n`).slice(0, 12))
  })

  it('is the same wherever the folder stands, and another with another byte', () => {
    const { hash } = load(A_FILE)
    expect(load(A_FILE, aWorld({ file: '/srv/policy/rolegate.yaml' })).hash).toBe(hash)
    expect(load(`${A_FILE}\n`).hash).not.toBe(hash)
  })

  it('is the same when a roll-out moves the link behind the file', () => {
    const moved = (release: string) => {
      const real = `/etc/rolegate/${release}/rolegate.yaml`
      const world = aWorld({ files: { [real]: A_FILE } })
      return loadConfig({ ...world, realPath: (path) => (path === FILE ? real : world.realPath(path)) })
    }
    expect(moved('..2026_1').hash).toBe(moved('..2026_2').hash)
    expect(moved('..2026_1').files).toEqual(['/etc/rolegate/..2026_1/rolegate.yaml'])
  })
})

describe('a file that is written while it is read (threats.md R9)', () => {
  it('is read again, and counts as it stands at rest', () => {
    const { world, reads } = aWorldThatChanges(A_FILE.slice(0, 200), A_FILE)
    expect(loadConfig(world).hash).toBe(load(A_FILE).hash)
    expect(reads()).toBe(4)
  })

  it('gives no faults of the half that stood there', () => {
    const { world } = aWorldThatChanges('rules: [', changed(['Team', 'Staff']))
    expect(loadConfig(world).config.mapping.rules[0]?.match).toEqual({ idp: 'entra', groups: ['Staff'] })
  })

  it('is refused when it never rests', () => {
    let reads = 0
    const world = aWorld({ files: { [FILE]: A_FILE } })
    const readFile = (path: string) => (path === FILE ? `${A_FILE}# ${reads++}\n` : world.readFile(path))
    expect(faultsIn({ ...world, readFile })).toEqual([
      '1:1  keeps changing while it is read; try again when nobody writes to it',
    ])
  })

  it('is refused when it is gone at the second look', () => {
    let reads = 0
    const world = aWorld({ files: { [FILE]: A_FILE } })
    const readFile = (path: string) => {
      if (path === FILE && reads++ > 0) throw Object.assign(new Error('hush'), { code: 'ENOENT' })
      return world.readFile(path)
    }
    expect(faultsIn({ ...world, readFile })).toEqual(['1:1  there is no /etc/rolegate/rolegate.yaml'])
  })
})

it('says that a file cannot be read, and that it is not UTF-8', () => {
  expect(faultsIn(aWorld())).toEqual(['1:1  there is no /etc/rolegate/rolegate.yaml'])
  const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(A_FILE, 'utf16le')])
  expect(faultsIn(aWorld({ files: { [FILE]: utf16 } }))).toEqual(['1:1  is not UTF-8 text; save it as UTF-8'])
})

it.each([
  ['Windows’ line ends', A_FILE.replaceAll('\n', '\r\n')],
  ['a byte order mark', `\uFEFF${A_FILE}`],
])('reads %s', (_, text) => {
  expect(load(text).config.mapping).toEqual(load(A_FILE).config.mapping)
  expect(faultsOf(text.replace('issuer:', 'isuer:'))).toEqual([
    '7:5  idps[0].isuer: unknown key; did you mean "issuer"?',
  ])
})

describe('a pipe or a device in place of a file (threats.md R9)', () => {
  it.each([
    ['a pipe', 0o010600],
    ['a terminal', 0o020600],
    ['a disk', 0o060600],
    ['a socket', 0o140600],
  ])('is refused and never read: %s', (_what, mode) => {
    const read: string[] = []
    const at = (named: string) => {
      const world = aWorld({ files: { [FILE]: A_FILE }, fileMode: (path) => (path === named ? mode : 0o100600) })
      const readFile = (path: string) => {
        read.push(path)
        return world.readFile(path)
      }
      return { ...world, readFile }
    }
    expect(faultsIn(at(FILE))).toEqual(['1:1  is a pipe, a socket or a device: only a regular file is read'])
    expect(() => loadInstallation(at(FILE))).toThrow('only a regular file is read')
    expect(read).toEqual([])
    const key = '/run/secrets/master.key'
    const text = `${A_FILE}secrets: { master_key_file: ${key} }\n`
    expect(faultsOf(text, at(key))).toEqual([expect.stringContaining('only a regular file is read')])
    expect(read).toEqual([])
  })
})
