/**
 * How and when somebody showed their IdP who they are, as the signed answer itself says. What userinfo adds is not in it: that
 * is about the person, and not about this sign-in.
 */
export type StatedAuthentication = {
  /** OIDC `auth_time`, in seconds, or SAML `AuthnInstant`; whatever stands there. */
  readonly at?: unknown
  /** SAML's AuthnContextClassRef. */
  readonly context?: string
  /** The signed claims or attributes. */
  readonly claims: Readonly<Record<string, unknown>>
}

/** `idps[].mfa` of rolegate.yaml: what shows that a second factor was used. */
export type MfaMapping =
  /** A claim or attribute that holds one of these, by itself or in a list. */
  | { readonly claim: string; readonly anyOf: readonly string[] }
  /** SAML: one of these authentication contexts. */
  | { readonly contexts: readonly string[] }

/** How fresh a session is; a derived one is as fresh as its parent was (threats.md I8). */
export type Authentication = {
  /**
   * When they last showed their IdP who they are, as the IdP itself says; absent where it does not say
   * (threats.md I6).
   */
  readonly authenticatedAt?: Date
  /** The same moment, where the IdP says that they did so with a second factor (`idps[].mfa`). */
  readonly mfaAt?: Date
}

/** How far an IdP's clock may be ahead of ours. */
const SKEW_SECONDS = 60

/**
 * When they last showed who they are, and whether with a second factor. Never our own receipt of the answer: an IdP that lets somebody in
 * by its cookie answers now about this morning (threats.md I6). Absent, 0, not a number, or later than now: not known.
 */
export function authenticationIn(stated: StatedAuthentication, mfa: MfaMapping | undefined, now: Date): Authentication {
  const authenticatedAt = instantIn(stated.at, now)
  if (authenticatedAt === undefined) return {}
  return mfa !== undefined && isMet(mfa, stated) ? { authenticatedAt, mfaAt: authenticatedAt } : { authenticatedAt }
}

function instantIn(at: unknown, now: Date): Date | undefined {
  const milliseconds = at instanceof Date ? at.getTime() : typeof at === 'number' ? at * 1000 : Number.NaN
  // 0 is what some IdPs say when they do not know (idps.md).
  if (!(milliseconds > 0) || milliseconds > now.getTime() + SKEW_SECONDS * 1000) return undefined
  return new Date(Math.min(milliseconds, now.getTime()))
}

function isMet(mfa: MfaMapping, { claims, context }: StatedAuthentication): boolean {
  if ('contexts' in mfa) return context !== undefined && mfa.contexts.includes(context)
  const value = Object.hasOwn(claims, mfa.claim) ? claims[mfa.claim] : undefined
  return [value].flat().some((one) => typeof one === 'string' && mfa.anyOf.includes(one))
}
