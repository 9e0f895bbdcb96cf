/** Checks the floors of src/ (.dependency-cruiser.mjs), and that they were looked at: a check of nothing is a failure. */
import { cruise } from 'dependency-cruiser'
import extractConfig from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const LEAST_MODULES = 60

const root = process.argv[2] ?? '.'
process.chdir(root)
const options = await extractConfig('./.dependency-cruiser.mjs')
const { output } = await cruise(['src'], options, {}, { tsConfig: extractTsConfig('./tsconfig.json') })
const { violations, totalCruised, totalDependenciesCruised } = output.summary

for (const { rule, from, to } of violations) console.error(`${rule.name}: ${from} → ${to}`)
if (totalCruised < LEAST_MODULES) console.error(`only ${totalCruised} modules were seen: the cruiser is blind`)
console.log(`${totalCruised} modules, ${totalDependenciesCruised} dependencies, ${violations.length} violations`)
process.exit(violations.length > 0 || totalCruised < LEAST_MODULES ? 1 : 0)
