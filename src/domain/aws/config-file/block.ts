import { RolegateError } from '../../errors.ts'

/** The lines between which everything is ours, one pair for each gateway. */
export const beginOf = (origin: string): string => `# >>> rolegate ${origin} >>>`
export const endOf = (origin: string): string => `# <<< rolegate ${origin} <<<`

/** A file's text around the block of one gateway, which may not be there yet. */
export type Split = { readonly before: string; readonly block?: string; readonly after: string }

/**
 * Parts a text at the block. Fails with `config_invalid` when its marks do not pair up: nobody could say then what is ours
 * and what is theirs.
 */
export function splitAtBlock(text: string, origin: string): Split {
  let at = 0
  let begin: number | undefined
  let split: Split | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const mark = line.replace(/^\uFEFF/, '').trimEnd()
    const end = Math.min(at + line.length + 1, text.length)
    if (mark === beginOf(origin)) {
      if (begin !== undefined || split !== undefined) throw damaged(index)
      begin = at + (line.startsWith('\uFEFF') ? 1 : 0)
    } else if (mark === endOf(origin)) {
      if (begin === undefined) throw damaged(index)
      split = { before: text.slice(0, begin), block: text.slice(begin, end), after: text.slice(end) }
      begin = undefined
    } else if (begin !== undefined && /^# (>>>|<<<) rolegate /.test(mark)) throw damaged(index)
    at = end
  }
  if (begin !== undefined) throw damaged(text.slice(0, begin).split('\n').length - 1)
  return split ?? { before: text, after: '' }
}

/** The text with these lines as its block: in place of the old one, else at the end. The rest stays byte for byte. */
export function putBlock({ before, block, after }: Split, lines: readonly string[]): string {
  const eol = /\r?\n/.exec(before + (block ?? '') + after)?.[0] ?? '\n'
  const ours = lines.map((line) => `${line}${eol}`).join('')
  if (block !== undefined) return before + ours + after
  const onItsOwn = before === '' || before === '\uFEFF' ? '' : `${before.endsWith('\n') ? '' : eol}${eol}`
  return before + onItsOwn + ours
}

const damaged = (index: number) => new RolegateError('config_invalid', { mark: index + 1 })
