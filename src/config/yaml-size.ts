import { CST, Lexer } from 'yaml'
import { ConfigFaults, type Place } from './faults.ts'

/** Deeper than any file of ours; a parser that recurses further could end the process. */
const DEEPEST_FLOW = 40
const DEEPEST_BLOCK = 400
/**
 * The most YAML tokens, over all policy files together: some 45,000 rules. Each token costs time and half a kilobyte.
 * `[],` repeated makes a token of each byte, and 16 MiB of that would crash the process.
 */
export const MOST_TOKENS = 3_000_000

/**
 * Counts the tokens. Too much nesting or size is refused here, on the flat list, before anything recurses into it or
 * builds a tree of it.
 */
export function tokensIn(text: string, placed: Place): number {
  let tokens = 0
  let flow = 0
  let offset = 0
  let lineStart = 0
  let scalarNext = false
  for (const token of new Lexer().lex(text)) {
    if (++tokens > MOST_TOKENS) throw new ConfigFaults([placed(0, [], TOO_MUCH)])
    const kind = scalarNext ? null : CST.tokenType(token)
    scalarNext = token === CST.SCALAR
    flow = flowDepthAfter(kind, flow)
    const opensBlock = kind === 'seq-item-ind' || kind === 'explicit-key-ind' || kind === 'map-value-ind'
    if (flow > DEEPEST_FLOW || (flow === 0 && opensBlock && offset - lineStart > DEEPEST_BLOCK)) {
      const line = text.slice(0, offset).split('\n').length
      throw new ConfigFaults([{ ...placed(0, [], 'the nesting is too deep here'), line }])
    }
    // The lexer's own marks (start of document, of a scalar, end of flow) stand for no text.
    if (kind === 'doc-mode' || kind === 'flow-error-end' || kind === 'scalar') continue
    offset += token.length
    if (token.includes('\n')) lineStart = offset
  }
  return tokens
}

const TOO_MUCH = 'holds more than is read: 3,000,000 words, signs and spaces of YAML, which are some 45,000 rules'

function flowDepthAfter(kind: CST.TokenType | null, depth: number): number {
  if (kind === 'flow-map-start' || kind === 'flow-seq-start') return depth + 1
  if (kind === 'flow-map-end' || kind === 'flow-seq-end') return Math.max(0, depth - 1)
  return kind === 'flow-error-end' ? 0 : depth
}
