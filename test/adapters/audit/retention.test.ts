import { describe, expect, it } from 'vitest'
import { makeAudit, makeStoreSink } from '../../../src/adapters/audit/audit.ts'
import { makeRetention } from '../../../src/adapters/audit/retention.ts'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { RolegateError } from '../../../src/domain/errors.ts'
import type { Audit } from '../../../src/usecases/ports.ts'
import { aClock } from '../../support/store-contract.ts'

const DAY = 24 * 3600

/** A store in which a record was written every six hours from the first of January on, and a rule of three days. */
async function aLog({ rows = 40, refuses = false } = {}) {
  const clock = aClock('2030-01-01T00:00:00Z')
  const store = makeMemoryStore(clock)
  let written = 0
  const write: Audit = makeAudit({
    sinks: [makeStoreSink({ store, newKey: () => `${clock.now().toISOString()}/${(written += 1)}` })],
    newId: () => 'id',
    now: clock.now,
    redact: (record) => record,
    onWritten: () => undefined,
    onFailure: () => undefined,
  })
  for (let row = 0; row < rows; row += 1) {
    await store.put('audit', `${clock.in(row * 6 * 3600).toISOString()}/old`, Buffer.from('{}\n'))
  }
  clock.advance(rows * 6 * 3600 * 1000)
  const deleted: [string, number][] = []
  const deleteOld = makeRetention({
    journal: store,
    retainSeconds: 3 * DAY,
    audit: async (event) => {
      if (refuses) throw new RolegateError('audit_unavailable')
      await write(event)
    },
    onDeleted: (before, count) => deleted.push([before, count]),
    now: clock.now,
  })
  const notes = async () => {
    const last = await store.get('audit', `${clock.now().toISOString()}/${written}`)
    return last && (JSON.parse(Buffer.from(last.value).toString()) as unknown)
  }
  return { clock, store, deleteOld, deleted, notes }
}

describe('audit records past their time', () => {
  it('are deleted by whole days, and none that is younger than the file says', async () => {
    const { store, deleteOld, deleted } = await aLog()
    // Ten days were written; it is the eleventh of January, at midnight.
    await deleteOld()
    expect(await store.firstKey('audit')).toBe('2030-01-08T00:00:00.000Z/old')
    expect(deleted).toEqual([['2030-01-08T00:00:00.000Z', 28]])
  })

  it('leave a note of the gap, written before anything is gone', async () => {
    const { deleteOld, notes } = await aLog()
    await deleteOld()
    expect(await notes()).toMatchObject({
      stream: 'audit',
      event: 'records_deleted',
      from: '2030-01-01T00:00:00.000Z',
      before: '2030-01-08T00:00:00.000Z',
      retain_days: 3,
    })
  })

  it('stay when the note cannot be written', async () => {
    const { store, deleteOld } = await aLog({ refuses: true })
    await expect(deleteOld()).rejects.toMatchObject({ code: 'audit_unavailable' })
    expect(await store.firstKey('audit')).toBe('2030-01-01T00:00:00.000Z/old')
  })

  it('are asked for again within the day without a second note', async () => {
    const { clock, deleteOld, deleted } = await aLog()
    await deleteOld()
    clock.advance(23 * 3600 * 1000)
    await deleteOld()
    expect(deleted).toHaveLength(1)
    clock.advance(3600 * 1000)
    await deleteOld()
    expect(deleted.at(-1)).toEqual(['2030-01-09T00:00:00.000Z', 4])
  })

  it('are deleted in bites, and all of them', async () => {
    const { store, deleteOld, deleted } = await aLog({ rows: 2_000 })
    await deleteOld()
    expect(deleted[0]?.[1]).toBe(1_988)
    expect(await store.firstKey('audit')).toBe(`${deleted[0]?.[0]}/old`)
  })

  it('are none in an empty store, and nothing is said', async () => {
    const { deleteOld, deleted } = await aLog({ rows: 0 })
    await deleteOld()
    expect(deleted).toEqual([])
  })
})
