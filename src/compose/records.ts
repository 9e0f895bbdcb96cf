import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { recordsIn } from '../adapters/audit/audit.ts'
import { makeSqliteStore } from '../adapters/store/sqlite.ts'
import type { Records } from '../config/installation.ts'

/** The audit records of an installation, from the host, a line each; a gateway may be writing to them. */
export async function* recordsOf(records: Records): AsyncGenerator<string> {
  if ('file' in records) {
    const lines = createInterface({ input: createReadStream(records.file, 'utf8'), crlfDelay: Infinity })
    for await (const line of lines) yield `${line}\n`
    return
  }
  const store = makeSqliteStore({ path: records.store, now: () => new Date() })
  try {
    // A row holds the lines that were written together.
    for await (const lines of recordsIn(store)) yield lines.endsWith('\n') ? lines : `${lines}\n`
  } finally {
    await store.close()
  }
}
