import type * as Jose from 'jose'
import type { JWTPayload, JWTVerifyResult } from 'jose'
import { RolegateError } from '../../domain/errors.ts'
import { workloadPrincipal, type WorkloadMapping } from '../../domain/sign-in/workload.ts'
import type { Digest, Now } from '../../usecases/ports.ts'
import type { VerifiedWorkload, VerifyWorkloadToken } from '../../usecases/ports/workload.ts'
import { makeIssuerKeys, type IssuerKeys } from './issuer-keys.ts'
import { loadJose } from './jose.ts'

/** One entry of `workloads`. */
export type WorkloadSettings = {
  /** What people call it. */
  readonly label: string
  /** Of tokens traded for a session. */
  readonly audience: string
  /** Of tokens shown at the containers' own address. */
  readonly containerAudience: string
  readonly algorithms: readonly string[]
  readonly allowHttp: boolean
  readonly maxSeconds: number
  readonly mapping: WorkloadMapping
}

const SKEW_SECONDS = 60
/** threats.md D16. */
const OLDEST_SECONDS = 600
/** threats.md D15: a token in a file, which everybody beside it can read, is good for an hour at most. */
const LONGEST_IN_FILE_SECONDS = 3_600
/**
 * A token counts as ending this long after it was issued at most: nothing of ours lasts longer, and replays are refused
 * by age long before. It also bounds an `exp` beyond what Date can hold.
 */
const LONGEST_SECONDS = 24 * 3_600

/**
 * Verifies tokens of CI jobs and containers. The signature by the issuer's own keys, then everything else: whose it is, for
 * which of our doors, how old, and that its claims are those that its entry requires. Fails with `sign_in_rejected` and a
 * reason for log and audit, or with `idp_unavailable`.
 */
export function makeVerifyWorkloadToken(deps: {
  workloads: readonly WorkloadSettings[]
  fetch: typeof fetch
  digest: Digest
  now: Now
  onFailure: (workload: string, cause: unknown) => void
}): { readonly verifyWorkloadToken: VerifyWorkloadToken; readonly down: () => readonly string[] } {
  const issuers = new Map<string, Issuer>()
  for (const settings of deps.workloads) {
    const { id, issuer } = settings.mapping
    const known = issuers.get(issuer)
    if (known !== undefined) known.entries.push(settings)
    else {
      const { allowHttp } = settings
      const keys = makeIssuerKeys({ ...deps, issuer, allowHttp, onFailure: (cause) => deps.onFailure(id, cause) })
      issuers.set(issuer, { keys, entries: [settings] })
    }
  }

  return {
    async verifyWorkloadToken(token, door) {
      const jose = await loadJose()
      const issuer = issuers.get(issuerIn(token, jose))
      if (issuer === undefined) throw rejected('unknown_issuer')
      const now = deps.now()
      const { payload, protectedHeader } = await verified(token, issuer, { jose, now })
      requireType(protectedHeader.typ)
      requireAge(payload, door, now)
      const { settings, principal } = entryFor(issuer.entries, payload, protectedHeader.alg, door)
      return { principal, maxSeconds: settings.maxSeconds, ...countedBy(payload, token, deps.digest) }
    },
    down: () =>
      [...issuers.values()].flatMap(({ keys, entries }) =>
        keys.isDown() ? entries.map(({ mapping }) => mapping.id) : [],
      ),
  }
}

type Issuer = { readonly keys: IssuerKeys; readonly entries: WorkloadSettings[] }
type Door = Parameters<VerifyWorkloadToken>[1]

/** Whose keys to ask, by the token's own word; nothing else of it is believed yet. */
function issuerIn(token: string, { decodeJwt }: typeof Jose): string {
  // Three parts, none of them empty: no JWE, nothing unsigned, nothing in JSON (security.md O-4).
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) throw rejected('not_a_signed_token')
  try {
    const { iss } = decodeJwt(token)
    if (typeof iss === 'string') return iss
  } catch (cause) {
    throw new RolegateError('sign_in_rejected', {}, { reason: 'not_a_signed_token', cause })
  }
  throw rejected('no_issuer')
}

async function verified(
  token: string,
  { keys, entries }: Issuer,
  { jose, now }: { jose: typeof Jose; now: Date },
): Promise<JWTVerifyResult> {
  const [first] = entries
  try {
    return await jose.jwtVerify(token, keys.keyFor, {
      // security.md O-2. jose asks for no key before this, so a junk `alg` costs no fetch.
      algorithms: [...new Set(entries.flatMap(({ algorithms }) => algorithms))],
      ...(first !== undefined && { issuer: first.mapping.issuer }),
      clockTolerance: SKEW_SECONDS,
      currentDate: now,
      requiredClaims: ['exp', 'iat', 'aud', 'sub'],
    })
  } catch (thrown) {
    if (thrown instanceof RolegateError) throw named(thrown, first)
    throw new RolegateError('sign_in_rejected', {}, { reason: reasonOf(thrown, jose), cause: thrown })
  }
}

function reasonOf(thrown: unknown, { errors }: typeof Jose): string {
  if (thrown instanceof errors.JWTClaimValidationFailed) return `claim:${thrown.claim}`
  return thrown instanceof errors.JOSEError ? thrown.code.toLowerCase() : 'unverifiable'
}

const named = ({ code, values, reason, cause }: RolegateError, entry: WorkloadSettings | undefined): RolegateError =>
  new RolegateError(
    code,
    { ...values, ...(entry !== undefined && { idp: entry.mapping.id, label: entry.label }) },
    { ...(reason !== undefined && { reason }), cause },
  )

/** security.md O-27, RFC 8725 §3.11: access and logout tokens are signed by the same key. */
function requireType(typ: unknown): void {
  if (typ !== undefined && !(typeof typ === 'string' && /^jwt$/i.test(typ))) throw rejected('not_a_job_token')
}

/** threats.md D16, D15. `exp` and `iat` are numbers by now, and `exp` is not over. */
function requireAge({ iat = 0, exp = 0 }: JWTPayload, door: Door, now: Date): void {
  const seconds = now.getTime() / 1000
  if (!Number.isFinite(iat) || !Number.isFinite(exp)) throw rejected('no_time')
  if (iat > seconds + SKEW_SECONDS) throw rejected('issued_in_the_future')
  if (exp <= iat) throw rejected('ends_before_it_begins')
  switch (door) {
    case 'exchange':
      if (iat < seconds - OLDEST_SECONDS) throw rejected('issued_too_long_ago')
      return
    case 'container':
      if (exp - iat > LONGEST_IN_FILE_SECONDS) throw rejected('lives_too_long')
  }
}

/** The first entry of this issuer whose audience, algorithms and required claims are the token's. */
function entryFor(entries: readonly WorkloadSettings[], payload: JWTPayload, alg: string, door: Door) {
  let failure = rejected('audience')
  for (const settings of entries) {
    const { audience, containerAudience, algorithms, mapping } = settings
    if (!isOnlyFor(payload.aud, door === 'exchange' ? audience : containerAudience)) continue
    if (!algorithms.includes(alg)) {
      failure = rejected('algorithm_not_allowed')
      continue
    }
    try {
      return { settings, principal: workloadPrincipal(payload, mapping) }
    } catch (thrown) {
      if (!(thrown instanceof RolegateError)) throw thrown
      failure = named(thrown, settings)
    }
  }
  throw failure
}

/**
 * True if the token is for us only, as one text or a list of one: any other audience could present it here (threats.md
 * D16).
 */
const isOnlyFor = (aud: unknown, ours: string): boolean =>
  aud === ours || (Array.isArray(aud) && aud.length === 1 && aud[0] === ours)

/**
 * What identifies the token for single use, and until when. Without a `jti`, the signed part: not the whole token,
 * since anybody can rewrite an ECDSA signature so that it still verifies.
 */
function countedBy(
  { jti, exp = 0, iat = 0 }: JWTPayload,
  token: string,
  digest: Digest,
): Pick<VerifiedWorkload, 'tokenId' | 'expiresAt' | 'countsUntil'> {
  if (jti !== undefined && (typeof jti !== 'string' || jti === '' || jti.length > 255)) throw rejected('jti_unusable')
  const endsAt = Math.min(exp, iat + LONGEST_SECONDS)
  const signed = token.slice(0, token.lastIndexOf('.'))
  return {
    tokenId: jti === undefined ? `signed ${digest(signed)}` : `jti ${jti}`,
    expiresAt: new Date(endsAt * 1000),
    countsUntil: new Date((endsAt + SKEW_SECONDS) * 1000),
  }
}

const rejected = (reason: string) => new RolegateError('sign_in_rejected', {}, { reason })
