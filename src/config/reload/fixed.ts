import type { Config } from '../config.ts'
import { textOf } from './difference.ts'

/** What a running process cannot change: listeners, keys, the store and everything opened with it. */
const FIXED = {
  'server.public_url': ({ server }) => server.publicUrl,
  'server.listen': ({ server }) => server.listen,
  'server.management': ({ server }) => server.management,
  secrets: ({ masterKeys }) => masterKeys,
  issuer: ({ issuer }) => issuer,
  store: ({ store }) => store,
  audit: ({ audit }) => audit,
  'telemetry.log': ({ log }) => log,
} satisfies Record<string, (config: Config) => unknown>

/**
 * The new configuration, with everything that a running process cannot change left as it was, and the names of the
 * settings that differ.
 */
export function keepFixed(
  running: Config,
  next: Config,
): { readonly config: Config; readonly needsRestart: readonly string[] } {
  const { publicUrl, listen, management } = running.server
  const { masterKeys, issuer, store, audit, log } = running
  return {
    config: {
      ...next,
      server: { ...next.server, publicUrl, listen, management },
      masterKeys,
      issuer,
      store,
      audit,
      log,
    },
    needsRestart: Object.entries(FIXED).flatMap(([name, read]) =>
      textOf(read(running)) === textOf(read(next)) ? [] : [name],
    ),
  }
}
