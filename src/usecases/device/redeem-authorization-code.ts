import type { RequestFacts } from '../../domain/audit/event.ts'
import { CODE_MEMORY_SECONDS, isVerifier, type AuthorizationCode } from '../../domain/device/authorization.ts'
import { isSameNetwork, networkOf, type NameNetwork } from '../../domain/device/network.ts'
import { RolegateError } from '../../domain/errors.ts'
import type { GatewaySession } from '../../domain/sign-in/session.ts'
import type { Audit, AuthorizationCodes, Digest, LimitRate, Now, RandomText, Sessions } from '../ports.ts'
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
  | { readonly kind: 'stolen'; readonly sessionId: string }
  | { readonly kind: 'refused'; readonly reason: string }

/**
 * Trades an authorization code for tokens, once. Fails with `invalid_grant` for a code that is unknown, over, another
 * client's, sent to another address, or without its verifier. A second use ends what the first one made (RFC 6749 §4.1.2).
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
    // security.md D-4: another client's try changes nothing, and ends nothing either.
    if (code.clientId !== clientId) return { kind: 'refused', reason: 'another_client' }
    if (code.usedFor !== null) return { kind: 'stolen', sessionId: code.usedFor }
    if (code.redirectUri !== redirectUri) return { kind: 'refused', reason: 'another_redirect' }
    if (!isVerifier(codeVerifier) || deps.digest(codeVerifier) !== code.codeChallenge)
      return { kind: 'refused', reason: 'wrong_verifier' }
    if (deps.now() >= code.expiresAt) return { kind: 'refused', reason: 'code_expired' }
    return { kind: 'used', code, sessionId: newSessionId(deps.randomText) }
  }

  async function use(input: Input): Promise<Turn | undefined> {
    if (!input.code.startsWith('rgc_')) return undefined
    return deps.authorizationCodes.update<Turn>(deps.digest(input.code), (code) => {
      const answer = turn(code, input)
      const next = {
        ...code,
        ...(answer.kind === 'used' && { usedFor: answer.sessionId }),
        reused: answer.kind === 'stolen',
      }
      const keep = { expiresAt: new Date(code.expiresAt.getTime() + CODE_MEMORY_SECONDS * 1000) }
      return { next, answer, keep }
    })
  }

  /** threats.md D2: a code that somebody else took up is worth a device code at most. */
  function wayOf({ approverAddress }: AuthorizationCode, parent: GatewaySession, request: RequestFacts): LoginWay {
    if (isSameNetwork(approverAddress, request.address, deps.nameNetwork)) return 'pkce'
    const mayBeDevice = deps.loginWays.get(parent.principal.idp)?.has('device') === true
    if (deps.crossNetwork === 'downgrade' && mayBeDevice) return 'device'
    throw invalidGrant('another_network')
  }

  async function endStolen(sessionId: string, request: RequestFacts): Promise<never> {
    const reason = 'code_reused'
    const session = await deps.findSession(sessionId)
    await deps.sessions.delete(sessionId)
    if (session !== undefined)
      await deps.audit({ event: 'session_ended', request, principal: session.principal, session, reason })
    throw invalidGrant(reason)
  }

  return async function redeemAuthorizationCode(input) {
    const { request } = input
    const turned = await use(input)
    if (turned === undefined || turned.kind === 'refused') {
      await deps.limitRate(`authorization-code:${networkOf(request.address)}`, 60, 60)
      throw invalidGrant(turned?.reason ?? 'unknown_code')
    }
    if (turned.kind === 'stolen') return endStolen(turned.sessionId, request)

    const { code, sessionId: id } = turned
    const parent = await deps.findSession(code.parentId)
    // security.md D-20: signed out between approval and use.
    if (parent === undefined) throw invalidGrant('signed_out')
    const facts = { request, principal: parent.principal, approverAddress: code.approverAddress }
    try {
      const via = wayOf(code, parent, request)
      const { host } = code.claims
      const terminal = { client: code.clientName, address: request.address, ...(host !== undefined && { host }) }
      const session = await deps.startTerminalSession({ parent, via, terminal, id })
      await deps.audit({ ...facts, event: 'code_redeemed', session, clientId: code.clientId })
      const tokens = await deps.issueTokens(session, code.clientId)
      // A second use that came while this session was being made could not end it.
      const kept = await deps.authorizationCodes.get(deps.digest(input.code))
      return kept?.reused === false ? tokens : await endStolen(session.id, request)
    } catch (thrown) {
      if (!(thrown instanceof RolegateError) || thrown.reason !== 'another_network') throw thrown
      await deps.audit({ ...facts, event: 'code_refused', clientId: code.clientId, reason: thrown.reason })
      throw thrown
    }
  }
}

const invalidGrant = (reason: string) => new RolegateError('invalid_grant', {}, { reason })
