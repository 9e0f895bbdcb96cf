import { describe, expect, it } from 'vitest'
import { makeMemoryStore } from '../../../src/adapters/store/memory.ts'
import { makeTable } from '../../../src/adapters/store/table.ts'
import type { KnownPerson } from '../../../src/usecases/ports/tables.ts'
import { makeRememberPerson, peopleIn } from '../../../src/usecases/sign-in/people.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aClock, NINE } from '../../support/a-session.ts'

describe('who came lately', () => {
  it('is kept as their IdP stated them, but for what names them across IdPs: nobody reads it there (threats.md I3)', async () => {
    const people = makeTable<KnownPerson>(makeMemoryStore({ now: aClock().now }), 'people', ['seenAt'])
    const remember = makeRememberPerson({ people, digest: (text) => text })
    const alice = aPrincipal()
    await remember({ ...alice, personKey: { claim: 'employee_id', value: 'E-0042' } }, NINE)
    expect(await peopleIn(people)).toStrictEqual([{ principal: alice, seenAt: NINE }])
  })
})
