import type { RequestFacts } from '../../domain/audit/facts.ts'
import { CODE_MEMORY_SECONDS, isVerifier, type AuthorizationCode } from '../../domain/device/authorization.ts'
import { isSameNetwork, networkOf, type NameNetwork } from '../../domain/device/network.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, Digest, LimitRate, Now, RandomText } from '../ports.ts'
import type { AuthorizationCodes, Sessions } from '../ports/tables.ts'
import type { FindSession } from '../sign-in/find-session.ts'
import type { IssueTokens, Tokens } from './issue-tokens.ts'
import type { LoginWays } from './login-ways.ts'
import { newSessionId, type LoginWay, type StartTerminalSession } from './start-terminal-session.ts'

export type RedeemAuthorizationCode = (input: {
  readonly code: string
  readonly clientId: string
  readonly redirectUri: string
  readonly codeVerifier: string
  readonly request: RequestFacts
}) => Promise<Tokens>

type Turn =
  | { readonly kind: 'used'; readonly code: AuthorizationCode; readonly sessionId: string }
  /** `made` is the session that an earlier use of the same code made. */
  | { readonly kind: 'refused'; readonly code: AuthorizationCode; readonly reason: string; readonly made?: string }

/**
 * Trades an authorization code for tokens, once. Fails with `invalid_grant` for a code that is unknown, expired, of
 * another client, sent to another address, or presented without its verifier; the audit log says which, and has the
 * browser's address beside the terminal's. A second use ends what the first one made (RFC 6749 §4.1.2).
 */
export function makeRedeemAuthorizationCode(deps: {
  authorizationCodes: AuthorizationCodes
  sessions: Pick<Sessions, 'delete'>
  findSession: FindSession
  startTerminalSession: StartTerminalSession
  issueTokens: IssueTokens
  nameNetwork: NameNetwork
  loginWays: LoginWays
  crossNetwork: 'downgrade' | 'refuse'
  audit: Audit
  limitRate: LimitRate
  randomText: RandomText
  digest: Digest
  now: Now
}): RedeemAuthorizationCode {
  type Input = Parameters<RedeemAuthorizationCode>[0]

  function turn(code: AuthorizationCode, { clientId, redirectUri, codeVerifier }: Input): Turn {
    const refused = (reason: string) => ({ kind: 'refused', code, reason }) as const
    // security.md D-4: another client's try changes nothing, and ends nothing either.
    if (code.clientId !== clientId) return refused('another_client')
    if (code.usedFor !== null) return { ...refused('code_reused'), made: code.usedFor }
    if (code.redirectUri !== redirectUri) return refused('another_redirect')
    if (!isVerifier(codeVerifier) || deps.digest(codeVerifier) !== code.codeChallenge) return refused('wrong_verifier')
    if (deps.now() >= code.expiresAt) return refused('code_expired')
    return { kind: 'used', code, sessionId: newSessionId(deps.randomText) }
  }

  async function use(input: Input): Promise<Turn | undefined> {
    if (!input.code.startsWith('rgc_')) return undefined
    return deps.authorizationCodes.update<Turn>(deps.digest(input.code), (code) => {
      const answer = turn(code, input)
      const next = {
        ...code,
        ...(answer.kind === 'used' && { usedFor: answer.sessionId }),
        // Once seen, it stays so, whoever tries next: the session may still be in the making.
        reused: code.reused || (answer.kind === 'refused' && answer.made !== undefined),
      }
      const keep = { expiresAt: new Date(code.expiresAt.getTime() + CODE_MEMORY_SECONDS * 1000) }
      return { next, answer, keep }
    })
  }

  /** Records why an approved code was refused; the error tells the terminal less. */
  async function refuse(code: AuthorizationCode, reason: string, request: RequestFacts): Promise<never> {
    const { clientId, approverAddress } = code
    const parent = await deps.findSession(code.parentId)
    if (parent !== undefined) {
      const { principal } = parent
      await deps.audit({ event: 'code_refused', request, principal, clientId, approverAddress, reason })
    }
    throw invalidGrant(reason)
  }

  /** threats.md D2: a code that somebody else took up is worth a device code at most. */
  function wayOf(
    { approverAddress }: AuthorizationCode,
    { principal: { idp } }: GatewaySession,
    { address }: RequestFacts,
  ): LoginWay | { readonly refused: string } {
    const ways = deps.loginWays.get(idp)
    // security.md D-1: switched off means off at every step.
    if (ways?.has('pkce') !== true) return { refused: 'no_pkce_login' }
    if (isSameNetwork(approverAddress, address, deps.nameNetwork)) return 'pkce'
    return deps.crossNetwork === 'downgrade' && ways.has('device') ? 'device' : { refused: 'another_network' }
  }

  async function endStolen(sessionId: string, request: RequestFacts): Promise<void> {
    const session = await deps.findSession(sessionId)
    await deps.sessions.delete(sessionId)
    if (session === undefined) return
    const { principal } = session
    await deps.audit({ event: 'session_ended', request, principal, session, reason: 'code_reused' })
  }

  async function issueOnce(code: AuthorizationCode, session: GatewaySession, input: Input): Promise<Tokens> {
    const { request } = input
    const { clientId, approverAddress } = code
    const { principal } = session
    await deps.audit({ event: 'code_redeemed', request, principal, session, clientId, approverAddress })
    const tokens = await deps.issueTokens(session, clientId)
    // A second use that came while this session was being made could not end it.
    const kept = await deps.authorizationCodes.get(deps.digest(input.code))
    if (kept?.reused === false) return tokens
    await endStolen(session.id, request)
    throw invalidGrant('code_reused')
  }

  async function redeem(code: AuthorizationCode, id: string, input: Input): Promise<Tokens> {
    const { request } = input
    const parent = await deps.findSession(code.parentId)
    // security.md D-20: signed out between approval and use.
    if (parent === undefined) throw invalidGrant('signed_out')
    const via = wayOf(code, parent, request)
    if (typeof via === 'object') return refuse(code, via.refused, request)
    const { host } = code.claims
    const terminal = { client: code.clientName, address: request.address, ...(host !== undefined && { host }) }
    const session = await deps.startTerminalSession({ parent, via, terminal, id }).catch(asSignedOut)
    try {
      return await issueOnce(code, session, input)
    } catch (thrown) {
      // A session whose tokens were not handed out must not stay, in no list and for nobody's use.
      await deps.sessions.delete(session.id)
      throw thrown
    }
  }

  return async function redeemAuthorizationCode(input) {
    const { request } = input
    const turned = await use(input)
    if (turned?.kind === 'used') return redeem(turned.code, turned.sessionId, input)
    if (turned?.made !== undefined) await endStolen(turned.made, request)
    await deps.limitRate(`authorization-code:${networkOf(request.address)}`, 60, 60)
    if (turned === undefined) throw invalidGrant('unknown_code')
    return refuse(turned.code, turned.reason, request)
  }
}

/** To a terminal, a browser that signed out meanwhile is a code that is no longer good. */
function asSignedOut(thrown: unknown): never {
  throw thrown instanceof RolegateError && thrown.code === 'sign_in_required' ? invalidGrant('signed_out') : thrown
}

const invalidGrant = (reason: string) => new RolegateError('invalid_grant', {}, { reason })
