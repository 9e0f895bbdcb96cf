import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { saidOf } from '../../src/cli/failure.ts'
import { explainFile } from '../../src/program/explain-file.ts'
import { A_FILE } from '../config/a-file.ts'
import { refusalOf } from '../support/a-refusal.ts'

let folder: string
let file: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolegate-explain-'))
  file = join(folder, 'rolegate.yaml')
  writeFileSync(file, A_FILE.replace('client_secret_env: IDP_SECRET', 'client_secret: kD9-fK2vq'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const ask = (role: string, groups: readonly string[] = ['Team'], idp = 'entra') =>
  explainFile(file, { role, as: { idp, groups } })

describe('rolegate explain --config FILE', () => {
  it('answers as a gateway with this file would', () => {
    expect(ask('pay-prod/admin')).toMatchObject({
      available: true,
      because: 'granted',
      rules: [{ rule: 'team', verdict: 'met', of: { idp: 'entra', groups: ['Team'] } }],
      config: expect.stringMatching(/^[0-9a-f]{12}$/),
    })
    expect(ask('pay-prod/admin', [])).toMatchObject({ available: false, because: 'not_entitled' })
  })

  it('reads no secret, and takes groups by their friendly names', () => {
    const example = (groups: readonly string[]) =>
      explainFile('config/config.example.yaml', { role: 'payments-prod/dev', as: { idp: 'entra', groups } })
    expect(example(['AWS-Payments-Dev'])).toMatchObject({
      available: true,
      rules: [{ rule: 'payments-team', verdict: 'met' }, { rule: 'no-contractors-in-prod' }],
    })
    expect(example(['AWS-Auditors'])).toMatchObject({ because: 'not_entitled' })
  })

  it('steers no terminal by what a group is called (threats.md D14)', () => {
    const planted = ['Team', 'x\u001b[1A\u001b[2K', 'Te\u200bam', '\u202emaeT']
    expect(ask('pay-prod/admin', planted)).toMatchObject({
      as: { groups: ['Team', String.raw`x\u001b[1A\u001b[2K`, String.raw`Te\u200bam`, String.raw`\u202emaeT`] },
    })
    const text = A_FILE.replace('client_secret_env: IDP_SECRET', 'client_secret: kD9-fK2vq')
    const hostile = join(folder, 'hostile.yaml')
    writeFileSync(hostile, text.replace('group: Team', 'group: "Team\\e[2J"'))
    const told = explainFile(hostile, { role: 'pay-prod/admin', as: { idp: 'entra', groups: ['Team\u001b[2J'] } })
    expect(JSON.stringify(told)).toContain(JSON.stringify(String.raw`Team\u001b[2J`))
  })

  it('says what the file does not have', () => {
    expect(saidOf(refusalOf(() => ask('pay-prod/admim')))).toMatchObject({
      code: 'role_unknown',
      title: `${file} has no role pay-prod/admim`,
    })
    expect(saidOf(refusalOf(() => ask('pay-prod/admin', [], 'okta')))).toMatchObject({
      code: 'invalid_request',
      detail: 'It has: entra.',
    })
  })

  it('says every fault of a file that does not load, and answers nothing', () => {
    const broken = join(folder, 'broken.yaml')
    writeFileSync(broken, 'version: 2\n')
    const said: string[] = []
    const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => said.push(String(text)) > 0)
    const refusal = refusalOf(() => explainFile(broken, { role: 'a/b', as: { idp: 'entra', groups: [] } }))
    stderr.mockRestore()
    expect(refusal.code).toBe('config_invalid')
    expect(said.join('')).toContain('version')
  })
})
