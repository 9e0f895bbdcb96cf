import { randomFillSync } from 'node:crypto'

/** NIST SP 800-38D §8.2.2: 96 random bits for each use of a key. */
export const NONCE = 12

/** Random bytes are fetched in blocks: a call for each nonce would cost more than the rest. None is used twice. */
const block = Buffer.alloc(NONCE * 256)
let used = block.length

export function freshNonce(): Buffer {
  if (used === block.length) {
    randomFillSync(block)
    used = 0
  }
  const nonce = Buffer.from(block.subarray(used, used + NONCE))
  used += NONCE
  return nonce
}
