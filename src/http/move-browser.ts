import type { Response } from 'express'
import type { BrowserMove } from '../usecases/ports/identity-provider.ts'
import { show } from './pages.ts'
import { makeSecurityHeaders } from './security-headers.ts'

/**
 * Sends the browser on: by a redirect, or by a page with a form that posts itself, and a button for browsers without
 * JavaScript. Chromium applies `form-action` to every redirect that follows, and we do not know where an IdP or AWS
 * redirects: so it allows https, and the address itself on loopback (security.md W-12).
 */
export function makeMoveBrowser({ secure }: { secure: boolean }) {
  return function moveBrowser(
    res: Response,
    move: BrowserMove,
    words: { title: string; to: string; targets?: readonly string[] },
  ): void {
    res.set('cache-control', 'no-store')
    if ('url' in move) {
      res.redirect(303, move.url)
      return
    }
    const { url, fields } = move.post
    const headers = makeSecurityHeaders({
      secure,
      formTargets: ['https:', new URL(url).origin, ...(words.targets ?? [])],
    })
    headers(res.req, res, (failure?: unknown) => {
      if (failure !== undefined) throw failure
      show(res, 'post-form', words.title, { to: words.to, action: url, fields: Object.entries(fields) })
    })
  }
}

export type MoveBrowser = ReturnType<typeof makeMoveBrowser>
