import * as z from 'zod'
import { DEVICE_GRANT, printable, unsupportedGrant } from '../domain/device/client.ts'
import { showUserCode } from '../domain/device/user-code.ts'
import { RolegateError } from '../domain/errors.ts'
import { requireOwnClient } from '../usecases/device/clients.ts'
import type { Tokens } from '../usecases/device/issue-tokens.ts'
import type { RedeemAuthorizationCode } from '../usecases/device/redeem-authorization-code.ts'
import type { RedeemDeviceLogin } from '../usecases/device/redeem-device-login.ts'
import type { RefreshTokensOf } from '../usecases/device/refresh-tokens.ts'
import type { LoginWay } from '../usecases/device/start-terminal-session.ts'
import type { StartDeviceLogin } from '../usecases/device/start-device-login.ts'
import { offeredGrants } from './offered-grants.ts'
import { parse } from './parse.ts'
import type { Facts } from './request-facts.ts'

const Said = z.string().max(64).optional()
const StartForm = z.object({ client_id: z.string(), host: Said, user: Said, tool: Said })
const TokenForm = z.object({
  client_id: z.string(),
  grant_type: z.string(),
  device_code: z.string().max(200).optional(),
  refresh_token: z.string().max(200).optional(),
  code: z.string().max(200).optional(),
  redirect_uri: z.string().max(300).optional(),
  code_verifier: z.string().max(200).optional(),
})
type TokenForm = z.output<typeof TokenForm>

/** The two forms that terminals post all the time, from fields to answer, for both the hot door and Express. */
export type OauthAnswers = {
  deviceAuthorization(body: unknown, request: Facts): Promise<object>
  token(body: unknown, request: Facts): Promise<object>
}

export type OauthStories = {
  startDeviceLogin: StartDeviceLogin
  redeemDeviceLogin: RedeemDeviceLogin
  redeemAuthorizationCode: RedeemAuthorizationCode
  refreshTokens: RefreshTokensOf
  /** The ways that somebody here may sign a terminal in. */
  offeredWays: ReadonlySet<LoginWay>
}

export function makeOauthAnswers(deps: OauthStories & { publicUrl: string }): OauthAnswers {
  const offers = (way: LoginWay) => deps.offeredWays.has(way)

  function tokensFor(asked: TokenForm, request: Facts): Promise<Tokens> {
    const { client_id: clientId, device_code: deviceCode, refresh_token: refreshToken } = asked
    if (asked.grant_type === DEVICE_GRANT && offers('device')) {
      if (deviceCode === undefined) throw new RolegateError('invalid_request', { field: 'device_code' })
      return deps.redeemDeviceLogin({ deviceCode, clientId, request })
    }
    if (asked.grant_type === 'authorization_code' && offers('pkce')) return redeemCode(asked, request)
    if (asked.grant_type === 'refresh_token' && deps.offeredWays.size > 0) {
      if (refreshToken === undefined) throw new RolegateError('invalid_request', { field: 'refresh_token' })
      return deps.refreshTokens({ refreshToken, clientId, request })
    }
    throw unsupportedGrant(offeredGrants(deps.offeredWays))
  }

  function redeemCode(asked: TokenForm, request: Facts): Promise<Tokens> {
    const { client_id: clientId, code, redirect_uri: redirectUri, code_verifier: codeVerifier } = asked
    if (code === undefined) throw new RolegateError('invalid_request', { field: 'code' })
    if (redirectUri === undefined) throw new RolegateError('invalid_request', { field: 'redirect_uri' })
    if (codeVerifier === undefined) throw new RolegateError('invalid_request', { field: 'code_verifier' })
    return deps.redeemAuthorizationCode({ code, clientId, redirectUri, codeVerifier, request })
  }

  return {
    async deviceAuthorization(body, request) {
      const { client_id: clientId, host, user, tool } = parse(StartForm, body)
      const client = requireOwnClient(clientId)
      // security.md D-1: switched off means off at every step.
      if (!offers('device')) throw unsupportedGrant(offeredGrants(deps.offeredWays))
      const claims = {
        ...(host && { host: printable(host) }),
        ...(user && { user: printable(user) }),
        ...(tool && { tool: printable(tool) }),
      }
      const started = await deps.startDeviceLogin({ client, claims, request })
      const userCode = showUserCode(started.userCode)
      return {
        device_code: started.deviceCode,
        user_code: userCode,
        ...(started.matchNumber !== undefined && { match_number: started.matchNumber }),
        verification_uri: `${deps.publicUrl}/device`,
        // In the fragment, which no server and no log sees; nothing is submitted by itself (threats.md D5).
        verification_uri_complete: `${deps.publicUrl}/device#${userCode}`,
        expires_in: started.expiresInSeconds,
        interval: started.intervalSeconds,
      }
    },
    async token(body, request) {
      const asked = parse(TokenForm, body)
      requireOwnClient(asked.client_id)
      const { accessToken, refreshToken, expiresInSeconds } = await tokensFor(asked, request)
      return {
        access_token: accessToken,
        token_type: 'Bearer',
        expires_in: expiresInSeconds,
        refresh_token: refreshToken,
      }
    },
  }
}
