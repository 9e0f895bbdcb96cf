import { makeBeginPassThrough } from '../usecases/hand-over/begin-pass-through.ts'
import { makeCompletePassThrough } from '../usecases/hand-over/complete-pass-through.ts'
import { makeIssueCredentials } from '../usecases/hand-over/issue-credentials.ts'
import { makeOpenConsole } from '../usecases/hand-over/open-console.ts'
import { makePrepareConsole } from '../usecases/hand-over/prepare-console.ts'
import { makeTakeRole } from '../usecases/hand-over/take-role.ts'
import { makeGiveBackStepUp } from '../usecases/step-up/give-back-step-up.ts'

type Made = 'takeRole' | 'releaseAssertion' | 'beginHandOver' | 'resumeHandOver' | 'prepareConsole' | 'giveBackStepUp'
type Needs = Parameters<typeof makeGiveBackStepUp>[0] &
  Parameters<typeof makePrepareConsole>[0] &
  Omit<Parameters<typeof makeTakeRole>[0], Made> &
  Omit<Parameters<typeof makeOpenConsole>[0], Made> &
  Omit<Parameters<typeof makeBeginPassThrough>[0], Made> &
  Omit<Parameters<typeof makeCompletePassThrough>[0], Made>

/** The heart, and every way to it: credentials, the console, and the trip to an IdP for its own assertion. */
export function handOverStories(needs: Needs) {
  const heart = makeTakeRole({ ...needs, giveBackStepUp: makeGiveBackStepUp(needs) })
  const prepareConsole = makePrepareConsole(needs)
  const deps = { ...needs, ...heart, prepareConsole }
  return {
    prepareConsole,
    issueCredentials: makeIssueCredentials(deps),
    openConsole: makeOpenConsole(deps),
    beginPassThrough: makeBeginPassThrough(deps),
    completePassThrough: makeCompletePassThrough(deps),
  }
}
