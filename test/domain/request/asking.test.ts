import { describe, expect, it } from 'vitest'
import { askingFault } from '../../../src/domain/request/asking.ts'
import { MOST_WAITING, type Weighed } from '../../../src/domain/request/role-request.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aRoleRequest } from '../../support/a-role-request.ts'

const many = (count: number, standing: 'asked' | 'denied' | 'moot' = 'asked'): readonly Weighed[] =>
  Array.from({ length: count }, () => ({ request: aRoleRequest(), standing }))

describe('somebody who would ask for one more role', () => {
  it('may, while fewer wait than may', () => {
    expect(askingFault(aPrincipal(), {}, many(MOST_WAITING - 1))).toBeUndefined()
    const over = [...many(5, 'denied'), ...many(5, 'moot')]
    expect(askingFault(aPrincipal(), {}, [...many(MOST_WAITING - 1), ...over])).toBeUndefined()
  })

  it('may not with as many as may wait (threats.md P7)', () => {
    expect(askingFault(aPrincipal(), {}, many(MOST_WAITING))?.reason).toBe('too_many_requests')
  })

  it('may not without what the file tells people apart by (threats.md I3)', () => {
    const personKeys = new Map([['entra', 'employee_id']])
    const personKey = { claim: 'employee_id', value: 'E-7' }
    expect(askingFault(aPrincipal(), { personKeys }, [])?.reason).toBe('person_key_missing:asker:employee_id')
    expect(askingFault(aPrincipal({ personKey }), { personKeys }, [])).toBeUndefined()
  })
})
