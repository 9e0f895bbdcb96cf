import { identityOf, type Principal } from '../sign-in/principal.ts'
import { statedName } from '../sign-in/shown-name.ts'

/** SHA-256 of a UTF-8 text. Handed in, so that the domain stays free of packages. */
export type Sha256 = (text: string) => Uint8Array

const READABLE = 40
const SUFFIX = 16
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * The role session name and source identity of a person: `<readable ≤ 40>+<16 of base32, 80 bits>`, in AWS's alphabet
 * `[\w+=,.@-]`, 2 to 64 characters. The suffix is always there: two people never share a name, whatever their usernames
 * (threats.md I1, security.md T-6). Source: AWS STS API, AssumeRoleWithWebIdentity, RoleSessionName.
 */
export function sessionNameFor(principal: Principal, sha256: Sha256): string {
  const readable = readableOf(principal).slice(0, READABLE)
  return `${readable}+${base32(sha256(identityOf(principal))).slice(0, SUFFIX)}`
}

/** AWS takes no colon: `=` stands after the id of an IdP that does not answer for the name, and nowhere else. */
function readableOf({ idp, username, workload }: Principal): string {
  const stated = workload === true ? username : statedName(username, idp)
  const plain = stated.replace(/[^A-Za-z0-9_,.@-]/g, '_')
  return stated === username ? plain : `${idp}=${plain}`
}

/** The person in a token's `sub`: 130 bits of hash, no name and no e-mail in it (threats.md I9). */
export function personHashOf(principal: Principal, sha256: Sha256): string {
  return base32(sha256(`person:${identityOf(principal)}`)).slice(0, 26)
}

/** RFC 4648 §6 without padding, in lower case. */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += BASE32[(held >> bits) & 31]
    }
    held &= 31
  }
  return bits === 0 ? text : text + BASE32[(held << (5 - bits)) & 31]
}
