import { requireEntitlement } from '../../domain/entitlement/decide.ts'
import { requireVisibleRole } from '../../domain/entitlement/visible-role.ts'
import { RolegateError } from '../../domain/errors.ts'
import { circumstancesOf } from '../entitlement/circumstances.ts'
import type { CurrentRules, Now } from '../ports.ts'
import type { BrowserMove } from '../ports/identity-provider.ts'
import type { RequestsOf } from '../request/requests-of.ts'
import type { HandOverRequest } from './plan-hand-over.ts'
import type { PrepareConsole } from './prepare-console.ts'
import type { ReleaseAssertion, Taken, TakeRole } from './take-role.ts'

export type ConsoleRequest = HandOverRequest & { readonly destination?: string; readonly region?: string }

export type OpenConsole = {
  /** A sign-in URL: a reusable secret for fifteen minutes (threats.md H3), handed over once. */
  url(ask: ConsoleRequest): Promise<{ readonly url: string; readonly taken: Taken }>
  /** The same for a browser, which may also post our assertion to AWS where the account says so. */
  move(ask: ConsoleRequest): Promise<BrowserMove>
}

/**
 * A console session for one role and one page. Fails with `destination_refused` before AWS is asked for anything, before anything is
 * signed, and before its person is asked for a reason or a fresh sign-in.
 */
export function makeOpenConsole(deps: {
  rules: CurrentRules
  requestsOf: Pick<RequestsOf, 'about'>
  takeRole: TakeRole
  releaseAssertion: ReleaseAssertion
  prepareConsole: PrepareConsole
  now: Now
}): OpenConsole {
  const { prepareConsole } = deps

  async function url(ask: ConsoleRequest) {
    const { out, taken } = await deps.takeRole('console', ask, (target) =>
      prepareConsole.signInUrl(target, prepareConsole.destinationIn(target, ask.destination, ask.region)),
    )
    return { url: out, taken }
  }

  async function post(ask: ConsoleRequest): Promise<BrowserMove> {
    const {
      plan,
      assertion,
      checked: destination,
    } = await deps.releaseAssertion(ask, (target) => prepareConsole.destinationIn(target, ask.destination, ask.region))
    if (plan.assertion.kind !== 'saml' || assertion.kind !== 'saml')
      throw new RolegateError('config_invalid', { account: plan.target.account.alias })
    const { recipient } = plan.assertion.request
    return { post: { url: recipient, fields: { SAMLResponse: assertion.response, RelayState: destination } } }
  }

  /**
   * threats.md F6: whoever holds the assertion can use it for minutes, for keys as well as for the console. So it is
   * posted neither for an elevated role nor where a policy narrows the session: those use AssumeRoleWithSAML and a
   * sign-in URL instead.
   */
  async function mayBePosted({ role, session, request, reason }: ConsoleRequest): Promise<boolean> {
    try {
      const target = requireVisibleRole(deps.rules(), session.principal, role)
      if (target.account.samlPost !== true || target.kind.elevated) return false
      const requests = await deps.requestsOf.about(session.principal, target)
      const circumstances = circumstancesOf(session, request, deps.now(), { reason, requests })
      const entitlement = requireEntitlement(deps.rules(), session.principal, target, circumstances)
      return entitlement.sessionPolicy === undefined && entitlement.bindIp === undefined
    } catch {
      // The hand-over itself will say what is wrong with it, and put it on record.
      return false
    }
  }

  return {
    url,
    async move(ask) {
      if (await mayBePosted(ask)) return post(ask)
      return { url: (await url(ask)).url }
    },
  }
}
