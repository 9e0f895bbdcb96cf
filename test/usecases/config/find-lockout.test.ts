import { describe, expect, it } from 'vitest'
import { RolegateError } from '../../../src/domain/errors.ts'
import { makeFindLockout } from '../../../src/usecases/config/find-lockout.ts'
import { anIndex, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { refusalFrom } from '../../support/a-refusal.ts'
import { NINE } from '../../support/a-session.ts'

const rules = (group: string) => anIndex({ rules: [aRule({ match: { idp: 'entra', groups: [group] } })] })
const before = {
  index: rules('platform'),
  staff: { operators: [{ idp: 'entra', groups: ['platform'] }], auditors: [] },
}
const misspelt = { ...before, staff: { operators: [{ idp: 'entra', groups: ['plattform'] }], auditors: [] } }
const unnamed = { ...before, staff: { operators: [], auditors: [] } }

const seen = ['alice', 'bob'].map((subject) => ({
  principal: aPrincipal({ subject, groups: ['platform'] }),
  seenAt: NINE,
}))
const findLockout = makeFindLockout({ people: { listByOwner: async () => seen } })
const withoutStore = makeFindLockout({
  people: { listByOwner: () => Promise.reject(new RolegateError('store_unavailable')) },
})

describe('whom a change locks out', () => {
  it('is asked of those who came lately', async () => {
    expect(await findLockout(before, before)).toEqual({ said: [], ofAllOperators: false })
    expect((await findLockout(before, misspelt)).ofAllOperators).toBe(true)
  })

  describe('while the store does not say who they are', () => {
    it('is not known where other operators are named: nobody may be left of them (threats.md R8)', async () => {
      expect((await refusalFrom(withoutStore(before, misspelt))).code).toBe('store_unavailable')
      expect((await refusalFrom(withoutStore(before, unnamed))).code).toBe('store_unavailable')
    })

    it('holds nothing else back, least of all what is closed', async () => {
      const open = { said: [], ofAllOperators: false }
      expect(await withoutStore(before, { ...before, index: rules('nobody') })).toEqual(open)
      expect(await withoutStore(before, { ...before, staff: { ...before.staff, auditors: [] } })).toEqual(open)
      expect(await withoutStore(unnamed, before)).toEqual(open)
    })
  })
})
