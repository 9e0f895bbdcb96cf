import type { Request, Response } from 'express'
import type { IdpTest } from '../domain/admin/idp-test.ts'
import type { ApprovalFault, Checks } from '../domain/device/approval.ts'
import type { DeviceClaims } from '../domain/device/device-login.ts'
import type { Terminal } from '../domain/sign-in/session.ts'
import type { FoundPerson, RolesHeld, WhoMay } from '../usecases/admin/explain-as.ts'
import type { Status } from '../usecases/admin/show-status.ts'
import type { ShownRequest } from '../usecases/request/see-requests.ts'
import type { Paging } from './paging.ts'
import { isOurOwnAsking, sendAround, takesGzip } from './compressed.ts'
import type { Explained, ExplainedForStaff, requiresInWords } from './explanation.ts'
import type { WithGroupNames } from './group-names.ts'
import type { Piece } from './gzip-pieces.ts'
import type { Given } from './terminal-card.ts'

/** What every page may show around its own model. */
export type Frame = {
  readonly title: string
  /** DEMO banner and footer. */
  readonly demo: boolean
  /** The rules are remembered ones, in force until then: the file was refused at the start (threats.md R10). */
  readonly lastGoodSince?: Date | undefined
  readonly requestId: string
  readonly version: string
  /** Absent when nobody is signed in. */
  readonly person?: {
    readonly username: string
    readonly idpLabel: string
    readonly endsAt: Date
    readonly csrf: string
    /** Operators and auditors: they are shown the way to their pages. */
    readonly isStaff: boolean
    /** Some role here takes an approval: there may be something to ask, or to answer. */
    readonly hasApprovals: boolean
  }
}

/** A role as the portal lists it. `href` is `/roles/<alias>/<key>`. */
export type RoleCard = {
  readonly key: string
  readonly summary: string
  readonly elevated: boolean
  readonly href: string
  /** `12h`, `1h30m` */
  readonly max: string
  /** Where one click opens the console; absent where the page of the role comes first. */
  readonly consoleAction?: string
  /** It cannot be taken now, and why. */
  readonly closed?: { readonly state: 'needs_approval' | 'not_now' | 'pending'; readonly why?: string }
  /** Somebody has approved it until then. */
  readonly grantedUntil?: Date
}

/** A request for a role that takes an approval. */
export type RequestCard = {
  readonly href: string
  readonly role: string
  /** Absent once the file has no such role any more. */
  readonly account?: Omit<AccountCard, 'roles'>
  readonly elevated?: boolean
  readonly requester: { readonly username: string; readonly idpLabel: string; readonly email?: string }
  readonly reason: string
  /** `4h`, as asked for. */
  readonly length: string
  readonly askedAt: Date
  readonly expiresAt: Date
  readonly standing: ShownRequest['standing']
  readonly answer?: { readonly by: string; readonly at: Date; readonly note?: string }
  /** Of what is approved. */
  readonly until?: Date
}

export type AccountCard = {
  readonly alias: string
  readonly id: string
  readonly name: string
  readonly environment?: string
  readonly color?: string
  readonly owner?: string
  readonly roles: readonly RoleCard[]
}

/** One printed form of the credentials: label for people, id for the tab, text to copy. */
export type PrintedForm = { readonly id: string; readonly label: string; readonly text: string }

/** An address, and what the operator calls its network. */
type Place = { readonly address: string; readonly network?: string }

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

/** A length to choose. */
export type Length = { readonly seconds: number; readonly label: string; readonly selected: boolean }

/** Every page of views/, and all that it may know. */
export type Pages = {
  'sign-in': {
    readonly host: string
    readonly idps: readonly { readonly label: string; readonly href: string; readonly ready: boolean }[]
    /** `/roles/payments-dev/readonly`, when a deep link brought them here. */
    readonly goingTo?: string
  }
  /** A form that goes on to another site by itself. */
  'post-form': {
    readonly to: string
    readonly action: string
    readonly fields: readonly (readonly [name: string, value: string])[]
  }
  'signed-out': { readonly idp?: { readonly label: string; readonly href: string } }
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
    /** It takes somebody's word. Of these one at most. */
    readonly approval?:
      | { readonly ask: { readonly action: string; readonly lengths: readonly Length[] } }
      | { readonly pending: { readonly href: string; readonly until: Date } }
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
  'step-up': StepUpModel & Pick<Pages['role'], 'durations' | 'cap' | 'reason'>
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
  /** What to paste, so that the stock AWS CLI signs in here. */
  setup: {
    readonly host: string
    readonly roleCount: number
    /** Too many to paste: they are saved first. */
    readonly asFile: boolean
    readonly fileHref: string
    /** The first of them; absent: a terminal may take none. */
    readonly profile?: string
    readonly forms: readonly PrintedForm[]
    readonly firstCommand: string
    readonly elsewhereCommand: string
    readonly exports: readonly PrintedForm[]
    readonly ownCommands: string
  }
  /** A link's opener chooses among their own roles. */
  go: Pick<Pages['portal'], 'question' | 'isWhole' | 'pages' | 'roleCount'> & {
    readonly accounts: readonly AccountCard[]
    /** What the link said, for the search and the other pages. */
    readonly carried: Readonly<Record<string, string>>
    /** The console page the link leads to. */
    readonly page?: string | undefined
    /** `alias/role` that the link asked for and they do not have. */
    readonly missing?: string
  }
  device: { readonly wrongCode: boolean }
  'device-confirm': {
    readonly userCode: string
    readonly client: string
    readonly observedAddress: string
    readonly startedAt: Date
    readonly secondsOld: number
    readonly secondsLeft: number
    readonly claims: DeviceClaims
    readonly checks: Checks
    /** Names of the operator's networks that the terminal and this browser are in. */
    readonly observedNetwork?: string
    readonly ownAddress: string
    readonly ownNetwork?: string
    /** What was missing from the answer that brought this page up again. */
    readonly again?: Exclude<ApprovalFault, 'wrong_number' | 'another_network'>
    readonly until: Date
  } & Given
  /** Why this role is theirs, or is not. */
  why: Explained & { readonly back: string }
  /** What waits for their word, and what they asked for. */
  approvals: {
    readonly waiting: readonly RequestCard[]
    /** Of those that hold the words of the search. */
    readonly waitingCount: number
    readonly question: string
    readonly pages?: Paging
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
    /** Why what was approved counts no more, though its time is not over. */
    readonly voidBecause?: string
    readonly mayCancel: boolean
    readonly mayEnd: boolean
  }
  /** Where they are signed in. */
  me: {
    readonly terminals: readonly {
      readonly id: string
      readonly byCode: boolean
      readonly terminal?: Terminal
      readonly since: Date
      readonly until: Date
    }[]
    readonly until: Date
    readonly groups: number
    /** What their directory sends at most, while they are close to it. */
    readonly mostGroups?: number
  }
  /** A terminal on this machine asks through its browser. */
  authorize: {
    readonly action: string
    /** The request itself, to be posted back as it came. */
    readonly fields: readonly (readonly [name: string, value: string])[]
    readonly client: string
    readonly claims: DeviceClaims
    /** Of this browser. */
    readonly address: string
    readonly port: string
    readonly until: Date
  } & Given
  /** Which rules speak of a role, and what they make of somebody. */
  'admin-access': {
    readonly asked: Readonly<Record<'role' | 'idp' | 'groups' | 'person' | 'at' | 'ip' | 'reason', string>> & {
      readonly mfa: '' | 'now' | 'none'
    }
    readonly idps: readonly { readonly id: string; readonly label: string }[]
    /** To choose from; empty where there are too many. */
    readonly roleNames: readonly string[]
    readonly problem?: string
    /** Somebody signed in, of whom what follows is said. */
    readonly person?: FoundPerson
    readonly explained?: ExplainedForStaff
    readonly holds?: Omit<RolesHeld, 'roles'> & {
      readonly roles: readonly (Omit<RolesHeld['roles'][number], 'lacks'> & { readonly lacks: readonly string[] })[]
    }
    readonly who?: Pick<WhoMay, 'role' | 'arn' | 'config'> &
      WithGroupNames & {
        readonly requires: readonly string[]
        readonly rules: readonly ReturnType<typeof requiresInWords>[]
      }
  }
  /** Before a test, and after it. */
  'admin-idp-test': {
    readonly idp: string
    readonly label: string
    readonly result?: {
      /** Absent: nothing of the answer could be believed. */
      readonly read?: IdpTest
      readonly groupNames?: WithGroupNames['groupNames']
      readonly refusal?: {
        readonly code: string
        readonly reason: string
        readonly title: string
        readonly why: string
        readonly next: string
      }
    }
  }
  'admin-status': Omit<Status, 'lastCredential' | 'idps' | 'unseenDenies'> & {
    readonly latelyDays: number
    readonly unseenDenies: readonly { readonly group: string; readonly name: string; readonly rule: string }[]
    readonly idps: readonly (Status['idps'][number] & {
      readonly unseen: readonly { readonly group: string; readonly name: string; readonly rule: string }[]
      readonly recheckedEvery?: string
    })[]
    readonly credentialsDeadAfter: string
    /** Absent: no role is elevated. */
    readonly elevatedDeadAfter?: string
    readonly consolesDeadAfter: string
    readonly mayTest: boolean
  }
  'device-done': { readonly approved: boolean }
  error: {
    readonly happened: string
    readonly why: string
    readonly next: string
    readonly who: string
    readonly code: string
    readonly time: Date
    /** A way on, when there is one. */
    readonly action?: { readonly label: string; readonly href: string }
  }
}

export type PageName = keyof Pages

/** Renders one page. A page gets its own small model and the frame, and nothing else. */
export function show<Page extends PageName>(res: Response, page: Page, title: string, model: Pages[Page]): void {
  res.render(page, framed(res, title, model))
}

/** Parts of pages that are rendered by themselves, without the frame. */
export type Parts = {
  'partials/accounts': {
    readonly accounts: readonly (AccountCard & { readonly tags: readonly string[] })[]
    readonly isWhole: boolean
  }
}

/** Where a template leaves room for a part. Whatever else stands in a page is escaped, so that nothing else can be it. */
const ROOM = '<!--part-->'

/**
 * A long page around the part that makes it long. Compressed where nobody can have mixed words of theirs into it (DECISIONS.md 40):
 * the part by itself, by `squeeze`, which may have kept it.
 */
export async function showAround<Page extends PageName, Part extends keyof Parts>(
  { req, res }: { readonly req: Request; readonly res: Response },
  page: { readonly name: Page; readonly title: string; readonly model: Pages[Page] },
  part: { readonly name: Part; readonly model: () => Parts[Part] },
  squeeze: (textOf: () => Promise<string>) => Promise<Piece>,
): Promise<void> {
  const textOf = () => rendered(res, part.name, part.model())
  const html = await rendered(res, page.name, framed(res, page.title, page.model))
  const [before, after, ...others] = html.split(ROOM)
  if (before === undefined || after === undefined || others.length > 0) throw new Error(`${page.name} has no room`)
  res.type('html')
  if (!isOurOwnAsking(req)) return void res.send(before + (await textOf()) + after)
  if (takesGzip(req)) sendAround(res, before, await squeeze(textOf), after)
  else res.vary('accept-encoding').send(before + (await textOf()) + after)
}

const rendered = (res: Response, view: string, model: object): Promise<string> =>
  new Promise((resolve, reject) => {
    res.render(view, model, (failure: Error | null, html: string) =>
      failure === null ? resolve(html) : reject(failure),
    )
  })

const framed = (res: Response, title: string, model: object): object => {
  const frame: Frame = { ...(res.locals['frame'] as Omit<Frame, 'title'>), title }
  return { frame, ...model }
}
