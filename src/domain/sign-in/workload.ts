import { RolegateError } from '../errors.ts'
import type { Principal } from './principal.ts'

/** How tokens of one `workloads` entry become a principal. */
export type WorkloadMapping = {
  readonly id: string
  readonly issuer: string
  /** Claim → the values it may have: each claim must have one of them, exactly (threats.md D16). */
  readonly require: Readonly<Record<string, readonly string[]>>
  /** The claims to keep: those that `require`, rules and session tags name. */
  readonly keep: readonly string[]
}

/** Identity = issuer + this claim (threats.md I2). */
export const WORKLOAD_SUBJECT = 'sub'
const LONGEST_SUBJECT = 255
const LONGEST_CLAIM = 1_000

/** True when every claim named has one of the values named. No pattern, no case folding: a claim that is absent has none. */
export const meetsClaims = (
  claims: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, readonly string[]>>,
): boolean =>
  Object.entries(wanted).every(([name, values]) => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    return value !== undefined && values.includes(value)
  })

/** As `meetsClaims`, but for denies: a claim that is missing or is no plain value counts as met (threats.md R4). */
export const mayMeetClaims = (
  claims: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, readonly string[]>>,
): boolean =>
  Object.entries(wanted).every(([name, values]) => !Object.hasOwn(claims, name) || values.includes(claims[name] ?? ''))

/** The claims of a verified token that are plain values, as text. Lists and objects are no value to compare with. */
export function claimTexts(
  claims: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = Object.hasOwn(claims, name) ? textOf(claims[name]) : undefined
      return text === undefined ? [] : [[name, text] as const]
    }),
  )
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value.length <= LONGEST_CLAIM ? value : undefined
  return typeof value === 'boolean' || Number.isSafeInteger(value) ? String(value) : undefined
}

/**
 * The principal a verified token stands for. It has no groups, whatever the token says of any (threats.md R3). Fails with
 * `sign_in_rejected` when the token lacks a subject or a required claim.
 */
export function workloadPrincipal(
  claims: Readonly<Record<string, unknown>>,
  { id, issuer, require, keep }: WorkloadMapping,
): Principal {
  const subject = Object.hasOwn(claims, WORKLOAD_SUBJECT) ? claims[WORKLOAD_SUBJECT] : undefined
  // Half a surrogate pair has no UTF-8 of its own: two subjects would share a name (threats.md I1).
  if (
    typeof subject !== 'string' ||
    subject.length === 0 ||
    subject.length > LONGEST_SUBJECT ||
    /\p{Surrogate}/u.test(subject)
  )
    throw rejected('subject_claim_unusable')
  const missing = Object.entries(require).find(
    ([name, values]) => !meetsClaims(claimTexts(claims, [name]), { [name]: values }),
  )
  if (missing !== undefined) throw rejected(`required_claim:${missing[0]}`)
  return {
    idp: id,
    issuer,
    subject,
    subjectClaim: WORKLOAD_SUBJECT,
    username: subject,
    groups: { state: 'stated', names: [] },
    claims: claimTexts(claims, keep),
    workload: true,
  }
}

const rejected = (reason: string) => new RolegateError('sign_in_rejected', {}, { reason })
