import { parseArgs } from 'node:util'
import { readConfigFile } from './read-config.ts'

/** `rolegate check-config FILE`: 0 when it loads and its own tests pass, 3 with every fault otherwise. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { 'insecure-dev': { type: 'boolean' } },
  })
  const [file] = positionals
  if (file === undefined) {
    process.stderr.write('rolegate check-config FILE [--insecure-dev]\n')
    return 2
  }
  const loaded = readConfigFile(file, { insecureDev: values['insecure-dev'] === true, purpose: 'check' })
  if (loaded === undefined) return 3
  const { config } = loaded
  const { accounts, roles, rules } = config.mapping
  process.stdout.write(
    `${file}: ok. ${config.idps.length} IdPs, ${accounts.size} accounts, ${roles.size} roles, ${rules.length} rules; its tests pass.\n`,
  )
  return 0
}
