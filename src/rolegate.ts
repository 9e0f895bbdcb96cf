#!/usr/bin/env node
import { writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { warmCredentials } from './cli/warm.ts'

/**
 * The program as people and SDKs start it. scripts/build.mjs makes one CommonJS file of this, for Node takes a quarter
 * longer to start with a module, and as much again to find the next ones (performance.md, cli). What credential-process
 * has kept is printed from here; everything else is in main.ts.
 */
const document = warmCredentials(process.argv.slice(2), { env: process.env, homeFolder: homedir() }, new Date())
if (document === undefined) void import('./main.ts')
else printAndEnd(Buffer.from(document))

/** To make process.stdout, and to end in good order, would take longer than all the rest; a full pipe needs both. */
function printAndEnd(bytes: Buffer): void {
  let written = 0
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written)
  } catch {
    process.stdout.on('error', () => undefined).write(bytes.subarray(written))
    return
  }
  process.exit(0)
}
