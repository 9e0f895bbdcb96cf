import type { IncomingMessage, ServerResponse } from 'node:http'
import { cookiesOf, type AttemptSealer } from './attempt-cookies.ts'
import { setCookie, takeCookieAway } from './set-cookie.ts'

/** One short text that the browser carries for us from one page to the next, and cannot read. */
export function makeSealedCookie(deps: { name: string; sealer: AttemptSealer; secure: boolean; seconds: number }) {
  const name = `${deps.secure ? '__Host-' : ''}${deps.name}`
  const attributes = { secure: deps.secure, sameSite: 'lax' } as const
  return {
    keep(res: ServerResponse, text: string): void {
      setCookie(res, name, deps.sealer.seal(text, name), { ...attributes, seconds: deps.seconds })
    },
    take(req: IncomingMessage, res: ServerResponse): string | undefined {
      const sealed = cookiesOf(req).get(name)
      if (sealed === undefined) return undefined
      takeCookieAway(res, name, attributes)
      return deps.sealer.open(sealed, name)
    },
  }
}

export type SealedCookie = ReturnType<typeof makeSealedCookie>
