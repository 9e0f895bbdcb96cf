import { describe, expect, it } from 'vitest'
import { closedBy, isSameAim, NO_EMERGENCY, printAim, type Aim } from '../../../src/domain/emergency/emergency.ts'
import { entitlementsOf } from '../../../src/domain/entitlement/decide.ts'
import type { RuleIndex } from '../../../src/domain/entitlement/compile.ts'
import { aMapping, anAccount, anIndex, aRoleKind, aRule } from '../../support/a-mapping.ts'
import { aPrincipal } from '../../support/a-principal.ts'
import { aMoment } from '../../support/a-session.ts'

const everything = aRule({ accounts: ['payments-prod', 'payments-dev'], roles: ['readonly', 'dev'] })
const index = anIndex({ rules: [everything] })
const closing = (aim: Aim, rules: RuleIndex = index) =>
  closedBy({ ...NO_EMERGENCY, denies: [{ aim, since: '2030-01-07T09:00:00.000Z', by: 'root', reason: 'why' }] }, rules)
const heldIn = (rules: RuleIndex, principal = aPrincipal()) =>
  entitlementsOf(rules, principal, aMoment()).map(({ target }) => target.name)
const ALL = ['payments-prod/readonly', 'payments-prod/dev', 'payments-dev/readonly', 'payments-dev/dev']

describe('an emergency deny', () => {
  it('is no change of the rules while there is none', () => {
    expect(closedBy(NO_EMERGENCY, index)).toBe(index)
    expect(heldIn(index)).toEqual(ALL)
  })

  it.each<[string, Aim, readonly string[]]>([
    ['a role', { kind: 'role', role: 'payments-prod/dev' }, ALL.filter((name) => name !== 'payments-prod/dev')],
    ['an account', { kind: 'role', role: 'payments-prod/*' }, ALL.slice(2)],
    ['a role that is not there', { kind: 'role', role: 'payments-prod/gone' }, ALL],
    ['an account that is not there', { kind: 'role', role: 'gone/dev' }, ALL],
    ['an IdP', { kind: 'idp', idp: 'entra' }, []],
    ['another IdP', { kind: 'idp', idp: 'okta' }, ALL],
    ['a person', { kind: 'person', issuer: aPrincipal().issuer, subject: 'oid-1', username: 'x' }, []],
    ['another person', { kind: 'person', issuer: aPrincipal().issuer, subject: 'oid-2', username: 'alice' }, ALL],
  ])('of %s', (_what, aim, left) => {
    expect(heldIn(closing(aim))).toEqual(left)
  })

  it('stands before every other rule, and says since when and by whom', () => {
    const [first] = closing({ kind: 'role', role: 'payments-prod/dev' }).mapping.rules
    expect(first).toMatchObject({
      id: 'emergency',
      effect: 'deny',
      owner: 'emergency deny since 2030-01-07 09:00 UTC, by root',
    })
    // Why it is closed is nothing for whoever is kept out.
    expect(JSON.stringify(first)).not.toContain('why')
  })

  it('closes every name of the role it was for, and follows it to a new one (threats.md R1, R2)', () => {
    const twice = anIndex({
      rules: [aRule({ roles: ['dev', 'narrow'] })],
      roles: [aRoleKind(), aRoleKind({ key: 'narrow' })],
    })
    expect(heldIn(closing({ kind: 'role', role: 'payments-prod/dev' }, twice))).toEqual([])

    const was = {
      kind: 'role',
      role: 'payments-prod/dev',
      accountId: '012345678901',
      roleName: 'rolegate/Developer',
    } as const
    const renamed = anIndex({
      accounts: [anAccount({ alias: 'pay' })],
      roles: [aRoleKind({ key: 'engineer' }), aRoleKind({ key: 'dev', roleName: 'rolegate/Other' })],
      rules: [aRule({ accounts: ['pay'], roles: ['engineer', 'dev'] })],
    })
    expect(heldIn(closing(was, renamed))).toEqual(['pay/dev'])
  })

  it('closes people and jobs of one name apart', () => {
    const job = { ...aPrincipal(), workload: true as const }
    const person: Aim = { kind: 'person', issuer: job.issuer, subject: job.subject, username: 'x' }
    const met = (aim: Aim) => closing(aim).met(job).length
    expect(met(person)).toBe(0)
    expect(met({ kind: 'idp', idp: job.idp })).toBe(1)
  })

  it('leaves the rest of the rules as they are', () => {
    const closed = closing({ kind: 'role', role: 'payments-prod/dev' })
    expect(closed.mapping.rules.slice(1)).toEqual(aMapping({ rules: [everything] }).rules)
    expect(closed.met(aPrincipal()).map(({ rule }) => rule.id)).toEqual(['emergency', 'payments-team'])
  })
})

describe('an aim', () => {
  it('is one person, whatever they are called', () => {
    const alice: Aim = { kind: 'person', issuer: 'i', subject: 's', username: 'alice' }
    expect(isSameAim(alice, { ...alice, username: 'renamed' })).toBe(true)
    expect(isSameAim(alice, { ...alice, subject: 't' })).toBe(false)
    expect(isSameAim(alice, { ...alice, issuer: 'j' })).toBe(false)
    expect(isSameAim({ kind: 'idp', idp: 'person:alice' }, alice)).toBe(false)
  })

  it('is printed as it is typed', () => {
    expect(printAim({ kind: 'role', role: 'a/b' })).toBe('role:a/b')
    expect(printAim({ kind: 'idp', idp: 'entra' })).toBe('idp:entra')
    expect(printAim({ kind: 'person', issuer: 'i', subject: 's', username: 'alice' })).toBe('person:alice')
  })
})
