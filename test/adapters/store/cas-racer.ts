import { makeSqliteStore } from '../../../src/adapters/store/sqlite.ts'

/**
 * One of several processes that race on one row: adds one to it by compare-and-set until it has won `wins` times, then
 * says how often it lost. `node --import tsx cas-racer.ts FILE WINS`.
 */
const [path = '', wins = '0'] = process.argv.slice(2)
const store = makeSqliteStore({ path, now: () => new Date() })

let lost = 0
for (let won = 0; won < Number(wins);) {
  const row = await store.get('race', 'row')
  if (row === undefined) {
    await store.createIfAbsent('race', 'row', Buffer.from('0'))
    continue
  }
  const next = Buffer.from(String(Number(Buffer.from(row.value).toString()) + 1))
  if (await store.compareAndSet('race', 'row', row.version, next)) won += 1
  else lost += 1
}
const mine = (await store.createIfAbsent('race', 'once', Buffer.from('x'))) ? 1 : 0
const number = await store.increment('race', 'count', new Date(Date.now() + 60_000))
await store.close()
process.stdout.write(JSON.stringify({ lost, mine, number }))
