import { hash, randomBytes } from 'node:crypto'
import type { Sha256 } from '../domain/aws/session-name.ts'
import type { Random } from '../domain/device/user-code.ts'
import type { GiveWay, RandomText } from '../usecases/ports.ts'

/** What the domain and the stories may not make themselves. */
export const random: Random = (bytes) => randomBytes(bytes)

/** Chance is fetched in blocks: a call of its own for each id costs more than the id. No byte is used twice. */
const BLOCK = 4_096
let block = Buffer.alloc(0)

const textOf = (bits: number, encoding: 'base64url' | 'hex'): string => {
  const bytes = Math.ceil(bits / 8)
  if (block.length < bytes) block = randomBytes(Math.max(BLOCK, bytes))
  const taken = block.subarray(0, bytes)
  block = block.subarray(bytes)
  const text = taken.toString(encoding)
  taken.fill(0)
  return text
}

export const randomText: RandomText = (bits) => textOf(bits, 'base64url')
export const randomHex: RandomText = (bits) => textOf(bits, 'hex')

export const giveWay: GiveWay = () => new Promise((resolve) => setImmediate(resolve))

export const sha256: Sha256 = (text) => hash('sha256', text, 'buffer')
