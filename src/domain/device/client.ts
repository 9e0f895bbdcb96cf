import { RolegateError } from '../errors.ts'

/** What a client may ask `/token` for (RFC 6749 §4.1, §6; RFC 8628 §3.4). */
export type Grant = 'authorization_code' | 'device_code' | 'refresh_token'

export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** The same by their names on the wire. */
export const GRANTS: ReadonlyMap<string, Grant> = new Map([
  ['authorization_code', 'authorization_code'],
  ['refresh_token', 'refresh_token'],
  [DEVICE_GRANT, 'device_code'],
])

/** Says what would have been taken instead, by the names on the wire. */
export const unsupportedGrant = (taken: Iterable<string>): RolegateError =>
  new RolegateError('unsupported_grant', { taken: [...taken] })

/**
 * A program that asks for a person's sign-in. Every one of them is public (RFC 6749 §2.1): being known proves nothing,
 * and opens nothing (threats.md D6).
 */
export type Client = {
  /** What rows and records call it. */
  readonly id: string
  /** What it calls itself; nobody has checked that. */
  readonly name: string
  /** Ours shows two digits to be compared; what registers itself is a stock tool and cannot. */
  readonly kind: 'own' | 'registered'
  /** Paths on loopback that codes may be sent to. */
  readonly redirectPaths: readonly string[]
  readonly grants: ReadonlySet<Grant>
}

/** Our own command line. */
export const OWN_CLIENT: Client = {
  id: 'rolegate-cli',
  name: 'rolegate',
  kind: 'own',
  redirectPaths: ['/callback'],
  grants: new Set<Grant>(['authorization_code', 'device_code', 'refresh_token']),
}

/** What a client may ask for, by the names on the wire. */
export const grantNamesOf = ({ grants }: Client): readonly string[] =>
  [...GRANTS].flatMap(([name, grant]) => (grants.has(grant) ? [name] : []))

/** What a program says of itself, as a page and a log may show it: one line of printing characters (threats.md D6). */
export function printable(text: string): string {
  const seen = text
    .replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '')
    // Also the letters and symbols that show nothing: a name of blanks is a name left out.
    .replace(/[\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\u2800]/gu, '')
  // By whole characters: half of one is not printable.
  return Array.from(seen.trim()).slice(0, 64).join('').trim()
}

/** A redirect address on this machine. `port` is undefined where none is written, as in registrations. */
type LoopbackRedirect = { readonly origin: string; readonly path: string; readonly port: number | undefined }

/**
 * RFC 8252 §7.3, §8.3: plain http, a loopback literal, any port, a path without folds. No name (not even localhost), no
 * user, no query and no fragment that could carry an answer of its own (security.md D-6, D-7).
 */
export function parseLoopbackRedirect(text: string): LoopbackRedirect | undefined {
  if (text.length > 300) return undefined
  const [whole, origin = '', digits, path = '/'] =
    /^(http:\/\/(?:127\.0\.0\.1|\[::1\])(?::([1-9]\d{0,4}))?)(\/(?!\/)[\w~-]*(?:\/[\w~-]+)*\/?)?$/.exec(text) ?? []
  const port = digits === undefined ? undefined : Number(digits)
  return whole === undefined || (port ?? 0) > 65_535 ? undefined : { origin, path, port }
}

/** Where a code of this client may be sent: a port and a path it registered; anything else is undefined. */
export function redirectOf(client: Client, text: string): LoopbackRedirect | undefined {
  const redirect = parseLoopbackRedirect(text)
  return redirect?.port !== undefined && client.redirectPaths.includes(redirect.path) ? redirect : undefined
}
