import { makeMemoryStore } from '../../src/adapters/store/memory.ts'
import { makeTable } from '../../src/adapters/store/table.ts'
import { NO_EMERGENCY, type Emergency } from '../../src/domain/emergency/emergency.ts'
import { EMERGENCY_KEY, makeStandingEmergency } from '../../src/usecases/emergency/standing-emergency.ts'
import type { Emergencies } from '../../src/usecases/ports/tables.ts'

/** Emergency denies over a store of their own; none until `declare` writes some, as the host's command does. */
export function anEmergency() {
  const emergencies: Emergencies = makeTable(makeMemoryStore({ now: () => new Date(0) }), 'emergencies')
  return {
    ...makeStandingEmergency({
      emergencies: { get: async (key) => (await emergencies.get(key)) ?? NO_EMERGENCY },
    }),
    declare: (emergency: Partial<Emergency>) => emergencies.put(EMERGENCY_KEY, { ...NO_EMERGENCY, ...emergency }),
  }
}
