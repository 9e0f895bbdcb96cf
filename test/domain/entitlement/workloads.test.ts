import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide } from '../../../src/domain/entitlement/decide.ts'
import type { Rule } from '../../../src/domain/entitlement/rule.ts'
import type { Principal } from '../../../src/domain/sign-in/principal.ts'
import { workloadPrincipal } from '../../../src/domain/sign-in/workload.ts'
import { anIndex, aRule, aTarget } from '../../support/a-mapping.ts'
import { aMoment } from '../../support/a-session.ts'
import { aPrincipal } from '../../support/a-principal.ts'

const aJob = (changes: Parameters<typeof aPrincipal>[0] = {}): Principal => ({
  ...aPrincipal({ idp: 'ci', groups: [], claims: { ref: 'refs/heads/main' }, ...changes }),
  workload: true,
})
const forJobs = (claims: Record<string, readonly string[]> = {}): Rule['match'] => ({ workload: 'ci', claims })

const isOpen = (rules: readonly Rule[], principal: Principal): boolean => {
  const index = anIndex({ rules })
  return decide(index, principal, aTarget(index), aMoment()).allowed
}

describe('rules about jobs (threats.md R3)', () => {
  it.each([
    ['a job of this workload', forJobs(), aJob(), true],
    ['a job with the claims', forJobs({ ref: ['refs/heads/next', 'refs/heads/main'] }), aJob(), true],
    ['a job with another value', forJobs({ ref: ['refs/heads/next'] }), aJob(), false],
    ['a job without the claim', forJobs({ environment: ['production'] }), aJob(), false],
    ['a job whose rule left no value', forJobs({ ref: [] }), aJob(), false],
    ['a job of another workload', forJobs(), aJob({ idp: 'gitlab' }), false],
    [
      'a person of an IdP of that name',
      forJobs(),
      aPrincipal({ idp: 'ci', claims: { ref: 'refs/heads/main' } }),
      false,
    ],
  ])('%s', (_who, match, principal, open) => {
    expect(isOpen([aRule({ match })], principal)).toBe(open)
  })

  it.each([
    ['everyone of every IdP', { everyone: true } as const, false],
    ['a group of every IdP', { groups: ['payments'] }, true],
    ['everyone of an IdP of that name', { idp: 'ci', everyone: true } as const, true],
    ['this workload', forJobs(), false],
    ['this workload with another claim', forJobs({ ref: ['refs/heads/next'] }), true],
  ])('a deny for %s', (_whom, match, open) => {
    const rules = [aRule({ match: forJobs() }), aRule({ id: 'deny', effect: 'deny', match })]
    expect(isOpen(rules, aJob({ groups: ['payments'] }))).toBe(open)
  })

  it('no rule about people meets a job, whatever it claims to be (property)', () => {
    const word = fc.constantFrom('ci', 'entra', 'payments', '*', '', 'sub', '__proto__', 'constructor')
    fc.assert(
      fc.property(
        fc.record({
          idp: word,
          issuer: word,
          subject: word,
          groups: fc.array(word),
          claims: fc.dictionary(word, word),
        }),
        fc.array(
          fc.oneof(
            fc.record({ idp: word, groups: fc.array(word) }),
            fc.record({ idp: word, everyone: fc.constant(true as const) }),
            fc.record({ groups: fc.array(word) }),
          ),
        ),
        (claimed, matches) => {
          const rules = matches.map((match, index) => aRule({ id: `rule-${index}`, match }))
          expect(anIndex({ rules }).met(aJob(claimed))).toEqual([])
        },
      ),
    )
  })

  it('nothing a token can say makes a job one of anybody’s people (property)', () => {
    const rules = [
      aRule({ id: 'group', match: { idp: 'ci', groups: ['payments', '*', ''] } }),
      aRule({ id: 'everyone', match: { idp: 'ci', everyone: true } }),
      aRule({ id: 'any', match: { groups: ['payments'] }, effect: 'deny' }),
      aRule({ id: 'jobs', match: forJobs({ ref: ['refs/heads/main'] }) }),
    ]
    const index = anIndex({ rules })
    const name = fc.constantFrom('groups', 'idp', 'workload', 'ref', 'roles', 'email', 'amr', '__proto__', 'toString')
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('payments', 'refs/heads/main', ['payments'], false))
    const mapping = { id: 'ci', issuer: 'https://ci.example.com', require: {}, keep: ['ref', 'groups', 'idp'] }
    fc.assert(
      fc.property(fc.dictionary(name, value), (claims) => {
        const job = workloadPrincipal({ ...claims, sub: 'job' }, mapping)
        const open = Object.hasOwn(claims, 'ref') && claims['ref'] === 'refs/heads/main'
        expect(index.met(job).map(({ rule }) => rule.id)).toEqual(open ? ['jobs'] : [])
      }),
    )
  })

  it('no rule about jobs meets a person, whatever their directory says of them (property)', () => {
    const word = fc.constantFrom('ci', 'ref', 'refs/heads/main', 'workload')
    fc.assert(
      fc.property(
        fc.record({ idp: word, groups: fc.array(word), claims: fc.dictionary(word, word) }),
        fc.dictionary(word, fc.array(word)),
        (claimed, claims) => {
          expect(anIndex({ rules: [aRule({ match: forJobs(claims) })] }).met(aPrincipal(claimed))).toEqual([])
        },
      ),
    )
  })
})
