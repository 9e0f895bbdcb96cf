import { promisify } from 'node:util'
import { constants, crc32, deflateRaw, deflateRawSync } from 'node:zlib'

/** A text compressed by itself, to stand between others in one gzip member. */
export type Piece = {
  readonly deflated: Buffer
  readonly length: number
  readonly crc: number
  /** What as many zeros make of a checksum, bit by bit. */
  readonly zeros: Uint32Array
}

const deflate = promisify(deflateRaw)
/** Ends on a byte boundary and refers to nothing before it, so another piece can follow. */
const OPEN_END = { finishFlush: constants.Z_FULL_FLUSH } as const
/** For the few kilobytes before and after: zlib's usual tables take longer to clear than the text to compress. */
const SHORT = { windowBits: 12, memLevel: 5 } as const

export async function pieceOf(text: string, level: number): Promise<Piece> {
  const plain = Buffer.from(text)
  // In the thread pool: others need not wait for it.
  const deflated = await deflate(plain, { level, ...OPEN_END })
  return { deflated, length: plain.length, crc: crc32(plain), zeros: afterZeros(plain.length) }
}

/**
 * `before`, the compressed piece and `after` as one gzip stream. Its length is as if they were compressed one by one,
 * so it reveals nothing about texts they share.
 */
export function gzipAround(before: string, piece: Piece, after: string): Buffer {
  const [head, tail] = [Buffer.from(before), Buffer.from(after)]
  const end = Buffer.alloc(8)
  end.writeUInt32LE(crc32(tail, (times(piece.zeros, crc32(head)) ^ piece.crc) >>> 0))
  end.writeUInt32LE((head.length + piece.length + tail.length) >>> 0, 4)
  const ends = [deflateRawSync(head, { ...SHORT, ...OPEN_END }), deflateRawSync(tail, SHORT)] as const
  return Buffer.concat([HEADER, ends[0], piece.deflated, ends[1], end])
}

/** RFC 1952: deflate, no name, no time, of no system in particular. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])

// A checksum of two texts in a row, from that of each and the length of the second, as zlib's crc32_combine has it: the first's
// moves on by as many zeros as the second is long, which is a matrix over bits, and the second's is added.

const POLYNOMIAL = 0xedb88320

function afterZeros(bytes: number): Uint32Array {
  let all = Uint32Array.from({ length: 32 }, (_, bit) => (1 << bit) >>> 0)
  // Of a single zero bit; then of two, of four, ...
  let step = Uint32Array.from({ length: 32 }, (_, bit) => (bit === 0 ? POLYNOMIAL : 1 << (bit - 1)))
  for (let bits = bytes * 8; bits > 0; bits = Math.floor(bits / 2)) {
    if (bits % 2 === 1) all = all.map((column) => times(step, column))
    const once = step
    step = once.map((column) => times(once, column))
  }
  return all
}

function times(matrix: Uint32Array, vector: number): number {
  let sum = 0
  for (let bit = 0, rest = vector; rest !== 0; bit += 1, rest >>>= 1) if (rest & 1) sum ^= matrix[bit] ?? 0
  return sum >>> 0
}
