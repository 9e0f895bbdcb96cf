import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { recordsOf } from '../compose/records.ts'
import type { Records } from '../config/installation.ts'
import { ConfigFaults, printFault } from '../config/load.ts'
import { plain } from '../domain/plain.ts'
import { misused } from './misused.ts'
import { readRecords } from './read-config.ts'

export const USAGE = `rolegate audit export [--config FILE | --store FILE]

The audit records, as they were written, a line each in the order of time: from the store where there is a sink of type store, else
from the file of one of type file. A gateway may be running on it. For check-config:

  rolegate audit export | rolegate check-config new.yaml --diff rolegate.yaml --people /dev/stdin

  --config FILE  default: $ROLEGATE_CONFIG, else rolegate.yaml. Only its store and audit have to be right
  --store FILE   the store itself

It works on the host. Run it as the user the gateway runs as.
`

/** `rolegate audit export`: 0 all of them, 1 the store does not answer, 2 usage, 3 no records to be had. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { config: { type: 'string' }, store: { type: 'string' } },
  })
  const [what] = positionals
  if (what !== undefined && what !== 'export')
    return misused('audit', `there is no “${plain(what)}”: say rolegate audit export`)
  if (positionals.length !== 1) return misused('audit', 'say what to do: rolegate audit export')
  if (values.config !== undefined && values.store !== undefined)
    return misused('audit', 'the records are in one place: --config or --store, not both')
  const file = values.config ?? process.env['ROLEGATE_CONFIG'] ?? 'rolegate.yaml'
  const records = values.store === undefined ? recordsBy(file) : { store: values.store }
  if (typeof records === 'string') return refuse(`error: ${records}\n`, 3)
  const path = 'store' in records ? records.store : records.file
  if (!existsSync(path)) return refuse(`error: there are no records at ${plain(path)}\n`, 3)
  try {
    for await (const line of recordsOf(records)) {
      if (!process.stdout.write(line)) await once(process.stdout, 'drain')
    }
    return 0
  } catch (thrown) {
    // Whoever reads us may leave early.
    if ((thrown as NodeJS.ErrnoException).code === 'EPIPE') return 0
    return refuse(`error: ${plain(path)} cannot be read\n`, 1)
  }
}

function recordsBy(file: string): Records | string {
  try {
    return (
      readRecords(file) ??
      `${plain(file)} keeps no records that outlive a gateway: no sink of type file, and no store on disk`
    )
  } catch (thrown) {
    if (!(thrown instanceof ConfigFaults)) throw thrown
    const faults = thrown.faults.map((fault) => plain(printFault(file, fault)))
    return `where the records are cannot be read from ${plain(file)}; fix that, or use --store\n${faults.join('\n')}`
  }
}

function refuse(text: string, exit: number): number {
  process.stderr.write(text)
  return exit
}
