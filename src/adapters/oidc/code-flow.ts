import { hash } from 'node:crypto'
import type * as OpenidClient from 'openid-client'
import { RolegateError } from '../../domain/errors.ts'
import type { PendingOidc, PendingSignIn } from '../../domain/sign-in/attempt.ts'
import type { Now } from '../../usecases/ports.ts'
import type { Asking, CallbackAnswer } from '../../usecases/ports/identity-provider.ts'
import { UpstreamFailure } from './bounded-fetch.ts'
import { loadClient } from './client.ts'
import { requireSoundIdToken } from './id-token.ts'
import type { Server } from './server.ts'

/**
 * OIDC Core §2, §3.1.2.1: with a max_age of whatever length the answer must have an auth_time. A year asks nobody to sign in who
 * would not have to anyway (DECISIONS.md 105).
 */
const LONGEST_AGE = String(365 * 24 * 60 * 60)

/** OIDC Core §3.1.2.1. Two ways to say one thing, since there are IdPs that know one of them. */
const FRESH = { prompt: 'login', max_age: '0' }

/** What the IdP gave for its code: the ID token is verified, and its claims are these. */
type Redeemed = {
  readonly oidc: typeof OpenidClient
  readonly configuration: OpenidClient.Configuration
  readonly tokens: OpenidClient.TokenEndpointResponse
  readonly claims: OpenidClient.IDToken
}

export type CodeFlow = {
  begin(
    attemptId: string,
    how?: Asking,
  ): Promise<{ readonly move: { readonly url: string }; readonly pending: PendingOidc }>
  /** `read` turns the answer into what the caller wants; any failure, in it or before it, is thrown in our words. */
  redeem<Out>(
    answer: CallbackAnswer,
    pending: PendingSignIn,
    read: (redeemed: Redeemed) => Out | Promise<Out>,
  ): Promise<Out>
}

/**
 * The code flow with PKCE, state, nonce, `iss` (RFC 9207), and the ID token's signature checked each time (security.md O-1),
 * whomever the ID token is for.
 */
export function makeCodeFlow(deps: {
  settings: {
    readonly id: string
    readonly clientId: string
    readonly scopes: readonly string[]
    readonly algorithms: readonly string[]
  }
  /** Where the IdP sends the browser back: one of this IdP's own (security.md O-14). */
  callback: string
  server: Server
  /** Asks the IdP to say when its people showed who they are: many say so only when asked. */
  needsAuthTime: boolean
  randomText: (bits: number) => string
  now: Now
}): CodeFlow {
  const { settings, callback, server, now } = deps
  return {
    async begin(attemptId, { isFresh } = { isFresh: false }) {
      const oidc = await loadClient()
      const configuration = await server.require()
      const pending = {
        kind: 'oidc',
        // The attempt's id names its cookie; 128 bits of chance make it unguessable (security.md O-12).
        state: `${attemptId}.${deps.randomText(128)}`,
        nonce: deps.randomText(128),
        // RFC 7636 §4.1.
        codeVerifier: deps.randomText(256),
      } as const
      const url = oidc.buildAuthorizationUrl(configuration, {
        redirect_uri: callback,
        scope: settings.scopes.join(' '),
        state: pending.state,
        nonce: pending.nonce,
        // security.md O-11: always S256, whatever the metadata lists.
        code_challenge: hash('sha256', pending.codeVerifier, 'base64url'),
        code_challenge_method: 'S256',
        ...(isFresh ? FRESH : deps.needsAuthTime && { max_age: LONGEST_AGE }),
      })
      return { move: { url: url.href }, pending }
    },

    async redeem({ parameters }, pending, read) {
      const oidc = await loadClient()
      const configuration = await server.require()
      if (pending.kind !== 'oidc') throw new RolegateError('sign_in_rejected', {}, { reason: 'other_protocol' })
      // Built from our own origin, never from the request's Host (security.md W-17).
      const url = new URL(callback)
      for (const [name, value] of parameters) url.searchParams.set(name, value)
      try {
        const tokens = await oidc.authorizationCodeGrant(configuration, url, {
          expectedState: pending.state,
          expectedNonce: pending.nonce,
          pkceCodeVerifier: pending.codeVerifier,
          idTokenExpected: true,
        })
        return await read({ oidc, configuration, tokens, claims: requireSoundIdToken(tokens, settings, now()) })
      } catch (thrown) {
        throw asSignInFailure(thrown, settings.id)
      }
    },
  }
}

/** Whatever openid-client throws, in our words: its reason goes to log and audit alone (security.md A-8). */
export function asSignInFailure(thrown: unknown, idp: string): RolegateError {
  if (thrown instanceof RolegateError) return thrown
  for (let cause: unknown = thrown; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof UpstreamFailure)
      return new RolegateError('idp_unavailable', { idp, retryAfterSeconds: 5 }, { cause: thrown })
  }
  return new RolegateError('sign_in_rejected', {}, { reason: reasonOf(thrown), cause: thrown })
}

function reasonOf(thrown: unknown): string {
  // RFC 6749 §4.1.2.1: the IdP's own error code, cut; its free text is not repeated (security.md O-16).
  const { code, error } = thrown as { code?: unknown; error?: unknown }
  if (typeof error === 'string') return `idp_error:${error.slice(0, 60)}`
  return typeof code === 'string' ? code.toLowerCase() : 'unverifiable'
}
