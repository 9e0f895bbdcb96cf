import type { CookieOptions, Request, Response } from 'express'
import { cookiesOf, type AttemptSealer } from './attempt-cookies.ts'

/** One short text that the browser carries for us from one page to the next, and cannot read. */
export function makeSealedCookie(deps: { name: string; sealer: AttemptSealer; secure: boolean; seconds: number }) {
  const name = `${deps.secure ? '__Host-' : ''}${deps.name}`
  const options: CookieOptions = { httpOnly: true, secure: deps.secure, sameSite: 'lax', path: '/' }
  return {
    keep(res: Response, text: string): void {
      res.cookie(name, deps.sealer.seal(text, name), { ...options, maxAge: deps.seconds * 1000 })
    },
    take(req: Request, res: Response): string | undefined {
      const sealed = cookiesOf(req).get(name)
      if (sealed === undefined) return undefined
      res.clearCookie(name, options)
      return deps.sealer.open(sealed, name)
    },
  }
}

export type SealedCookie = ReturnType<typeof makeSealedCookie>
