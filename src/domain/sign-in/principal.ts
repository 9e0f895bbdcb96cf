import type { PersonKey } from './person-key.ts'

/**
 * What the directory said about somebody's groups.
 * `stated`: the whole list. `absent`: the claim was not there at all, which is not the same as an empty list
 * (threats.md I4). `truncated`: the IdP cut the list, so a group that denies may be missing (threats.md R5).
 */
export type GroupStatement = {
  readonly state: 'stated' | 'absent' | 'truncated'
  /** As the IdP spells them, in its order, duplicates removed. */
  readonly names: readonly string[]
  /** How many their IdP sends at most, where that is known. */
  readonly most?: number
}

/** Who signed in, as their issuer vouches. Identity is issuer + subject, never the e-mail address. */
export type Principal = {
  /** The id of the IdP in rolegate.yaml. */
  readonly idp: string
  readonly issuer: string
  readonly subject: string
  /** The claim `subject` was read from: part of who they are (threats.md I2). */
  readonly subjectClaim: string
  /** For people to read: session names, pages, log. Opens nothing; tells that somebody else approves (threats.md I3). As `shownName` has it; compared by `statedName`. */
  readonly username: string
  /** The same. */
  readonly email?: string
  /** Their IdP says that the address is theirs; without its word anybody may have typed it (security.md O-10). */
  readonly emailVerified?: true
  /** Who they are across IdPs. For nobody to read. */
  readonly personKey?: PersonKey
  readonly groups: GroupStatement
  /** The few further claims that session tags ask for, text only; of a workload those that rules name as well. */
  readonly claims: Readonly<Record<string, string>>
  /** No person but a job or a container: `idp` is its id under `workloads`, and no rule about people meets it (threats.md R3). */
  readonly workload?: true
}

/**
 * One text for one person: two different (issuer, subject) never give the same (threats.md I1). A job is nobody's person, even
 * where one issuer signs for both.
 */
export function identityOf({
  issuer,
  subject,
  workload,
}: Pick<Principal, 'issuer' | 'subject'> & Partial<Pick<Principal, 'workload'>>): string {
  return `${workload === true ? 'workload:' : ''}${issuer.length}:${issuer}${subject.length}:${subject}`
}
