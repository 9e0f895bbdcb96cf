import type { Host } from '../../src/compose/host.ts'

/** A machine whose clock the test holds, and which keeps what it prints to itself. */
export const aHost = (now: Host['now']): Host => ({
  now,
  print: () => undefined,
  version: '0',
  demo: false,
  acceptNewIssuer: false,
})
