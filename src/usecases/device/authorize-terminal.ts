import type { RequestFacts } from '../../domain/audit/facts.ts'
import { CODE_MEMORY_SECONDS, CODE_SECONDS } from '../../domain/device/authorization.ts'
import type { Client } from '../../domain/device/client.ts'
import type { DeviceClaims } from '../../domain/device/device-login.ts'
import { requireSessionMay, type GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, Digest, LimitRate, Now, RandomText } from '../ports.ts'
import type { AuthorizationCodes } from '../ports/tables.ts'
import { requireWay, type LoginWays } from './login-ways.ts'

/** What a terminal asks for through the browser beside it. The redirect address has been checked. */
export type AuthorizationAsk = {
  readonly client: Client
  readonly redirectUri: string
  readonly codeChallenge: string
  readonly claims: DeviceClaims
}

type Input = { readonly session: GatewaySession; readonly ask: AuthorizationAsk; readonly request: RequestFacts }

export type AuthorizeTerminal = {
  /** Fails unless this session may let a terminal in this way; asked before the page is shown. */
  requireMay(session: GatewaySession): void
  /** The code, good once and for a minute. Fails with `rate_limited`, as a no does, past sixty a minute. */
  approve(input: Input): Promise<string>
  deny(input: Input): Promise<void>
}

/** A person's word on a terminal that sent its browser here (RFC 6749 §4.1, RFC 8252). On record before the code is out. */
export function makeAuthorizeTerminal(deps: {
  authorizationCodes: AuthorizationCodes
  loginWays: LoginWays
  audit: Audit
  limitRate: LimitRate
  randomText: RandomText
  digest: Digest
  now: Now
}): AuthorizeTerminal {
  function requireMay(session: GatewaySession): void {
    requireSessionMay(session, { kind: 'approve-terminal' }, deps.now())
    requireWay(deps.loginWays, session.principal.idp, 'pkce')
  }

  async function record(
    event: 'terminal_approved' | 'terminal_denied',
    { session, ask, request }: Input,
  ): Promise<void> {
    // Each leaves a record behind: more than anybody's hand gives is a script (security.md V-5, threats.md A4).
    await deps.limitRate(`terminals:${session.id}`, 60, 60)
    await deps.audit({ event, request, principal: session.principal, session, clientId: ask.client.id })
  }

  return {
    requireMay,

    async approve(input) {
      const { session, ask, request } = input
      requireMay(session)
      await record('terminal_approved', input)
      const code = `rgc_${deps.randomText(256)}`
      const now = deps.now().getTime()
      await deps.authorizationCodes.put(
        deps.digest(code),
        {
          clientId: ask.client.id,
          clientName: ask.client.name,
          redirectUri: ask.redirectUri,
          codeChallenge: ask.codeChallenge,
          claims: ask.claims,
          parentId: session.id,
          approverAddress: request.address,
          expiresAt: new Date(now + CODE_SECONDS * 1000),
          usedFor: null,
          reused: false,
        },
        { expiresAt: new Date(now + CODE_MEMORY_SECONDS * 1000) },
      )
      return code
    },

    async deny(input) {
      await record('terminal_denied', input)
    },
  }
}
