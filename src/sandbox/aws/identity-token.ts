import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors } from 'jose'
import { requirePassedOn, type PassedOn } from './passed-on.ts'
import { Refusal } from './refusal.ts'
import { fetchVerificationKeys, isObject, noKey } from './verification-keys.ts'

/** An IAM OIDC provider: whose tokens an account takes, and for which audiences. */
export type OidcProvider = { readonly issuer: string; readonly audiences: readonly string[] }

/** What a verified token says, as far as AWS reads it (aws.md §3). Groups and the like are not among it. */
export type IdentityToken = {
  readonly issuer: string
  /** `azp` where there is one, else `aud`. */
  readonly audience: string
  /** `aud`, where `azp` took its place: AWS's `:oaud`. */
  readonly originalAudiences: readonly string[]
  readonly subject: string
  readonly methods: readonly string[]
} & PassedOn

const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']
/** AWS takes a token up to five minutes after `exp`; the same the other way for `iat` (aws.md §3, Clock). */
const LEEWAY_SECONDS = 300

type Claims = Readonly<Record<string, unknown>>

/** The claims as they stand, nothing verified: for the log, and to find the issuer. */
export function peek(token: string): Claims {
  try {
    decodeProtectedHeader(token)
    return decodeJwt(token)
  } catch {
    throw invalid('The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)')
  }
}

/** Fails with `InvalidIdentityToken`, `ExpiredTokenException` or `IDPCommunicationError` unless the provider vouches for it. */
export async function verifyIdentityToken(
  token: string,
  provider: OidcProvider | undefined,
  now: Date,
): Promise<IdentityToken> {
  const claims = peek(token)
  const issuer = requireText(claims, 'iss')
  const subject = requireText(claims, 'sub')
  const [audience, originalAudiences] = requireAudience(claims)
  const times = { iat: requireTime(claims, 'iat'), exp: requireTime(claims, 'exp') }

  if (provider?.issuer !== issuer) throw invalid(`No OpenIDConnect provider found in your account for ${issuer}`)
  if (!provider.audiences.includes(audience)) throw invalid('Incorrect token audience')
  if (subject.length > 255) throw invalid('The sub claim is longer than 255 characters.')
  await requireSignature(token, issuer)
  requireInTime(claims, times, now)
  return { issuer, audience, originalAudiences, subject, methods: textsOf(claims['amr']), ...passedOn(claims) }
}

/** Several audiences need an `azp`, and an `azp` is then what counts (aws.md §3). */
function requireAudience(claims: Claims): readonly [string, readonly string[]] {
  const audiences = textsOf(claims['aud'])
  const [only] = audiences
  if (only === undefined) throw missing('aud')
  const azp = claims['azp']
  if (azp === undefined && audiences.length > 1) throw missing('azp')
  if (azp === undefined) return [only, []]
  if (typeof azp !== 'string' || azp === '') throw invalid('The azp claim is not text.')
  return [azp, audiences]
}

async function requireSignature(token: string, issuer: string): Promise<void> {
  const { alg, crit } = decodeProtectedHeader(token)
  if (alg === undefined || !ALGORITHMS.includes(alg) || crit !== undefined) throw notValidated(`alg ${alg ?? 'none'}`)
  const keys = createLocalJWKSet(await fetchVerificationKeys(issuer))
  try {
    await compactVerify(token, keys, { algorithms: ALGORITHMS })
  } catch (thrown) {
    if (thrown instanceof errors.JWKSNoMatchingKey || thrown instanceof errors.JWKSMultipleMatchingKeys)
      throw noKey('no such kid')
    throw notValidated('signature')
  }
}

function requireInTime(claims: Claims, { iat, exp }: { iat: number; exp: number }, now: Date): void {
  const seconds = Math.floor(now.getTime() / 1000)
  if (seconds >= exp + LEEWAY_SECONDS) {
    const message = `Token expired: current date/time ${seconds} must be before the expiration date/time ${exp}`
    throw new Refusal('ExpiredTokenException', message)
  }
  if (iat > seconds + LEEWAY_SECONDS) throw invalid('The iat claim lies in the future.')
  if (claims['nbf'] !== undefined && requireTime(claims, 'nbf') > seconds + LEEWAY_SECONDS)
    throw invalid('The nbf claim lies in the future.')
}

/** What the token hands to the session. Source: IAM User Guide, "Pass session tags in AWS STS", "Monitor and control actions taken with assumed roles". */
function passedOn(claims: Claims): PassedOn {
  const sourceIdentity = claims['https://aws.amazon.com/source_identity']
  if (sourceIdentity !== undefined && typeof sourceIdentity !== 'string')
    throw invalid('The source identity is no text.')
  const { principal_tags: listed = {}, transitive_tag_keys: transitive = [] } = requireObject(
    claims['https://aws.amazon.com/tags'] ?? {},
  )
  const tags = Object.entries(requireObject(listed)).map(readTag)
  return requirePassedOn({ sourceIdentity, tags, transitiveKeys: textsOf(transitive) })
}

/** A tag's value is a list of exactly one text. */
function readTag([key, listed]: [string, unknown]): [string, string] {
  const [value, second] = Array.isArray(listed) ? textsOf(listed) : []
  if (value === undefined || second !== undefined) throw invalid(`The session tag ${key} in the token is invalid.`)
  return [key, value]
}

function requireText(claims: Claims, name: string): string {
  const value = claims[name]
  if (value === undefined) throw missing(name)
  if (typeof value !== 'string' || value === '') throw invalid(`The ${name} claim is not text.`)
  return value
}

/** Numeric timestamps must be whole numbers (STS API, WebIdentityToken). */
function requireTime(claims: Claims, name: string): number {
  const value = claims[name]
  if (value === undefined) throw missing(name)
  if (typeof value !== 'number' || !Number.isSafeInteger(value))
    throw invalid(`Timestamps in the token must be formatted as an integer: ${name}`)
  return value
}

function requireObject(value: unknown): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw invalid('The session tags in the token are invalid.')
  return value
}

function textsOf(value: unknown): readonly string[] {
  const listed: unknown[] = value === undefined ? [] : Array.isArray(value) ? value : [value]
  if (!listed.every((item) => typeof item === 'string')) throw invalid('A claim in the token is not text.')
  return listed
}

const invalid = (message: string): Refusal => new Refusal('InvalidIdentityToken', message)
const missing = (claim: string): Refusal => invalid(`Missing a required claim: ${claim}`)
const notValidated = (because: string): Refusal =>
  new Refusal(
    'InvalidIdentityToken',
    'The web identity token that was passed could not be validated by AWS. Get a new identity token from the identity provider and then retry the request.',
    because,
  )
