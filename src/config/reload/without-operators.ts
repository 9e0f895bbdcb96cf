import type { Lockout } from '../../domain/policy/lockout.ts'
import { ConfigFaults } from '../faults.ts'
import type { Loaded } from '../load.ts'

/**
 * What a file is refused for that would leave the gateway without operators. threats.md R8: refusing it keeps no
 * removed person in. They can still be removed at the IdP, from the host, or as one operator of several in the file.
 */
export const withoutOperators = (said: Lockout['said'], operatorsAt: Loaded['operatorsAt']): ConfigFaults =>
  new ConfigFaults([
    {
      ...operatorsAt,
      message: `${said.at(-1) ?? ''}: if that is meant, say so on the host with: rolegate admin reload --accept-lockout`,
    },
  ])
