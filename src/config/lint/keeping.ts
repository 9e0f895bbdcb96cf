import { printDuration } from '../../domain/entitlement/duration.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { Findings } from '../faults.ts'
import type { ConfigFile } from '../schema.ts'
import { isAwsSts } from './sts.ts'

/** What is kept, where, and for how long: store, audit, sessions. */
export function lintKeeping(file: ConfigFile, findings: Findings, insecureDev: boolean): void {
  lintStore(file, findings, insecureDev)
  lintAudit(file, findings)
  const { browser, claims_max_age: oldest } = file.sessions
  const environments = Object.values(file.accounts).flatMap(({ env }) => env ?? [])
  for (const name of Object.keys(oldest.env)) {
    if (!environments.includes(name))
      findings.fault(
        ['sessions', 'claims_max_age', 'env', name],
        `no account has the env "${name}"${didYouMean(name, environments)}`,
        'key',
      )
  }
  if (browser.idle > browser.absolute) {
    findings.fault(['sessions', 'browser', 'idle'], `is longer than absolute (${printDuration(browser.absolute)})`)
  }
}

/** threats.md K3: each replica or restart would make a signing key of its own, and AWS would know only one. */
function lintStore({ store, sts }: ConfigFile, findings: Findings, insecureDev: boolean): void {
  if (store.driver !== 'memory') return
  if (!insecureDev && Object.values(sts).some(isAwsSts)) {
    findings.fault(
      ['store', 'driver'],
      'memory forgets the signing key that AWS knows; take sqlite (or start with --insecure-dev)',
    )
  } else
    findings.warn(['store', 'driver'], 'memory: sessions, keys and the audit trail end with the process [memory-store]')
}

function lintAudit({ audit, store }: ConfigFile, findings: Findings): void {
  const stores = audit.sinks.flatMap(({ type }, index) => (type === 'store' ? [index] : []))
  for (const index of stores.slice(1))
    findings.fault(['audit', 'sinks', index], 'is the store a second time: its records would stand there twice')
  if (audit.sinks.some(({ type }) => type !== 'stdout')) return
  const message = 'no sink lasts: add { type: store } or { type: file, path: … }'
  if (store.driver === 'memory') findings.warn(['audit', 'sinks'], `${message} [audit-not-kept]`)
  else findings.fault(['audit', 'sinks'], message)
}
