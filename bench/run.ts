/** `npm run bench -- NAME [--smoke]`: measures both sides of a figure in one run and judges their ratio. */
import type { Bench } from './bench.ts'
import { cli } from './cli.ts'
import { cold } from './cold.ts'
import { device } from './device.ts'
import { closeConnections } from './harness/load.ts'
import { keepProfiles, stopSides } from './harness/side.ts'
import { passes, printFindings } from './harness/verdict.ts'
import { hol } from './hol.ts'
import { hostile } from './hostile.ts'
import { map } from './map.ts'
import { issue } from './issue.ts'
import { oidcLogin } from './oidc-login.ts'
import { portal } from './portal.ts'
import { samlLogin } from './saml-login.ts'
import { samlVerify } from './saml-verify.ts'
import { session } from './session.ts'
import { vend } from './vend.ts'

const BENCHES = new Map<string, Bench>([
  ['vend', vend],
  ['oidc-login', oidcLogin],
  ['device', device],
  ['portal', portal],
  ['session', session],
  ['cold', cold],
  ['cli', cli],
  ['map', map],
  ['issue', issue],
  ['saml-verify', samlVerify],
  ['saml-login', samlLogin],
  ['hostile', hostile],
  ['hol', hol],
])

const USAGE = `npm run bench -- NAME [--smoke] [--profile DIR]

  NAME        ${[...BENCHES.keys()].join(', ')}; vend --standard beside a standard stack
  --smoke     two short rounds, nothing is judged
  --profile   a CPU profile of every process that is measured

Ratios of ours to theirs: the median of all rounds, the least and the most. Exit 1 when a median is past its must.
`

async function main([name = '', ...rest]: readonly string[]): Promise<number> {
  const bench = BENCHES.get(name)
  if (bench === undefined) {
    process.stderr.write(USAGE)
    return 2
  }
  const flags = new Set(rest)
  const smoke = flags.has('--smoke')
  const profileAt = rest.indexOf('--profile')
  if (profileAt >= 0) keepProfiles(rest[profileAt + 1] ?? '.')
  const found = await bench(smoke ? { rounds: 2, operations: 100, flags } : { rounds: 7, operations: 2000, flags })
  printFindings(found)
  return smoke || passes(found) ? 0 : 1
}

try {
  process.exitCode = await main(process.argv.slice(2))
} finally {
  closeConnections()
  await stopSides()
}
