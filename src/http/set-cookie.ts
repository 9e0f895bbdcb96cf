import type { ServerResponse } from 'node:http'

/** A cookie of ours: of this host alone, and out of scripts' reach (security.md W-3). */
export type CookieAttributes = { readonly secure: boolean; readonly sameSite: 'lax' | 'none' }

/** Adds one Set-Cookie line (RFC 6265 §4.1.1). Names and values must consist of base64url characters and `%`. */
export function setCookie(
  res: ServerResponse,
  name: string,
  value: string,
  attributes: CookieAttributes & { readonly seconds: number },
): void {
  res.appendHeader('set-cookie', `${name}=${value}; Max-Age=${attributes.seconds}; ${written(attributes)}`)
}

/** Deletes a cookie. The attributes must be those it was set with, or browsers ignore it (security.md W-8). */
export function takeCookieAway(res: ServerResponse, name: string, attributes: CookieAttributes): void {
  res.appendHeader('set-cookie', `${name}=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; ${written(attributes)}`)
}

const written = ({ secure, sameSite }: CookieAttributes): string =>
  `Path=/; HttpOnly; ${secure ? 'Secure; ' : ''}SameSite=${sameSite === 'lax' ? 'Lax' : 'None'}`
