/** tsc writes plain modules; the program is started through one small file that can be run. See src/rolegate.ts. */
import { chmodSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

await build({
  entryPoints: ['dist/rolegate.js'],
  outfile: 'dist/rolegate.cjs',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['./main.js'],
  logLevel: 'warning',
})
rmSync('dist/rolegate.js')
for (const file of ['dist/rolegate.cjs', 'dist/main.js']) chmodSync(file, 0o755)
