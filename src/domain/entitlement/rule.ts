import type { RoleArn } from '../aws/arn.ts'
import type { Partition } from '../aws/partition.ts'
import type { SessionPolicy } from '../aws/session-policy.ts'
import type { GroupPattern, Template } from './pattern.ts'
import type { PersonKeys } from '../sign-in/person-key.ts'
import type { Requirement } from './requirement.ts'

/** An AWS account as the gateway knows it: `accounts.<alias>`. */
export type Account = {
  readonly alias: string
  /** Twelve digits, always text. */
  readonly id: string
  readonly name: string
  readonly environment?: string
  readonly tags: readonly string[]
  readonly color?: string
  readonly owner?: string
  /** Key of the `sts` entry that reaches it. */
  readonly sts: string
  readonly partition: Partition
  readonly region: string
  /** Its console is opened by posting our assertion to AWS from the browser, where that is allowed (threats.md F6). */
  readonly samlPost?: true
  /** The IdP whose own assertion AWS takes there, in place of ours (threats.md F7). */
  readonly passThroughIdp?: string
}

/** A kind of role people see: `roles.<key>`. */
export type RoleKind = {
  readonly key: string
  /** Path and name on the IAM side. */
  readonly roleName: string
  /** Key of the role of which this is a narrower form: one IAM role, of which its own key is the name (threats.md R2). */
  readonly variantOf?: string
  readonly summary: string
  readonly maxSeconds: number
  /** How long it lasts when nobody names a time. */
  readonly usual?: Usual
  readonly elevated: boolean
  /** Whether people who lack it are told which groups lead to it (threats.md P3). */
  readonly discoverable: boolean
  readonly sourceIdentity: boolean
  readonly sessionTags: Readonly<Record<string, TagSource>>
  readonly transitiveTags: readonly string[]
  /** Narrows every session of it, whatever grant opens it (threats.md R11). */
  readonly sessionPolicy?: SessionPolicy
  /** Its credentials are good from the address alone that asks for them, whatever grant opens it (threats.md R12). */
  readonly bindIp?: true
  /** Bind every grant that opens it (threats.md R11): its own, and that of the role whose variant it is. */
  readonly requires?: readonly Requirement[]
}

/** A length, or the next time the clocks of a zone show so many minutes since midnight. */
export type Usual = { readonly seconds: number } | { readonly until: number; readonly timeZone: string }

/** Where a session tag's value comes from: `"Platform"`, or `claims.department` of the verified sign-in (threats.md I5). */
export type TagSource =
  | { readonly constant: string }
  | {
      readonly claim: string
      /** Whose word counts; absent: everybody's. */
      readonly idps?: readonly string[]
      /** The values that count; absent: all. */
      readonly values?: { readonly anyOf: readonly string[] } | { readonly pattern: GroupPattern }
      /** Left out where there is no such value, in place of the role. */
      readonly optional?: true
    }

/** One role in one account: what a decision is about. Decisions are made on the ARN (threats.md R1). */
export type RoleTarget = {
  /** `alias/role`, as people type it. */
  readonly name: string
  readonly arn: RoleArn
  readonly account: Account
  readonly kind: RoleKind
}

type Match =
  | { readonly idp: string; readonly groups: readonly string[] }
  | { readonly idp: string; readonly everyone: true }
  | ({ readonly idp: string } & PatternMatch)

/** Groups that fit a pattern. What a template says of such a group has to be among the accounts and roles of the rule: its fence. */
export type PatternMatch = {
  readonly pattern: GroupPattern
  readonly account?: Template
  readonly role?: Template
}

/** Jobs and containers of one `workloads` entry, all of whose claims named here have one of the values named (threats.md D16). */
export type WorkloadMatch = {
  readonly workload: string
  readonly claims: Readonly<Record<string, readonly string[]>>
}

/** Who → which roles. Accounts and roles are resolved to what the file holds when it is loaded. */
export type Rule = {
  readonly id: string
  /** Absent only in a deny, which then meets the people of every IdP (threats.md I3). */
  readonly match: Match | WorkloadMatch | { readonly groups: readonly string[] } | { readonly everyone: true }
  readonly effect: 'grant' | 'deny'
  /** Who answers for it. */
  readonly owner?: string
  readonly accounts: ReadonlySet<string>
  readonly roles: ReadonlySet<string>
  readonly maxSeconds?: number
  /** Of a grant: narrows the sessions it opens. Never beside one of the role's own (threats.md R11). */
  readonly sessionPolicy?: SessionPolicy
  /** Of a grant, and for that grant alone. */
  readonly bindIp?: true
  /** The same. */
  readonly require?: Requirement
}

/** The whole mapping, as config/ hands it over. */
export type Mapping = {
  readonly accounts: ReadonlyMap<string, Account>
  readonly roles: ReadonlyMap<string, RoleKind>
  readonly rules: readonly Rule[]
  /** IdPs that say nothing of a second factor: no sign-in of theirs ever shows one. */
  readonly withoutMfa?: ReadonlySet<string>
  /** By which claim of theirs IdPs tell who somebody is, wherever that person signs in. */
  readonly personKeys?: PersonKeys
}
