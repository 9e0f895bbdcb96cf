import { existsSync } from 'node:fs'
import type { Installation } from '../config/installation.ts'
import { vouchersIn } from '../config/vouchers.ts'
import { NO_EMERGENCY } from '../domain/emergency/emergency.ts'
import { whyNotLastGood, type LastGood } from '../domain/policy/last-good.ts'
import { EPOCH_KEY } from '../usecases/config/config-epoch.ts'
import { readLastGood } from '../usecases/config/last-good.ts'
import { EMERGENCY_KEY } from '../usecases/emergency/standing-emergency.ts'
import type { Host } from './host.ts'
import { openMemory } from './memory.ts'
import { makeWitness } from './witness.ts'

/**
 * The configuration that was in force last on an installation's store, if it may replace this text; otherwise the
 * sentence that says why not (threats.md R10).
 */
export async function findLastGood(
  installation: Installation,
  onDisk: string,
  host: Host,
): Promise<LastGood | { readonly because: string }> {
  if (installation.store.driver === 'memory') return { because: 'store.driver is memory, and remembers nothing' }
  if (!existsSync(installation.store.path)) return { because: `there is no store at ${installation.store.path}` }
  // Only looks: a broken file must change nothing on the store it names, since its issuer may be the mistake
  // (threats.md K6).
  const memory = await openMemory(installation, host, makeWitness({ log: { level: 'error' } }, host), {
    onlyLooks: true,
  })
  try {
    const { tables } = memory
    const copy = await readLastGood(tables)
    if (copy === undefined)
      return { because: 'nothing is kept that opens with this key: no configuration was in force on this store yet' }
    const because = whyNotLastGood(copy, {
      epoch: await tables.configEpochs.get(EPOCH_KEY),
      emergency: (await tables.emergencies.get(EMERGENCY_KEY)) ?? NO_EMERGENCY,
      vouchers: vouchersIn(copy.files[0]?.text ?? ''),
      onDisk: vouchersIn(onDisk),
    })
    return because === undefined ? copy : { because }
  } finally {
    await memory.raw.close()
  }
}
