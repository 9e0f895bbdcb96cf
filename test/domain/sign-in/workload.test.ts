import { describe, expect, it } from 'vitest'
import { identityOf } from '../../../src/domain/sign-in/principal.ts'
import { claimTexts, meetsClaims, workloadPrincipal } from '../../../src/domain/sign-in/workload.ts'
import { refusalOf } from '../../support/a-refusal.ts'

const MAPPING = {
  id: 'ci',
  issuer: 'https://token.actions.githubusercontent.com',
  require: { repository_id: ['74'], ref: ['refs/heads/main', 'refs/heads/next'] },
  keep: ['repository_id', 'ref', 'environment'],
}
const CLAIMS = {
  sub: 'repo:acme/infra:ref:refs/heads/main',
  repository_id: '74',
  ref: 'refs/heads/main',
  groups: ['platform-engineers'],
  email: 'alice@example.com',
}

describe('the principal of a job', () => {
  it('is its issuer and subject, of no group, with the claims that rules and tags name and no more', () => {
    expect(workloadPrincipal(CLAIMS, MAPPING)).toEqual({
      idp: 'ci',
      issuer: 'https://token.actions.githubusercontent.com',
      subject: 'repo:acme/infra:ref:refs/heads/main',
      subjectClaim: 'sub',
      username: 'repo:acme/infra:ref:refs/heads/main',
      groups: { state: 'stated', names: [] },
      claims: { repository_id: '74', ref: 'refs/heads/main' },
      workload: true,
    })
  })

  it('is nobody’s person, even where issuer and subject are a person’s (threats.md I1)', () => {
    const job = workloadPrincipal(CLAIMS, MAPPING)
    expect(identityOf(job)).not.toBe(identityOf({ issuer: job.issuer, subject: job.subject }))
  })

  it.each([
    ['without a required claim', { repository_id: undefined }, 'required_claim:repository_id'],
    ['with another value', { repository_id: '75' }, 'required_claim:repository_id'],
    ['with the value in another case', { ref: 'refs/heads/Main' }, 'required_claim:ref'],
    ['with more than the value', { ref: 'refs/heads/main ' }, 'required_claim:ref'],
    ['with a list that holds the value', { ref: ['refs/heads/main'] }, 'required_claim:ref'],
    ['with an object', { ref: { value: 'refs/heads/main' } }, 'required_claim:ref'],
    ['with null', { ref: null }, 'required_claim:ref'],
    ['without a subject', { sub: undefined }, 'subject_claim_unusable'],
    ['with an empty subject', { sub: '' }, 'subject_claim_unusable'],
    ['with a subject that is no text', { sub: 74 }, 'subject_claim_unusable'],
    ['with a subject past 255 characters', { sub: 'x'.repeat(256) }, 'subject_claim_unusable'],
    ['with half a surrogate pair', { sub: 'a\ud800' }, 'subject_claim_unusable'],
  ])('is refused %s (threats.md D16)', (_how, change, reason) => {
    const refusal = refusalOf(() => workloadPrincipal({ ...CLAIMS, ...change }, MAPPING))
    expect([refusal.code, refusal.reason]).toEqual(['sign_in_rejected', reason])
  })

  it('reads numbers and booleans as text, and no claim of Object’s own', () => {
    expect(
      claimTexts({ a: 74, b: true, c: 1.5, d: 2 ** 60 }, ['a', 'b', 'c', 'd', 'constructor', '__proto__']),
    ).toEqual({
      a: '74',
      b: 'true',
    })
    expect(meetsClaims({}, { constructor: ['x'] })).toBe(false)
    expect(meetsClaims({ a: '1' }, {})).toBe(true)
  })
})
