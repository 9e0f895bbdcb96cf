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
  const GOOGLE = `idps:
  - { id: google, label: Us, type: oidc, issuer: https://accounts.google.com, client_id: a, hosted_domain: [example.com, contractors.example], groups: { claim: groups, kind: id } }
  - { id: adfs, type: saml, metadata_url: https://x/m, entity_id: e, metadata_cert_file: old.pem, signing_key_file: a.pem }
workloads:
  - { id: gha, issuer: https://token.actions.githubusercontent.com, require: { repository_owner_id: ["1", "2"] } }
`
  const differs = (text: string) => {
    const is = vouchersIn(text)
    return [...(vouchersIn(GOOGLE) ?? [])].flatMap(([id, who]) => (is?.get(id) === who ? [] : [id]))
  }

  it('is read whatever else is wrong with it', () => {
    expect([...(vouchersIn(GOOGLE)?.keys() ?? [])]).toEqual(['google', 'adfs', 'gha'])
    expect(differs(`${GOOGLE}nonsense: 1\n`)).toEqual([])
  })

  it.each([
    ['its label', 'label: Us', 'label: Them'],
    ['a secret of ours', 'client_id: a,', 'client_id: a, client_secret_file: other.txt, private_key_file: k.pem,'],
    ['the order of keys', 'claim: groups, kind: id', 'kind: id, claim: groups'],
    [
      'the order of entries',
      'type: oidc, issuer: https://accounts.google.com',
      'issuer: https://accounts.google.com, type: oidc',
    ],
  ])('is not another for %s', (_what, from, to) => {
    expect(GOOGLE).toContain(from)
    expect(differs(GOOGLE.replace(from, to))).toEqual([])
  })

  it.each([
    ['a domain is gone', 'google', '[example.com, contractors.example]', '[example.com]'],
    ['the issuer', 'google', 'https://accounts.google.com', 'https://accounts.example.com'],
    ['our client', 'google', 'client_id: a', 'client_id: b'],
    ['whom a subject names', 'google', 'client_id: a', 'client_id: a, subject: claims.oid'],
    ['where groups are read', 'google', 'claim: groups', 'claim: roles'],
    ['its name', 'google', 'id: google', 'id: goggle'],
    ['a key that nobody knows', 'google', 'client_id: a', 'client_id: a, hosted_domains: example.com'],
    ['it stands twice', 'google', 'idps:\n', 'idps:\n  - { id: google, issuer: https://accounts.google.com }\n'],
    ['whose certificate signs metadata', 'adfs', 'old.pem', 'new.pem'],
    ['the metadata', 'adfs', 'https://x/m', 'https://y/m'],
    ['the entity', 'adfs', 'entity_id: e', 'entity_id: f'],
    ['exceptions', 'adfs', 'type: saml', 'type: saml, allow: { sha1: false }'],
    ['what a job must state', 'gha', '["1", "2"]', '"1"'],
    ['the audience', 'gha', 'require:', 'audience: https://other, require:'],
  ])('is another where the file on disk changes %s', (_what, id, from, to) => {
    expect(GOOGLE).toContain(from)
    expect(differs(GOOGLE.replace(from, to))).toEqual([id])
  })

  it.each([
    ['no YAML', 'idps: ['],
    ['no list', 'idps: 3'],
    ['an IdP without an id', 'idps: [{ issuer: https://idp.example.com }]'],
    ['nothing', ''],
    ['an entry that something is merged into', 'idps: [{ id: a, issuer: https://x, <<: { hosted_domain: y } }]'],
  ])('is not known of %s', (_what, text) => {
    expect(vouchersIn(text)).toBeUndefined()
  })
})
