import type { SamlQuestion } from './saml-idp.ts'

/** Who the service providers under measurement say they are, and the one question that is always open with them. */
export const SP_BASE = 'https://gate.bench.example/saml/bench'
export const OPEN_QUESTION: SamlQuestion = {
  requestId: '_0123456789abcdefghijklmnopqrstuv',
  acs: `${SP_BASE}/acs`,
  audience: `${SP_BASE}/metadata`,
}
export const OPEN_RELAY_STATE = '0123abcd.0123456789abcdefghijkl'

/** What a service provider learns of a person. */
export type Learned = { readonly nameId: string; readonly groups: readonly string[] }

/** `run` of a service provider's side: verifies the same field so many times, one after the other. */
export type VerifyOrder = { readonly field: string; readonly operations: number }

/** What it cost to refuse a field, and the reason for the log: `accepted` when it was not refused. */
export type Refusal = { readonly milliseconds: number; readonly reason: string }
