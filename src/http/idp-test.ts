import type { Request, Response } from 'express'
import type { RolegateError } from '../domain/errors.ts'
import { attemptIdIn, type TestAttempt } from '../domain/sign-in/attempt.ts'
import type { TestIdp, TestOutcome } from '../usecases/admin/test-idp.ts'
import type { IdentityProvider } from '../usecases/ports/identity-provider.ts'
import { answerFor } from './answers.ts'
import type { AttemptCookies } from './attempt-cookies.ts'
import { groupNamesFor, type GroupName } from './group-names.ts'
import { show, type Pages } from './pages.ts'
import { factsOf } from './request-facts.ts'

/** Handles an IdP's answer that an operator's test waits for; false if the answer is for something else. */
export type AnswerIdpTest = (
  req: Request,
  res: Response,
  idp: string,
  parameters: ReadonlyMap<string, string> | undefined,
) => Promise<boolean>

/** Where an operator's test comes back. The result is on this one page and nowhere else; it cannot be opened again. */
export function makeAnswerIdpTest(deps: {
  testIdp: TestIdp
  testAttempts: AttemptCookies<TestAttempt>
  providers: ReadonlyMap<string, IdentityProvider>
  groupName: GroupName
}): AnswerIdpTest {
  return async (req, res, idp, parameters) => {
    const id = attemptIdIn(parameters?.get('state') ?? parameters?.get('RelayState'))
    const attempt = id === undefined ? undefined : deps.testAttempts.take(req, res, id)
    if (attempt === undefined || parameters === undefined) return false
    const back = { idp, attempt, answer: { parameters }, request: factsOf(res) }
    const { operator, outcome } = await deps.testIdp.complete(back)
    // A SAML answer comes without the session's cookie, so the page frame is told who is signed in.
    res.locals['session'] = operator
    show(res.set('cache-control', 'no-store'), 'admin-idp-test', 'Test of a sign-in', {
      idp,
      label: deps.providers.get(idp)?.label ?? idp,
      result: { ...resultOf(outcome), ...namesIn(outcome, idp) },
    })
    return true
  }

  /** What a names file calls the groups: raw is what the IdP sent, and what decides. */
  function namesIn(outcome: TestOutcome, idp: string) {
    if ('unverified' in outcome) return {}
    const met = outcome.signsIn ? outcome.rules.map(({ group }) => group) : []
    return groupNamesFor(idp, [...outcome.groups.names, ...met], deps.groupName)
  }
}

function resultOf(outcome: TestOutcome): NonNullable<Pages['admin-idp-test']['result']> {
  if ('unverified' in outcome) return { refusal: inWords(outcome.unverified) }
  if (outcome.signsIn) return { read: outcome }
  return { read: outcome, refusal: inWords(outcome.refusal) }
}

/** Operators see the reason too, which people find in no answer of ours. */
function inWords(error: RolegateError) {
  const { title, why, next } = answerFor(error)
  return { code: error.code, reason: error.reason ?? '', title, why, next }
}
