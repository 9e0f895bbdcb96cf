import { hostileEncoding } from './hostile-encoding.ts'
import { hostileEncryption } from './hostile-encryption.ts'
import { hostileParser } from './hostile-parser.ts'
import { hostileProfile } from './hostile-profile.ts'
import { hostileSignature } from './hostile-signature.ts'
import { hostileSize } from './hostile-size.ts'
import { hostileXsw } from './hostile-xsw.ts'
import type { Hostile } from './hostile.ts'
import { once } from './markup.ts'

export type { Hostile, HostileGroup } from './hostile.ts'

/**
 * Responses that nobody may sign in with, at `NOW`, to a gateway that knows both certificates, holds a decryption key, allows
 * neither SHA-1 nor CBC nor unsolicited responses, and takes the NameID for the subject. Each but for its one fault is as good
 * as an attacker can make it.
 */
export const hostileResponses: () => readonly Hostile[] = once(() => [
  ...hostileXsw(),
  ...hostileParser(),
  ...hostileSignature(),
  ...hostileProfile(),
  ...hostileEncryption(),
  ...hostileSize(),
  ...hostileEncoding(),
])
