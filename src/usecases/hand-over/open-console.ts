import { parseDestination, type Destination } from '../../domain/aws/destination.ts'
import { requireRole } from '../../domain/entitlement/find-role.ts'
import type { RoleTarget } from '../../domain/entitlement/rule.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { BrowserMove, CurrentRules, OpenFederation } from '../ports.ts'
import type { HandOverRequest } from './plan-hand-over.ts'
import type { ReleaseAssertion, Taken, TakeRole } from './take-role.ts'

type ConsoleRequest = HandOverRequest & { readonly destination?: string }

export type OpenConsole = {
  /** A sign-in URL: a reusable secret for fifteen minutes (threats.md H3), handed over once. */
  url(ask: ConsoleRequest): Promise<{ readonly url: string; readonly taken: Taken }>
  /** The same for a browser, which may also post our assertion to AWS where the account says so. */
  move(ask: ConsoleRequest): Promise<BrowserMove>
}

/**
 * A console session for one role and one page. Fails with `destination_refused` before AWS is asked for anything, and before
 * anything is signed.
 */
export function makeOpenConsole(deps: {
  rules: CurrentRules
  takeRole: TakeRole
  releaseAssertion: ReleaseAssertion
  openFederation: OpenFederation
  /** Console hosts of each `sts` entry, where they are not the partition's own. */
  consoleHosts: ReadonlyMap<string, readonly string[]>
}): OpenConsole {
  function destinationIn({ account }: RoleTarget, asked: string | undefined): Destination {
    const { partition, region, sts } = account
    const hosts = deps.consoleHosts.get(sts)
    return parseDestination(asked, { partition, region, ...(hosts && { hosts }) })
  }

  async function url(ask: ConsoleRequest) {
    const { out, taken } = await deps.takeRole('console', ask, (target) => {
      const destination = destinationIn(target, ask.destination)
      const { sts, region } = target.account
      return ({ credentials, facts: { seconds } }) =>
        deps.openFederation({ sts, region, credentials, seconds, destination })
    })
    return { url: out, taken }
  }

  async function post(ask: ConsoleRequest): Promise<BrowserMove> {
    const {
      plan,
      assertion,
      checked: destination,
    } = await deps.releaseAssertion(ask, (target) => destinationIn(target, ask.destination))
    if (plan.assertion.kind !== 'saml' || assertion.kind !== 'saml')
      throw new RolegateError('config_invalid', { account: plan.target.account.alias })
    const { recipient } = plan.assertion.request
    return { post: { url: recipient, fields: { SAMLResponse: assertion.response, RelayState: destination } } }
  }

  return {
    url,
    async move(ask) {
      if (mayBePosted(deps.rules, ask.role)) return post(ask)
      return { url: (await url(ask)).url }
    },
  }
}

/**
 * threats.md F6: whoever holds the assertion may use it for minutes, for keys as well as for the console. So not for an
 * elevated role: that one goes by AssumeRoleWithSAML and a sign-in URL, as all others may.
 */
function mayBePosted(rules: CurrentRules, role: string): boolean {
  try {
    const { account, kind } = requireRole(rules(), role)
    return account.samlPost === true && !kind.elevated
  } catch {
    // The hand-over itself will say what is wrong with it, and put it on record.
    return false
  }
}
