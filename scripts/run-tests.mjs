/** Runs the suite, says loudly what this machine had to skip, and ends with one plain line. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'rolegate-tests-'))
const report = join(folder, 'report.json')
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=dot',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit', env: { ...process.env, NO_COLOR: '1' } },
)

const { testResults, numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
rmSync(folder, { recursive: true })

const skipped = testResults.flatMap(({ assertionResults }) =>
  assertionResults
    .filter((test) => test.status === 'skipped' || test.status === 'pending')
    .map(({ fullName }) => fullName),
)
if (skipped.length > 0) {
  console.log(`\nSKIPPED ON THIS MACHINE (node ${process.version}):`)
  for (const name of skipped) console.log(`  - ${name}`)
}
// A file that could not even be loaded has no tests of its own to fail.
const broken = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length
console.log(`\n${numPassedTests} passed, ${numFailedTests + broken} failed, ${skipped.length} skipped`)
process.exit(status ?? 1)
