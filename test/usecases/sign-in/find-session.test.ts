import { describe, expect, it } from 'vitest'
import type { GatewaySession } from '../../../src/domain/sign-in/session.ts'
import { makeFindSession, terminalsOf, type KnownIssuer } from '../../../src/usecases/sign-in/find-session.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aSession } from '../../support/a-session.ts'

const alice = aPrincipal()
const known = { issuer: alice.issuer, subjectClaim: alice.subjectClaim }

function findIn(
  kept: readonly GatewaySession[],
  issuers: ReadonlyMap<string, NonNullable<ReturnType<KnownIssuer>>> = new Map([['entra', known]]),
) {
  const sessions = new Map(kept.map((session) => [session.id, session]))
  return makeFindSession({ sessions: { get: async (id) => sessions.get(id) }, issuerOf: (idp) => issuers.get(idp) })
}

describe('findSession', () => {
  it('finds the session of its id, and no other', async () => {
    const find = findIn([aSession()])
    expect(await find('session-1')).toEqual(aSession())
    expect(await find('session-2')).toBeUndefined()
    expect(await find('')).toBeUndefined()
  })

  it.each<{ because: string; issuers: Map<string, NonNullable<ReturnType<KnownIssuer>>> }>([
    { because: 'whose IdP is gone', issuers: new Map() },
    {
      because: 'whose IdP is another tenant now',
      issuers: new Map([['entra', { ...known, issuer: 'https://other' }]]),
    },
    {
      because: 'whose IdP names people by another claim now',
      issuers: new Map([['entra', { ...known, subjectClaim: 'upn' }]]),
    },
    { because: 'whose IdP’s name is a workload’s now', issuers: new Map([['entra', { ...known, workload: true }]]) },
    { because: 'whose IdP goes by another label now', issuers: new Map([['azure', known]]) },
  ])('finds no session $because: it would be a stranger’s (threats.md I2)', async ({ issuers }) => {
    expect(await findIn([aSession()], issuers)('session-1')).toBeUndefined()
  })
})

it('finds a job’s session while its workload is configured, and none of an IdP of that name', async () => {
  const job = aSession({ via: 'token-exchange', principal: { ...alice, workload: true } })
  const asWorkload = new Map([['entra', { ...known, workload: true as const }]])
  expect(await findIn([job], asWorkload)('session-1')).toEqual(job)
  expect(await findIn([job])('session-1')).toBeUndefined()
})

describe('terminalsOf', () => {
  const digest = (text: string) => `digest(${text})`

  it('is one for a person, whatever changes about them', () => {
    const renamed = aPrincipal({ username: 'x', email: 'y', groups: [] })
    expect(terminalsOf(renamed, digest)).toBe(terminalsOf(alice, digest))
  })

  it('is another for each other person (threats.md I1)', () => {
    for (const other of [aPrincipal({ subject: 'oid-2' }), aPrincipal({ issuer: 'https://other' })]) {
      expect(terminalsOf(other, digest)).not.toBe(terminalsOf(alice, digest))
    }
  })
})
