import type { Explained } from '../explanation.ts'
import type { WithGroupNames } from '../group-names.ts'
import type { Paging } from '../paging.ts'
import type { AccountCard, Length, Place, PrintedForm, RequestCard, RoleCard } from './cards.ts'

/** What is about to be handed over. */
type StepUpModel = {
  readonly account: Omit<AccountCard, 'roles'>
  readonly role: RoleCard
  readonly arn: string
  readonly sessionName: string
  readonly handOver: 'console' | 'credentials'
  readonly destination: string
  readonly action: string
  readonly until: Date
}

/** Of roles: the list, one, and what is taken of it. */
export type RolePages = {
  portal: {
    /** Of all pages. */
    readonly roleCount: number
    readonly accountCount: number
    /** What was searched for; empty: nothing. */
    readonly question: string
    /** Everything there is stands on this page: the browser can search it as people type. */
    readonly isWhole: boolean
    /** Absent when one page holds it all. */
    readonly pages?: Paging
    readonly groupsTruncated: boolean
  }
  /** Signed in, and nothing is theirs: who they are, what their directory said, what to do. */
  'no-roles': {
    readonly username: string
    readonly idpLabel: string
    readonly subject: string
    readonly groupsState: 'stated' | 'absent' | 'truncated'
    readonly groupsCount: number
    /** The first fifty. */
    readonly groups: readonly string[]
    readonly groupNames?: WithGroupNames['groupNames']
    /** Deny rules that took everything away; empty: no rule ever gave them a role. */
    readonly deniedBy: readonly string[]
  }
  role: {
    readonly account: Omit<AccountCard, 'roles'>
    readonly role: RoleCard
    readonly arn: string
    /** How CloudTrail will name them; absent where their IdP says so. */
    readonly sessionName?: string
    /** Whose own assertion goes to AWS, and why that cannot be, when it cannot. */
    readonly idp?: { readonly label: string; readonly refusal?: string }
    /** Why it cannot be taken now, and what to do; absent when it can. */
    readonly closed?: {
      readonly title: string
      readonly why: string
      readonly next: string
      /** Where a fresh sign-in begins, when one is all it takes. */
      readonly freshHref?: string
    }
    /** It takes somebody's word. Of these one at most. `before`: what they asked for last, and what came of it. */
    readonly approval?:
      | {
          readonly ask: { readonly action: string; readonly lengths: readonly Length[] }
          readonly before?: RequestCard
        }
      /** Why they cannot ask. */
      | { readonly refused: string; readonly before?: RequestCard }
      | { readonly pending: RequestCard }
      | { readonly granted: { readonly href: string; readonly by: string; readonly until: Date } }
    /** It asks for a reason, of this form. */
    readonly reason?: { readonly hints: readonly string[] }
    /** Offered lengths, the default first marked. Without seconds: what is usual, by its name. */
    readonly durations: readonly { readonly seconds?: number; readonly label: string; readonly selected: boolean }[]
    /** `capped at 4h by rule contractors-dev`. */
    readonly cap: string
    readonly via: readonly { readonly rule: string; readonly group: string | null }[]
    /** Session policies: whether there is an inline one, ARNs, and whether to an address. Absent: nothing narrows the role. */
    readonly narrowedTo?: { readonly inline: boolean; readonly arns: readonly string[]; readonly bound: boolean }
    readonly groupNames?: WithGroupNames['groupNames']
    readonly consoleAction: string
    /** The console page a link asked for; it is checked when the form is sent. */
    readonly destination: string
    readonly credentialsAction: string
    /** Where the trips of an elevated role begin; absent: it needs none. */
    readonly stepUp?: { readonly consoleHref: string; readonly credentialsHref: string }
    /** Absent where no terminal gets it. */
    readonly cliCommand?: string
  }
  credentials: {
    readonly account: Omit<AccountCard, 'roles'>
    readonly role: RoleCard
    readonly expiresAt: Date
    /** What set the length, in words. */
    readonly limitedBy: string
    readonly forms: readonly PrintedForm[]
    readonly back: string
  }
  /** They have shown anew who they are: the last click. */
  'step-up': StepUpModel & Pick<RolePages['role'], 'durations' | 'cap' | 'reason'>
  /** A terminal of theirs asks for a role that takes a fresh sign-in. */
  'step-up-terminal': StepUpModel & {
    readonly duration: string
    /** In their words, when they gave one. */
    readonly because?: string
    /** Where the console opens. */
    readonly region?: string
    readonly idpLabel: string
    readonly terminal: Place & { readonly client: string; readonly host?: string }
    readonly askedAt: Date
    readonly here: Place
    /** They are in one network, as far as anybody can tell. */
    readonly isBeside: boolean
    /** The operator confirms none from another network. */
    readonly isRefused: boolean
    /** Their trip is done, and their word is all that is missing. */
    readonly isProved: boolean
    readonly signIn: string
  }
  'step-up-done': { readonly outcome: 'released' | 'denied' }
  /** A link's opener chooses among their own roles. */
  go: Pick<RolePages['portal'], 'question' | 'isWhole' | 'pages' | 'roleCount'> & {
    readonly accounts: readonly AccountCard[]
    /** What the link said, for the search and the other pages. */
    readonly carried: Readonly<Record<string, string>>
    /** The console page the link leads to. */
    readonly page?: string | undefined
    /** `alias/role` that the link asked for and they do not have. */
    readonly missing?: string
  }
  /** Why this role is theirs, or is not. */
  why: Explained & { readonly back: string }
}
