import type { RolegateError } from '../errors.ts'

/**
 * What a refused request would be if it was one of an attack's (security.md A-9): something used twice, signed by somebody else, made
 * for somebody else, wrapped around what was signed, leading us where nothing is asked, or guessed.
 */
export type AttackClass = (typeof ATTACK_CLASSES)[number]
export const ATTACK_CLASSES = ['replay', 'signature', 'audience', 'wrapping', 'ssrf', 'guess'] as const

const REASONS: Readonly<Record<Exclude<AttackClass, 'ssrf'>, readonly string[]>> = {
  replay: [
    'attempt_used_before',
    'assertion_used_before',
    'token_used_before',
    'code_reused',
    'refresh_token_reused',
    'saml_in_response_to',
  ],
  signature: [
    'saml_signature',
    'saml_digest',
    'saml_unsigned',
    'saml_signature_algorithm',
    'saml_digest_algorithm',
    'algorithm_not_allowed',
    'not_a_signed_token',
    'oauth_invalid_response',
    'oauth_key_selection_failed',
    'oauth_unsupported_operation',
    'err_jws_signature_verification_failed',
    'err_jose_alg_not_allowed',
    'err_jwks_no_matching_key',
  ],
  audience: [
    'saml_audience',
    'saml_recipient',
    'saml_destination',
    'saml_issuer',
    'other_idp',
    'other_protocol',
    'oauth_jwt_claim_comparison_failed',
    'authorized_party',
    'not_an_id_token',
    'audience',
    'claim:aud',
    'another_client',
    'another_redirect',
    'wrong_verifier',
    'container_token_for_another_role',
  ],
  wrapping: [
    'saml_signature_place',
    'saml_signature_form',
    'saml_signed_info',
    'saml_assertion_count',
    'saml_id_twice',
    'saml_id_spelling',
    'saml_reference',
    'saml_transforms',
    'saml_canonicalization',
    'saml_xml',
  ],
  guess: ['unknown_token', 'unknown_code', 'altered_cookie'],
}
const CLASSES: ReadonlyMap<string, AttackClass> = new Map(
  ATTACK_CLASSES.flatMap((name) => (name === 'ssrf' ? [] : REASONS[name].map((reason) => [reason, name] as const))),
)

/** Undefined for what honest people are refused for every day. */
export function attackClassOf({ reason, cause }: Pick<RolegateError, 'reason' | 'cause'>): AttackClass | undefined {
  return CLASSES.get(reason ?? '') ?? (isOffLimits(cause) ? 'ssrf' : undefined)
}

/** Of an address that a name led to (threats.md P2), however deep a library has put it. */
function isOffLimits(cause: unknown): boolean {
  for (let deeper = cause; deeper instanceof Error; deeper = deeper.cause)
    if ((deeper as { code?: unknown }).code === 'OFF_LIMITS') return true
  return false
}
