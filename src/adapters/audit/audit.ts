import type { AuditEvent } from '../../domain/audit/event.ts'
import { auditRecord } from '../../domain/audit/record.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { Audit, Now } from '../../usecases/ports.ts'
import type { Journal, Store } from '../../usecases/ports/store.ts'
import { makeGroupedSink, type AuditSink } from './grouped-sink.ts'

/**
 * Writes each event to every sink, and resolves when all have it. One that fails fails the event with
 * `audit_unavailable`: then nothing is handed over (threats.md A3, security.md A-2).
 */
export function makeAudit(deps: {
  sinks: readonly AuditSink[]
  newId: () => string
  now: Now
  /** What sinks may keep of a record. */
  redact: (record: Record<string, unknown>) => Record<string, unknown>
  onWritten: (event: AuditEvent) => void
  onFailure: (cause: unknown) => void
}): Audit {
  return async function audit(event) {
    const line = oneLine(deps.redact(auditRecord(event, deps.now(), deps.newId())))
    try {
      await Promise.all(deps.sinks.map((sink) => sink.write(line)))
    } catch (cause) {
      deps.onFailure(cause)
      throw new RolegateError('audit_unavailable', {}, { cause })
    }
    deps.onWritten(event)
  }
}

/**
 * One line of JSON. Characters that JSON allows as they are, but that end a line or steer a terminal, are escaped
 * (security.md A-5).
 */
const oneLine = (record: object): string =>
  JSON.stringify(record).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

export const AUDIT_TABLE = 'audit'

/**
 * Audit records in the unsealed store, as durable as that is: they carry no authority, and auditors have to read them.
 * A row holds the lines that were written together; keys sort by time.
 */
export function makeStoreSink({ store, newKey }: { store: Pick<Store, 'put'>; newKey: () => string }): AuditSink {
  return makeGroupedSink({
    append: (lines) => store.put(AUDIT_TABLE, newKey(), Buffer.from(lines)),
    close: () => Promise.resolve(),
  })
}

/** The records of a store, a line each, in the order of time. Rows that come while this reads are read too. */
export async function* recordsIn({ rowsAfter }: Pick<Journal, 'rowsAfter'>): AsyncGenerator<string> {
  let last = ''
  for (;;) {
    const rows = await rowsAfter(AUDIT_TABLE, last, ROWS_AT_ONCE)
    for (const { key, value } of rows) {
      last = key
      yield Buffer.from(value).toString('utf8')
    }
    if (rows.length < ROWS_AT_ONCE) return
  }
}

const ROWS_AT_ONCE = 500

/** A copy for whoever collects the process's output. It is no durable sink and never holds anything up. */
export function makeStdoutSink({ print }: { print: (text: string) => void }): AuditSink {
  return {
    async write(line) {
      print(`${line}\n`)
    },
    close: () => Promise.resolve(),
  }
}
