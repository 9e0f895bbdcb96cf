/**
 * What the directory said about somebody's groups.
 * `stated`: the whole list. `absent`: the claim was not there at all, which is not the same as an empty list
 * (threats.md I4). `truncated`: the IdP cut the list, so a group that denies may be missing (threats.md R5).
 */
export type GroupStatement = {
  readonly state: 'stated' | 'absent' | 'truncated'
  /** As the IdP spells them, in its order, duplicates removed. */
  readonly names: readonly string[]
}

/** Who signed in, as their issuer vouches. Identity is issuer + subject, never the e-mail address. */
export type Principal = {
  /** The id of the IdP in rolegate.yaml. */
  readonly idp: string
  readonly issuer: string
  readonly subject: string
  /** The claim `subject` was read from: part of who they are (threats.md I2). */
  readonly subjectClaim: string
  /** For people to read: session names, pages, log. Decides nothing. */
  readonly username: string
  readonly email?: string
  readonly groups: GroupStatement
  /** The few further claims that session tags ask for, text only. */
  readonly claims: Readonly<Record<string, string>>
}

/** One text for one person: two different (issuer, subject) never give the same (threats.md I1). */
export function identityOf({ issuer, subject }: Pick<Principal, 'issuer' | 'subject'>): string {
  return `${issuer.length}:${issuer}${subject.length}:${subject}`
}
