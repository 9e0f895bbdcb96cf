import type { Request, Response } from 'express'
import { isOurOwnAsking, sendAround, takesGzip } from './compressed.ts'
import type { Piece } from './gzip-pieces.ts'
import type { AdminPages } from './models/admin-pages.ts'
import type { ApprovalPages } from './models/approval-pages.ts'
import type { AccountCard } from './models/cards.ts'
import type { RolePages } from './models/role-pages.ts'
import type { TerminalPages } from './models/terminal-pages.ts'

/** What every page may show around its own model. */
export type Frame = {
  readonly title: string
  /** DEMO banner and footer. */
  readonly demo: boolean
  /** Set if the last good rules are in force because the file was refused at the start (threats.md R10). */
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

/** What there is around all others. */
type FramePages = {
  'sign-in': {
    readonly host: string
    readonly idps: readonly {
      readonly label: string
      readonly href: string
      readonly ready: boolean
      /** From the host: nobody is let in there. */
      readonly closed: boolean
    }[]
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

/** Every page of views/, and all that it may know. */
export type Pages = RolePages & TerminalPages & ApprovalPages & AdminPages & FramePages

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

/**
 * Marks in a template where the long part goes. Everything else in a page is escaped, so no text can look like this
 * mark.
 */
const ROOM = '<!--part-->'

/**
 * Renders a page around its long part. It is compressed only if nobody else can have put words into it (DECISIONS.md
 * 40): the part on its own by `squeeze`, which may have it ready.
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
