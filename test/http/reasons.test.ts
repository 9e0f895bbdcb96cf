import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { KEPT_OUT } from '../../src/domain/emergency/emergency.ts'
import { RolegateError } from '../../src/domain/errors.ts'
import { answerFor } from '../../src/http/answers.ts'
import { unmetNext, unmetWhy } from '../../src/http/reasons.ts'

describe('what to do about a condition that is not met', () => {
  it.each(['config_stale', 'address_unknown'])('is nothing that whoever asks could do, of %s', (condition) =>
    expect(unmetNext({ condition })).toContain('Tell whoever runs Rolegate'),
  )

  it('is another sign-in, where a terminal was signed in with a code', () =>
    expect(unmetNext({ condition: 'browser_session_for_elevated' })).toContain('rolegate login'))

  it('stands on the role’s page, of everything else', () =>
    expect(unmetNext({ condition: 'policy_passed_through' })).toBe('Open the role in the portal.'))
})

it('somebody who is closed from the host is sent to those who did it, and not to their identity provider', () => {
  const { why, next } = answerFor(new RolegateError('sign_in_rejected', { idp: 'entra', why: KEPT_OUT }))
  expect(why).toContain('the people who run Rolegate have closed this way in')
  expect([why, next].join(' ')).not.toMatch(/could not be accepted|Start the sign-in again/)
})

describe('a gateway that gives nothing to anybody just now', () => {
  it.each([
    ['config_behind', 'This gateway is behind the others on its store', 'newer configuration'],
    ['clock_skew', 'The clock of this gateway is wrong', 'differs from AWS’s by more than two minutes'],
    ['', 'Rolegate’s store does not answer', 'cannot be read or written'],
  ])('says so of itself, and that trying again may help: %s', (why, title, because) =>
    expect(answerFor(new RolegateError('store_unavailable', { why }))).toEqual({
      status: 503,
      title,
      why: expect.stringContaining(because),
      next: 'Try again in a moment.',
      who: 'the people who run Rolegate at your company',
    }),
  )
})

describe('why the IdP’s own token will not do (threats.md F7)', () => {
  it.each([
    ['policy_passed_through', 'narrowed by a session policy'],
    ['bind_ip_passed_through', 'bound to the address that asks for them'],
  ])('is told by what Rolegate cannot add to it: %s', (condition, words) =>
    expect(unmetWhy({ condition })).toContain(words),
  )
})

it('of everything that AWS refuses, somebody is told what it was and whom to ask (aws.md §2)', () => {
  const source = readFileSync(new URL('../../src/adapters/aws/sts.ts', import.meta.url), 'utf8')
  const causes = [...source.matchAll(/because: '(\w+)'/g)]
    .map(([, because = '']) => because)
    .filter((one) => one !== 'other')
  expect(causes).toContain('region_disabled')
  for (const because of causes) {
    const { why, next } = answerFor(new RolegateError('aws_refused', { because, awsCode: 'AwsSaidSo' }))
    expect([because, why]).toEqual([because, expect.not.stringContaining('AwsSaidSo')])
    expect(next).toMatch(/^Ask for /)
  }
})
