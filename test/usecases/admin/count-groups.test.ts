import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import { makeCountGroups } from '../../../src/usecases/admin/count-groups.ts'
import { anIndex } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aClock, NINE } from '../../support/a-session.ts'

function aCount() {
  const clock = aClock()
  const store = { isDown: false, asked: 0 }
  const people = {
    async listByOwner() {
      store.asked += 1
      if (store.isDown) throw new RolegateError('store_unavailable')
      return [{ principal: aPrincipal(), seenAt: NINE }]
    },
  }
  const countGroups = makeCountGroups({ people, rules: () => anIndex(), watchDenies: async () => [], now: clock.now })
  return { clock, store, countGroups }
}

describe('the numbers about groups', () => {
  it('are counted once a minute', async () => {
    const { clock, store, countGroups } = aCount()
    for (const seconds of [0, 59, 1]) {
      clock.pass(seconds)
      expect((await countGroups())?.idps.get('entra')).toMatchObject({ people: 1 })
    }
    expect(store.asked).toBe(2)
  })

  it('are missing while the store does not answer, and no longer', async () => {
    const { store, countGroups } = aCount()
    store.isDown = true
    expect(await countGroups()).toBeUndefined()
    store.isDown = false
    expect((await countGroups())?.idps.get('entra')).toMatchObject({ people: 1 })
  })
})
