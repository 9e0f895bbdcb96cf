import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { makeAudit, makeStdoutSink, makeStoreSink } from '../../../src/adapters/audit/audit.ts'
import type { AuditSink } from '../../../src/adapters/audit/grouped-sink.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeSealedStore } from '../../../src/adapters/store/sealed.ts'
import type { AuditEvent } from '../../../src/domain/audit/event.ts'
import type { RequestFacts } from '../../../src/domain/audit/facts.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import { aClock } from '../../support/store-contract.ts'

const refused = (more: Partial<RequestFacts> = {}, reason = 'nonce'): AuditEvent => ({
  event: 'sign_in_refused',
  idp: 'entra',
  code: 'sign_in_rejected',
  reason,
  request: { requestId: 'r1', address: '203.0.113.7', userAgent: 'curl/8', ...more },
})

function aSink(fails?: Error) {
  const lines: string[] = []
  const sink: AuditSink = {
    async write(line) {
      lines.push(line)
      if (fails !== undefined) throw fails
    },
    close: () => Promise.resolve(),
  }
  return { sink, lines }
}

function anAudit(...sinks: AuditSink[]) {
  const written: string[] = []
  const failures: unknown[] = []
  let ids = 0
  const audit = makeAudit({
    sinks,
    newId: () => `id-${(ids += 1)}`,
    now: aClock().now,
    redact: (record) => record,
    onWritten: (event) => written.push(event.event),
    onFailure: (cause) => failures.push(cause),
  })
  return { audit, written, failures }
}

describe('audit', () => {
  it('writes one line of JSON to every sink, with UTC time and an id (security.md A-3)', async () => {
    const [file, store] = [aSink(), aSink()]
    const { audit, written } = anAudit(file.sink, store.sink)
    await audit(refused())
    expect(file.lines).toEqual(store.lines)
    expect(file.lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        stream: 'audit',
        time: '2030-01-01T09:00:00.000Z',
        id: 'id-1',
        event: 'sign_in_refused',
        request_id: 'r1',
        client_ip: '203.0.113.7',
        user_agent: 'curl/8',
        idp: 'entra',
        code: 'sign_in_rejected',
        reason: 'nonce',
      },
    ])
    expect(written).toEqual(['sign_in_refused'])
  })

  it.each([0, 1, 2])(
    'fails with audit_unavailable when sink %d of three fails, and all have got the line (threats.md A3, security.md A-2)',
    async (failing) => {
      const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' })
      const sinks = [0, 1, 2].map((index) => aSink(index === failing ? full : undefined))
      const { audit, written, failures } = anAudit(...sinks.map(({ sink }) => sink))
      await expect(audit(refused())).rejects.toMatchObject({
        name: 'RolegateError',
        code: 'audit_unavailable',
        values: {},
        cause: full,
      })
      expect(sinks.map(({ lines }) => lines.length)).toEqual([1, 1, 1])
      expect([written, failures]).toEqual([[], [full]])
    },
  )

  it('does not resolve before the slowest sink has the line (security.md A-2)', async () => {
    const release: (() => void)[] = []
    const slow: AuditSink = {
      write: () => new Promise((resolve) => release.push(resolve)),
      close: () => Promise.resolve(),
    }
    const { audit, written } = anAudit(aSink().sink, slow)
    const done = audit(refused())
    await new Promise((resolve) => setImmediate(resolve))
    expect(written).toEqual([])
    release[0]?.()
    await done
    expect(written).toEqual(['sign_in_refused'])
  })

  it('works again as soon as the sink does', async () => {
    let down = true
    const sink: AuditSink = {
      write: () => (down ? Promise.reject(new Error('ENOSPC')) : Promise.resolve()),
      close: () => Promise.resolve(),
    }
    const { audit, written } = anAudit(sink)
    await expect(audit(refused())).rejects.toMatchObject({ code: 'audit_unavailable' })
    down = false
    await audit(refused())
    expect(written).toEqual(['sign_in_refused'])
  })

  it.each([
    ['line feeds', 'x\n{"stream":"audit","event":"issued"}\r\n'],
    ['ANSI', '\u001b[2K\u001b[1A'],
    ['C1', 'a\u009b2Kb\u0085c\u007f'],
    ['U+2028 and U+2029', 'a\u2028b\u2029c'],
    ['quotes and backslashes', '","event":"issued","x":"\\'],
    ['a lone surrogate', 'a\ud800b'],
  ])('cannot be forged or broken by %s in what a stranger sends (security.md A-5)', async (_, text) => {
    const { sink, lines } = aSink()
    const { audit } = anAudit(sink)
    await audit(refused({ userAgent: text }, text))
    expect(lines).toHaveLength(1)
    // eslint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(lines[0]).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'sign_in_refused', user_agent: text, reason: text })
  })

  it('cuts what is very long, and says so (security.md A-5)', async () => {
    const { sink, lines } = aSink()
    await anAudit(sink).audit(refused({ userAgent: 'x'.repeat(100_000) }))
    expect(lines[0]?.length).toBeLessThan(2_000)
    expect(lines[0]).toContain('[cut ')
  })
})

describe('sinks', () => {
  it('the store keeps the lines that were written together in one row', async () => {
    const clock = aClock()
    const raw = makeMemoryStore(clock)
    const store = makeSealedStore({
      store: raw,
      keys: [randomBytes(32)],
      issuer: 'https://aws.example.com',
      onTampered: () => undefined,
    })
    const keys = ['2030-01-01T09:00:00.000Z/a', '2030-01-01T09:00:00.000Z/b']
    const sink = makeStoreSink({ store, newKey: () => keys.shift() ?? 'one too many' })
    await sink.write('{"id":1}')
    await sink.write('{"id":2}')
    const read = async (key: string) => Buffer.from((await store.get('audit', key))?.value ?? []).toString()
    expect([await read('2030-01-01T09:00:00.000Z/a'), await read('2030-01-01T09:00:00.000Z/b')]).toEqual([
      '{"id":1}\n',
      '{"id":2}\n',
    ])
    await sink.close()
  })

  it('a store that does not answer stops the hand-over (threats.md A3)', async () => {
    const down = makeStoreSink({
      store: { put: () => Promise.reject(new RolegateError('store_unavailable')) },
      newKey: () => 'k',
    })
    await expect(anAudit(down).audit(refused())).rejects.toMatchObject({ code: 'audit_unavailable' })
  })

  it('standard output gets each record as a line', async () => {
    const printed: string[] = []
    const sink = makeStdoutSink({ print: (text) => printed.push(text) })
    await sink.write('{"id":1}')
    await sink.write('{"id":2}')
    await sink.close()
    expect(printed.join('')).toBe('{"id":1}\n{"id":2}\n')
  })
})
