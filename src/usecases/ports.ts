import type { AuditEvent } from '../domain/audit/event.ts'
import type { RuleIndex } from '../domain/entitlement/compile.ts'

export type Now = () => Date

/** Counts one more try under `key`; fails with `rate_limited` above `limit` per window. */
export type LimitRate = (key: string, limit: number, windowSeconds: number) => Promise<void>

/** Resolves when the record is durable; fails with `audit_unavailable` when it cannot be, and then nothing is handed over. */
export type Audit = (event: AuditEvent) => Promise<void>

/** The rules in force now. Asked anew at each decision, so that a reload is seen. */
export type CurrentRules = () => RuleIndex

/** `bits` of chance as base64url text. */
export type RandomText = (bits: number) => string

/** Seals a text so that only whoever holds `secret` opens it. */
export type SealUnder = {
  seal(secret: string, text: string): string
  /** Undefined when the secret is another, or the text was touched. */
  open(secret: string, sealed: string): string | undefined
}

/** Lets others have their turn, in the middle of something long. */
export type GiveWay = () => Promise<void>

/**
 * Encrypts texts under a key of ours. `about` must be the same on both sides; `open` answers undefined for anything not
 * sealed so.
 */
export type Sealer = {
  seal(text: string, about: string): string
  open(sealed: string, about: string): string | undefined
}

/** A keyed digest of a user code: 34 bits would fall to guessing from a copy of the store (threats.md K9). */
export type CodeDigest = (code: string) => string

/**
 * Keyed digests of a name, that of the newest master key first. Rows written under a former key are still found by the
 * others.
 */
export type NameDigests = (name: string) => readonly [string, ...string[]]

/** SHA-256 of a text as base64url: how bearer tokens and device codes are kept (security.md D-11). */
export type Digest = (text: string) => string
