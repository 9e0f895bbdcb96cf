import { describe, expect, it } from 'vitest'
import { closingBy } from '../../../src/domain/device/closing.ts'
import type { Account, RoleTarget } from '../../../src/domain/entitlement/rule.ts'
import { anAccount, aRoleKind } from '../../support/a-mapping.ts'

const roleIn = (alias: string, elevated = false) =>
  ({ account: { alias } as Account, kind: { elevated } as RoleTarget['kind'] }) as const

describe('what the operator closes to sessions that began with a code (threats.md D4)', () => {
  const closing = closingBy({ console: false, except: new Set(['payments-prod']) })

  it.each([
    { alias: 'payments-prod', handOver: 'credentials', closed: true },
    { alias: 'payments-prod', handOver: 'console', closed: true },
    { alias: 'payments-dev', handOver: 'credentials', closed: false },
    { alias: 'payments-dev', handOver: 'console', closed: true },
  ] as const)('$handOver in $alias: $closed', ({ alias, handOver, closed }) => {
    expect(closing.takeRole(roleIn(alias), handOver)).toMatchObject({
      kind: 'take-role',
      elevated: false,
      handOver,
      closedToDevices: closed,
    })
  })

  it('is nothing by itself where nothing is named', () => {
    const open = closingBy({ console: true, except: new Set() })
    for (const handOver of ['credentials', 'console'] as const)
      expect(open.takeRole(roleIn('payments-prod'), handOver).closedToDevices).toBe(false)
    expect(open.closes({ alias: 'payments-prod' } as Account)).toBe(false)
  })

  it('goes by the whole name of the account', () => {
    for (const alias of ['payments-prod-2', 'payments', 'Payments-Prod', '']) {
      expect(closing.closes({ alias } as Account)).toBe(false)
    }
    expect(closing.closes({ alias: 'payments-prod' } as Account)).toBe(true)
  })

  it('says of each role whether it is elevated, for the one function that judges sessions', () => {
    expect(closing.takeRole(roleIn('sandbox', true), 'credentials').elevated).toBe(true)
    expect(closing.takeRole(roleIn('sandbox', false), 'credentials').elevated).toBe(false)
  })

  it('says how old the groups may be: by environment, and less for an elevated role (threats.md I7)', () => {
    const closing = closingBy({ console: true, except: new Set() }, undefined, {
      usual: 12 * 3600,
      elevated: 3600,
      byEnvironment: new Map([
        ['prod', 4 * 3600],
        ['dev', 60],
      ]),
    })
    const oldest = (environment: string, elevated: boolean) =>
      closing.takeRole({ account: anAccount({ environment }), kind: aRoleKind({ elevated }) }, 'console')
        .oldestGroupsSeconds
    expect([oldest('test', false), oldest('prod', false), oldest('dev', false)]).toEqual([43_200, 14_400, 60])
    expect([oldest('test', true), oldest('prod', true), oldest('dev', true)]).toEqual([3600, 3600, 60])
  })
})
