#!/usr/bin/env node
import { HELP } from './program/help.ts'

/** The server's half of the commands; whatever is not here is the people's half (contract.md, CLI). */
const PROGRAMS = new Map<string, () => Promise<{ run(args: readonly string[]): Promise<number> }>>([
  ['serve', () => import('./program/serve.ts')],
  ['demo', () => import('./program/demo.ts')],
  ['check-config', () => import('./program/check-config.ts')],
  ['schema', () => import('./program/schema.ts')],
  ['health', () => import('./program/health.ts')],
])

async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || (name === 'help' && args.length === 0)) {
    process.stdout.write(HELP)
    return 0
  }
  const program = await PROGRAMS.get(name)?.()
  if (program !== undefined) return program.run(args)
  const { runCli } = await import('./program/cli.ts')
  return runCli([name, ...args])
}

// The AWS SDK says at each start that it will leave Node 20 in 2027; the README says what to run on instead.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
process.exitCode = await main(process.argv.slice(2))
