import type { Principal } from '../sign-in/principal.ts'
import type { SessionTags } from './session-tags.ts'
import { personHashOf, type Sha256 } from './session-name.ts'

/** At most two minutes: AWS takes a token for five more after `exp`, and replays are not noticed (threats.md F2, F10). */
export const MOST_TOKEN_SECONDS = 120

export type WebIdentityRequest = {
  readonly issuer: string
  /** One string, unique per partition and STS endpoint (threats.md F5). */
  readonly audience: string
  readonly accountId: string
  /** Path and name of the IAM role. */
  readonly roleName: string
  readonly principal: Principal
  readonly sourceIdentity?: string
  readonly sessionTags: SessionTags
  readonly transitiveTags: readonly string[]
  readonly jti: string
  readonly issuedAt: Date
  readonly lifetimeSeconds: number
}

export type WebIdentityClaims = Readonly<Record<string, unknown>> & { readonly sub: string; readonly jti: string }

/**
 * The claims of the token that STS exchanges: one person, one role, one account. The subject binds all three, since STS
 * takes RoleArn from its caller and never compares it with the token (threats.md F1). No groups, no e-mail, no `nbf`.
 */
export function webIdentityClaims(request: WebIdentityRequest, sha256: Sha256): WebIdentityClaims {
  const iat = Math.floor(request.issuedAt.getTime() / 1000)
  const tags = Object.entries(request.sessionTags)
  return {
    iss: request.issuer,
    aud: request.audience,
    sub: subjectFor(request.accountId, request.roleName, personHashOf(request.principal, sha256)),
    iat,
    exp: iat + Math.min(request.lifetimeSeconds, MOST_TOKEN_SECONDS),
    jti: request.jti,
    ...(request.sourceIdentity !== undefined && { 'https://aws.amazon.com/source_identity': request.sourceIdentity }),
    ...(tags.length > 0 && {
      'https://aws.amazon.com/tags': {
        principal_tags: Object.fromEntries(tags.map(([key, value]) => [key, [value]])),
        ...(request.transitiveTags.length > 0 && { transitive_tag_keys: request.transitiveTags }),
      },
    }),
  }
}

export const subjectFor = (accountId: string, roleName: string, person: string): string =>
  `${accountId}:${roleName}:${person}`
/** What a role's trust policy pins `<issuer>:sub` to with StringLike. */
export const subjectPatternFor = (accountId: string, roleName: string): string => `${accountId}:${roleName}:*`
