import { RolegateError } from '../domain/errors.ts'
import type { TokenAnswer } from './answers.ts'
import { failure } from './failure.ts'
import { refreshTokens, revokeToken } from './oauth.ts'
import type { Send } from './send.ts'
import type { Tokens, TokenStore } from './token-store.ts'

/** An access token with less left is renewed first: it must outlive the request. */
const LEAST_LEFT_MS = 60_000

type Deps = { readonly origin: string; readonly store: TokenStore; readonly send: Send; readonly now: () => Date }

/**
 * A valid access token for this origin, renewed once for all parallel commands. It is read once and then kept in
 * memory: a keychain may ask the person each time (ux.md 7). Fails with `sign_in_required`.
 */
export function makeAccessToken(deps: Deps): () => Promise<string> {
  let last: Tokens | undefined
  return async () => {
    if (last === undefined || !isGood(last, deps.now())) last = await goodTokens(deps)
    return last.accessToken
  }
}

async function goodTokens(deps: Deps): Promise<Tokens> {
  const kept = await requireTokens(deps)
  if (isGood(kept, deps.now())) return kept
  return deps.store.alone(deps.origin, async () => {
    // Whoever held the lock before us may have renewed it.
    const current = await requireTokens(deps)
    return isGood(current, deps.now()) ? current : renew(current, deps)
  })
}

export const tokensOf = (answer: TokenAnswer, now: Date): Tokens => ({
  accessToken: answer.accessToken,
  expiresAt: new Date(now.getTime() + answer.expiresInSeconds * 1000),
  ...(answer.refreshToken !== undefined && { refreshToken: answer.refreshToken }),
})

/** The refresh token speaks for the whole sign-in; the gateway ends all of it (threats.md D10). */
export const endSignIn = (send: Send, { refreshToken, accessToken }: Tokens): Promise<void> =>
  revokeToken(send, refreshToken ?? accessToken)

async function requireTokens({ store, origin }: Deps): Promise<Tokens> {
  const kept = await store.read(origin)
  if (kept === undefined) throw notSignedIn(origin)
  return kept
}

function isGood({ expiresAt, refreshToken }: Tokens, now: Date): boolean {
  return expiresAt.getTime() - now.getTime() >= (refreshToken === undefined ? 1 : LEAST_LEFT_MS)
}

async function renew(kept: Tokens, { origin, store, send, now }: Deps): Promise<Tokens> {
  if (kept.refreshToken === undefined) throw signInEnded(origin)
  try {
    const answer = await refreshTokens(send, kept.refreshToken)
    const renewed = { refreshToken: kept.refreshToken, ...tokensOf(answer, now()) }
    await store.renew(origin, renewed)
    return renewed
  } catch (thrown) {
    if (!(thrown instanceof RolegateError) || thrown.code !== 'invalid_grant') throw thrown
    await store.forget(origin)
    throw signInEnded(origin)
  }
}

const notSignedIn = (origin: string) =>
  failure('sign_in_required', {
    title: 'You are not signed in',
    detail: `No sign-in at ${origin} is kept on this machine.`,
  })

const signInEnded = (origin: string) =>
  failure('sign_in_required', {
    title: 'You are not signed in any more',
    detail: `The sign-in at ${origin} has ended.`,
  })
