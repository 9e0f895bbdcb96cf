import type { DeviceLogin } from './device-login.ts'

/** How long a page about a terminal from elsewhere must be looked at before Approve counts (threats.md D3). */
const LOOK_SECONDS = 10

/** What the page must ask before an approval counts. */
export type Checks = {
  readonly sameNetwork: boolean
  /** The operator lets nobody in from elsewhere. */
  readonly refused: boolean
  readonly numbers: readonly string[] | null
  /** The code is typed once more: all that can be asked where the terminal cannot show a number. */
  readonly retype: boolean
  readonly lookSeconds: number
}

/** threats.md D3: a terminal that asks from where this browser is not gets a second look, or none. */
export function checksFor(login: DeviceLogin, sameNetwork: boolean, crossNetwork: 'retype' | 'refuse'): Checks {
  return {
    sameNetwork,
    refused: !sameNetwork && crossNetwork === 'refuse',
    numbers: login.numbers?.offered ?? null,
    retype: !sameNetwork && login.numbers === null,
    lookSeconds: sameNetwork ? 0 : LOOK_SECONDS,
  }
}

/** What a person answered; `retyped` is already read as a user code. */
export type Answer = { readonly sessionId: string; readonly number?: string; readonly retyped?: string }

/** Why an approval does not count. The first two end the login; after the others the page is shown again. */
export type ApprovalFault = 'another_network' | 'wrong_number' | 'not_shown' | 'too_soon' | 'not_retyped'

/** Undefined when everything that was asked has been answered, by whom the page was shown to. */
export function approvalFault(
  login: DeviceLogin,
  userCode: string,
  checks: Checks,
  answer: Answer,
  now: Date,
): ApprovalFault | undefined {
  if (checks.refused) return 'another_network'
  // security.md D-14: bound to the session that saw what it approves.
  if (login.shownTo !== answer.sessionId || login.shownAt === null) return 'not_shown'
  if (now.getTime() - login.shownAt.getTime() < checks.lookSeconds * 1000) return 'too_soon'
  if (login.numbers !== null && answer.number !== login.numbers.right) return 'wrong_number'
  if (checks.retype && answer.retyped !== userCode) return 'not_retyped'
  return undefined
}
