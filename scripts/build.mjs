/**
 * The program as it is run: what lies in src/, and the packages every start needs, put together in a few files. Node takes half a
 * millisecond for each file it loads, and those were a thousand (`npm run bench -- cold`). Types are looked at by `npm run types`.
 */
import { chmodSync, rmSync } from 'node:fs'
import { build } from 'esbuild'

/** Left where npm has put them: what holds machine code, reads files of its own, or is for some starts only. */
const external = [
  '@aws-sdk/*',
  '@clack/prompts',
  '@napi-rs/keyring',
  '@smithy/*',
  'better-sqlite3',
  'libxml2-wasm',
  'oidc-provider',
  'samlify',
  'undici',
]
const settings = { bundle: true, platform: 'node', target: 'node20', external, logLevel: 'warning' }

rmSync('dist', { recursive: true, force: true })
await build({
  ...settings,
  entryPoints: [
    'src/main.ts',
    'src/program/read-in-thread.ts',
    // What tests, benches and pictures start otherwise than by a command.
    'src/cli/run.ts',
    'src/compose/gateway.ts',
    'src/program/cli.ts',
    'src/program/demo-gateway.ts',
    'src/program/read-config.ts',
    'src/program/reading-thread.ts',
  ],
  outbase: 'src',
  outdir: 'dist',
  format: 'esm',
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
  // CommonJS packages ask for Node's own modules by this.
  banner: {
    js: "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
  },
})
// See src/rolegate.ts: the first door, which waits for no module.
await build({
  ...settings,
  entryPoints: ['src/rolegate.ts'],
  outfile: 'dist/rolegate.cjs',
  format: 'cjs',
  plugins: [
    {
      name: 'the rest lies beside it',
      setup(door) {
        door.onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './main.js', external: true }))
      },
    },
  ],
})
for (const file of ['dist/rolegate.cjs', 'dist/main.js']) chmodSync(file, 0o755)
