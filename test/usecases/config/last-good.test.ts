import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { EpochRow } from '../../../src/domain/policy/epoch.ts'
import { EPOCH_KEY } from '../../../src/usecases/config/config-epoch.ts'
import { makeKeepLastGood, readLastGood } from '../../../src/usecases/config/last-good.ts'
import { aClock } from '../../support/a-session.ts'

function aStore() {
  const clock = aClock()
  const store = makeMemoryStore({ now: clock.now })
  const configEpochs = makeTable<EpochRow>(store, 'config-epochs')
  const tables = {
    lastGoodManifests: makeTable(store, 'last-good'),
    lastGoodParts: makeTable(store, 'last-good-parts'),
  }
  const inForce = (hash: string) =>
    configEpochs.put(EPOCH_KEY, { epoch: 1, hash, since: clock.now().toISOString(), former: [], holders: {} })
  const keep = makeKeepLastGood({
    ...(tables as unknown as Parameters<typeof readLastGood>[0]),
    configEpochs,
    now: clock.now,
  })
  const read = () => readLastGood(tables as unknown as Parameters<typeof readLastGood>[0])
  return { clock, store, tables, inForce, keep, read }
}

const files = [
  { name: 'rolegate.yaml', text: `\ufeff${'a line that is long enough to be one of many\n'.repeat(30_000)}` },
  { name: 'rules/empty.yaml', text: '' },
  { name: 'rules/team.yaml', text: 'rules: []\n' },
]

describe('the files of what was in force last', () => {
  it('are kept letter by letter, however long', async () => {
    const { inForce, keep, read, clock } = aStore()
    expect(await read()).toBeUndefined()
    await inForce('one')
    await keep({ hash: 'one', files })
    expect(await read()).toEqual({ hash: 'one', at: clock.now().toISOString(), files })
  })

  it('are replaced whole, and those of before are gone', async () => {
    const { inForce, keep, read, store } = aStore()
    await inForce('one')
    await keep({ hash: 'one', files })
    await inForce('two')
    await keep({ hash: 'two', files: files.slice(1) })
    expect(await read()).toMatchObject({ hash: 'two', files: files.slice(1) })
    expect(await store.get('last-good-parts', 'one/0/0')).toBeUndefined()
    expect(await store.get('last-good-parts', 'two/1/0')).toBeDefined()
  })

  it('are those of a later moment when the same comes into force again', async () => {
    const { inForce, keep, read, clock } = aStore()
    await inForce('one')
    await keep({ hash: 'one', files })
    clock.pass(60)
    await keep({ hash: 'one', files })
    expect((await read())?.at).toBe(clock.now().toISOString())
  })

  it('are not those of a gateway that is behind', async () => {
    const { inForce, keep, read } = aStore()
    await inForce('two')
    await keep({ hash: 'one', files })
    expect(await read()).toBeUndefined()
  })

  it('are nothing when a piece is missing', async () => {
    const { inForce, keep, read, store } = aStore()
    await inForce('one')
    await keep({ hash: 'one', files })
    await store.delete('last-good-parts', 'one/0/1')
    expect(await read()).toBeUndefined()
  })
})
