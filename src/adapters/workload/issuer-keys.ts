import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { RolegateError } from '../../domain/errors.ts'
import type { Now } from '../../usecases/ports.ts'
import { loadJose } from './jose.ts'

/** After a failure, the issuer is asked again no sooner than this. */
const RETRY_MS = 3_000
/** Keys older than this are fetched anew; the old ones serve until then. */
const FRESH_MS = 60 * 60 * 1000
/**
 * Unknown key ids cause a fetch at most this often, whatever key ids strangers make up (security.md O-23, threats.md
 * F11).
 */
const LOOK_AGAIN_MS = 30_000

export type IssuerKeys = {
  /** For jose: the key a header names. Fails with `idp_unavailable` while no keys were ever had. */
  readonly keyFor: JWTVerifyGetKey
  /** Asked, and without an answer so far. Asking also tries again, once in a few seconds. */
  readonly isDown: () => boolean
}

/**
 * The public keys of an issuer of jobs' tokens, by its discovery document: one fetch at a time, the last good copy serves while
 * a new one is on its way. `fetch` bounds bytes and time and follows no redirect.
 */
export function makeIssuerKeys(deps: {
  issuer: string
  allowHttp: boolean
  fetch: typeof fetch
  now: Now
  onFailure: (cause: unknown) => void
}): IssuerKeys {
  let known: { readonly keys: JWTVerifyGetKey; readonly at: number } | undefined
  let failedAt = Number.NEGATIVE_INFINITY
  /** Why there was no answer, for whoever is refused because of it. */
  let failure: unknown
  let underway: Promise<void> | undefined

  async function fetchKeys(): Promise<void> {
    try {
      const { createLocalJWKSet } = await loadJose()
      known = { keys: createLocalJWKSet(await keysOf(deps)), at: deps.now().getTime() }
    } catch (cause) {
      failedAt = deps.now().getTime()
      failure = cause
      deps.onFailure(cause)
    }
  }

  /** Asks, unless that was done less than `olderThan` ago. */
  async function refresh(olderThan: number): Promise<void> {
    const at = deps.now().getTime()
    const due = known === undefined || at - known.at >= olderThan
    if (underway === undefined && due && at - failedAt >= RETRY_MS)
      underway = fetchKeys().finally(() => (underway = undefined))
    await underway
  }

  async function requireKeys(): Promise<JWTVerifyGetKey> {
    const refreshed = refresh(FRESH_MS)
    if (known === undefined) await refreshed
    if (known === undefined) throw new RolegateError('idp_unavailable', { retryAfterSeconds: 5 }, { cause: failure })
    return known.keys
  }

  return {
    async keyFor(header, token) {
      const [keys, { errors }] = await Promise.all([requireKeys(), loadJose()])
      try {
        return await keys(header, token)
      } catch (thrown) {
        if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown
        // The issuer may have changed its keys a minute ago.
        await refresh(LOOK_AGAIN_MS)
        return (await requireKeys())(header, token)
      }
    },
    isDown() {
      const down = known === undefined && failedAt !== Number.NEGATIVE_INFINITY
      // Asking is enough: one that is back is not called down until the next job comes.
      if (down) void refresh(FRESH_MS)
      return down
    },
  }
}

type Source = Pick<Parameters<typeof makeIssuerKeys>[0], 'issuer' | 'allowHttp' | 'fetch'>

async function keysOf({ issuer, allowHttp, fetch }: Source): Promise<JSONWebKeySet> {
  const metadata = await readJson(fetch, `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)
  // Byte for byte (security.md O-19): another issuer's keys would vouch for its jobs.
  if (metadata['issuer'] !== issuer) throw new Error('its metadata is about another issuer')
  const { jwks_uri: address } = metadata
  if (typeof address !== 'string' || !isTakable(address, allowHttp))
    throw new Error('its metadata names no https address for its keys')
  return (await readJson(fetch, address)) as unknown as JSONWebKeySet
}

/** security.md O-21. */
const isTakable = (address: string, allowHttp: boolean): boolean => {
  if (!URL.canParse(address)) return false
  const { protocol, hostname } = new URL(address)
  return (
    protocol === 'https:' || (allowHttp && protocol === 'http:' && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(hostname))
  )
}

async function readJson(boundedFetch: typeof fetch, address: string): Promise<Record<string, unknown>> {
  const answer = await boundedFetch(address, { headers: { accept: 'application/json' } })
  if (answer.status !== 200) throw new Error(`answered ${answer.status}`)
  const value: unknown = await answer.json()
  if (typeof value !== 'object' || value === null) throw new Error('did not answer with an object')
  return value as Record<string, unknown>
}
