#!/usr/bin/env node
type Program = { readonly USAGE: string; run(args: readonly string[]): Promise<number> }

/** The server's half of the commands; whatever is not here is the people's half (contract.md, CLI). */
const PROGRAMS = new Map<string, () => Promise<Program>>([
  ['serve', () => import('./program/serve.ts')],
  ['demo', () => import('./program/demo.ts')],
  ['check-config', () => import('./program/check-config.ts')],
  ['schema', () => import('./program/schema.ts')],
  ['admin', () => import('./program/admin.ts')],
  ['audit', () => import('./program/audit.ts')],
  ['aws', () => import('./program/aws.ts')],
  ['health', () => import('./program/health.ts')],
])

/** A flag that is not known, or lacks its value, is a usage error (exit 2); anything else is a fault of ours. */
async function asUsage(command: string, usage: string, thrown: unknown): Promise<number> {
  const isArguments = thrown instanceof Error && 'code' in thrown && String(thrown.code).startsWith('ERR_PARSE_ARGS')
  if (!isArguments) throw thrown
  const { misused } = await import('./program/misused.ts')
  // parseArgs adds advice about quoting that only confuses.
  const said = thrown.message.split(/\. |\n/)[0] ?? ''
  const { nearestOption } = await import('./domain/nearest.ts')
  const near = nearestOption(said, usage.match(/--[a-z][a-z-]+/g) ?? [])
  return misused(command, near === undefined ? said : `${said}; did you mean ${near}?`)
}

async function main([name = 'help', ...args]: readonly string[]): Promise<number> {
  if (name === '--help' || name === '-h' || (name === 'help' && args.length === 0)) {
    process.stdout.write((await import('./program/help.ts')).HELP)
    return 0
  }
  // `rolegate schema | head`: whoever reads us may leave early. Of a gateway stdout may be the audit trail: that one ends with it.
  if (name !== 'serve') process.stdout.on('error', () => undefined)
  const isHelp = name === 'help'
  const program = await PROGRAMS.get(isHelp ? (args[0] ?? '') : name)?.()
  if (program !== undefined && (isHelp || args.includes('--help') || args.includes('-h'))) {
    process.stdout.write(program.USAGE)
    return 0
  }
  if (program !== undefined) return program.run(args).catch((thrown: unknown) => asUsage(name, program.USAGE, thrown))
  const { runCli } = await import('./program/cli.ts')
  return runCli([name, ...args], PROGRAMS.keys())
}

// The AWS SDK says at each start that it will leave Node 20 in 2027; the README says what to run on instead.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true'
process.exitCode = await main(process.argv.slice(2))
