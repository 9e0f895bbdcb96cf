import { expect, it } from 'vitest'
import { makeMemoryStore } from '../../src/adapters/store/memory.ts'
import { makeWitness, openAudit } from '../../src/compose/witness.ts'
import { A_FILE, load } from '../config/a-file.ts'
import { aClock } from '../support/store-contract.ts'

async function aLog(sink: string) {
  const { config } = load(`${A_FILE}audit: { sinks: [${sink}] }\n`)
  const clock = aClock('2030-01-10T12:00:00Z')
  const printed: string[] = []
  const host = {
    now: clock.now,
    print: (text: string) => void printed.push(text),
    version: '1',
    demo: true,
    acceptNewIssuer: false,
  }
  const raw = makeMemoryStore(clock)
  for (const day of ['07', '08', '09']) await raw.put('audit', `2030-01-${day}T01:00:00.000Z/x`, Buffer.from('{}\n'))
  const log = await openAudit(config, host, makeWitness(config, host), { raw, pseudonym: (text) => text })
  return { log, raw, printed }
}

it('deletes what the store sink need not keep, and says so in log and audit', async () => {
  const { log, raw, printed } = await aLog('{ type: store, retain: 2d }, { type: stdout }')
  await log.deleteOld()
  expect(await raw.firstKey('audit')).toBe('2030-01-08T01:00:00.000Z/x')
  expect(printed.map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { stream: 'audit', event: 'records_deleted', before: '2030-01-08T00:00:00.000Z' },
    { stream: 'log', level: 'info', before: '2030-01-08T00:00:00.000Z', rows: 1 },
  ])
})

it('deletes nothing where the file does not say how long', async () => {
  const { log, raw, printed } = await aLog('{ type: store }')
  await log.deleteOld()
  expect(await raw.firstKey('audit')).toBe('2030-01-07T01:00:00.000Z/x')
  expect(printed).toEqual([])
})
