import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { USAGE } from '../../src/program/check-config.ts'
import { A_FILE, changed } from '../config/a-file.ts'
import { aFolder } from '../support/a-folder.ts'

const PAGE = readFileSync(new URL('../../docs/how-to/review-rules-in-ci.md', import.meta.url), 'utf8')
const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
const blocks = (language: string): readonly string[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text)
const [SCRIPT = ''] = blocks('sh')

/** A repository with this file on main, the page's script beside it, and then the other file on a branch. */
function aRepository(before: string, after: string): { review: (env?: Record<string, string>) => Review } {
  const folder = aFolder({ 'rolegate.yaml': before })('')
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { cwd: folder })
  git('init', '--quiet', '--initial-branch', 'main')
  writeFileSync(join(folder, 'review-rules.sh'), SCRIPT, { mode: 0o755 })
  git('add', '.')
  git('commit', '--quiet', '--message', 'before')
  git('checkout', '--quiet', '-b', 'change')
  writeFileSync(join(folder, 'rolegate.yaml'), after)
  git('commit', '--quiet', '--all', '--allow-empty', '--message', 'after')
  return {
    review(env = {}) {
      const { status, stdout, stderr } = spawnSync('sh', ['review-rules.sh', 'main'], {
        cwd: folder,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], ROLEGATE: `${process.execPath} ${PROGRAM}`, ...env },
      })
      return { status, said: stdout + stderr, isClean: !existsSync(join(folder, '.base')) }
    },
  }
}

type Review = { readonly status: number | null; readonly said: string; readonly isClean: boolean }

const DEV_ONLY = changed([
  'accounts: [pay-prod, pay-dev], roles: [readonly, admin]',
  'accounts: pay-dev, roles: readonly',
])

describe('docs/how-to/review-rules-in-ci.md', () => {
  it.each([
    ['nothing differs', A_FILE, A_FILE, 0, 'nothing differs'],
    ['somebody loses something', A_FILE, DEV_ONLY, 0, '- pay-prod/admin'],
    ['somebody gains production', DEV_ONLY, A_FILE, 11, 'somebody else should look at this'],
    ['the file has a fault', A_FILE, changed(['type: oidc', 'type: odic']), 3, 'did you mean "oidc"?'],
    ['a test fails', A_FILE, `${A_FILE}tests: [{ as: { idp: entra, groups: [X] }, can: [pay-dev/admin] }]\n`, 3, 'X'],
  ])('%s: what its script ends with, without a secret at hand', (_what, before, after, status, said) => {
    const review = aRepository(before, after).review()
    expect(review).toEqual({ status, said: expect.stringContaining(said), isClean: true })
  })

  it('lets a change pass that a second person has seen, and no fault', () => {
    const seen = { RULES_SEEN_BY: 'bob' }
    expect(aRepository(DEV_ONLY, A_FILE).review(seen).status).toBe(0)
    expect(aRepository(A_FILE, changed(['type: oidc', 'type: odic'])).review(seen).status).toBe(3)
  })

  it('its GitHub workflow hands the script’s answer on: 11 asks for the second look, 3 fails', () => {
    const [workflow] = blocks('yaml').map((text): unknown => parse(text))
    const { jobs } = workflow as { jobs: Record<string, { if?: string; steps: { run?: string }[] }> }
    expect(jobs['second-look']?.if).toBe("needs.rules.outputs.exit == '11'")
    const run = jobs['rules']?.steps.find((step) => step.run !== undefined)?.run ?? ''
    const outcomes = [0, 3, 11].map((exit) => {
      const folder = aFolder()('')
      writeFileSync(join(folder, 'review-rules.sh'), `#!/bin/sh\nexit ${exit}\n`, { mode: 0o755 })
      const env = { PATH: process.env['PATH'], GITHUB_BASE_REF: 'main', GITHUB_OUTPUT: join(folder, 'output') }
      const { status } = spawnSync('bash', ['-e', '-c', run], { cwd: folder, env })
      return [status, readFileSync(join(folder, 'output'), 'utf8')]
    })
    expect(outcomes).toEqual([
      [0, 'exit=0\n'],
      [3, 'exit=3\n'],
      [0, 'exit=11\n'],
    ])
  })

  it('its GitLab job runs the script, against what GitLab compares with', () => {
    const [, pipeline] = blocks('yaml').map((text): unknown => parse(text))
    expect(pipeline).toMatchObject({ rules: { script: ['./review-rules.sh "$CI_MERGE_REQUEST_DIFF_BASE_SHA"'] } })
  })

  it('names no option that is not there', () => {
    const options = [...PAGE.matchAll(/(?<=check-config .*) (--[a-z-]+)/g)].map(([, option = '']) => option)
    expect(options.length).toBeGreaterThan(3)
    expect(options.filter((option) => !USAGE.includes(option))).toEqual([])
  })
})
