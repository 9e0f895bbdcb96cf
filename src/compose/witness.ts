import { randomBytes } from 'node:crypto'
import { makeAudit, makeStdoutSink, makeStoreSink } from '../adapters/audit/audit.ts'
import { makeFileSink } from '../adapters/audit/file-sink.ts'
import { makeRetention } from '../adapters/audit/retention.ts'
import type { AuditSink } from '../adapters/audit/grouped-sink.ts'
import { makeLogger, type Log } from '../adapters/telemetry/logger.ts'
import { makeMetrics, type Metrics } from '../adapters/telemetry/metrics.ts'
import { makeRolesPerHour } from '../adapters/telemetry/roles-per-hour.ts'
import type { AuditSink as SinkSettings, Config } from '../config/config.ts'
import type { AuditEvent } from '../domain/audit/event.ts'
import { redacted } from '../domain/audit/redact.ts'
import { nearsLimit } from '../domain/sign-in/group-limit.ts'
import type { Audit } from '../usecases/ports.ts'
import type { Journal, Store } from '../usecases/ports/store.ts'
import type { Host } from './host.ts'
import { randomText } from './chance.ts'

export type Witness = { readonly log: Log; readonly metrics: Metrics }

export function makeWitness(config: Pick<Config, 'log'>, { now, print, version, demo }: Host): Witness {
  return {
    log: makeLogger({ level: config.log.level, out: { write: print }, now }),
    metrics: makeMetrics({ version, withProcess: !demo }),
  }
}

export type OpenAudit = {
  readonly audit: Audit
  fails(): boolean
  /** Deletes what is older than the file says. */
  deleteOld(): Promise<void>
  close(): Promise<void>
}

/** The audit log over its sinks, and whether the last record could be written. */
export async function openAudit(
  config: Pick<Config, 'audit'>,
  host: Host,
  { log, metrics }: Witness,
  { raw: store, pseudonym }: { readonly raw: Store & Journal; readonly pseudonym: (text: string) => string },
): Promise<OpenAudit> {
  const { redact } = config.audit
  const sinks = await Promise.all(config.audit.sinks.map(async (sink) => openSink(sink, host, store)))
  const roleOfTheHour = makeRolesPerHour()
  let fails = false
  const audit = makeAudit({
    sinks,
    newId: () => randomText(96),
    now: host.now,
    redact: (record) => redacted(record, redact, pseudonym),
    onWritten(event) {
      fails = false
      metrics.event(event.event)
      if (event.event === 'sign_in') seeGroups(event, { log, metrics })
      if (event.event === 'issued' || event.event === 'bearer_released_to_browser') {
        const count = roleOfTheHour(event.principal, event.facts.roleArn, host.now())
        if (count !== undefined) metrics.roleOfTheHour(event.principal.workload === true ? 'workload' : 'person', count)
      }
      if (event.event !== 'decision') return
      for (const { rule } of event.fenced ?? []) {
        metrics.fenced(rule)
        log.warn('a group fitted a pattern and names what its fence keeps it from', {
          rule,
          request_id: event.request.requestId,
        })
      }
    },
    onFailure(cause) {
      fails = true
      metrics.auditFailure()
      log.error('the audit log cannot be written: nothing is handed over', {}, cause)
    },
  })
  const kept = config.audit.sinks.find((sink) => sink.type === 'store')
  const deleteOld =
    kept?.retainSeconds === undefined
      ? () => Promise.resolve()
      : makeRetention({
          journal: store,
          retainSeconds: kept.retainSeconds,
          audit,
          onDeleted: (before, rows) => log.info('audit records past their time were deleted', { before, rows }),
          now: host.now,
        })
  return {
    audit,
    fails: () => fails,
    deleteOld,
    close: async () => void (await Promise.all(sinks.map((sink) => sink.close()))),
  }
}

/**
 * Warns of a list of groups that will soon be cut; says how many groups, and nothing about the person (contract.md,
 * Metrics).
 */
function seeGroups(
  { principal: { idp, groups }, request }: Extract<AuditEvent, { event: 'sign_in' }>,
  { log, metrics }: Witness,
): void {
  const count = groups.names.length
  metrics.groups(idp, count)
  if (!nearsLimit(groups)) return
  metrics.nearsGroupLimit(idp)
  log.warn('somebody is in almost as many groups as their identity provider sends at most', {
    idp,
    groups: count,
    most: groups.most,
    request_id: request.requestId,
  })
}

function openSink(sink: SinkSettings, { print, now }: Host, store: Store): Promise<AuditSink> | AuditSink {
  switch (sink.type) {
    case 'file':
      return makeFileSink({ path: sink.path })
    case 'store':
      return makeStoreSink({ store, newKey: () => `${now().toISOString()}/${randomBytes(8).toString('hex')}` })
    case 'stdout':
      return makeStdoutSink({ print })
  }
}
