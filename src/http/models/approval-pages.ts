import type { Paging } from '../paging.ts'
import type { Length, RequestCard } from './cards.ts'

/** Of roles that somebody approves. */
export type ApprovalPages = {
  /** What waits for their word, and what they asked for. */
  approvals: {
    readonly waiting: readonly RequestCard[]
    /** Of those that hold the words of the search. */
    readonly waitingCount: number
    readonly question: string
    readonly pages?: Paging
    /** What they answered of late. */
    readonly answered: readonly RequestCard[]
    readonly answeredPages?: Paging
    readonly own: readonly RequestCard[]
    /** How many older ones are not shown. */
    readonly ownMore: number
  }
  approval: RequestCard & {
    readonly arn?: string
    readonly summary?: string
    readonly roleHref?: string
    /** The grant it is for, and by which of their groups, as people call it. */
    readonly via: { readonly rule: string; readonly group: string | null }
    /** Groups of whom one has to say so; empty where that is kept from whoever asks. */
    readonly approvers: readonly string[]
    readonly isOwn: boolean
    /** Whether they may deny it, and approve it once they have shown who they are where that is wanted. */
    readonly mayAnswer: boolean
    /** For how long they may approve it now; absent when they may not. */
    readonly lengths?: readonly Length[]
    /** The fresh sign-in that a yes uses up. */
    readonly proof?: string
    /** Where that sign-in begins, while it lacks. */
    readonly stepUpHref?: string
    /** Why they may not. */
    readonly refusal?: string
    /** Why they may deny it and not approve it; and where a sign-in begins that mends that. */
    readonly approvingRefusal?: string
    readonly signInHref?: string
    /** Why nobody can answer it, or what was approved counts no more, though its time is not over. */
    readonly because?: string
    readonly mayCancel: boolean
    readonly mayEnd: boolean
  }
}
