import { DEVICE_GRANT } from '../domain/device/client.ts'
import type { LoginWay } from '../usecases/device/start-terminal-session.ts'

/** Answered before the others: routes/token-exchange.ts. */
export const EXCHANGE_GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** What `/oauth/token` takes, as its metadata and its refusals list it. */
export const offeredGrants = (ways: ReadonlySet<LoginWay>): readonly string[] => [
  ...(ways.has('pkce') ? ['authorization_code'] : []),
  ...(ways.has('device') ? [DEVICE_GRANT] : []),
  ...(ways.size > 0 ? ['refresh_token'] : []),
  EXCHANGE_GRANT,
]
