import { describe, expect, it } from 'vitest'
import { groupStatisticsOf } from '../../../src/domain/admin/group-statistics.ts'
import { aMapping, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'

const mapping = aMapping({
  rules: [
    aRule({ id: 'team', match: { idp: 'entra', groups: ['Team', 'Leads'] } }),
    aRule({ id: 'leads', match: { idp: 'entra', groups: ['Leads', 'Gone'] } }),
    aRule({ id: 'okta', match: { idp: 'okta', groups: ['Team'] } }),
    aRule({ id: 'all', match: { idp: 'entra', everyone: true } }),
    aRule({ id: 'frozen', effect: 'deny', match: { groups: ['Anywhere'] } }),
  ],
})
const somebody = (groups: readonly string[], most?: number, idp = 'entra') => {
  const principal = aPrincipal({ idp, groups })
  return most === undefined ? principal : { ...principal, groups: { ...principal.groups, most } }
}
const many = (count: number) => Array.from({ length: count }, (_, at) => `g${at}`)

describe('statistics of groups', () => {
  it('count people and the longest list, each IdP for itself', () => {
    const counted = groupStatisticsOf(mapping, [somebody(['Team']), somebody(many(7), 100), somebody([], 50, 'okta')])
    expect(counted.get('entra')).toMatchObject({ people: 2, longest: 7, most: 100, isNear: false, incomplete: 0 })
    expect(counted.get('okta')).toMatchObject({ people: 1, longest: 0, most: 50 })
  })

  it.each([
    [79, false],
    [80, true],
    [100, true],
  ])('warn of %d groups of a hundred: %s', (count, isNear) => {
    expect(groupStatisticsOf(mapping, [somebody(many(count), 100)]).get('entra')).toMatchObject({ isNear })
  })

  it('name the groups that rules wait for and nobody has, with the first rule that does', () => {
    const { unseen, unseenCount } = groupStatisticsOf(mapping, [somebody(['Team', 'Leads '])]).get('entra') ?? {}
    expect([unseen, unseenCount]).toEqual([
      [
        { group: 'Leads', rule: 'team' },
        { group: 'Gone', rule: 'leads' },
      ],
      2,
    ])
  })

  it('name the first twenty', () => {
    const rules = [aRule({ match: { idp: 'entra', groups: many(23) } })]
    const { unseen, unseenCount } = groupStatisticsOf({ rules }, [somebody([])]).get('entra') ?? {}
    expect([unseen?.length, unseenCount]).toEqual([20, 23])
  })

  it('say nothing of what nobody has where a list was cut or missing, nor of an IdP whose people have not come', () => {
    const cut = aPrincipal({ groups: ['Team'], groupsState: 'truncated' })
    const counted = groupStatisticsOf(mapping, [cut, somebody(['Leads'])])
    expect(counted.get('entra')).toMatchObject({ incomplete: 1 })
    for (const told of ['unseen', 'unseenCount']) expect(counted.get('entra')).not.toHaveProperty(told)
    expect(counted.has('okta')).toBe(false)
  })
})
