import { createHash, randomBytes } from 'node:crypto'
import type { Sha256 } from '../domain/aws/session-name.ts'
import type { Random } from '../domain/device/user-code.ts'
import type { RandomText } from '../usecases/ports.ts'

/** What the domain and the stories may not make themselves. */
export const random: Random = (bytes) => randomBytes(bytes)
export const randomText: RandomText = (bits) => randomBytes(Math.ceil(bits / 8)).toString('base64url')
export const sha256: Sha256 = (text) => createHash('sha256').update(text).digest()
