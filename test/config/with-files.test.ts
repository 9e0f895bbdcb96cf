import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { textOf } from '../../src/config/reload/difference.ts'
import { vouchersIn } from '../../src/config/vouchers.ts'
import { withFiles } from '../../src/config/with-files.ts'
import { diskWorld } from '../../src/program/read-config.ts'
import { A_FILE, aWorld } from './a-file.ts'

const FENCE = '{ idps: [entra], accounts: pay-dev, roles: [readonly] }'
const WHOLE = `\ufeff${A_FILE}include:\n  - { files: rules/*.yaml, within: ${FENCE} }\n`
const TEAM = `rules:
  - { id: of-the-team, match: { idp: entra, group: Others }, grant: { accounts: pay-dev, roles: [readonly] } }
`

describe('a configuration from its kept files (threats.md R10)', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rolegate-with-files-'))
    mkdirSync(join(folder, 'real', 'rules'), { recursive: true })
    symlinkSync('real', join(folder, 'linked'))
    put('rolegate.yaml', WHOLE)
    put('rules/team.yaml', TEAM)
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const put = (name: string, text: string) => writeFileSync(join(folder, 'real', name), text, { mode: 0o600 })

  it.each(['real', 'linked'])('is what it was, in a folder that is %s, whatever stands on disk by now', (where) => {
    const world = { ...aWorld(), ...diskWorld(join(folder, where, 'rolegate.yaml')) }
    const was = loadConfig(world)
    put('rolegate.yaml', 'nonsense: 1\n')
    put('rules/team.yaml', 'nonsense: 2\n')
    put('rules/of-another.yaml', TEAM)
    const is = loadConfig(withFiles(was.texts, world))
    expect(is.hash).toBe(was.hash)
    expect(textOf(is.config)).toBe(textOf(was.config))
    expect(is.texts).toEqual(was.texts)
    rmSync(join(folder, 'real', 'rules'), { recursive: true })
    expect(loadConfig(withFiles(was.texts, world)).hash).toBe(was.hash)
  })
})

describe('whom a file trusts', () => {
  it('is read whatever else is wrong with it', () => {
    const trusted = vouchersIn(A_FILE)
    expect([...(trusted ?? [])]).toEqual([['entra', '{"issuer":"https://idp.example.com"}']])
    expect(vouchersIn(`${A_FILE}nonsense: 1\n`)).toEqual(trusted)
  })

  it.each([
    ['no YAML', 'idps: ['],
    ['no list', 'idps: 3'],
    ['an IdP without an id', 'idps: [{ issuer: https://idp.example.com }]'],
    ['nothing', ''],
  ])('is not known of %s', (_what, text) => {
    expect(vouchersIn(text)).toBeUndefined()
  })
})
