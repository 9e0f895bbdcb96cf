import type { HandOverPurpose, UsedStepUp } from '../../src/domain/sign-in/step-up.ts'
import { identityOf } from '../../src/domain/sign-in/principal.ts'
import { aPrincipal } from './a-principal.ts'
import { NINE, secondsAfter } from './a-session.ts'

export const ADMIN_ARN = 'arn:aws:iam::012345678901:role/rolegate/Admin'
export const STEP_UP_ID = 'S'.repeat(22)

/** For credentials of the elevated role of the tests' mapping. */
export const aPurpose = (changes: Partial<HandOverPurpose> = {}): HandOverPurpose => ({
  role: 'payments-prod/admin',
  roleArn: ADMIN_ARN,
  handOver: 'credentials',
  ...changes,
})

/** Taken out of the store a moment ago, by the tests' browser. */
export const aUsedStepUp = (changes: Partial<UsedStepUp> = {}, purpose: Partial<HandOverPurpose> = {}): UsedStepUp => ({
  id: STEP_UP_ID,
  purpose: aPurpose(purpose),
  person: identityOf(aPrincipal()),
  askedAt: NINE,
  expiresAt: secondsAfter(NINE, 300),
  status: 'proved',
  provedBy: 'session-1',
  sessionId: 'session-1',
  authenticatedAt: NINE,
  ...changes,
})
